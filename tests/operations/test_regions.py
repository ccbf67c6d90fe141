"""Multi-Region keys: boto3 clients of several Regions, and the virtual clock.

Rules: API Reference, ReplicateKey and UpdatePrimaryRegion; Developer Guide, "Multi-Region keys in
AWS KMS", "Rotating AWS KMS keys", "Deleting multi-Region keys".
"""

import json

import pytest

from tests.operations.regions import AWAY, HOME, TAGS, THIRD, World, code, refusal

SHARED = {
    "KeyId", "KeySpec", "CustomerMasterKeySpec", "KeyUsage", "Origin", "MultiRegion",
    "EncryptionAlgorithms", "CurrentKeyMaterialId", "AWSAccountId", "KeyManager",
}  # fmt: skip


@pytest.fixture
def world() -> World:
    return World()


# ------------------------------------------------------------------------------------------ replicas


def test_a_primary_key_says_so(world: World) -> None:
    told = world.described(world.home)
    assert len(told["KeyId"].removeprefix("mrk-")) == 32
    assert told["MultiRegion"] is True
    primary = {"Arn": world.arn(HOME), "Region": HOME}
    assert told["MultiRegionConfiguration"] == {
        "MultiRegionKeyType": "PRIMARY",
        "PrimaryKey": primary,
        "ReplicaKeys": [],
    }


def test_a_replica_shares_some_properties_and_owns_the_others(world: World) -> None:
    world.home.tag_resource(KeyId=world.id, Tags=TAGS)
    made = world.home.replicate_key(KeyId=world.id, ReplicaRegion=AWAY, Description="copy")
    told, primary = made["ReplicaKeyMetadata"], world.described(world.home)
    assert {name: told[name] for name in SHARED} == {name: primary[name] for name in SHARED}
    assert told["Arn"] == world.arn(AWAY)
    assert (told["Description"], told["KeyState"], told["Enabled"]) == ("copy", "Creating", False)
    assert told["MultiRegionConfiguration"] == {
        "MultiRegionKeyType": "REPLICA",
        "PrimaryKey": {"Arn": world.arn(HOME), "Region": HOME},
        "ReplicaKeys": [{"Arn": world.arn(AWAY), "Region": AWAY}],
    }
    assert made["ReplicaTags"] == []
    assert made["ReplicaPolicy"] == world.away.get_key_policy(KeyId=world.id)["Policy"]
    assert json.loads(made["ReplicaPolicy"])["Id"] == "key-default-1"
    assert told["CreationDate"] > primary["CreationDate"]
    assert [key["KeyArn"] for key in world.away.list_keys()["Keys"]] == [world.arn(AWAY)]


def test_a_replica_takes_policy_and_tags_of_its_own(world: World) -> None:
    policy = world.home.get_key_policy(KeyId=world.id)["Policy"].replace("key-default-1", "mine")
    made = world.home.replicate_key(
        KeyId=world.id, ReplicaRegion=AWAY, Policy=policy, Tags=TAGS, Description=""
    )
    assert (made["ReplicaPolicy"], made["ReplicaTags"]) == (policy, TAGS)
    assert world.away.list_resource_tags(KeyId=world.id)["Tags"] == TAGS
    assert world.home.list_resource_tags(KeyId=world.id)["Tags"] == []


def test_every_relative_names_all_of_them(world: World) -> None:
    world.replicate(AWAY)
    world.replicate(THIRD)
    found = [
        world.described(client)["MultiRegionConfiguration"]
        for client in (world.home, world.away, world.third)
    ]
    types = [each.pop("MultiRegionKeyType") for each in found]
    assert types == ["PRIMARY", "REPLICA", "REPLICA"]
    assert found[0] == found[1] == found[2]
    assert [each["Region"] for each in found[0]["ReplicaKeys"]] == [THIRD, AWAY]


def test_a_replica_is_creating_for_some_seconds(world: World) -> None:
    world.home.replicate_key(KeyId=world.id, ReplicaRegion=AWAY)
    found = refusal(world.away.encrypt, KeyId=world.id, Plaintext=b"x")
    assert found == ("KMSInvalidStateException", f"{world.arn(AWAY)} is creating.")
    assert code(world.away.disable_key, KeyId=world.id) == "KMSInvalidStateException"
    world.away.create_alias(AliasName="alias/copy", TargetKeyId=world.id)
    world.away.tag_resource(KeyId=world.id, Tags=TAGS)
    assert world.state(world.home) == "Enabled"
    world.clock.advance(seconds=5)
    assert world.state(world.away) == "Enabled"
    assert world.away.encrypt(KeyId="alias/copy", Plaintext=b"x")["KeyId"] == world.arn(AWAY)


def test_what_is_creating_can_be_scheduled_for_deletion(world: World) -> None:
    world.home.replicate_key(KeyId=world.id, ReplicaRegion=AWAY)
    world.away.schedule_key_deletion(KeyId=world.id, PendingWindowInDays=7)
    world.clock.advance(minutes=1)
    assert world.state(world.away) == "PendingDeletion"
    world.away.cancel_key_deletion(KeyId=world.id)
    assert world.state(world.away) == "Disabled"


def test_state_description_and_alias_are_a_keys_own(world: World) -> None:
    world.replicate()
    world.home.create_alias(AliasName="alias/app", TargetKeyId=world.id)
    world.home.update_key_description(KeyId=world.id, Description="primary")
    world.away.disable_key(KeyId=world.id)
    assert code(world.away.encrypt, KeyId=world.id, Plaintext=b"x") == "DisabledException"
    assert world.away.list_aliases()["Aliases"] == []
    assert world.described(world.away)["Description"] == ""
    assert world.home.encrypt(KeyId=world.id, Plaintext=b"x")["KeyId"] == world.arn(HOME)


# ---------------------------------------------------------------------------------------- used alike


def test_related_keys_open_each_others_ciphertexts(world: World) -> None:
    world.replicate()
    context = {"for": "both"}
    for there, here, region in (
        (world.home, world.away, AWAY),
        (world.away, world.home, HOME),
    ):
        blob = there.encrypt(KeyId=world.id, Plaintext=b"x", EncryptionContext=context)
        sealed = blob["CiphertextBlob"]
        for named in ({}, {"KeyId": world.id}, {"KeyId": world.arn(region)}):
            opened = here.decrypt(CiphertextBlob=sealed, EncryptionContext=context, **named)
            assert (opened["Plaintext"], opened["KeyId"]) == (b"x", world.arn(region))
        elsewhere = HOME if region == AWAY else AWAY
        refused = code(here.decrypt, CiphertextBlob=sealed, KeyId=world.arn(elsewhere))
        assert refused == "NotFoundException"
        assert code(here.decrypt, CiphertextBlob=sealed) == "InvalidCiphertextException"


def test_a_region_without_a_related_key_opens_nothing(world: World) -> None:
    blob = world.home.encrypt(KeyId=world.id, Plaintext=b"x")["CiphertextBlob"]
    assert code(world.away.decrypt, CiphertextBlob=blob) == "AccessDeniedException"


@pytest.mark.parametrize(
    ("spec", "usage", "sign", "verify", "algorithm"),
    [
        ("ECC_NIST_P256", "SIGN_VERIFY", "sign", "verify", {"SigningAlgorithm": "ECDSA_SHA_256"}),
        (
            "HMAC_256",
            "GENERATE_VERIFY_MAC",
            "generate_mac",
            "verify_mac",
            {"MacAlgorithm": "HMAC_SHA_256"},
        ),
    ],
)
def test_signatures_and_macs_are_good_in_both_regions(
    spec: str, usage: str, sign: str, verify: str, algorithm: dict[str, str]
) -> None:
    world = World(KeySpec=spec, KeyUsage=usage)
    world.replicate()
    made = getattr(world.home, sign)(KeyId=world.id, Message=b"m", **algorithm)
    proof = {name: made[name] for name in ("Signature", "Mac") if name in made}
    getattr(world.away, verify)(KeyId=world.id, Message=b"m", **proof, **algorithm)
    if spec.startswith("ECC"):
        keys = [each.get_public_key(KeyId=world.id) for each in (world.home, world.away)]
        assert keys[0]["PublicKey"] == keys[1]["PublicKey"]


# ------------------------------------------------------------------------------------------ rotation


def test_a_rotation_on_demand_reaches_every_replica(world: World) -> None:
    world.replicate()
    old = world.home.encrypt(KeyId=world.id, Plaintext=b"old")["CiphertextBlob"]
    world.home.rotate_key_on_demand(KeyId=world.id)
    new = world.home.encrypt(KeyId=world.id, Plaintext=b"new")["CiphertextBlob"]
    assert old[24:56] != new[24:56]  # the ID of the material
    for blob, plaintext in ((old, b"old"), (new, b"new")):
        assert world.away.decrypt(CiphertextBlob=blob)["Plaintext"] == plaintext
    rotations = [
        each.list_key_rotations(KeyId=world.id)["Rotations"] for each in (world.home, world.away)
    ]
    assert rotations[0] == rotations[1]
    assert len(rotations[0]) == 1
    (rotated,) = world.kms.trail.events(name="RotateKey")
    assert rotated["awsRegion"] == HOME
    (event,) = world.kms.trail.events(name="SynchronizeMultiRegionKey")
    assert event["userIdentity"] == {"accountId": world.kms.account, "invokedBy": "AWS Internal"}
    assert (event["eventType"], event["awsRegion"]) == ("AwsApiCall", HOME)
    assert event["responseElements"] == {"keyId": world.arn(HOME)}
    assert event["requestParameters"] is None
    assert [each["ARN"] for each in event["resources"]] == [world.arn(HOME)]


def test_automatic_rotation_is_the_primarys(world: World) -> None:
    world.replicate()
    world.home.enable_key_rotation(KeyId=world.id, RotationPeriodInDays=90)
    statuses = [each.get_key_rotation_status(KeyId=world.id) for each in (world.home, world.away)]
    assert statuses[1]["KeyRotationEnabled"] is True
    assert statuses[0]["NextRotationDate"] == statuses[1]["NextRotationDate"]
    late = world.replicate(THIRD)
    assert late["CurrentKeyMaterialId"] == world.described(world.home)["CurrentKeyMaterialId"]
    world.clock.advance(days=181)
    current = [
        world.described(each)["CurrentKeyMaterialId"]
        for each in (world.home, world.away, world.third)
    ]
    assert len(set(current)) == 1
    assert len(world.third.list_key_rotations(KeyId=world.id)["Rotations"]) == 2
    assert [each["awsRegion"] for each in world.kms.trail.events(name="RotateKey")] == [HOME] * 2
    world.home.disable_key_rotation(KeyId=world.id)
    status = world.away.get_key_rotation_status(KeyId=world.id)
    assert status["KeyRotationEnabled"] is False


@pytest.mark.parametrize(
    "operation", ["enable_key_rotation", "disable_key_rotation", "rotate_key_on_demand"]
)
def test_rotation_is_refused_at_a_replica(world: World, operation: str) -> None:
    world.replicate()
    refused = code(getattr(world.away, operation), KeyId=world.id)
    assert refused == "UnsupportedOperationException"


def test_a_disabled_replica_gets_new_material_too(world: World) -> None:
    world.replicate()
    world.away.disable_key(KeyId=world.id)
    world.home.rotate_key_on_demand(KeyId=world.id)
    found = [world.described(each)["CurrentKeyMaterialId"] for each in (world.home, world.away)]
    assert found[0] == found[1]


# --------------------------------------------------------------------------------------- the primary


def test_the_primary_key_moves(world: World) -> None:
    world.replicate(AWAY)
    world.replicate(THIRD)
    world.home.enable_key_rotation(KeyId=world.id, RotationPeriodInDays=90)
    world.home.update_primary_region(KeyId=world.id, PrimaryRegion=AWAY)
    clients = (world.home, world.away, world.third)
    assert [world.state(each) for each in clients] == ["Updating", "Updating", "Enabled"]
    world.clock.advance(seconds=5)
    assert [world.state(each) for each in clients] == ["Enabled"] * 3
    for each in clients:
        told = world.described(each)["MultiRegionConfiguration"]
        assert told["PrimaryKey"] == {"Arn": world.arn(AWAY), "Region": AWAY}
        assert [key["Region"] for key in told["ReplicaKeys"]] == [THIRD, HOME]
    refused = code(world.home.replicate_key, KeyId=world.id, ReplicaRegion="eu-west-2")
    assert refused == "UnsupportedOperationException"
    world.clock.advance(days=91)
    assert len(world.home.list_key_rotations(KeyId=world.id)["Rotations"]) == 1
    (event,) = world.kms.trail.events(name="RotateKey")
    assert event["awsRegion"] == AWAY
    assert code(world.home.rotate_key_on_demand, KeyId=world.id) == "UnsupportedOperationException"


def test_keys_work_while_the_primary_moves(world: World) -> None:
    world.replicate()
    world.home.update_primary_region(KeyId=world.id, PrimaryRegion=AWAY)
    blob = world.home.encrypt(KeyId=world.id, Plaintext=b"x")["CiphertextBlob"]
    assert world.away.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    updating = ("KMSInvalidStateException", f"{world.arn(AWAY)} is updating.")
    third = {"KeyId": world.id, "ReplicaRegion": THIRD}
    assert refusal(world.away.replicate_key, **third) == updating
    for operation in ("disable_key", "enable_key", "schedule_key_deletion"):
        assert refusal(getattr(world.away, operation), KeyId=world.id) == updating
    world.away.update_primary_region(KeyId=world.id, PrimaryRegion=HOME)  # its cell says ok
    assert world.state(world.home) == "Updating"
    world.clock.advance(seconds=5)
    told = world.described(world.away)
    assert told["KeyState"] == "Enabled"
    assert told["MultiRegionConfiguration"]["PrimaryKey"]["Region"] == HOME


def test_a_rotation_that_comes_while_the_primary_moves_is_late_by_seconds(world: World) -> None:
    world.replicate()
    world.home.enable_key_rotation(KeyId=world.id, RotationPeriodInDays=90)
    world.clock.advance(days=90, seconds=-1)
    world.home.update_primary_region(KeyId=world.id, PrimaryRegion=AWAY)
    world.clock.advance(seconds=3)
    assert world.home.list_key_rotations(KeyId=world.id)["Rotations"] == []
    world.clock.advance(seconds=3)
    assert len(world.home.list_key_rotations(KeyId=world.id)["Rotations"]) == 1


# ------------------------------------------------------------------------------------------ deletion


def test_a_primary_waits_for_its_replicas(world: World) -> None:
    world.replicate(AWAY)
    world.replicate(THIRD)
    world.home.enable_key_rotation(KeyId=world.id)
    answer = world.home.schedule_key_deletion(KeyId=world.id, PendingWindowInDays=9)
    assert answer["KeyState"] == "PendingReplicaDeletion"
    assert (answer["PendingWindowInDays"], "DeletionDate" in answer) == (9, False)
    assert world.described(world.home)["PendingDeletionWindowInDays"] == 9
    pending = f"{world.arn(HOME)} is pending deletion."
    found = refusal(world.home.encrypt, KeyId=world.id, Plaintext=b"x")
    assert found == ("KMSInvalidStateException", pending)
    status = world.home.get_key_rotation_status(KeyId=world.id)
    assert status["KeyRotationEnabled"] is False
    world.clock.advance(days=100)
    assert world.state(world.home) == "PendingReplicaDeletion"
    last = world.away.schedule_key_deletion(KeyId=world.id, PendingWindowInDays=8)
    world.third.schedule_key_deletion(KeyId=world.id, PendingWindowInDays=7)
    world.clock.advance(days=7, hours=1)
    assert code(world.third.describe_key, KeyId=world.id) == "NotFoundException"
    assert world.state(world.home) == "PendingReplicaDeletion"
    world.clock.advance(days=1)
    told = world.described(world.home)
    assert told["KeyState"] == "PendingDeletion"
    assert "PendingDeletionWindowInDays" not in told
    assert (told["DeletionDate"] - last["DeletionDate"]).total_seconds() == 9 * 86_400
    world.clock.advance(days=9)
    assert code(world.home.describe_key, KeyId=world.id) == "NotFoundException"
    gone = [each["awsRegion"] for each in world.kms.trail.events(name="DeleteKey")]
    assert gone == [THIRD, AWAY, HOME]


def test_the_wait_for_replicas_can_be_cancelled(world: World) -> None:
    world.replicate()
    world.home.schedule_key_deletion(KeyId=world.id)
    world.home.cancel_key_deletion(KeyId=world.id)
    assert world.state(world.home) == "Disabled"
    assert "PendingDeletionWindowInDays" not in world.described(world.home)
    world.away.schedule_key_deletion(KeyId=world.id, PendingWindowInDays=7)
    world.clock.advance(days=40)
    assert world.state(world.home) == "Disabled"


def test_a_primary_without_replicas_is_deleted_as_any_key(world: World) -> None:
    answer = world.home.schedule_key_deletion(KeyId=world.id, PendingWindowInDays=7)
    assert answer["KeyState"] == "PendingDeletion"
    assert "DeletionDate" in answer


def test_a_deleted_replica_can_be_made_again(world: World) -> None:
    world.replicate()
    blob = world.away.encrypt(KeyId=world.id, Plaintext=b"x")["CiphertextBlob"]
    world.away.schedule_key_deletion(KeyId=world.id, PendingWindowInDays=7)
    again = {"KeyId": world.id, "ReplicaRegion": AWAY}
    assert code(world.home.replicate_key, **again) == "AlreadyExistsException"
    world.clock.advance(days=7, hours=1)
    world.replicate()
    assert world.away.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
