"""Lab 13: its checks say no before a task and yes after it; its picture is read from the trail.

That expiry leads to PendingImport, that only the same material comes back and that deletion is immediate is
the Developer Guide's ("Importing key material", "Special considerations for imported key material").
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from kmslab import Kms
from kmslab.lab.checks import check
from kmslab.lab.pictures import journey

ONE, TWO = b"1" * 32, b"2" * 32
FOREVER = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}


@pytest.fixture
def world() -> Kms:
    return Kms.fresh(seed=13)


def now(world: Kms) -> datetime:
    return datetime.fromtimestamp(int(world.clock.now()), UTC)


def until(world: Kms, days: int) -> dict[str, Any]:
    return {
        "ExpirationModel": "KEY_MATERIAL_EXPIRES",
        "ValidTo": now(world) + timedelta(days=days),
    }


def treasury(world: Kms, origin: str = "EXTERNAL") -> str:
    kms = world.client()
    key: str = kms.create_key(Origin=origin)["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/treasury", TargetKeyId=key)
    return key


def bring(world: Kms, key: str, raw: bytes, **terms: Any) -> None:
    world.clock.advance(seconds=2)
    kms = world.client()
    given = kms.get_parameters_for_import(
        KeyId=key, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048"
    )
    public = serialization.load_der_public_key(given["PublicKey"])
    assert isinstance(public, rsa.RSAPublicKey)
    wrapped = public.encrypt(
        raw, padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    )
    sent = {"ImportToken": given["ImportToken"], "EncryptedKeyMaterial": wrapped}
    kms.import_key_material(KeyId=key, **sent, **terms)


def write(world: Kms, key: str) -> bytes:
    blob: bytes = world.client().encrypt(KeyId=key, Plaintext=b"letter")["CiphertextBlob"]
    return blob


def told(name: str, world: Kms, letter: bytes) -> str:
    """Return the text of a check that fails, with its hint."""
    outcome = check(name, world, letter=letter)
    assert not outcome.passed, outcome.text
    assert outcome.hint
    return outcome.text


@pytest.mark.parametrize("name", ["13.1", "13.2", "13.3"])
def test_an_empty_world_is_told_what_is_missing(world: Kms, name: str) -> None:
    assert "No key is called alias/treasury" in told(name, world, b"x")


def test_bringing_needs_an_own_origin(world: Kms) -> None:
    key = treasury(world, "AWS_KMS")
    assert "Origin AWS_KMS" in told("13.1", world, write(world, key))


def test_bringing_needs_an_end_and_a_letter(world: Kms) -> None:
    key = treasury(world)
    assert "PendingImport" in told("13.1", world, b"x")
    bring(world, key, ONE, **FOREVER)
    letter = write(world, key)
    assert "DOES_NOT_EXPIRE" in told("13.1", world, letter)
    bring(world, key, ONE, **until(world, 30))
    assert check("13.1", world, letter=letter).passed
    other = write(world, world.client().create_key()["KeyMetadata"]["KeyId"])
    assert "does not open" in told("13.1", world, other)


def test_coming_back_needs_an_expiry_a_refusal_and_the_same_bytes(world: Kms) -> None:
    key = treasury(world)
    bring(world, key, ONE, **until(world, 30))
    letter = write(world, key)
    assert "Expiries: 0" in told("13.2", world, letter)
    world.clock.advance(days=31)
    assert "Expiries: 1; refusals of other material: 0" in told("13.2", world, letter)
    with pytest.raises(ClientError, match="IncorrectKeyMaterialException"):
        bring(world, key, TWO, **FOREVER)
    assert "does not open" in told("13.2", world, letter)
    bring(world, key, ONE, **FOREVER)
    assert check("13.2", world, letter=letter).passed


def test_pulling_the_plug_ends_with_material_that_stays(world: Kms) -> None:
    kms, key = world.client(), treasury(world)
    bring(world, key, ONE, **FOREVER)
    letter = write(world, key)
    assert "Deletions of its material: 0" in told("13.3", world, letter)
    kms.delete_imported_key_material(KeyId=key)
    assert "does not open" in told("13.3", world, letter)
    bring(world, key, ONE, **until(world, 30))
    assert "KEY_MATERIAL_EXPIRES" in told("13.3", world, letter)
    bring(world, key, ONE, **FOREVER)
    assert check("13.3", world, letter=letter).passed


def test_the_journey_tells_where_the_material_was(world: Kms) -> None:
    kms, key = world.client(), treasury(world)
    start = now(world)
    bring(world, key, ONE, **until(world, 30))
    letter = write(world, key)
    world.clock.advance(days=31)
    with pytest.raises(ClientError, match="KMSInvalidStateException"):
        kms.decrypt(CiphertextBlob=letter)
    with pytest.raises(ClientError, match="IncorrectKeyMaterialException"):
        bring(world, key, TWO, **FOREVER)
    bring(world, key, ONE, **FOREVER)
    world.clock.advance(days=5)
    kms.delete_imported_key_material(KeyId=key)
    kms.delete_imported_key_material(KeyId=key)  # succeeds without effect
    picture = journey(world, "alias/treasury", laptop=[(start, start + timedelta(days=33))])
    laptop, way, inside, calls = picture.text.splitlines()[1:]
    assert laptop == "your laptop: from 2026-01-05 to 2026-02-07"
    assert way.endswith(
        "2026-01-05 taken, 2026-02-05 IncorrectKeyMaterialException, 2026-02-05 taken"
    )
    assert inside.endswith(
        "2026-01-05 to 2026-02-04 (expired), from 2026-02-05 to 2026-02-10 (deleted)"
    )
    assert calls.endswith("1 answered, 1 refused without material")
    assert picture.svg.count("<circle") == 1


def test_material_that_kms_made_never_travelled(world: Kms) -> None:
    treasury(world, "AWS_KMS")
    lines = journey(world, "alias/treasury").text.splitlines()
    assert lines[1:4] == [
        "your laptop: never",
        "on the way, wrapped: never",
        "inside KMS: from 2026-01-05 until now",
    ]
