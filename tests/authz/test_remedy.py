"""The smallest edit that turns a verdict: found, applied, and bounded."""

from typing import Any

import pytest

from kmslab.authz.decide import decide
from kmslab.authz.edits import AddStatement, ChangeRequest, RemoveGrant, RemoveStatement, levels_of
from kmslab.authz.layers import Layers
from kmslab.authz.remedy import Remedy, find_remedy
from kmslab.model.requests import AuthorizationRequest
from kmslab.simulate import layers_of, request_of
from tests.authz.cases import KEY_ARN, OWN, identify, vectors, whole

ALICE = f"arn:aws:iam::{OWN}:user/alice"
DELEGATION = {"Principal": {"AWS": OWN}}
DENY: dict[str, Any] = {"Effect": "Deny"}


def situation(**given: Any) -> tuple[AuthorizationRequest, Layers]:
    case = whole({"action": "kms:Decrypt", "key_policy": DELEGATION} | given)
    return request_of(case), layers_of(case)


@pytest.mark.parametrize("case", [*vectors("layers"), *vectors("grants")], ids=identify)
def test_a_remedy_turns_the_verdict_and_is_minimal(case: dict[str, Any]) -> None:
    given = whole(case["given"])
    before = request_of(given), layers_of(given)
    remedy = find_remedy(*before)
    allowed = decide(*before).allowed
    after = before
    for edit in remedy.edits:
        after = edit.apply(after)
        assert str(edit)
    assert decide(*after).allowed is (allowed ^ bool(remedy.edits))
    for left_out in remedy.edits:
        partly = before
        for edit in remedy.edits:
            partly = partly if edit is left_out else edit.apply(partly)
        assert decide(*partly).allowed is allowed


def test_nothing_changes_the_policy_of_a_key_that_aws_manages() -> None:
    theirs = {"as": "key", "key_manager": "AWS"}
    assert find_remedy(*situation(resource=theirs, key_policy=None)).edits == ()
    [edit] = find_remedy(*situation(resource=theirs)).edits
    assert isinstance(edit, AddStatement)
    assert edit.layer == "identity"


def test_what_is_missing_is_added_first() -> None:
    remedy = find_remedy(*situation())
    [edit] = remedy.edits
    assert isinstance(edit, AddStatement)
    assert edit.layer == "identity"
    assert str(edit).startswith('add to identity: {"Effect": "Allow", "Action": "kms:Decrypt"')


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"identity_policies": ["*", DENY]},
            ["remove statement 0 of policy 1 from identity"],
        ),
        (
            {"identity_policies": ["*"], "scps": [["*"], ["*", DENY]]},
            ["remove statement 0 of policy 1 from scp level 1"],
        ),
        (
            {"identity_policies": ["*"], "rcps": [[{"Principal": "*"} | DENY]]},
            ["remove statement 0 of policy 0 from rcp level 0"],
        ),
        (
            {"identity_policies": [{"Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}}}]},
            ["ask with aws:SourceVpce = vpce-1"],
        ),
        (
            {
                "context": {"aws:sourceip": "203.0.113.9"},
                "identity_policies": [{"Condition": {"Null": {"aws:SourceIp": "true"}}}],
            },
            ["ask without aws:SourceIp"],
        ),
        (
            {
                "identity_policies": [
                    "*",
                    DENY | {"Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}},
                ]
            },
            ["ask with aws:SourceVpce = vpce-1"],
        ),
        (
            {"identity_policies": ["*", DENY], "scps": [[DENY, "*"]]},
            [
                "remove statement 0 of policy 0 from scp level 0",
                "remove statement 0 of policy 1 from identity",
            ],
        ),
        (
            {
                "key_policy": {"Principal": {"AWS": ALICE}},
                "rcps": [[{"Principal": "*"}]],
            },
            ["remove statement 0 of policy 0 from key_policy"],
        ),
        (
            {"key_policy": {"Principal": {"AWS": ALICE}}},
            ["remove statement 0 of policy 0 from key_policy"],
        ),
        (
            {
                "key_policy": None,
                "grants": [
                    {
                        "grant_id": "g",
                        "key_arn": KEY_ARN,
                        "operations": ["Decrypt"],
                        "grantee_principal": ALICE,
                    }
                ],
            },
            ["revoke grant g"],
        ),
    ],
)
def test_edits_in_words(given: dict[str, Any], words: list[str]) -> None:
    remedy = find_remedy(*situation(**given))
    assert sorted(map(str, remedy.edits)) == sorted(words)
    assert not remedy.gave_up


def test_giving_up() -> None:
    assert find_remedy(*situation(), max_tries=0) == Remedy((), 0, gave_up=True)
    four = [DENY | {"Sid": str(index)} for index in range(4)]
    remedy = find_remedy(*situation(identity_policies=["*", four]))
    assert remedy.gave_up
    assert not remedy.edits


def test_impossible_is_not_given_up() -> None:
    remedy = find_remedy(*situation(caller="cloudtrail", action="kms:CreateKey", resource="none"))
    assert remedy.edits == ()
    assert not remedy.gave_up


def test_several_values_in_words() -> None:
    assert str(ChangeRequest("aws:TagKeys", ("a", "b"))) == "ask with aws:TagKeys = a, b"
    assert str(RemoveGrant("g")) == "revoke grant g"
    assert (
        str(RemoveStatement("identity", 0, 1, 2)) == "remove statement 2 of policy 1 from identity"
    )


@pytest.mark.parametrize(
    ("given", "layer"),
    [
        ({"permission_boundary": {"Action": "kms:Sign"}}, "boundary"),
        ({"session_policy": {"Action": "kms:Sign"}}, "session"),
        ({"vpc_endpoint_policy": {"Action": "kms:Sign"}}, "vpc_endpoint"),
        ({"scps": [["*"], [{"Action": "kms:Sign"}, {"Action": "kms:List*"}]]}, "scp"),
    ],
)
def test_an_allow_is_added_to_what_there_is(given: dict[str, Any], layer: str) -> None:
    before = situation(identity_policies=["*"], **given)
    [edit] = find_remedy(*before).edits
    assert isinstance(edit, AddStatement)
    assert edit.layer == layer
    old, new = (levels_of(each, edit.layer)[edit.level] for _, each in (before, edit.apply(before)))
    kept = [statement.action for policy in old for statement in policy.statements]
    assert [item.action for policy in new for item in policy.statements][: len(kept)] == kept
    assert [item.index for item in new[0].statements] == list(range(len(new[0].statements)))


def test_one_key_of_a_request_is_changed_and_no_other() -> None:
    request, layers = situation(context={"aws:SourceIp": "192.0.2.1", "aws:sourcevpce": "vpce-1"})
    changed, _ = ChangeRequest("aws:SourceVpce", "vpce-2").apply((request, layers))
    assert dict(changed.environment) == {"aws:SourceIp": "192.0.2.1", "aws:SourceVpce": "vpce-2"}


def test_one_grant_is_revoked_and_no_other() -> None:
    grants = [{"grant_id": name, "key_arn": KEY_ARN, "operations": ["Decrypt"]} for name in "ab"]
    _, layers = RemoveGrant("a").apply(situation(grants=grants))
    assert [grant.grant_id for grant in layers.grants] == ["b"]


def test_how_many_sets_were_tried() -> None:
    by_name = {"Principal": {"AWS": ALICE}}
    remedy = find_remedy(*situation(key_policy=[DELEGATION, by_name]))
    assert list(map(str, remedy.edits)) == ["remove statement 1 of policy 0 from key_policy"]
    assert remedy.tried == 2


def test_all_sets_of_three_edits_are_all_there_are() -> None:
    nobody = situation(caller="cloudtrail", action="kms:CreateKey", resource="none", scps=[["*"]])
    assert find_remedy(*nobody) == Remedy((), 7, gave_up=False)  # 3 alone, 3 pairs, 1 of three


VPCE = {"StringEquals": {"aws:SourceVpce": "vpce-1"}}
BY_NAME = {"Principal": {"AWS": ALICE}}
BARE = f'{{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "{KEY_ARN}"'


@pytest.mark.parametrize(
    ("given", "edit", "tried"),
    [
        ({}, f"add to identity: {BARE}}}", 1),
        ({"key_policy": None}, f'add to key_policy: {BARE}, "Principal": {{"AWS": "{ALICE}"}}}}', 1),
        ({"key_policy": None, "caller": "session"}, f'add to key_policy: {BARE}, "Principal": {{"AWS": "arn:aws:iam::{OWN}:role/path/App"}}}}', 1),
        ({"key_policy": None, "caller": "cloudtrail"}, f'add to key_policy: {BARE}, "Principal": {{"Service": "cloudtrail.amazonaws.com"}}}}', 1),
        ({"caller": "federated", "identity_policies": ["*"], "action": "kms:ListKeys", "resource": "none"}, 'add to session: {"Effect": "Allow", "Action": "kms:ListKeys", "Resource": "*"}', 3),
        ({"identity_policies": [{"Action": "kms:Sign", "Condition": VPCE}]}, f"add to identity: {BARE}}}", 1),
        ({"identity_policies": [{"Resource": "arn:aws:kms:*:*:alias/*", "Condition": VPCE}]}, f"add to identity: {BARE}}}", 1),
        ({"key_policy": [DELEGATION, {"Principal": {"AWS": "444455556666"}, "Condition": VPCE}]}, f"add to identity: {BARE}}}", 1),
        ({"identity_policies": [{"Condition": VPCE}]}, "ask with aws:SourceVpce = vpce-1", 1),
        ({"context": {"aws:SourceIp": "192.0.2.1"}, "identity_policies": [{"Condition": {"Null": {"aws:SourceIp": "true"}}}]}, "ask without aws:SourceIp", 1),
        ({"key_policy": [{"Principal": {"AWS": "444455556666"}}, BY_NAME]}, "remove statement 1 of policy 0 from key_policy", 1),
        ({"key_policy": BY_NAME, "rcps": [[{"Principal": "*"}]]}, "remove statement 0 of policy 0 from key_policy", 1),
        ({"context": {"aws:SourceVpce": "vpce-1"}, "key_policy": [BY_NAME | {"Condition": VPCE}] * 2}, "ask without aws:SourceVpce", 3),
        ({"key_policy": [BY_NAME, DENY | {"Principal": {"AWS": "444455556666"}}]}, "remove statement 0 of policy 0 from key_policy", 1),
    ],
)  # fmt: skip
def test_the_edit_and_how_many_were_tried(given: dict[str, Any], edit: str, tried: int) -> None:
    remedy = find_remedy(*situation(**given))
    assert (list(map(str, remedy.edits)), remedy.tried) == ([edit], tried)
