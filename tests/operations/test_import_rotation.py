"""Several materials of one key: RotateKeyOnDemand and ListKeyRotations of imported key material.

Rules: Developer Guide, "Perform on-demand key rotation", "Importing key material"; the service
model's texts of ImportType and RotationsListEntry. Event: "RotateKey" of the CloudTrail pages.
"""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab import Kms
from tests.operations.importing import (
    EXISTING,
    FOREVER,
    NEW,
    ONE,
    TWO,
    Bringer,
    bring,
    code,
    described,
    make,
    materials,
    parameters,
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


# ---------------------------------------------------------------------- rotation on demand


def test_a_symmetric_key_rotates_to_what_was_brought_for_it(
    world: Kms, client: Any, key: str
) -> None:
    brings = Bringer(client, key)
    one = brings(ONE)
    old = client.encrypt(KeyId=key, Plaintext=b"old")["CiphertextBlob"]
    with pytest.raises(ClientError, match="No available key material pending rotation for the key"):
        client.rotate_key_on_demand(KeyId=key)
    two = brings(TWO, **NEW)
    assert materials(client, key) == [("CURRENT", "IMPORTED"), ("PENDING_ROTATION", "IMPORTED")]
    assert described(client, key)["CurrentKeyMaterialId"] == one
    assert client.list_key_rotations(KeyId=key)["Rotations"] == []
    between = client.encrypt(KeyId=key, Plaintext=b"between")["CiphertextBlob"]
    assert client.decrypt(CiphertextBlob=between)["KeyMaterialId"] == one
    assert client.rotate_key_on_demand(KeyId=key)["KeyId"] == key
    rotated = world.clock.now()
    assert materials(client, key) == [("NON_CURRENT", "IMPORTED"), ("CURRENT", "IMPORTED")]
    assert described(client, key)["CurrentKeyMaterialId"] == two
    (entry,) = client.list_key_rotations(KeyId=key)["Rotations"]
    assert (entry["KeyMaterialId"], entry["RotationType"]) == (two, "ON_DEMAND")
    assert entry["RotationDate"].timestamp() == pytest.approx(rotated, abs=0.01)
    new = client.encrypt(KeyId=key, Plaintext=b"new")["CiphertextBlob"]
    opened = [client.decrypt(CiphertextBlob=blob) for blob in (old, between, new)]
    assert [each["Plaintext"] for each in opened] == [b"old", b"between", b"new"]
    assert [each["KeyMaterialId"] for each in opened] == [one, one, two]
    (event,) = world.trail.events(name="RotateKey")
    assert event["serviceEventDetails"] == {
        "keyId": key.rpartition("/")[2],
        "rotationType": "ON_DEMAND",
        "keyOrigin": "EXTERNAL",
        "previousKeyMaterialId": one,
        "currentKeyMaterialId": two,
    }
    assert code(client.rotate_key_on_demand, KeyId=key) == "KMSInvalidStateException"


def test_only_one_material_waits_at_a_time(client: Any, key: str) -> None:
    brings = Bringer(client, key)
    brings(ONE)
    two = brings(TWO, **NEW)
    text = (
        rf"cannot be imported into KMS key {key[-36:]}, because another key material \(id: {two}\)"
    )
    with pytest.raises(ClientError, match=text) as refused:
        brings(THREE, **NEW)
    assert refused.value.response["Error"]["Code"] == "KMSInvalidStateException"
    assert brings.refused(TWO, **NEW) == "IncorrectKeyMaterialException"
    assert brings.refused(ONE, **NEW) == "IncorrectKeyMaterialException"
    assert brings.refused(THREE) == "IncorrectKeyMaterialException"
    assert brings(TWO) == two  # the default is EXISTING_KEY_MATERIAL now
    assert len(materials(client, key)) == 2


def test_what_waits_can_be_deleted_and_replaced(client: Any, key: str) -> None:
    brings = Bringer(client, key)
    brings(ONE)
    two = brings(TWO, **NEW)
    answer = client.delete_imported_key_material(KeyId=key, KeyMaterialId=two)
    assert answer["KeyMaterialId"] == two
    assert state(client, key) == "Enabled"
    assert materials(client, key) == [("CURRENT", "IMPORTED")]
    assert brings.refused(TWO, **EXISTING) == "IncorrectKeyMaterialException"
    three = brings(THREE, **NEW)
    client.rotate_key_on_demand(KeyId=key)
    assert described(client, key)["CurrentKeyMaterialId"] == three


def test_imported_material_is_rotated_twenty_five_times_at_most(client: Any, key: str) -> None:
    brings = Bringer(client, key)
    brings(bytes(32))
    for number in range(1, 26):
        brings(bytes((number,)) * 32, **NEW)
        client.rotate_key_on_demand(KeyId=key)
    brings(ONE, **NEW)
    assert code(client.rotate_key_on_demand, KeyId=key) == "LimitExceededException"
    listed = client.list_key_rotations(KeyId=key, IncludeKeyMaterial="ALL_KEY_MATERIAL")
    assert len(listed["Rotations"]) == 27


def test_imported_material_never_rotates_by_itself(client: Any, key: str) -> None:
    text = f"{key} origin is EXTERNAL which is not valid for this operation."
    for brought in (False, True):
        if brought:
            bring(client, key, ONE)
        for call in (client.enable_key_rotation, client.disable_key_rotation):
            with pytest.raises(ClientError, match=text):
                call(KeyId=key)
        status = client.get_key_rotation_status(KeyId=key)
        assert status["KeyRotationEnabled"] is False


def test_other_imported_keys_neither_rotate_nor_take_another_material(client: Any) -> None:
    key = make(client, "HMAC_256", "GENERATE_VERIFY_MAC")
    bring(client, key, ONE)
    given = parameters(client, key, TWO)
    assert code(client.import_key_material, **given, **FOREVER) == "IncorrectKeyMaterialException"
    assert code(client.rotate_key_on_demand, KeyId=key) == "UnsupportedOperationException"
    listed = client.list_key_rotations(KeyId=key, IncludeKeyMaterial="ALL_KEY_MATERIAL")
    assert listed["Rotations"] == []


def test_a_description_stays_until_there_is_another(client: Any, key: str) -> None:
    brings = Bringer(client, key)

    def shown() -> Any:
        listed = client.list_key_rotations(KeyId=key, IncludeKeyMaterial="ALL_KEY_MATERIAL")
        return listed["Rotations"][0].get("KeyMaterialDescription")

    brings(ONE)
    assert shown() is None
    brings(ONE, KeyMaterialDescription="made by dice")
    brings(ONE)
    assert shown() == "made by dice"
    client.delete_imported_key_material(KeyId=key)
    brings(ONE)
    assert shown() == "made by dice"
    brings(ONE, KeyMaterialDescription="from the safe")
    assert shown() == "from the safe"
