"""Imported material of multi-Region keys: each takes it for itself, and all take the same.

Developer Guide, "Multi-Region keys with imported key material".
"""

from typing import Any

import pytest

from kmslab import Kms
from tests.operations.importing import (
    EXISTING,
    FOREVER,
    NEW,
    ONE,
    TWO,
    bring,
    code,
    materials,
    parameters,
    state,
)


@pytest.fixture
def world() -> Kms:
    return Kms.fresh(seed=8, quotas="off")


@pytest.fixture
def pair(world: Kms) -> tuple[Any, Any, str]:
    """Return a primary's client, a replica's client, and the ID of both keys."""
    near, far = world.client(), world.client(region="eu-west-1")
    made = near.create_key(Origin="EXTERNAL", MultiRegion=True)["KeyMetadata"]
    bring(near, made["KeyId"], ONE)
    near.replicate_key(KeyId=made["KeyId"], ReplicaRegion="eu-west-1")
    world.clock.advance(minutes=1)
    return near, far, str(made["KeyId"])


def test_a_replica_waits_for_material_of_its_own(pair: tuple[Any, Any, str]) -> None:
    near, far, key = pair
    assert (state(near, key), state(far, key)) == ("Enabled", "PendingImport")
    bring(far, key, ONE)
    blob = near.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    assert far.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_a_replica_takes_no_other_material(pair: tuple[Any, Any, str]) -> None:
    _, far, key = pair
    given = parameters(far, key, TWO)
    assert code(far.import_key_material, **given, **FOREVER) == "IncorrectKeyMaterialException"


def test_new_material_goes_to_the_primary_first_then_to_each_replica(
    pair: tuple[Any, Any, str],
) -> None:
    near, far, key = pair
    bring(far, key, ONE)
    bring(near, key, TWO, **NEW)
    here, there = "PENDING_MULTI_REGION_IMPORT_AND_ROTATION", "PENDING_ROTATION"
    assert [each for each, _ in materials(near, key)] == ["CURRENT", here]
    assert code(near.rotate_key_on_demand, KeyId=key) == "KMSInvalidStateException"
    again = parameters(far, key, TWO)
    refused = code(far.import_key_material, **again, **FOREVER, **NEW)
    assert refused == "UnsupportedOperationException"
    far.import_key_material(**again, **FOREVER, **EXISTING)
    for client in (near, far):
        assert [each for each, _ in materials(client, key)] == ["CURRENT", there]


def test_a_rotation_at_the_primary_turns_its_replicas_too(pair: tuple[Any, Any, str]) -> None:
    near, far, key = pair
    bring(far, key, ONE)
    old = far.encrypt(KeyId=key, Plaintext=b"old")["CiphertextBlob"]
    bring(near, key, TWO, **NEW)
    bring(far, key, TWO)
    near.rotate_key_on_demand(KeyId=key)
    listed = [client.list_key_rotations(KeyId=key)["Rotations"] for client in (near, far)]
    assert listed[0] == listed[1]
    assert [each["KeyMaterialState"] for each in listed[0]] == ["CURRENT"]
    blob = near.encrypt(KeyId=key, Plaintext=b"new")["CiphertextBlob"]
    assert far.decrypt(CiphertextBlob=blob)["KeyMaterialId"] == listed[0][0]["KeyMaterialId"]
    assert near.decrypt(CiphertextBlob=old)["Plaintext"] == b"old"


def test_deleting_what_waits_at_the_primary_deletes_it_at_its_replicas(
    pair: tuple[Any, Any, str],
) -> None:
    near, far, key = pair
    bring(far, key, ONE)
    two = bring(near, key, TWO, **NEW)["KeyMaterialId"]
    bring(far, key, TWO)
    far.delete_imported_key_material(KeyId=key, KeyMaterialId=two)
    assert len(materials(near, key)) == 2
    bring(far, key, TWO)
    near.delete_imported_key_material(KeyId=key, KeyMaterialId=two)
    assert materials(near, key) == materials(far, key) == [("CURRENT", "IMPORTED")]
    assert (state(near, key), state(far, key)) == ("Enabled", "Enabled")


def test_a_replica_made_after_a_rotation_awaits_every_material(
    world: Kms, pair: tuple[Any, Any, str]
) -> None:
    near, far, key = pair
    bring(far, key, ONE)
    old = far.encrypt(KeyId=key, Plaintext=b"old")["CiphertextBlob"]
    bring(near, key, TWO, **NEW)
    bring(far, key, TWO)
    near.rotate_key_on_demand(KeyId=key)
    near.replicate_key(KeyId=key, ReplicaRegion="ap-south-1")
    world.clock.advance(minutes=1)
    late = world.client(region="ap-south-1")
    bring(late, key, TWO)
    assert state(late, key) == "PendingImport"
    assert materials(late, key) == [("NON_CURRENT", "PENDING_IMPORT"), ("CURRENT", "IMPORTED")]
    bring(late, key, ONE)
    assert late.decrypt(CiphertextBlob=old)["Plaintext"] == b"old"
