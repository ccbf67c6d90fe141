"""What CloudFormation asks for, in its order: a stack that is made, changed and deleted never drifts.

Orders: aws-cloudformation-resource-providers-kms, the handlers of key, alias and replicakey (create, read, update, delete).
Properties and defaults: CloudFormation Template Reference, AWS::KMS::Key, AWS::KMS::Alias, AWS::KMS::ReplicaKey.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab import Kms

Properties = dict[str, Any]

ROOT = "arn:aws:iam::111122223333:root"
ALL: Properties = {
    "Version": "2012-10-17",
    "Id": "of the stack",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"},
    ],
}
NO_SECOND_MAN = {"Effect": "Deny", "Principal": "*", "Action": "kms:CreateGrant", "Resource": "*"}
SHARED = {"Description": "", "Enabled": True, "KeyPolicy": ALL, "Tags": {}}
KEY = {
    **SHARED,
    "EnableKeyRotation": False,
    "KeySpec": "SYMMETRIC_DEFAULT",
    "KeyUsage": "ENCRYPT_DECRYPT",
    "MultiRegion": False,
    "Origin": "AWS_KMS",
    "RotationPeriodInDays": 365,  # what EnableKeyRotation takes where nothing is said
}
GONE = {"PendingDeletion", "PendingReplicaDeletion"}


@pytest.fixture
def world() -> Kms:
    return Kms.fresh(quotas="off")


@pytest.fixture
def kms(world: Kms) -> Any:
    return world.client()


# ------------------------------------------------------------------------------------ AWS::KMS::Key


def create_key(kms: Any, key: Properties) -> str:
    made = kms.create_key(
        Description=key["Description"],
        KeyUsage=key["KeyUsage"],
        Origin=key["Origin"],
        KeySpec=key["KeySpec"],
        Policy=json.dumps(key["KeyPolicy"]),
        MultiRegion=key["MultiRegion"],
        Tags=tagged(key["Tags"]),
        BypassPolicyLockoutSafetyCheck=False,
    )
    key_id = str(made["KeyMetadata"]["KeyId"])
    if key["EnableKeyRotation"]:
        kms.enable_key_rotation(KeyId=key_id, RotationPeriodInDays=key["RotationPeriodInDays"])
    if not key["Enabled"]:
        kms.disable_key(KeyId=key_id)
    return key_id


def update_key(kms: Any, key_id: str, was: Properties, key: Properties) -> None:
    need_alive(kms, key_id)
    if key["Enabled"] and not was["Enabled"]:  # first: rotation is changed on enabled keys only
        kms.enable_key(KeyId=key_id)
    if rotation(key) != rotation(was):
        rotate(kms, key_id, key)
    if was["Enabled"] and not key["Enabled"]:
        kms.disable_key(KeyId=key_id)
    update_shared(kms, key_id, was, key)


def rotation(key: Properties) -> int | None:
    return key["RotationPeriodInDays"] if key["EnableKeyRotation"] else None


def rotate(kms: Any, key_id: str, key: Properties) -> None:
    if key["EnableKeyRotation"]:
        kms.enable_key_rotation(KeyId=key_id, RotationPeriodInDays=key["RotationPeriodInDays"])
    else:
        kms.disable_key_rotation(KeyId=key_id)


def read_key(kms: Any, key_id: str) -> Properties:
    told = need_alive(kms, key_id)
    shared = read_shared(kms, key_id, told)
    status = kms.get_key_rotation_status(KeyId=key_id)
    members = ("KeySpec", "KeyUsage", "MultiRegion", "Origin")
    return {
        **{name: told[name] for name in members},
        **shared,
        "EnableKeyRotation": status["KeyRotationEnabled"],
        "RotationPeriodInDays": status.get("RotationPeriodInDays", 365),
    }


# ------------------------------------------------------------------------------ what replicas share


def need_alive(kms: Any, key_id: str) -> Properties:
    told: Properties = kms.describe_key(KeyId=key_id)["KeyMetadata"]
    assert told["KeyState"] not in GONE
    return told


def read_shared(kms: Any, key_id: str, told: Properties) -> Properties:
    policy = kms.get_key_policy(KeyId=key_id, PolicyName="default")["Policy"]
    found = {name: told[name] for name in ("Description", "Enabled")}
    return {**found, "KeyPolicy": json.loads(policy), "Tags": dict(tags_of(kms, key_id))}


def update_shared(kms: Any, key_id: str, was: Properties, key: Properties) -> None:
    """Change what differs from the template before; of the tags, what differs from those there are."""
    if key["Description"] != was["Description"]:
        kms.update_key_description(KeyId=key_id, Description=key["Description"])
    if key["KeyPolicy"] != was["KeyPolicy"]:
        text = json.dumps(key["KeyPolicy"])
        kms.put_key_policy(KeyId=key_id, PolicyName="default", Policy=text)
    wanted, there = set(key["Tags"].items()), set(tags_of(kms, key_id))
    if there - wanted:  # with those that only get another value
        kms.untag_resource(KeyId=key_id, TagKeys=[name for name, _ in there - wanted])
    if wanted - there:
        kms.tag_resource(KeyId=key_id, Tags=tagged(dict(wanted - there)))


def tagged(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"TagKey": name, "TagValue": value} for name, value in tags.items()]


def tags_of(kms: Any, key_id: str) -> Iterator[tuple[str, str]]:
    for tag in paged(kms.list_resource_tags, "Tags", KeyId=key_id):
        yield tag["TagKey"], tag["TagValue"]


def paged(list_page: Callable[..., Any], member: str, **asked: Any) -> Iterator[Properties]:
    found = list_page(Limit=1, **asked)
    yield from found[member]
    while marker := found.get("NextMarker"):
        found = list_page(Limit=1, Marker=marker, **asked)
        yield from found[member]


# -------------------------------------------------------------------------------------- the stacks

STACKS: dict[str, list[Properties]] = {
    "tags come, change, go": [
        {"Tags": {"env": "test", "team": "blue"}},
        {"Tags": {"env": "live", "cost": "7"}},
        {"Tags": {}},
    ],
    "a policy and a description are replaced": [
        {"Description": "by a stack"},
        {
            "Description": "another",
            "KeyPolicy": {**ALL, "Statement": [*ALL["Statement"], NO_SECOND_MAN]},
        },
        {},
    ],
    "rotation from the start, slower, none": [
        {"EnableKeyRotation": True, "RotationPeriodInDays": 90},
        {"EnableKeyRotation": True, "RotationPeriodInDays": 2560},
        {},
    ],
    "made disabled with rotation, enabled without, disabled with": [
        {"Enabled": False, "EnableKeyRotation": True},
        {},
        {"Enabled": False, "EnableKeyRotation": True, "RotationPeriodInDays": 180},
    ],
    "a primary that changes all at once": [
        {"MultiRegion": True, "Tags": {"env": "test"}},
        {
            "MultiRegion": True,
            "Enabled": False,
            "EnableKeyRotation": True,
            "Description": "off",
            "Tags": {"env": "live"},
        },
    ],
}


@pytest.mark.parametrize("stack", STACKS.values(), ids=STACKS)
def test_a_key_is_what_each_template_says(kms: Any, stack: list[Properties]) -> None:
    first, *others = [{**KEY, **template} for template in stack]
    key_id = create_key(kms, first)
    assert read_key(kms, key_id) == first
    was = first
    for template in others:
        update_key(kms, key_id, was, template)
        assert read_key(kms, key_id) == template
        assert read_key(kms, key_id) == template  # detected again
        was = template


def test_what_somebody_changed_is_drift_until_the_stack_is_updated(kms: Any) -> None:
    key_id = create_key(kms, KEY)
    kms.tag_resource(KeyId=key_id, Tags=tagged({"by": "hand"}))
    kms.update_key_description(KeyId=key_id, Description="by hand")
    assert read_key(kms, key_id) == {**KEY, "Description": "by hand", "Tags": {"by": "hand"}}
    update_key(kms, key_id, KEY, {**KEY, "Description": "by the stack"})
    assert read_key(kms, key_id) == {**KEY, "Description": "by the stack"}


def test_a_deleted_key_is_pending_and_deleting_it_again_is_no_failure(kms: Any) -> None:
    key_id = create_key(kms, KEY)
    kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=30)
    assert kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"] in GONE
    with pytest.raises(ClientError) as refused:
        kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=30)
    assert refused.value.response["Error"]["Code"] == "KMSInvalidStateException"


def test_an_alias_is_what_the_template_says(kms: Any) -> None:
    one, other = create_key(kms, KEY), create_key(kms, KEY)

    def read() -> list[str]:
        listed = paged(kms.list_aliases, "Aliases")
        return [each["TargetKeyId"] for each in listed if each["AliasName"] == "alias/stack"]

    kms.create_alias(AliasName="alias/before", TargetKeyId=other)
    kms.create_alias(AliasName="alias/stack", TargetKeyId=one)
    assert read() == [one]
    with pytest.raises(ClientError) as refused:  # a second stack that wants the name
        kms.create_alias(AliasName="alias/stack", TargetKeyId=other)
    assert refused.value.response["Error"]["Code"] == "AlreadyExistsException"
    kms.update_alias(AliasName="alias/stack", TargetKeyId=other)
    assert read() == [other]
    kms.delete_alias(AliasName="alias/stack")
    assert read() == []
    with pytest.raises(ClientError) as refused:  # as for one that was never there
        kms.delete_alias(AliasName="alias/stack")
    assert refused.value.response["Error"]["Code"] == "NotFoundException"


# ----------------------------------------------------------------------------- AWS::KMS::ReplicaKey


def create_replica(world: Kms, primary: str, replica: Properties) -> tuple[Any, str]:
    """Replicate from the primary's Region, then wait in the replica's own until it is there."""
    made = world.client().replicate_key(
        KeyId=primary,
        ReplicaRegion="eu-west-1",
        Description=replica["Description"],
        Policy=json.dumps(replica["KeyPolicy"]),
        Tags=tagged(replica["Tags"]),
    )["ReplicaKeyMetadata"]
    away: Any = world.client(region="eu-west-1")
    while away.describe_key(KeyId=made["Arn"])["KeyMetadata"]["KeyState"] == "Creating":
        world.clock.advance(minutes=1)
    if not replica["Enabled"]:
        away.disable_key(KeyId=made["KeyId"])
    return away, made["KeyId"]


def test_a_replica_is_what_each_template_says(world: Kms, kms: Any) -> None:
    primary = create_key(kms, {**KEY, "MultiRegion": True})
    arn = kms.describe_key(KeyId=primary)["KeyMetadata"]["Arn"]
    made = {**SHARED, "Description": "a copy", "Tags": {"env": "away"}}
    changed = {**SHARED, "Enabled": False, "Tags": {"env": "home"}}
    away, replica = create_replica(world, arn, made)

    def read() -> Properties:
        return read_shared(away, replica, need_alive(away, replica))

    assert read() == made
    need_alive(away, replica)
    away.disable_key(KeyId=replica)
    update_shared(away, replica, made, changed)
    assert read() == changed
    assert read_key(kms, primary) == {**KEY, "MultiRegion": True}  # which it does not touch


def test_a_primary_waits_for_its_replica_and_counts_as_gone(world: Kms, kms: Any) -> None:
    primary = create_key(kms, {**KEY, "MultiRegion": True})
    away, replica = create_replica(world, primary, {**SHARED, "Enabled": False})
    kms.schedule_key_deletion(KeyId=primary, PendingWindowInDays=7)
    state = kms.describe_key(KeyId=primary)["KeyMetadata"]["KeyState"]
    assert state == "PendingReplicaDeletion"
    away.schedule_key_deletion(KeyId=replica, PendingWindowInDays=7)
    assert away.describe_key(KeyId=replica)["KeyMetadata"]["KeyState"] == "PendingDeletion"
