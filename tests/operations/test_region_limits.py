"""Who may have keys in several Regions, what is refused, recorded and counted.

Rules: API Reference, ReplicateKey and UpdatePrimaryRegion; Developer Guide, "Control access to
multi-Region keys", "Request quotas", and the CloudTrail pages "ReplicateKey" and "UpdatePrimaryRegion".
"""

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import Loader

from kmslab import Kms
from kmslab.model.regions import REGIONS
from tests.operations.regions import AWAY, HOME, TAGS, THIRD, World, allow, code, refusal


@pytest.fixture
def world() -> World:
    return World()


# ------------------------------------------------------------------------------------------ refusals


LOCKOUT = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
            "Action": "kms:Decrypt",
            "Resource": "*",
        },
    }
)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"ReplicaRegion": HOME}, "AlreadyExistsException"),
        ({"ReplicaRegion": "us-east-9"}, "UnsupportedOperationException"),
        ({"ReplicaRegion": "cn-north-1"}, "UnsupportedOperationException"),
        ({"ReplicaRegion": "nowhere"}, "ValidationException"),
        ({"Policy": "{}"}, "MalformedPolicyDocumentException"),
        ({"Policy": LOCKOUT}, "MalformedPolicyDocumentException"),
        ({"Policy": LOCKOUT.ljust(32_769)}, "LimitExceededException"),
        ({"Tags": TAGS * 2}, "TagException"),
        ({"Tags": [{"TagKey": "aws:x", "TagValue": ""}]}, "TagException"),
        ({"KeyId": "mrk-" + "0" * 32}, "NotFoundException"),
        ({"KeyId": "alias/app"}, "NotFoundException"),
        ({"KeyId": "arn:aws:kms:us-east-1:111122223333:alias/app"}, "InvalidArnException"),
        ({"KeyId": "arn:aws:iam::111122223333:user/x"}, "InvalidArnException"),
    ],
)
def test_what_replicate_key_refuses(world: World, changes: dict[str, Any], expected: str) -> None:
    arguments = {"KeyId": world.id, "ReplicaRegion": AWAY, **changes}
    assert code(world.home.replicate_key, **arguments) == expected
    assert world.away.list_keys()["Keys"] == []


def test_a_lockout_can_be_asked_for(world: World) -> None:
    made = world.home.replicate_key(
        KeyId=world.id, ReplicaRegion=AWAY, Policy=LOCKOUT, BypassPolicyLockoutSafetyCheck=True
    )
    assert made["ReplicaPolicy"] == LOCKOUT


def test_only_a_primary_key_is_replicated_or_replaced(world: World) -> None:
    world.replicate()
    single = world.home.create_key()["KeyMetadata"]["Arn"]
    for client, key, region in ((world.home, single, THIRD), (world.away, world.arn(AWAY), THIRD)):
        text = f"{key} is not a multi-region primary key."
        for call, parameter in (
            (client.replicate_key, "ReplicaRegion"),
            (client.update_primary_region, "PrimaryRegion"),
        ):
            found = refusal(call, KeyId=key, **{parameter: region})
            assert found == ("UnsupportedOperationException", text)


@pytest.mark.parametrize(
    ("key", "region", "expected"),
    [
        ("id", HOME, "UnsupportedOperationException"),
        ("id", THIRD, "NotFoundException"),
        ("mrk-" + "0" * 32, AWAY, "NotFoundException"),
        ("arn:aws:kms:us-east-1:111122223333:alias/app", AWAY, "InvalidArnException"),
    ],
)
def test_what_update_primary_region_refuses(
    world: World, key: str, region: str, expected: str
) -> None:
    world.replicate()
    key = world.id if key == "id" else key
    assert code(world.home.update_primary_region, KeyId=key, PrimaryRegion=region) == expected
    assert world.state(world.home) == "Enabled"


@pytest.mark.parametrize("which", ["home", "away"])
@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("disable_key", ("DisabledException", "is disabled.")),
        ("schedule_key_deletion", ("KMSInvalidStateException", "is pending deletion.")),
    ],
)
def test_both_keys_must_be_enabled(
    world: World, which: str, operation: str, expected: tuple[str, str]
) -> None:
    world.replicate()
    getattr(getattr(world, which), operation)(KeyId=world.id)
    error, text = expected
    arn = world.arn(HOME if which == "home" else AWAY)
    found = refusal(world.home.update_primary_region, KeyId=world.id, PrimaryRegion=AWAY)
    assert found == (error, f"{arn} {text}")
    if which == "home":
        found = refusal(world.home.replicate_key, KeyId=world.id, ReplicaRegion=THIRD)
        assert found == (error, f"{arn} {text}")


def test_a_replica_that_is_creating_cannot_be_the_primary(world: World) -> None:
    world.home.replicate_key(KeyId=world.id, ReplicaRegion=AWAY)
    found = refusal(world.home.update_primary_region, KeyId=world.id, PrimaryRegion=AWAY)
    assert found == ("KMSInvalidStateException", f"{world.arn(AWAY)} is creating.")


def test_the_regions_are_those_that_botocore_knows() -> None:
    partitions = Loader().load_data("endpoints")["partitions"]
    found = {
        each["partition"]: {
            name
            for name, endpoint in each["services"]["kms"]["endpoints"].items()
            if "fips" not in name.lower() and not endpoint.get("deprecated")
        }
        for each in partitions
    }
    for partition, regions in REGIONS.items():
        assert set(regions) == found[partition]


# ------------------------------------------------------------------------------------------- who may


@pytest.mark.parametrize(
    ("statements", "tags", "denied"),
    [
        ([allow("kms:ReplicateKey")], [], "kms:CreateKey"),
        ([allow("kms:CreateKey")], [], "kms:ReplicateKey"),
        ([allow("kms:ReplicateKey", "kms:CreateKey")], [], None),
        ([allow("kms:ReplicateKey", "kms:CreateKey")], TAGS, "kms:TagResource"),
        ([allow("kms:ReplicateKey", "kms:CreateKey", "kms:TagResource")], TAGS, None),
        (
            [
                allow("kms:ReplicateKey", "kms:CreateKey"),
                allow(
                    "kms:TagResource",
                    Condition={"StringEquals": {"aws:RequestTag/team": "red"}},
                ),
            ],
            TAGS,
            "kms:TagResource",
        ),
        (
            [
                allow("kms:ReplicateKey"),
                allow("kms:CreateKey", Condition={"StringEquals": {"aws:RequestedRegion": HOME}}),
            ],
            [],
            "kms:CreateKey",
        ),
        (
            [
                allow("kms:ReplicateKey", Condition={"StringEquals": {"kms:ReplicaRegion": THIRD}}),
                allow("kms:CreateKey"),
            ],
            [],
            "kms:ReplicateKey",
        ),
        (
            [
                allow("kms:ReplicateKey", Condition={"StringEquals": {"kms:ReplicaRegion": AWAY}}),
                allow(
                    "kms:CreateKey",
                    Condition={
                        "StringEquals": {
                            "kms:MultiRegionKeyType": "REPLICA",
                            "kms:KeySpec": "HMAC_384",
                            "kms:KeyUsage": "GENERATE_VERIFY_MAC",
                            "kms:KeyOrigin": "AWS_KMS",
                        },
                        "Bool": {"kms:MultiRegion": "true"},
                    },
                ),
            ],
            [],
            None,
        ),
    ],
)
def test_who_may_replicate(
    statements: list[dict[str, Any]], tags: list[dict[str, str]], denied: str | None
) -> None:
    world = World(KeySpec="HMAC_384", KeyUsage="GENERATE_VERIFY_MAC")
    client = world.client(HOME, world.user(*statements))
    arguments = {"KeyId": world.id, "ReplicaRegion": AWAY, "Tags": tags}
    if denied is None:
        assert client.replicate_key(**arguments)["ReplicaKeyMetadata"]["KeyId"] == world.id
    else:
        error, text = refusal(client.replicate_key, **arguments)
        assert error == "AccessDeniedException"
        assert f"not authorized to perform: {denied} " in text


def test_an_allow_in_one_region_is_none_in_another(world: World) -> None:
    here = {"StringEquals": {"aws:RequestedRegion": HOME}}
    keys = world.user(allow("kms:CreateKey", "kms:ListKeys", Condition=here))
    world.client(HOME, keys).create_key()
    world.client(HOME, keys).list_keys()
    assert code(world.client(AWAY, keys).list_keys) == "AccessDeniedException"
    assert code(world.client(AWAY, keys).create_key) == "AccessDeniedException"


@pytest.mark.parametrize("closed", [HOME, AWAY])
def test_both_key_policies_must_let_the_primary_move(world: World, closed: str) -> None:
    world.replicate()
    keys = world.user(allow("kms:UpdatePrimaryRegion"))
    policy = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{world.kms.account}:user/kmslab-admin"},
            "Action": "kms:*",
            "Resource": "*",
        },
    }
    world.client(closed).put_key_policy(KeyId=world.id, Policy=json.dumps(policy))
    mover = world.client(HOME, keys)
    error, text = refusal(mover.update_primary_region, KeyId=world.id, PrimaryRegion=AWAY)
    assert error == "AccessDeniedException"
    assert world.arn(closed) in text


def test_the_place_among_relatives_is_a_condition(world: World) -> None:
    world.replicate()
    single = world.home.create_key()["KeyMetadata"]["KeyId"]
    is_replica = {"StringEquals": {"kms:MultiRegionKeyType": "REPLICA"}}
    is_related = {"Bool": {"kms:MultiRegion": "true"}}
    keys = world.user(
        allow("kms:Encrypt", Condition=is_replica), allow("kms:DescribeKey", Condition=is_related)
    )
    home, away = world.client(HOME, keys), world.client(AWAY, keys)
    away.encrypt(KeyId=world.id, Plaintext=b"x")
    assert code(home.encrypt, KeyId=world.id, Plaintext=b"x") == "AccessDeniedException"
    assert home.describe_key(KeyId=world.id)["KeyMetadata"]["MultiRegion"] is True
    assert code(home.describe_key, KeyId=single) == "AccessDeniedException"


def test_the_primary_region_is_a_condition(world: World) -> None:
    world.replicate(AWAY)
    world.replicate(THIRD)
    only = {"StringEquals": {"kms:PrimaryRegion": AWAY}}
    mover = world.client(HOME, world.user(allow("kms:UpdatePrimaryRegion", Condition=only)))
    refused = code(mover.update_primary_region, KeyId=world.id, PrimaryRegion=THIRD)
    assert refused == "AccessDeniedException"
    mover.update_primary_region(KeyId=world.id, PrimaryRegion=AWAY)


@pytest.mark.parametrize(
    ("resource", "is_allowed"),
    [
        ("*", True),
        ("arn:aws:kms:*:111122223333:key/*", True),
        ("arn:aws:kms:eu-west-1:111122223333:key/*", False),
        ("arn:aws:kms:*:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab", False),
    ],
)
def test_a_key_that_begins_with_tags_needs_the_permission_to_tag_any(
    world: World, resource: str, *, is_allowed: bool
) -> None:
    # Developer Guide, "Controlling access to tags"
    tagging = {**allow("kms:TagResource"), "Resource": resource}
    ann = world.client(HOME, world.user(allow("kms:CreateKey"), tagging))
    ann.create_key()
    if is_allowed:
        assert ann.create_key(Tags=TAGS)["KeyMetadata"]["KeyState"] == "Enabled"
    else:
        error, text = refusal(ann.create_key, Tags=TAGS)
        assert error == "AccessDeniedException"
        assert "kms:TagResource" in text


# -------------------------------------------------------------------------- the trail and the quotas


def test_replication_is_recorded_in_both_regions(world: World) -> None:
    world.replicate(Tags=TAGS)
    (asked,) = world.kms.trail.events(name="ReplicateKey")
    assert asked["awsRegion"] == HOME
    assert asked["requestParameters"] == {
        "keyId": world.id,
        "replicaRegion": AWAY,
        "bypassPolicyLockoutSafetyCheck": False,
        "description": "",
        "tags": [{"tagKey": "team", "tagValue": "blue"}],
    }
    assert set(asked["responseElements"]) == {"replicaKeyMetadata", "replicaPolicy", "replicaTags"}
    assert asked["responseElements"]["replicaKeyMetadata"]["keyState"] == "Creating"
    assert [each["ARN"] for each in asked["resources"]] == [world.arn(HOME)]
    made = world.kms.trail.events(name="CreateKey")[-1]
    assert (made["awsRegion"], made["eventType"]) == (AWAY, "AwsApiCall")
    assert made["userIdentity"]["arn"] == asked["userIdentity"]["arn"]
    assert made["requestParameters"]["multiRegion"] is True
    assert made["responseElements"]["keyMetadata"]["arn"] == world.arn(AWAY)
    assert made["requestID"] != asked["requestID"]


def test_a_move_is_recorded_in_both_regions(world: World) -> None:
    world.replicate()
    world.home.update_primary_region(KeyId=world.id, PrimaryRegion=AWAY)
    first, second = world.kms.trail.events(name="UpdatePrimaryRegion")
    for event, region in ((first, HOME), (second, AWAY)):
        assert event["awsRegion"] == region
        assert event["requestParameters"] == {"keyId": world.id, "primaryRegion": AWAY}
        assert event["responseElements"] == {"keyId": world.arn(region)}
        assert [each["ARN"] for each in event["resources"]] == [world.arn(region)]
    assert "invokedBy" not in first["userIdentity"]
    assert second["userIdentity"]["invokedBy"] == "kms.amazonaws.com"


def test_a_replica_costs_two_creations_in_its_region(tmp_path: Path) -> None:
    slow = tmp_path / "quotas.toml"
    slow.write_text("[operations]\nCreateKey = { rate = 2 }\n")
    kms = Kms.fresh(seed=8, quotas=str(slow))
    home: Any = kms.client()
    key = home.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    home.replicate_key(KeyId=key, ReplicaRegion=AWAY)
    assert code(kms.client(region=AWAY).create_key) == "ThrottlingException"
    home.create_key()
    home.replicate_key(KeyId=key, ReplicaRegion=THIRD)


def test_a_move_counts_in_both_regions(tmp_path: Path) -> None:
    slow = tmp_path / "quotas.toml"
    slow.write_text("[operations]\nUpdatePrimaryRegion = { rate = 1 }\n")
    kms = Kms.fresh(seed=8, quotas=str(slow))
    home: Any = kms.client()
    away: Any = kms.client(region=AWAY)
    key = home.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    home.replicate_key(KeyId=key, ReplicaRegion=AWAY)
    kms.clock.advance(seconds=5)
    home.update_primary_region(KeyId=key, PrimaryRegion=AWAY)
    back = {"KeyId": key, "PrimaryRegion": HOME}
    assert code(away.update_primary_region, **back) == "ThrottlingException"
    kms.clock.advance(seconds=1)
    away.update_primary_region(**back)


def test_related_keys_outlive_the_process(tmp_path: Path) -> None:
    name = f"sqlite:{tmp_path / 'world.db'}"
    with Kms.open(name, seed=8) as kms:
        home: Any = kms.client()
        key = home.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
        home.replicate_key(KeyId=key, ReplicaRegion=AWAY)
        blob = home.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    with Kms.open(name, seed=8) as kms:
        away: Any = kms.client(region=AWAY)
        assert away.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Creating"
        kms.clock.advance(seconds=5)
        assert away.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
        told = away.describe_key(KeyId=key)["KeyMetadata"]["MultiRegionConfiguration"]
        assert told["PrimaryKey"]["Region"] == HOME
