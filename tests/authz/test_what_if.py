"""An edit: what it may say, what it replaces, and which verdicts it turns."""

import json
from typing import Any

import pytest

from kmslab.authz.render import as_text
from kmslab.authz.what_if import FIELDS, Asked, WhatIf, edit_of, what_if
from kmslab.simulate import layers_of, request_of
from tests.authz.cases import ANYTHING, whole

NOTHING = {"Version": "2012-10-17", "Statement": []}
DENY = {"Effect": "Deny", "Action": "kms:*", "Resource": "*"}
DENIES = {"Version": "2012-10-17", "Statement": [DENY]}
DENIES_ALL = {"Version": "2012-10-17", "Statement": [DENY | {"Principal": "*"}]}
ALLOWED = {
    "action": "kms:Decrypt",
    "key_policy": {"Principal": {"AWS": "111122223333"}},
    "identity_policies": ["*"],
}


def asked(name: str, **changes: Any) -> Asked:
    case = whole(ALLOWED | changes)
    return Asked(name, request_of(case), layers_of(case))


def kinds(found: WhatIf) -> list[tuple[str, str, str]]:
    return [
        (each.name, each.before.decision.kind, each.after.decision.kind) for each in found.turned
    ]


@pytest.mark.parametrize(
    ("edit", "kind"),
    [
        ({"key_policy": NOTHING}, "implicit_deny"),
        ({"key_policy": None}, "implicit_deny"),
        ({"key_policy": json.dumps(DENIES_ALL)}, "explicit_deny"),
        ({"identity_policies": []}, "implicit_deny"),
        ({"identity_policies": [ANYTHING, DENIES]}, "explicit_deny"),
        ({"permission_boundary": NOTHING}, "implicit_deny"),
        ({"session_policy": DENIES}, "explicit_deny"),
        ({"scps": [[ANYTHING], []]}, "implicit_deny"),
        ({"rcps": [[DENIES_ALL]]}, "explicit_deny"),
        ({"vpc_endpoint_policy": NOTHING}, "implicit_deny"),
    ],
)
def test_each_field_replaces_its_layer(edit: dict[str, Any], kind: str) -> None:
    found = what_if([asked("one")], edit_of(edit))
    assert kinds(found) == [("one", "allow", kind)]
    assert found.asked == 1


def test_levels_can_be_taken_away() -> None:
    bound = asked("bound", scps=[[]], rcps=[[DENIES_ALL]])
    assert kinds(what_if([bound], edit_of({"scps": None, "rcps": None}))) == [
        ("bound", "explicit_deny", "allow")
    ]


def test_only_what_turns_is_told_and_all_is_counted() -> None:
    many = [asked("one"), asked("two", identity_policies=[]), asked("three")]
    found = what_if(many, edit_of({"identity_policies": []}))
    assert [each.name for each in found.turned] == ["one", "three"]
    assert found.asked == 3
    assert what_if([], edit_of({"context": {}})).asked == 0


def test_a_verdict_that_keeps_its_side_and_changes_its_kind_is_told() -> None:
    found = what_if([asked("one", identity_policies=[])], edit_of({"identity_policies": [DENIES]}))
    assert kinds(found) == [("one", "implicit_deny", "explicit_deny")]


def test_condition_keys_are_set_and_taken_away() -> None:
    conditions = {"StringEquals": {"aws:UserAgent": "x"}, "Null": {"aws:SourceVpce": "true"}}
    statement = {"Condition": conditions}
    here = asked("here", identity_policies=[statement], context={"aws:SourceVpce": "vpce-1"})
    edit = edit_of({"context": {"AWS:useragent": "x", "aws:SourceVpce": None}})
    assert kinds(what_if([here], edit)) == [("here", "implicit_deny", "allow")]
    multi = {"ForAnyValue:StringEquals": {"aws:CalledVia": "b"}}
    several = asked("several", identity_policies=[{"Condition": multi}])
    assert kinds(what_if([several], edit_of({"context": {"aws:CalledVia": ["a", "b"]}})))


def test_in_words_and_as_json() -> None:
    found = what_if([asked("one"), asked("two", identity_policies=[])], edit_of({"scps": [[]]}))
    lines = as_text(found.tree()).splitlines()
    assert lines[0] == "With the edit: 1 of 2 verdicts turn"
    assert lines[1] == "└─ one: DENIED because nothing allows it; was ALLOWED"
    assert found.tree().children[0].bearing == "against"
    told = found.as_json()
    assert told["asked"] == 2
    [turned] = told["turned"]
    assert turned["name"] == "one"
    assert turned["before"]["decision"]["kind"] == "allow"
    assert turned["after"]["decision"]["layers"] == ("scp",)


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        ({}, "not nothing"),
        ({"policy": 1, "effect": 2}, "not effect, policy"),
        ({"key_policy": "{"}, "key_policy: "),
        ({"identity_policies": [{"Statement": "x"}]}, "identity_policies: "),
        ({"identity_policies": ANYTHING}, "identity_policies must be a list"),
        ({"scps": "x"}, "scps must be a list"),
        ({"rcps": [ANYTHING]}, "rcps must be a list"),
        ({"context": "x"}, "context must be an object of condition keys"),
    ],
)
def test_what_is_no_edit(edit: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        edit_of(edit)


def test_the_refusal_names_all_fields() -> None:
    with pytest.raises(ValueError, match=", ".join(FIELDS)):
        edit_of({"x": 1})
