"""Imported material of multi-Region keys: each takes it for itself, and all take the same.

Developer Guide, "Multi-Region keys with imported key material".
"""

from typing import Any

import pytest

from kmslab import Kms
from tests.operations.importing import FOREVER, ONE, TWO, bring, code, parameters, state


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
