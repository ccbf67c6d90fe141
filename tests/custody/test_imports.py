"""Unwrapping against known answers, and what custody keeps of imported material."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from kmslab.ambient.entropy import SeededEntropy
from kmslab.custody.algorithms import key_wrap, pkcs8
from kmslab.custody.imports import WrappingParameters
from kmslab.custody.software import SoftwareCustodian
from kmslab.model.errors import (
    IncorrectKeyMaterialException,
    InvalidImportTokenException,
)
from kmslab.model.keys import KmsKey

VECTORS = Path(__file__).parent.parent / "vectors/crypto"
KEY = KmsKey(
    account="111122223333",
    region="us-east-1",
    key_id="1234abcd-12ab-34cd-56ef-1234567890ab",
    created=0.0,
    policy="{}",
    origin="EXTERNAL",
    state="PendingImport",
)
OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


@pytest.mark.parametrize(
    "case", json.loads((VECTORS / "key_wrap.json").read_text()), ids=lambda case: case["name"]
)
def test_key_wrap_with_padding_gives_the_answers_of_its_rfc(case: dict[str, Any]) -> None:
    given = {name: bytes.fromhex(text) for name, text in case["given"].items()}
    assert key_wrap.unwrap_padded(given["key"], given["wrapped"]).hex() == case["expect"]


# --------------------------------------------------------------------------- private keys


def der(length: int, content: bytes) -> bytes:
    """Write a SEQUENCE of up to 127 bytes, its length in `length` bytes."""
    size = len(content)
    head = (
        bytes((size,)) if length == 1 else bytes((0x80 + length - 1,)) + size.to_bytes(length - 1)
    )
    return b"\x30" + head + content


def test_one_key_in_two_encodings_is_one_material() -> None:
    # RFC 5915, section 3: the public key is optional in ECPrivateKey
    private = ec.derive_private_key(7, ec.SECP256R1())
    full = private.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    sequence = der(1, b"\x02\x01\x01\x04\x20" + (7).to_bytes(32))
    algorithm = der(1, bytes.fromhex("06072a8648ce3d020106082a8648ce3d030107"))
    octets = b"\x04" + bytes((len(sequence),)) + sequence
    bare = der(1, b"\x02\x01\x00" + algorithm + octets)
    assert bare != full
    assert pkcs8.canonical("ECC_NIST_P256", bare) == pkcs8.canonical("ECC_NIST_P256", full)


@pytest.mark.parametrize(
    "raw", [b"", b"\x30", b"\x30\x80", b"\x30\x84\xff\xff\xff\xff\x02\x01\x00\x30"]
)
def test_what_is_hardly_der_is_no_private_key(raw: bytes) -> None:
    with pytest.raises(IncorrectKeyMaterialException):
        pkcs8.canonical("RSA_2048", raw)


# --------------------------------------------------------------------------------- custody


@pytest.fixture
def custody() -> SoftwareCustodian:
    return SoftwareCustodian(root_key=bytes(32), entropy=SeededEntropy(1))


def wrapped(given: WrappingParameters, raw: bytes) -> bytes:
    public = serialization.load_der_public_key(given.public_key)
    assert isinstance(public, rsa.RSAPublicKey)
    return public.encrypt(raw, OAEP)


def test_deleted_material_is_forgotten_by_those_who_had_it_open(custody: SoftwareCustodian) -> None:
    given = custody.wrapping_parameters(
        KEY, wrapping_key="RSA_2048", algorithm="RSAES_OAEP_SHA_256", valid_to=9.0
    )
    raw = b"r" * 32
    material = custody.import_material(KEY, token=given.token, wrapped=wrapped(given, raw), now=9.0)
    assert raw not in material.sealed
    assert raw not in given.token
    assert repr(raw)[2:-1] not in repr(material)
    held = KEY.holding((material,), None)
    blob = custody.encrypt(held, b"x", {})
    assert custody._opened
    custody.forget(material)
    assert not custody._opened
    assert custody.decrypt(held, blob, {}) == b"x"
    custody.check(held, material)


def test_sealed_material_is_no_token_and_a_token_no_material(custody: SoftwareCustodian) -> None:
    made = custody.generate(KEY.key_id, "SYMMETRIC_DEFAULT", 0.0)
    with pytest.raises(InvalidImportTokenException):
        custody.import_material(KEY, token=made.sealed, wrapped=b"w", now=0.0)


def test_nothing_shows_a_wrapping_key(custody: SoftwareCustodian) -> None:
    given = custody.wrapping_parameters(
        KEY, wrapping_key="RSA_2048", algorithm="RSAES_OAEP_SHA_256", valid_to=9.0
    )
    opened = custody._imports._opened(given.token)
    assert opened.private_key not in given.token
    assert repr(opened) == "_Token()"
