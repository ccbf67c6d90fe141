"""A recorded call, decided again: the verdict that was given, and what has changed since.

What must come out is what the service answered when it was asked: each event's own error code.
"""

import json
from typing import Any

import msgspec
import pytest
from botocore.exceptions import ClientError

from kmslab import Kms
from kmslab.audit.trail import Trail
from kmslab.engine.review import Review, review

ALLOW: dict[str, Any] = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}


def policy(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [ALLOW | statement]})


class World:
    """A world with a user called ann, whose one inline policy tests set."""

    def __init__(self) -> None:
        self.kms_world = Kms.fresh()
        self.root = self.kms_world.client()
        self.iam = self.kms_world.client("iam")
        self.key = self.root.create_key()["KeyMetadata"]["Arn"]
        made = self.iam.create_user(UserName="ann", Tags=[{"Key": "team", "Value": "blue"}])
        self.ann_arn = made["User"]["Arn"]
        self.ann = self.kms_world.client(who=self.iam.create_access_key(UserName="ann"))

    def let(self, **statement: Any) -> None:
        self.iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=policy(**statement))

    def call(self, client: Any, operation: str, **members: Any) -> Review:
        try:
            answer = getattr(client, operation)(**members)
        except ClientError as error:
            answer = error.response
        return self.kms_world.explain(answer["ResponseMetadata"]["RequestId"])


@pytest.fixture
def world() -> World:
    return World()


CONTEXT = {"Condition": {"StringEquals": {"kms:EncryptionContext:stage": "test"}}}
TEST = {"EncryptionContext": {"stage": "test"}}


def condition(operator: str, key: str, value: str) -> dict[str, Any]:
    return {"Condition": {operator: {key: value}}}


@pytest.mark.parametrize(
    ("statement", "operation", "members"),
    [
        (CONTEXT, "encrypt", TEST),
        (CONTEXT, "encrypt", {}),
        (condition("StringEquals", "aws:SourceIp", "127.0.0.1"), "encrypt", {}),
        (condition("IpAddress", "aws:SourceIp", "192.0.2.0/24"), "encrypt", {}),
        (condition("DateLessThan", "aws:CurrentTime", "2026-01-06"), "encrypt", {}),
        (condition("Null", "kms:ScheduleKeyDeletionPendingWindowInDays", "true"), "schedule_key_deletion", {}),
        (condition("NumericEquals", "kms:ScheduleKeyDeletionPendingWindowInDays", "30"), "schedule_key_deletion", {}),
        (condition("StringEquals", "aws:RequestTag/a", "b"), "tag_resource", {"Tags": [{"TagKey": "a", "TagValue": "b"}]}),
        (condition("StringEquals", "aws:PrincipalTag/team", "blue"), "describe_key", {}),
        (condition("StringEquals", "aws:PrincipalTag/team", "red"), "describe_key", {}),
        ({"Action": "kms:Sign"}, "describe_key", {}),
    ],
)  # fmt: skip
def test_the_verdict_is_the_one_that_was_given(
    world: World, statement: dict[str, Any], operation: str, members: dict[str, Any]
) -> None:
    world.let(**statement)
    given = {"Plaintext": b"x"} if operation == "encrypt" else {}
    found = world.call(world.ann, operation, KeyId=world.key, **given, **members)
    [check] = found.checks
    assert check.explanation.decision.allowed is ("errorCode" not in found.event)
    tagged = ("the key's tags have changed",)  # by the very call
    assert check.since == (tagged if operation == "tag_resource" else ())
    assert check.now == check.explanation.decision
    assert check.remedy


def test_what_decided_is_kept_when_it_is_gone(world: World) -> None:
    world.let(**CONTEXT)
    request_id = world.ann.encrypt(KeyId=world.key, Plaintext=b"x", **TEST)["ResponseMetadata"][
        "RequestId"
    ]
    world.let(Action="kms:Sign")
    world.root.put_key_policy(KeyId=world.key, Policy=policy(Principal="*"))
    world.root.tag_resource(KeyId=world.key, Tags=[{"TagKey": "a", "TagValue": "b"}])
    world.root.create_alias(AliasName="alias/a", TargetKeyId=world.key)
    world.root.create_grant(KeyId=world.key, GranteePrincipal=world.ann_arn, Operations=["Decrypt"])
    world.iam.tag_user(UserName="ann", Tags=[{"Key": "team", "Value": "red"}])
    [check] = world.kms_world.explain(request_id).checks
    assert check.explanation.decision.allowed
    assert set(check.since) == {
        "the key policy has changed",
        "the caller's identity-based policies have changed",
        "the grants that name the caller have changed",
        "the key's tags have changed",
        "the key's aliases have changed",
        "the caller's tags have changed",
    }
    assert check.now is not None
    assert check.now.allowed  # the new key policy names everyone


def test_a_key_and_a_caller_that_are_gone(world: World) -> None:
    world.let()
    found = world.call(world.ann, "describe_key", KeyId=world.key)
    world.root.schedule_key_deletion(KeyId=world.key, PendingWindowInDays=7)
    world.kms_world.clock.advance(days=8)
    world.root.list_keys()
    world.iam.delete_access_key(
        UserName="ann",
        AccessKeyId=world.iam.list_access_keys(UserName="ann")["AccessKeyMetadata"][0][
            "AccessKeyId"
        ],
    )
    world.iam.delete_user_policy(UserName="ann", PolicyName="p")
    world.iam.delete_user(UserName="ann")
    [check] = world.kms_world.explain(found.event["eventID"]).checks
    assert check.explanation.decision.allowed
    assert check.since == ("the key is gone", "the caller is gone")
    assert check.now is None
    assert "the key is gone" in str(world.kms_world.explain(found.event["eventID"]).tree().children)


def test_a_grant_that_was_retired_by_its_token(world: World) -> None:
    made = world.root.create_grant(
        KeyId=world.key,
        GranteePrincipal=world.ann_arn,
        RetiringPrincipal=world.ann_arn,
        Operations=["Decrypt"],
    )
    other = world.root.create_grant(
        KeyId=world.key, GranteePrincipal=world.ann_arn, Operations=["Encrypt"]
    )
    found = world.call(world.ann, "retire_grant", GrantToken=made["GrantToken"])
    [check] = found.checks
    assert check.explanation.decision.allowed
    assert [grant.grant_id for grant in check.explanation.grants] == [made["GrantId"]]
    assert check.since == ("the grants that name the caller have changed",)
    refused = world.call(
        world.ann, "retire_grant", KeyId=world.key, GrantId=other["GrantId"]
    ).checks[0]
    assert refused.explanation.decision.allowed is False
    assert refused.since == ()
    unnamed = world.call(world.ann, "retire_grant", KeyId=world.key, GrantId="0" * 64).checks[0]
    assert unnamed.explanation.grants == ()


def test_no_token_is_kept(world: World) -> None:
    made = world.root.create_grant(
        KeyId=world.key, GranteePrincipal=world.ann_arn, Operations=["DescribeKey"]
    )
    world.ann.describe_key(KeyId=world.key, GrantTokens=[made["GrantToken"]])
    [check] = world.kms_world.trail._all()[-1].checks
    assert made["GrantToken"] not in repr((check.inputs, check.situation.facts))
    assert [grant.grant_id for grant in check.situation.facts.grants] == [made["GrantId"]]


def test_both_keys_of_a_re_encryption(world: World) -> None:
    blob = world.root.encrypt(KeyId=world.key, Plaintext=b"x", **TEST)["CiphertextBlob"]
    world.root.create_alias(AliasName="alias/to", TargetKeyId=world.key)
    statement = {
        "Condition": {
            "Bool": {"kms:ReEncryptOnSameKey": "true"},
            "StringEqualsIfExists": {"kms:EncryptionContext:stage": "test"},
        }
    }
    world.let(**statement)
    found = world.call(
        world.ann,
        "re_encrypt",
        CiphertextBlob=blob,
        DestinationKeyId="alias/to",
        SourceEncryptionContext={"stage": "test"},
        DestinationEncryptionContext={"stage": "other"},
    )
    assert [check.explanation.decision.allowed for check in found.checks] == [True, False]
    conditions = [
        {
            item.key: item.found
            for item in check.explanation.layers[1].policies[0].statements[0].conditions
        }
        for check in found.checks
    ]
    assert [each["kms:EncryptionContext:stage"] for each in conditions] == ["test", "other"]


def test_what_no_policy_asked_for_is_shown_as_the_event_has_it(world: World) -> None:
    """A condition beside one that fails first was never read; the page shows its value anyway."""
    never = {
        "StringEquals": {
            "aws:username": "bob",
            "kms:RequestAlias": "alias/a",
            "kms:GrantConstraintType": "EncryptionContextSubset",
            "aws:RequestTag/a": "b",
        }
    }
    world.let(Condition=never)
    world.root.create_alias(AliasName="alias/a", TargetKeyId=world.key)
    for operation, members, key, value in [
        ("describe_key", {"KeyId": "alias/a"}, "kms:RequestAlias", "alias/a"),
        ("describe_key", {"KeyId": world.key}, "kms:RequestAlias", None),
        ("create_grant", {"KeyId": world.key, "GranteePrincipal": world.ann_arn, "Operations": ["Decrypt"], "Constraints": {"EncryptionContextSubset": {"a": "b"}}}, "kms:GrantConstraintType", "EncryptionContextSubset"),
        ("tag_resource", {"KeyId": world.key, "Tags": [{"TagKey": "a", "TagValue": "b"}]}, "aws:RequestTag/a", "b"),
    ]:  # fmt: skip
        [check] = world.call(world.ann, operation, **members).checks
        conditions = check.explanation.layers[1].policies[0].statements[0].conditions
        assert {item.key: item.found for item in conditions}[key] == value


def test_re_encryption_on_one_key_is_known_from_its_event(world: World) -> None:
    world.let(Condition={"StringEquals": {"aws:username": "bob"}, "Bool": {"kms:ReEncryptOnSameKey": "true"}})  # fmt: skip
    blob = world.root.encrypt(KeyId=world.key, Plaintext=b"x")["CiphertextBlob"]
    found = world.call(
        world.ann, "re_encrypt", CiphertextBlob=blob, DestinationKeyId=world.key
    ).checks[0]
    conditions = found.explanation.layers[1].policies[0].statements[0].conditions
    assert conditions[1].found == "true"


def test_calls_that_no_policy_decided(world: World) -> None:
    refused = world.call(world.root, "describe_key", KeyId="alias/none")
    assert refused.checks == ()
    assert refused.note == refused.event["errorMessage"]
    assert str(refused.tree()).endswith("NotFoundException")
    assert str(refused.tree().children[0]).startswith("No policy was asked: Alias arn:aws:kms:")
    world.root.schedule_key_deletion(KeyId=world.key, PendingWindowInDays=7)
    world.kms_world.clock.advance(days=8)
    world.root.list_keys()
    [deletion] = world.kms_world.trail.events(name="DeleteKey")
    assert world.kms_world.explain(deletion["eventID"]).note == "the service did this by itself"


def test_an_event_of_an_earlier_version(world: World) -> None:
    event = msgspec.structs.replace(world.kms_world.trail._all()[-1], checks=())
    engine = world.kms_world.endpoint.engine
    assert "earlier version" in review(event, engine.store, engine.directory).note


def test_a_session_and_an_administrator_have_no_tags_to_compare(world: World) -> None:
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}  # fmt: skip
    role = world.iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    world.iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=policy())
    sts = world.kms_world.client("sts")
    session = world.kms_world.client(
        who=sts.assume_role(RoleArn=role["Arn"], RoleSessionName="session", Policy=policy())
    )
    [check] = world.call(session, "describe_key", KeyId=world.key).checks
    assert check.explanation.decision.allowed
    assert check.since == ()
    assert [layer.name for layer in check.explanation.layers] == [
        "key_policy", "identity", "session",
    ]  # fmt: skip
    federated = world.kms_world.client(who=sts.get_federation_token(Name="fred", Policy=policy()))
    [check] = world.call(federated, "list_keys").checks
    assert check.explanation.decision.allowed
    assert check.since == ()


def test_a_trail_has_no_such_event(world: World) -> None:
    with pytest.raises(LookupError, match="the trail has no event 0"):
        world.kms_world.explain("0")


def test_words_and_json(world: World) -> None:
    world.let(**CONTEXT)
    found = world.call(world.ann, "encrypt", KeyId=world.key, Plaintext=b"x")
    world.let()
    found = world.kms_world.explain(found.event["requestID"])
    root = found.tree()
    assert (root.says, root.bearing) == ("AccessDenied", "against")
    *_, turned, since = root.children[0].children
    assert str(turned.children[0]) == "ask with kms:EncryptionContext:stage = test"
    assert str(since) == "Since then: now it would be ALLOWED"
    told = json.loads(json.dumps(found.as_json()))
    assert told["outcome"] == "AccessDenied"
    assert told["event"]["eventID"] == found.event["eventID"]
    assert told["checks"][0]["now"]["allowed"] is True
    assert told["checks"][0]["remedy"] == ["ask with kms:EncryptionContext:stage = test"]


def test_what_was_decided_outlives_the_process(tmp_path: Any) -> None:
    name = f"sqlite:{tmp_path / 'world.db'}"
    with Kms.open(name) as world:
        kms = world.client()
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        for _ in range(3):
            kms.encrypt(KeyId=key, Plaintext=b"x")
        told = [world.explain(event["eventID"]).as_json() for event in world.trail]
        situations = {id(each.checks[0].situation) for each in world.trail._all()}
    with Kms.open(name) as again:
        assert [again.explain(event["eventID"]).as_json() for event in again.trail] == told
        batches = again.endpoint.engine.store.journal
        assert batches is not None
        read = Trail(journal=batches)._all()
    assert len(situations) == 2  # the account before there was a key, and the key
    assert len({id(each.checks[0].situation) for each in read}) == 2
