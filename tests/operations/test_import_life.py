"""The end of imported key material: deletion, expiry, restart, and the trail of it.

Rules: Developer Guide, "Importing key material", "Delete imported key material"; the service
model's KeyMetadata. Events: "ImportKeyMaterial", "DeleteImportedKeyMaterial" and
"DeleteExpiredKeyMaterial" of the CloudTrail pages.
"""

import json
from base64 import b64encode
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from kmslab import Kms
from kmslab.server import stores
from kmslab.store.records import ALL_DUES, DUES, KEYS, scope
from kmslab.store.transaction import Transaction
from tests.operations.importing import (
    FOREVER,
    HYBRID,
    MONTH,
    NEW,
    OAEP,
    ONE,
    TWO,
    Bringer,
    bring,
    code,
    described,
    make,
    materials,
    parameters,
    pkcs8,
    soon,
    state,
)

THREE = b"3" * 32


@pytest.fixture
def world() -> Kms:
    return Kms.fresh(seed=8, quotas="off")


@pytest.fixture
def client(world: Kms) -> Any:
    return world.client()


@pytest.fixture
def key(client: Any) -> str:
    return make(client)


# ------------------------------------------------------------------------------------ deletion


def test_deleted_material_stops_the_key_until_the_same_comes_again(
    world: Kms, client: Any, key: str
) -> None:
    brings = Bringer(client, key)
    one = brings(ONE)
    blob = client.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    answer = client.delete_imported_key_material(KeyId=key)
    assert (answer["KeyId"], answer["KeyMaterialId"]) == (key, one)
    told = described(client, key)
    assert (told["KeyState"], told["CurrentKeyMaterialId"]) == ("PendingImport", one)
    assert not {"ExpirationModel", "ValidTo"} & set(told)
    assert materials(client, key) == [("CURRENT", "PENDING_IMPORT")]
    assert code(client.decrypt, CiphertextBlob=blob) == "KMSInvalidStateException"
    assert client.delete_imported_key_material(KeyId=key)["KeyMaterialId"] == one
    assert brings.refused(TWO) == "IncorrectKeyMaterialException"
    assert brings(ONE) == one
    assert state(client, key) == "Enabled"
    assert client.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    event = world.trail.events(name="DeleteImportedKeyMaterial")[0]
    assert event["readOnly"] is False
    assert event["responseElements"] == {"keyId": key, "keyMaterialId": one}
    assert event["requestParameters"] == {"keyId": key}


def test_a_key_needs_all_its_materials(client: Any, key: str) -> None:
    brings = Bringer(client, key)
    one = brings(ONE)
    old = client.encrypt(KeyId=key, Plaintext=b"old")["CiphertextBlob"]
    two = brings(TWO, **NEW)
    client.rotate_key_on_demand(KeyId=key)
    client.delete_imported_key_material(KeyId=key, KeyMaterialId=one)
    assert state(client, key) == "PendingImport"
    assert materials(client, key) == [("NON_CURRENT", "PENDING_IMPORT"), ("CURRENT", "IMPORTED")]
    client.delete_imported_key_material(KeyId=key)  # the current one
    brings(TWO, KeyMaterialId=two)
    assert state(client, key) == "PendingImport"
    assert brings(ONE) == one
    assert state(client, key) == "Enabled"
    assert client.decrypt(CiphertextBlob=old)["Plaintext"] == b"old"


def test_there_may_be_nothing_to_delete(client: Any, key: str) -> None:
    answer = client.delete_imported_key_material(KeyId=key)
    assert answer["KeyId"] == key
    assert "KeyMaterialId" not in answer
    unknown = {"KeyId": key, "KeyMaterialId": "0" * 64}
    assert code(client.delete_imported_key_material, **unknown) == "NotFoundException"


def test_a_public_key_outlasts_its_private_half(client: Any) -> None:
    # "Key states of AWS KMS keys": GetPublicKey is allowed in PendingImport
    own = ec.generate_private_key(ec.SECP256R1())
    key = make(client, "ECC_NIST_P256", "SIGN_VERIFY")
    assert code(client.get_public_key, KeyId=key) == "KMSInvalidStateException"
    bring(client, key, pkcs8(own), HYBRID)
    client.sign(KeyId=key, Message=b"m", SigningAlgorithm="ECDSA_SHA_256")
    assert "KeyMaterialId" not in client.delete_imported_key_material(KeyId=key)
    told = serialization.load_der_public_key(client.get_public_key(KeyId=key)["PublicKey"])
    assert told == own.public_key()
    refused = code(client.sign, KeyId=key, Message=b"m", SigningAlgorithm="ECDSA_SHA_256")
    assert refused == "KMSInvalidStateException"
    bring(client, key, pkcs8(own), HYBRID)
    assert state(client, key) == "Enabled"


def test_deletion_of_material_and_of_the_key_are_two_things(client: Any, key: str) -> None:
    bring(client, key, ONE)
    client.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    client.delete_imported_key_material(KeyId=key)
    assert state(client, key) == "PendingDeletion"
    client.cancel_key_deletion(KeyId=key)
    assert state(client, key) == "PendingImport"
    bring(client, key, ONE)
    client.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    client.cancel_key_deletion(KeyId=key)
    assert state(client, key) == "Disabled"


def test_a_disabled_key_stays_disabled_when_its_material_comes_again(client: Any, key: str) -> None:
    bring(client, key, ONE)
    client.disable_key(KeyId=key)
    bring(client, key, ONE)
    assert state(client, key) == "Disabled"


def test_a_grant_can_end_while_there_is_no_material(client: Any, key: str) -> None:
    refused = code(client.revoke_grant, KeyId=key, GrantId="g")
    assert refused == "InvalidGrantIdException"


# -------------------------------------------------------------------------------------- expiry


def test_material_expires_on_its_day(world: Kms, client: Any, key: str) -> None:
    day = soon(world)
    one = bring(client, key, ONE, ValidTo=day)["KeyMaterialId"]
    told = described(client, key)
    assert (told["ExpirationModel"], told["ValidTo"]) == ("KEY_MATERIAL_EXPIRES", day)
    listed = client.list_key_rotations(KeyId=key, IncludeKeyMaterial="ALL_KEY_MATERIAL")
    assert listed["Rotations"][0]["ValidTo"] == day
    blob = client.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    world.clock.advance(seconds=day.timestamp() - world.clock.now() - 1)
    assert state(client, key) == "Enabled"
    world.clock.advance(seconds=1)
    assert code(client.decrypt, CiphertextBlob=blob) == "KMSInvalidStateException"
    told = described(client, key)
    assert told["KeyState"] == "PendingImport"
    assert not {"ExpirationModel", "ValidTo"} & set(told)
    (event,) = world.trail.events(name="DeleteExpiredKeyMaterial")
    assert event["eventTime"] == f"{day:%Y-%m-%dT%H:%M:%SZ}"
    assert event["eventType"] == "AwsServiceEvent"
    assert event["userIdentity"] == {"accountId": world.account, "invokedBy": "AWS Internal"}
    assert (event["requestParameters"], event["responseElements"]) == (None, None)
    assert event["resources"][0]["ARN"] == key
    details = {"keyId": key.rpartition("/")[2], "keyMaterialId": one}
    assert event["serviceEventDetails"] == details
    brings = Bringer(client, key)
    assert brings.refused(TWO) == "IncorrectKeyMaterialException"
    assert brings(ONE) == one
    assert client.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    world.clock.advance(days=400)
    assert state(client, key) == "Enabled"


def test_an_expiry_is_moved_by_importing_again(world: Kms, client: Any, key: str) -> None:
    brings = Bringer(client, key)
    brings(ONE, ValidTo=soon(world))
    brings(ONE, ValidTo=soon(world, 2 * MONTH))
    world.clock.advance(days=31)
    assert state(client, key) == "Enabled"
    world.clock.advance(days=30)
    assert state(client, key) == "PendingImport"
    assert len(world.trail.events(name="DeleteExpiredKeyMaterial")) == 1


def test_the_first_of_several_to_expire_stops_the_key(world: Kms, client: Any, key: str) -> None:
    brings = Bringer(client, key)
    late, early = soon(world, 2 * MONTH), soon(world)
    brings(ONE, ValidTo=late)
    two = brings(TWO, ValidTo=early, **NEW)
    assert described(client, key)["ValidTo"] == late  # what waits is not associated yet
    client.rotate_key_on_demand(KeyId=key)
    assert described(client, key)["ValidTo"] == early
    world.clock.advance(days=31)
    assert materials(client, key) == [("NON_CURRENT", "IMPORTED"), ("CURRENT", "PENDING_IMPORT")]
    assert described(client, key)["ValidTo"] == late
    world.clock.advance(days=30)
    assert state(client, key) == "PendingImport"
    events = world.trail.events(name="DeleteExpiredKeyMaterial")
    assert events[0]["serviceEventDetails"]["keyMaterialId"] == two
    assert len(events) == 2


def test_what_waits_expires_without_harm(world: Kms, client: Any, key: str) -> None:
    brings = Bringer(client, key)
    brings(ONE)
    brings(TWO, ValidTo=soon(world), **NEW)
    world.clock.advance(days=31)
    assert state(client, key) == "Enabled"
    assert materials(client, key) == [("CURRENT", "IMPORTED")]
    assert code(client.rotate_key_on_demand, KeyId=key) == "KMSInvalidStateException"


def test_two_materials_may_expire_at_one_instant(world: Kms, client: Any, key: str) -> None:
    brings = Bringer(client, key)
    brings(ONE, ValidTo=soon(world))
    brings(TWO, ValidTo=soon(world), **NEW)
    client.rotate_key_on_demand(KeyId=key)
    world.clock.advance(days=31)
    assert state(client, key) == "PendingImport"
    assert len(world.trail.events(name="DeleteExpiredKeyMaterial")) == 2


def test_an_expiry_of_another_kind_of_key_names_no_material(world: Kms, client: Any) -> None:
    key = make(client, "HMAC_256", "GENERATE_VERIFY_MAC")
    bring(client, key, ONE, ValidTo=soon(world))
    client.disable_key(KeyId=key)
    world.clock.advance(days=31)
    assert state(client, key) == "PendingImport"
    (event,) = world.trail.events(name="DeleteExpiredKeyMaterial")
    assert event["serviceEventDetails"] == {"keyId": key.rpartition("/")[2]}


@pytest.mark.parametrize("days", [3, 7, 10])
def test_a_key_is_deleted_on_its_day_whatever_its_material_does(
    world: Kms, client: Any, key: str, days: int
) -> None:
    bring(client, key, ONE, ValidTo=soon(world, timedelta(days=days)))
    client.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    store = world.endpoint.engine.store
    if days == 7:  # to the instant
        found = store.get(KEYS, scope(world.account, world.region), key.rpartition("/")[2])
        assert found is not None
        tx = Transaction(store)
        tx.put(KEYS, found.with_(deletion_date=found.current.expires))
        tx.commit()
    world.clock.advance(days=6)
    assert state(client, key) == "PendingDeletion"
    world.clock.advance(days=2)
    assert code(client.describe_key, KeyId=key) == "NotFoundException"
    assert len(world.trail.events(name="DeleteExpiredKeyMaterial")) == (days <= 7)
    assert len(world.trail.events(name="DeleteKey")) == 1
    assert not store.page(DUES, ALL_DUES, after="", limit=9)


# ----------------------------------------------------------------------- the trail, and restarts


def test_the_trail_tells_of_an_import_and_keeps_no_secret(
    world: Kms, client: Any, key: str
) -> None:
    given = parameters(client, key, ONE)
    day = soon(world)
    answer = client.import_key_material(**given, ValidTo=day, KeyMaterialDescription="dice")
    (asked,) = world.trail.events(name="GetParametersForImport")
    assert asked["requestParameters"] == {
        "keyId": key,
        "wrappingAlgorithm": OAEP,
        "wrappingKeySpec": "RSA_2048",
    }
    assert (asked["readOnly"], asked["responseElements"]) == (True, None)
    (event,) = world.trail.events(name="ImportKeyMaterial")
    assert event["requestParameters"] == {
        "keyId": key,
        "validTo": f"{day:%b} {day.day}, {day:%Y}, {day.hour % 12 or 12}:{day:%M:%S %p}",
        "keyMaterialDescription": "dice",
    }
    kept = {"keyId": key, "keyMaterialId": answer["KeyMaterialId"]}
    assert event["responseElements"] == kept
    assert "additionalEventData" not in event
    told = json.dumps(world.trail.events())
    for member in ("ImportToken", "EncryptedKeyMaterial"):
        assert b64encode(given[member]).decode() not in told
        assert given[member].hex() not in told


def test_a_world_that_lasts_keeps_tokens_materials_and_expiries(tmp_path: Path) -> None:
    path = tmp_path / "world.db"
    with Kms.open(f"sqlite:{path}", seed=3) as world:
        client = world.client()
        key = make(client)
        given = parameters(client, key, ONE)
    with Kms.open(f"sqlite:{path}", seed=3) as world:
        client = world.client()
        one = client.import_key_material(**given, ValidTo=soon(world))["KeyMaterialId"]
        bring(client, key, TWO, **NEW)
        blob = client.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    assert stores.verify(f"sqlite:{path}")["key material"] == 2
    with Kms.open(f"sqlite:{path}", seed=3) as world:
        client = world.client()
        assert client.decrypt(CiphertextBlob=blob)["KeyMaterialId"] == one
        world.clock.advance(days=31)
        assert state(client, key) == "PendingImport"
        assert code(client.import_key_material, **given, **FOREVER) == "ExpiredImportTokenException"
    assert stores.verify(f"sqlite:{path}")["key material"] == 1
    files = [each for each in tmp_path.iterdir() if not each.name.endswith(".root-key")]
    content = b"".join(each.read_bytes() for each in files)
    assert not [raw for raw in (ONE, TWO) if raw in content]
