"""Recorded calls asked again with an edit: only whose verdict turns is told, with both reasons."""

import json
from typing import Any

import pytest

from kmslab import Kms
from kmslab.authz.render import as_text
from kmslab.lab import decisions

OWN = "111122223333"
ALL = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
DENY = {"Effect": "Deny", "Action": "kms:Encrypt", "Resource": "*"}


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


@pytest.fixture
def world() -> Kms:
    """ann may encrypt, bob may not; each has tried once."""
    made = Kms.fresh()
    kms, iam = made.client(), made.client("iam")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/app", TargetKeyId=key)
    for name, documents in {"ann": [policy(ALL)], "bob": []}.items():
        iam.create_user(UserName=name)
        for document in documents:
            iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(document))
        client = made.client(who=iam.create_access_key(UserName=name))
        try:
            client.encrypt(KeyId=key, Plaintext=b"x")
        except client.exceptions.ClientError as error:
            assert name == "bob", error  # noqa: PT017 - ann may
    return made


def turned(world: Kms, edit: dict[str, Any], **more: str) -> dict[str, str]:
    found = world.what_if(edit, **more)
    return {
        each.before.caller.rpartition("/")[2]: f"{each.before.decision.kind} {each.after.decision.kind}"
        for each in found.turned
    }  # fmt: skip


def test_a_key_policy_that_names_bob(world: Kms) -> None:
    by_name = ALL | {"Principal": {"AWS": f"arn:aws:iam::{OWN}:user/bob"}}
    edit = {"key_policy": policy(by_name)}
    assert turned(world, edit, key="alias/app") == {
        "ann": "allow implicit_deny",
        "bob": "implicit_deny allow",
        "kmslab-admin": "allow implicit_deny",
    }


def test_a_policy_of_bobs_alone(world: Kms) -> None:
    assert turned(world, {"identity_policies": [policy(ALL)]}, caller="bob") == {
        "bob": "implicit_deny allow"
    }
    assert turned(world, {"identity_policies": [policy(ALL, DENY)]}, caller="ann") == {
        "ann": "allow explicit_deny"
    }


@pytest.mark.parametrize(
    ("edit", "kind"),
    [
        ({"permission_boundary": policy(DENY)}, "explicit_deny"),
        ({"permission_boundary": None}, None),
        ({"session_policy": policy()}, "implicit_deny"),
        ({"scps": [[policy(ALL)], [policy()]]}, "implicit_deny"),
        ({"scps": None}, None),
        ({"vpc_endpoint_policy": json.dumps(policy(DENY))}, "explicit_deny"),
        ({"rcps": [[policy(DENY | {"Principal": "*"})]]}, "explicit_deny"),
        ({"context": {"aws:SourceIp": "192.0.2.1"}}, None),
    ],
)
def test_each_layer_can_be_edited(world: Kms, edit: dict[str, Any], kind: str | None) -> None:
    found = turned(world, edit, caller="ann", key="alias/app")
    assert found == ({} if kind is None else {"ann": f"allow {kind}"})


def test_the_request_can_be_edited(world: Kms) -> None:
    kms, iam = world.client(), world.client("iam")
    somewhere = {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}
    text = json.dumps(policy(ALL | {"Condition": somewhere}))
    iam.put_user_policy(UserName="bob", PolicyName="p", PolicyDocument=text)
    bob = world.client(who=iam.create_access_key(UserName="bob"))
    with pytest.raises(kms.exceptions.ClientError):
        bob.encrypt(KeyId="alias/app", Plaintext=b"x")
    event = world.trail.last["eventID"]
    edit = {"context": {"aws:SourceIp": "192.0.2.9"}}
    assert turned(world, edit, event_id=event) == {"bob": "implicit_deny allow"}
    assert turned(world, {"context": {"aws:SourceIp": None}}, event_id=event) == {}


def test_it_is_told_as_a_tree_and_as_json(world: Kms) -> None:
    shown = decisions.what_if(world, caller="bob", identity_policies=[policy(ALL)])
    lines = str(shown).splitlines()
    assert lines[0] == "With the edit: 1 of 1 verdicts turn"
    assert "ALLOWED; was DENIED because nothing allows it" in lines[1]
    assert decisions.what_if(world, caller="nobody", identity_policies=[]).root.says == (
        "0 of 0 verdicts turn"
    )
    last = decisions.what_if(world, world.trail.last, identity_policies=[policy(ALL)])
    assert "1 of 1" in as_text(last.root)
    told = world.what_if({"identity_policies": [policy(ALL)]}, caller="bob").as_json()
    assert told["turned"][0]["after"]["decision"]["kind"] == "allow"


@pytest.mark.parametrize(
    ("edit", "more", "words"),
    [
        ({}, {}, "an edit has"),
        ({"policy": {}}, {}, "not policy"),
        ({"key_policy": {"Statement": "x"}}, {"key": "alias/app"}, "key_policy: "),
        ({"key_policy": policy()}, {}, "say which key has this key_policy"),
        ({"scps": [[policy()]]}, {"key": "alias/app"}, "say which caller has this scps"),
        ({"identity_policies": policy()}, {"caller": "ann"}, "must be a list"),
        ({"scps": policy()}, {"caller": "ann"}, "must be a list"),
        ({"context": ["x"]}, {}, "context must be an object"),
    ],
)
def test_what_is_no_edit_says_so(
    world: Kms, edit: dict[str, Any], more: dict[str, str], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        world.what_if(edit, **more)


def test_an_event_that_never_was(world: Kms) -> None:
    with pytest.raises(LookupError, match="no event nonsense"):
        world.what_if({"context": {}}, event_id="nonsense")
