"""Importing in the China Regions: SM2 keys, SM2PKE, and no RSA_AES_KEY_WRAP.

Rules: Developer Guide, "Select a wrapping algorithm", "Requirements for imported key material". What
is wrapped with SM2 is made by `custody.algorithms.sm2`, which its own tests hold against OpenSSL.
"""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from ecdsa import der

from kmslab import Kms
from kmslab.custody.algorithms import pkcs8, sm2
from kmslab.model.errors import IncorrectKeyMaterialException
from tests.operations.importing import FOREVER, HYBRID, OAEP, ONE, bring, code, make, state
from tests.operations.importing import pkcs8 as der_of

OWN = sm2.PrivateKey(7)


class Holder:
    """Whoever has only a public key."""

    def __init__(self, spki: bytes) -> None:
        raw = spki[len(sm2.SPKI) + 1 :]
        x, y = int.from_bytes(raw[: sm2.SIZE]), int.from_bytes(raw[sm2.SIZE :])
        self._key = sm2.PublicKey(sm2._point(x, y).to_affine())

    def public_key(self) -> sm2.PublicKey:
        return self._key


@pytest.fixture
def client() -> Any:
    return Kms.fresh(seed=8, region="cn-north-1", quotas="off").client()


def bring_under_sm2(client: Any, key: str, raw: bytes) -> Any:
    given = client.get_parameters_for_import(
        KeyId=key, WrappingAlgorithm="SM2PKE", WrappingKeySpec="SM2"
    )
    holder: Any = Holder(given["PublicKey"])
    return client.import_key_material(
        KeyId=key,
        ImportToken=given["ImportToken"],
        EncryptedKeyMaterial=sm2.encrypt(holder, raw, "SM2PKE"),
        **FOREVER,
    )


def test_an_sm2_key_comes_in_either_way(client: Any) -> None:
    raw = sm2.private_der(OWN)
    for way in (bring_under_sm2, bring):
        key = make(client, "SM2", "SIGN_VERIFY")
        way(client, key, raw)
        public = OWN.public_key().public_bytes(*[None] * 2)  # type: ignore[list-item]
        assert client.get_public_key(KeyId=key)["PublicKey"] == public
        signature = client.sign(KeyId=key, Message=b"m", SigningAlgorithm="SM2DSA")["Signature"]
        assert sm2.is_valid(OWN, sm2.digest(OWN, b"m"), signature, sm2.SIGNS)


@pytest.mark.parametrize(
    ("spec", "private"),
    [
        ("RSA_2048", rsa.generate_private_key(65_537, 2048)),
        ("ECC_NIST_P256", ec.generate_private_key(ec.SECP256R1())),
    ],
)
def test_other_key_pairs_come_under_sm2(client: Any, spec: str, private: Any) -> None:
    key = make(client, spec, "SIGN_VERIFY")
    bring_under_sm2(client, key, der_of(private))
    assert state(client, key) == "Enabled"


def test_what_was_not_wrapped_under_the_sm2_key_is_refused(client: Any) -> None:
    key = make(client, "SM2", "SIGN_VERIFY")
    given = client.get_parameters_for_import(
        KeyId=key, WrappingAlgorithm="SM2PKE", WrappingKeySpec="SM2"
    )
    wrong = sm2.encrypt(OWN, sm2.private_der(OWN), "SM2PKE")
    refused = code(
        client.import_key_material,
        KeyId=key,
        ImportToken=given["ImportToken"],
        EncryptedKeyMaterial=wrong,
        **FOREVER,
    )
    assert refused == "InvalidCiphertextException"


@pytest.mark.parametrize(
    ("spec", "usage", "algorithm", "wrapping_key"),
    [
        ("RSA_2048", "SIGN_VERIFY", HYBRID, "RSA_2048"),
        ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "SM2PKE", "SM2"),
        ("SM2", "SIGN_VERIFY", "SM2PKE", "RSA_2048"),
        ("SM2", "SIGN_VERIFY", OAEP, "SM2"),
    ],
)
def test_some_ways_are_not_for_china(
    client: Any, spec: str, usage: str, algorithm: str, wrapping_key: str
) -> None:
    refused = code(
        client.get_parameters_for_import,
        KeyId=make(client, spec, usage),
        WrappingAlgorithm=algorithm,
        WrappingKeySpec=wrapping_key,
    )
    assert refused == "UnsupportedOperationException"


def test_symmetric_material_comes_in_china_too(client: Any) -> None:
    key = make(client)
    bring(client, key, ONE)
    assert state(client, key) == "Enabled"


def test_an_sm2_key_may_leave_out_its_public_half() -> None:
    # RFC 5915, section 3: the public key is optional
    number = der.encode_octet_string((7).to_bytes(32))
    inner = der.encode_sequence(der.encode_integer(1), number)
    algorithm = bytes.fromhex(sm2._ALGORITHM)
    bare = der.encode_sequence(der.encode_integer(0), algorithm, der.encode_octet_string(inner))
    assert pkcs8.canonical("SM2", bare) == sm2.private_der(OWN)


WHOLE = sm2.private_der(OWN)
START = len(sm2.PKCS8_HEAD)
WRONG = {
    "zero": WHOLE[:START] + bytes(32) + WHOLE[START + 32 :],
    "one less than the order": WHOLE[:START] + (sm2.N - 1).to_bytes(32) + WHOLE[START + 32 :],
    "a byte more": WHOLE + b"\0",
    "a byte less": WHOLE[:-1],
    "another curve": der_of(ec.generate_private_key(ec.SECP256R1())),
}


@pytest.mark.parametrize("name", WRONG)
def test_other_bytes_are_no_sm2_key(name: str) -> None:
    with pytest.raises(IncorrectKeyMaterialException):
        pkcs8.canonical("SM2", WRONG[name])
