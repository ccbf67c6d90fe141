"""Lab 10: its checks say no before a task and yes after it, and its pictures show who gets across.

What crosses an account is the KMS Developer Guide's "Allowing users in other accounts to use a KMS key" and
"ABAC for AWS KMS"; the deputy is the IAM User Guide's.
"""

import json
from typing import Any

import pytest

from kmslab import Kms
from kmslab.lab.checks import check
from kmslab.lab.checks.crossing import DEPUTY, OURS, PARTNER
from kmslab.lab.pictures import bridge, matrix

SAME_TEAM = {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}
SHOP = {"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/shop-*"}}


def policy(*statements: dict[str, Any]) -> str:
    basis = {"Effect": "Allow", "Resource": "*", "Action": "kms:Encrypt"}
    return json.dumps({"Version": "2012-10-17", "Statement": [basis | each for each in statements]})


class Border:
    """A key that a partner's account is named by, and users on both sides."""

    def __init__(self) -> None:
        self.world = Kms.fresh(seed=10)
        self.kms, self.iam = self.world.client(), self.world.client("iam")
        self.partner = self.world.client("iam", who=self.world.root(PARTNER))
        self.owner = {"Principal": {"AWS": self.world.account}, "Action": "kms:*"}
        self.shared = self.key(self.owner, {"Principal": {"AWS": PARTNER}})
        self.pia, self.pal = (self.user(self.partner, name) for name in ("pia", "pal"))

    def key(self, *statements: dict[str, Any], **tags: str) -> str:
        more = {"Policy": policy(*statements)} if statements else {}
        listed = [{"TagKey": key, "TagValue": value} for key, value in tags.items()]
        return str(self.kms.create_key(Tags=listed, **more)["KeyMetadata"]["Arn"])

    def user(self, iam: Any, name: str, **tags: str) -> Any:
        iam.create_user(UserName=name, Tags=[{"Key": k, "Value": v} for k, v in tags.items()])
        return self.world.client(who=iam.create_access_key(UserName=name))

    def send(self, iam: Any, name: str, **statement: Any) -> None:
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy(statement))


@pytest.fixture
def border() -> Border:
    return Border()


def told(name: str, border: Border, **given: Any) -> str:
    outcome = check(name, border.world, **given)
    assert not outcome.passed, outcome.text
    assert outcome.hint
    return outcome.text


def test_both_piers_are_needed(border: Border) -> None:
    given = {"pia": border.pia, "pal": border.pal, "key": border.shared}
    assert "pia's Encrypt is denied" in told("10.1", border, **given)
    assert "its own policies: no allow" in bridge(border.world).text
    border.send(border.partner, "pal")
    assert "pal's Encrypt is allowed" in told("10.1", border, **given)
    border.partner.delete_user_policy(UserName="pal", PolicyName="p")
    border.send(border.partner, "pia", Resource=border.shared)
    assert check("10.1", border.world, **given).passed
    border.pia.encrypt(KeyId=border.shared, Plaintext=b"x")
    assert "its own policies: allow" in bridge(border.world).text


def test_a_bridge_shows_which_side_refuses(border: Border) -> None:
    border.send(border.partner, "pia", Action="kms:*")
    with pytest.raises(border.pia.exceptions.ClientError):
        border.pia.decrypt(KeyId=border.shared, CiphertextBlob=b"x" * 200)
    own = border.key()
    with pytest.raises(border.pia.exceptions.ClientError):
        border.pia.encrypt(KeyId=own, Plaintext=b"x")
    drawn = bridge(border.world).text
    assert "the key policy: no allow" in drawn
    assert "its own policies: allow" in drawn
    border.send(border.partner, "pia", Effect="Deny")
    with pytest.raises(border.pia.exceptions.ClientError):
        border.pia.encrypt(KeyId=border.shared, Plaintext=b"x")
    assert "its own policies: an explicit deny" in bridge(border.world).text


def test_a_grant_is_a_pier_too(border: Border) -> None:
    own = border.key()
    arn = f"arn:aws:iam::{PARTNER}:user/pia"
    border.kms.create_grant(KeyId=own, GranteePrincipal=arn, Operations=["Encrypt"])
    border.pia.encrypt(KeyId=own, Plaintext=b"x")
    assert "a grant: allow" in bridge(border.world).text


def test_sixteen_crossings(border: Border) -> None:
    keys = {"blue": border.key(team="blue"), "red": border.key(team="red"), "shop": border.key()}
    keys["shared"] = border.shared
    border.kms.create_alias(AliasName="alias/shop-orders", TargetKeyId=keys["shop"])
    callers = {
        "ada": border.user(border.iam, "ada", team="blue"),
        "bob": border.user(border.iam, "bob", team="red"),
        "cleo": border.user(border.iam, "cleo"),
        "pia": border.pia,
    }
    given = {"callers": callers, "keys": keys}
    assert "12 of 16" in told("10.2", border, **given)
    border.send(border.partner, "pia", Resource=border.shared)
    border.send(border.iam, "cleo", Condition=SHOP)
    for name in ("ada", "bob"):
        border.send(border.iam, name)
    assert "blue answers ada, bob" in told("10.2", border, **given)
    for name in ("ada", "bob"):
        border.send(border.iam, name, Condition=SAME_TEAM)
    assert check("10.2", border.world, **given).passed
    drawn = matrix(callers, keys)
    assert drawn.text.splitlines()[1:] == ["blue: ada", "red: bob", "shop: cleo", "shared: pia"]
    assert drawn.svg.count("✓") == 4


def test_the_deputy_listens_to_whom_it_serves(border: Border) -> None:
    service = {"Principal": {"Service": DEPUTY}, "Action": "kms:GenerateDataKey"}
    key = border.key(border.owner, service)
    assert "for the partner's trail answered" in told("10.3", border, key=key)
    for condition in (
        {"StringEquals": {"aws:SourceAccount": border.world.account}},
        {"StringEqualsIfExists": {"aws:SourceArn": OURS}},
    ):
        text = policy(border.owner, service | {"Condition": condition})
        border.kms.put_key_policy(KeyId=key, Policy=text)
        told("10.3", border, key=key)
    tight = service | {"Condition": {"ArnEquals": {"aws:SourceArn": OURS}}}
    border.kms.put_key_policy(KeyId=key, Policy=policy(border.owner, tight))
    assert check("10.3", border.world, key=key).passed
