"""Who can do what with a key of a world: its principals, and whom only the key names."""

import json
from typing import Any

import pytest

from kmslab import Kms
from kmslab.authz.render import as_text
from kmslab.engine import who_can
from kmslab.model.errors import NotFoundException

OWN = "111122223333"
ADMIN = f"arn:aws:iam::{OWN}:user/kmslab-admin"
ROOT = f"arn:aws:iam::{OWN}:root"
ALLOW: dict[str, Any] = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
    }
)


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [ALLOW | each for each in statements]})


@pytest.fixture
def world() -> Kms:
    made = Kms.fresh()
    iam = made.client("iam")
    iam.create_user(UserName="ann")
    iam.create_user(UserName="eve")
    iam.create_role(RoleName="app", Path="/team/", AssumeRolePolicyDocument=TRUST)
    return made


def key_of(world: Kms, *statements: dict[str, Any]) -> str:
    mine = {"Principal": {"AWS": OWN}}
    return str(world.client().create_key(Policy=policy(mine, *statements))["KeyMetadata"]["Arn"])


def able(world: Kms, action: str, key: str) -> dict[str, list[str]]:
    return {
        each.principal: [str(way) for way in each.ability.ways]
        for each in world.who_can(action, key).able
    }


def test_root_and_those_whom_iam_allows(world: Kms) -> None:
    key = key_of(world)
    world.client("iam").put_role_policy(
        RoleName="app", PolicyName="p", PolicyDocument=policy({"Action": "kms:Decrypt"})
    )
    found = able(world, "kms:Decrypt", key)
    assert found == {
        ROOT: ["Key policy, statement 0"],
        f"arn:aws:iam::{OWN}:role/team/app": [
            "Key policy, statement 0",
            "Identity-based policies, policy 0, statement 0",
        ],
        ADMIN: ["Key policy, statement 0", "Identity-based policies, policy 0, statement 0"],
    }
    assert set(able(world, "Encrypt", key)) == {ROOT, ADMIN}


def test_grants_name_the_grant_and_its_constraint(world: Kms) -> None:
    key = key_of(world)
    grant = world.client().create_grant(
        KeyId=key,
        GranteePrincipal=f"arn:aws:iam::{OWN}:user/ann",
        Operations=["Decrypt"],
        Constraints={"EncryptionContextSubset": {"a": "b"}},
    )
    assert able(world, "Decrypt", key)[f"arn:aws:iam::{OWN}:user/ann"] == [
        f"Grant {grant['GrantId']}, if the encryption context has a=b"
    ]


def test_whom_only_the_key_names(world: Kms) -> None:
    names = {
        "AWS": [
            f"arn:aws:sts::{OWN}:assumed-role/app/me",
            f"arn:aws:sts::{OWN}:federated-user/fred",
        ],
        "Service": "logs.us-east-1.amazonaws.com",
    }
    key = key_of(world, {"Principal": names, "Action": "kms:Encrypt"})
    found = world.who_can("Encrypt", key)
    assert {each.principal: each.note for each in found.able} == {
        ROOT: "",
        ADMIN: "",
        f"arn:aws:sts::{OWN}:assumed-role/app/me": "",
        f"arn:aws:sts::{OWN}:federated-user/fred": "if its user and its session policy allow it",
        "logs.us-east-1.amazonaws.com": "",
    }
    direct = {each.principal: [way.name for way in each.ability.ways] for each in found.able}
    assert direct[f"arn:aws:sts::{OWN}:assumed-role/app/me"] == ["statement 1"]
    assert direct[f"arn:aws:sts::{OWN}:federated-user/fred"] == ["statement 0", "statement 1"]


def test_everyone_is_a_principal_of_its_own(world: Kms) -> None:
    via = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
    denied = {"Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    key = key_of(
        world,
        {"Principal": "*", "Action": "kms:Decrypt", "Condition": via},
        {"Principal": "*", **denied},
    )
    tree = world.who_can("Decrypt", key).tree()
    assert f"""\
├─ arn:aws:iam::{OWN}:user/eve
│  ├─ Key policy, statement 1, if StringEquals kms:ViaService s3.us-east-1.amazonaws.com
│  └─ unless: Key policy, statement 2, if Bool aws:SecureTransport false
""" in as_text(tree)
    assert as_text(tree).splitlines()[-3].startswith("└─ everyone: if its own account allows it")
    assert "everyone" not in able(world, "Encrypt", key)


def test_a_name_that_nobody_bears_any_more(world: Kms) -> None:
    iam = world.client("iam")
    arn = iam.create_user(UserName="gone")["User"]["Arn"]
    role = iam.create_role(RoleName="lost", AssumeRolePolicyDocument=TRUST)["Role"]
    session = f"arn:aws:sts::{OWN}:assumed-role/lost/me"
    key = key_of(world, {"Principal": {"AWS": [arn, role["Arn"], session]}})
    assert set(able(world, "Decrypt", key)) == {ROOT, ADMIN, arn, role["Arn"], session}
    iam.delete_user(UserName="gone")
    iam.delete_role(RoleName="lost")
    assert set(able(world, "Decrypt", key)) == {ROOT, ADMIN}


def test_a_key_by_each_of_its_names(world: Kms) -> None:
    key = key_of(world)
    world.client().create_alias(AliasName="alias/a", TargetKeyId=key)
    for name in (key, key.rpartition("/")[2], "alias/a", key.partition("key/")[0] + "alias/a"):
        assert world.who_can("kms:decrypt", name).key == key
    west = world.client(region="us-west-2").create_key()["KeyMetadata"]["Arn"]
    assert world.who_can("kms:Decrypt", west).key == west
    with pytest.raises(NotFoundException):
        world.who_can("kms:Decrypt", "alias/none")


@pytest.mark.parametrize("action", ["kms:CreateKey", "kms:RetireGrant", "s3:GetObject", "Fly"])
def test_actions_that_no_key_decides(world: Kms, action: str) -> None:
    with pytest.raises(ValueError, match="is no action that the policies of a key decide"):
        world.who_can(action, "alias/a")


def test_there_is_an_end(world: Kms, monkeypatch: pytest.MonkeyPatch) -> None:
    key = key_of(world)
    monkeypatch.setattr(who_can, "MAX_PRINCIPALS", 1)
    found = world.who_can("Decrypt", key)
    assert [each.principal for each in found.able] == [ROOT]
    assert str(found.tree()).endswith(": 1 can; not all were looked at")
