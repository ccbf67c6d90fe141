"""Deletion and rotation, driven by the virtual clock.

Rules: Developer Guide, "Deleting AWS KMS keys", "Rotating AWS KMS keys"; events: "RotateKey" and
"DeleteKey" of its CloudTrail pages.
"""

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab import Kms

DAY = 86_400


@pytest.fixture
def world() -> Kms:
    return Kms.fresh(seed=6)


@pytest.fixture
def client(world: Kms) -> Any:
    return world.client()


@pytest.fixture
def key(client: Any) -> str:
    return str(client.create_key()["KeyMetadata"]["Arn"])


def code(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return str(refused.value.response["Error"]["Code"])


def state(client: Any, key: str) -> str:
    return str(client.describe_key(KeyId=key)["KeyMetadata"]["KeyState"])


def test_a_scheduled_key_waits_and_is_gone(world: Kms, client: Any, key: str) -> None:
    client.create_alias(AliasName="alias/doomed", TargetKeyId=key)
    blob = client.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    answer = client.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert answer["KeyState"] == "PendingDeletion"
    left = answer["DeletionDate"].timestamp() - world.clock.now()
    assert left == pytest.approx(7 * DAY, abs=1)
    assert code(client.decrypt, CiphertextBlob=blob) == "KMSInvalidStateException"
    world.clock.advance(days=7, seconds=-10)
    assert state(client, key) == "PendingDeletion"
    world.clock.advance(seconds=10)
    assert code(client.describe_key, KeyId=key) == "NotFoundException"
    assert code(client.decrypt, CiphertextBlob=blob) == "AccessDeniedException"
    assert client.list_keys()["Keys"] == []
    assert client.list_aliases()["Aliases"] == []
    event = world.trail.events(name="DeleteKey")[0]
    assert event["eventType"] == "AwsServiceEvent"
    assert event["userIdentity"] == {"accountId": world.account, "invokedBy": "AWS Internal"}
    assert event["responseElements"] == {"keyId": key}


def test_a_cancelled_deletion_leaves_the_key_disabled(world: Kms, client: Any, key: str) -> None:
    client.schedule_key_deletion(KeyId=key)
    assert client.cancel_key_deletion(KeyId=key)["KeyId"] == key
    assert state(client, key) == "Disabled"
    world.clock.advance(days=31)
    assert state(client, key) == "Disabled"
    assert code(client.cancel_key_deletion, KeyId=key) == "KMSInvalidStateException"


@pytest.mark.parametrize("days", [6, 31])
def test_the_window_has_bounds(world: Kms, key: str, days: int) -> None:
    client = world.client()
    refused = code(client.schedule_key_deletion, KeyId=key, PendingWindowInDays=days)
    assert refused == "ValidationException"
    assert state(client, key) == "Enabled"


def test_deletion_takes_the_grants_along(world: Kms, client: Any, key: str) -> None:
    root = f"arn:aws:iam::{world.account}:root"
    made = client.create_grant(KeyId=key, GranteePrincipal=root, Operations=["Encrypt"])
    client.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    world.clock.advance(days=8)
    assert code(client.retire_grant, GrantToken=made["GrantToken"]) == "InvalidGrantTokenException"


def test_rotation_comes_on_its_days(world: Kms, client: Any, key: str) -> None:
    old = client.encrypt(KeyId=key, Plaintext=b"old")["CiphertextBlob"]
    first = client.describe_key(KeyId=key)["KeyMetadata"]["CurrentKeyMaterialId"]
    client.enable_key_rotation(KeyId=key, RotationPeriodInDays=90)
    status = client.get_key_rotation_status(KeyId=key)
    assert (status["KeyRotationEnabled"], status["RotationPeriodInDays"]) == (True, 90)
    enabled = status["NextRotationDate"] - timedelta(days=90)
    world.clock.advance(days=271)  # three periods and a day
    rotations = client.list_key_rotations(KeyId=key)["Rotations"]
    assert [each["RotationDate"] for each in rotations] == [
        enabled + timedelta(days=90 * number) for number in (1, 2, 3)
    ]
    assert {each["RotationType"] for each in rotations} == {"AUTOMATIC"}
    states = [each["KeyMaterialState"] for each in rotations]
    assert states == ["NON_CURRENT", "NON_CURRENT", "CURRENT"]
    everything = client.list_key_rotations(KeyId=key, IncludeKeyMaterial="ALL_KEY_MATERIAL")
    assert everything["Rotations"][0]["KeyMaterialId"] == first
    assert "RotationType" not in everything["Rotations"][0]
    opened = client.decrypt(CiphertextBlob=old)
    assert (opened["Plaintext"], opened["KeyMaterialId"]) == (b"old", first)
    moved = client.re_encrypt(CiphertextBlob=old, DestinationKeyId=key)
    assert moved["SourceKeyMaterialId"] == first
    assert moved["DestinationKeyMaterialId"] == rotations[-1]["KeyMaterialId"]
    events = world.trail.events(name="RotateKey")
    assert len(events) == 3
    assert events[0]["serviceEventDetails"]["previousKeyMaterialId"] == first
    assert events[0]["serviceEventDetails"]["rotationType"] == "AUTOMATIC"


def test_a_disabled_key_rotates_when_it_is_enabled(world: Kms, client: Any, key: str) -> None:
    client.enable_key_rotation(KeyId=key)
    client.disable_key(KeyId=key)
    world.clock.advance(days=400)
    assert client.list_key_rotations(KeyId=key)["Rotations"] == []
    assert client.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is True
    client.enable_key(KeyId=key)
    assert len(client.list_key_rotations(KeyId=key)["Rotations"]) == 1


def test_a_key_that_waits_for_deletion_does_not_rotate(world: Kms, client: Any, key: str) -> None:
    client.enable_key_rotation(KeyId=key, RotationPeriodInDays=90)
    world.clock.advance(days=80)
    client.schedule_key_deletion(KeyId=key, PendingWindowInDays=30)
    assert client.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is False
    world.clock.advance(days=20)
    assert client.list_key_rotations(KeyId=key)["Rotations"] == []
    client.cancel_key_deletion(KeyId=key)
    assert client.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is True


def test_rotation_ends_when_it_is_disabled(world: Kms, client: Any, key: str) -> None:
    client.enable_key_rotation(KeyId=key, RotationPeriodInDays=90)
    client.disable_key_rotation(KeyId=key)
    world.clock.advance(days=400)
    assert client.list_key_rotations(KeyId=key)["Rotations"] == []
    assert client.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is False


def test_twenty_five_rotations_on_demand(world: Kms, client: Any, key: str) -> None:
    for _ in range(25):
        assert client.rotate_key_on_demand(KeyId=key)["KeyId"] == key
    with pytest.raises(ClientError, match="The on-demand rotations limit has been reached"):
        client.rotate_key_on_demand(KeyId=key)
    pages = client.get_paginator("list_key_rotations").paginate(
        KeyId=key, PaginationConfig={"PageSize": 10}
    )
    rotations = [each for page in pages for each in page["Rotations"]]
    assert len(rotations) == 25
    assert {each["RotationType"] for each in rotations} == {"ON_DEMAND"}
    assert len(world.trail.events(name="RotateKey")) == 25


def test_no_rotation_on_demand_just_before_an_automatic_one(
    world: Kms, client: Any, key: str
) -> None:
    client.enable_key_rotation(KeyId=key, RotationPeriodInDays=90)
    world.clock.advance(days=90, minutes=-10)
    assert code(client.rotate_key_on_demand, KeyId=key) == "ConflictException"


def test_only_symmetric_keys_rotate(client: Any) -> None:
    made = client.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    key = made["KeyMetadata"]["KeyId"]
    for call in (
        client.enable_key_rotation,
        client.disable_key_rotation,
        client.rotate_key_on_demand,
    ):
        assert code(call, KeyId=key) == "UnsupportedOperationException"
    assert client.list_key_rotations(KeyId=key)["Rotations"] == []


def test_a_key_that_slept_through_two_rotations_makes_up_for_one(
    world: Kms, client: Any, key: str
) -> None:
    # Developer Guide, "Rotating AWS KMS keys": an overdue rotation takes place when it is enabled.
    client.enable_key_rotation(KeyId=key, RotationPeriodInDays=90)
    client.disable_key(KeyId=key)
    world.clock.advance(days=200)
    client.enable_key(KeyId=key)
    enabled = world.clock.now()
    rotations = client.list_key_rotations(KeyId=key)["Rotations"]
    assert [each["RotationDate"].timestamp() for each in rotations] == [
        pytest.approx(enabled, abs=2)
    ]
    following = client.get_key_rotation_status(KeyId=key)["NextRotationDate"].timestamp()
    assert following - enabled == pytest.approx(90 * DAY, abs=2)


def test_a_key_that_cannot_rotate_says_so(client: Any) -> None:
    for spec, usage in (("ECC_NIST_P256", "SIGN_VERIFY"), ("HMAC_256", "GENERATE_VERIFY_MAC")):
        other = client.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["KeyId"]
        assert client.get_key_rotation_status(KeyId=other)["KeyRotationEnabled"] is False
