"""Lab 03: its checks say no before a task and yes after it; the wall is drawn where it stands.

Encrypt (API Reference): 4,096 bytes under a symmetric key; under an RSA key of n bytes with OAEP and SHA-256 n - 66
(RFC 8017, 7.1.1).
"""

from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kmslab import Kms
from kmslab.lab.checks import check
from kmslab.lab.checks.wall import ALGORITHMS
from kmslab.lab.pictures import wall

LIMITS = {"SYMMETRIC_DEFAULT": 4096, "RSA_2048": 190, "RSA_3072": 318, "RSA_4096": 446}
NOTE = b"n" * 10_000


@pytest.fixture(scope="module")
def world() -> Kms:
    return Kms.fresh(seed=3)


@pytest.fixture(scope="module")
def keys(world: Kms) -> dict[str, str]:
    kms = world.client()
    return {
        spec: kms.create_key(KeySpec=spec, KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["KeyId"]
        for spec in ALGORITHMS
    }


def told(name: str, world: Kms, **given: Any) -> str:
    """Return the text of a check that fails, with its hint."""
    outcome = check(name, world, **given)
    assert not outcome.passed, outcome.text
    assert outcome.hint
    return outcome.text


def test_limits_have_to_be_exact(world: Kms, keys: dict[str, str]) -> None:
    assert "0 of 4 limits" in told("03.1", world, keys=keys, limits={})
    near = {**LIMITS, "RSA_2048": 189, "RSA_3072": 319, "SYMMETRIC_DEFAULT": 0}
    text = told("03.1", world, keys=keys, limits=near)
    assert "1 of 4 limits" in text
    assert "SYMMETRIC_DEFAULT, RSA_2048, RSA_3072." in text
    assert check("03.1", world, keys=keys, limits=LIMITS).passed


def test_a_context_weighs_nothing(world: Kms, keys: dict[str, str]) -> None:
    key = keys["SYMMETRIC_DEFAULT"]
    told("03.2", world, key_id=key, growth=None)
    told("03.2", world, key_id=key, growth=1001)
    assert check("03.2", world, key_id=key, growth=0).passed


def test_a_note_goes_over_the_wall_in_both_ways(world: Kms, keys: dict[str, str]) -> None:
    kms, key = world.client(), keys["SYMMETRIC_DEFAULT"]
    given: dict[str, Any] = {"key_id": key, "note": NOTE, "pieces": [], "envelope": {}}
    assert "0 pieces" in told("03.3", world, **given)
    blobs = [
        kms.encrypt(KeyId=key, Plaintext=NOTE[start : start + 4096])["CiphertextBlob"]
        for start in range(0, len(NOTE), 4096)
    ]
    given["pieces"] = [blobs[1], blobs[0], b"noise"]
    told("03.3", world, **given)
    given["pieces"] = blobs
    assert "the envelope is not" in told("03.3", world, **given)
    pair = kms.generate_data_key(KeyId=key, KeySpec="AES_256")
    given["envelope"] = {"key": pair["CiphertextBlob"], "note": NOTE + bytes(16)}
    assert "the envelope is not" in told("03.3", world, **given)
    sealed = AESGCM(pair["Plaintext"]).encrypt(bytes(12), NOTE, None)
    given["envelope"] = {"key": pair["CiphertextBlob"], "note": sealed}
    assert check("03.3", world, **given).passed


def test_the_wall_is_drawn_where_keys_refuse(world: Kms, keys: dict[str, str]) -> None:
    shown = wall(world, keys)
    for spec, most in LIMITS.items():
        assert f"{spec}: 1 byte became" in shown.text
        assert f"{most:,} bytes became" in shown.text
        assert f"{most + 1:,} bytes were refused" in shown.text
    assert shown.svg == wall(world, keys).svg
    world.client().disable_key(KeyId=keys["RSA_2048"])
    assert "RSA_2048: nothing was accepted" in wall(world, keys).text
    world.client().enable_key(KeyId=keys["RSA_2048"])
