"""Imported key material at work: each kind of key, each way of wrapping.

Rules: Developer Guide, "Importing key material for AWS KMS keys" and its pages.
"""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from kmslab import Kms
from tests.operations.importing import (
    FOREVER,
    HYBRID,
    OAEP,
    ONE,
    bring,
    code,
    make,
    parameters,
    pkcs8,
    wrap,
)


@pytest.fixture
def world() -> Kms:
    return Kms.fresh(seed=8, quotas="off")


@pytest.fixture
def client(world: Kms) -> Any:
    return world.client()


@pytest.fixture
def key(client: Any) -> str:
    return make(client)


@pytest.fixture(scope="module")
def own_rsa() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65_537, 2048)


# -------------------------------------------------------------------------------- the first import


def test_a_key_of_external_origin_waits_for_its_material(client: Any, key: str) -> None:
    described = client.describe_key(KeyId=key)["KeyMetadata"]
    assert (described["KeyState"], described["Origin"]) == ("PendingImport", "EXTERNAL")
    assert not {"ExpirationModel", "ValidTo", "CurrentKeyMaterialId"} & set(described)
    assert described["Enabled"] is False
    with pytest.raises(ClientError, match="is pending import"):
        client.encrypt(KeyId=key, Plaintext=b"x")
    assert client.list_key_rotations(KeyId=key, IncludeKeyMaterial="ALL_KEY_MATERIAL")[
        "Rotations"
    ] == []  # fmt: skip


@pytest.mark.parametrize("algorithm", ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"])
@pytest.mark.parametrize("spec", ["RSA_2048", "RSA_3072", "RSA_4096"])
def test_symmetric_material_comes_under_each_wrapping_key(
    world: Kms, client: Any, key: str, spec: str, algorithm: str
) -> None:
    given = client.get_parameters_for_import(
        KeyId=key.rpartition("/")[2], WrappingAlgorithm=algorithm, WrappingKeySpec=spec
    )
    public = serialization.load_der_public_key(given["PublicKey"])
    assert isinstance(public, rsa.RSAPublicKey)
    assert f"RSA_{public.key_size}" == spec
    assert given["KeyId"] == key
    left = given["ParametersValidTo"].timestamp() - world.clock.now()
    assert left == pytest.approx(24 * 3600, abs=1)
    answer = client.import_key_material(
        KeyId=key,
        ImportToken=given["ImportToken"],
        EncryptedKeyMaterial=wrap(given["PublicKey"], ONE, algorithm),
        ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE",
    )
    assert answer["KeyId"] == key
    described = client.describe_key(KeyId=key)["KeyMetadata"]
    assert described["KeyState"] == "Enabled"
    assert described["ExpirationModel"] == "KEY_MATERIAL_DOES_NOT_EXPIRE"
    assert described["CurrentKeyMaterialId"] == answer["KeyMaterialId"]
    blob = client.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    assert client.decrypt(CiphertextBlob=blob)["KeyMaterialId"] == answer["KeyMaterialId"]


def test_the_service_computes_with_what_was_brought(client: Any) -> None:
    key = make(client, "HMAC_256", "GENERATE_VERIFY_MAC")
    assert "KeyMaterialId" not in bring(client, key, ONE)
    tag = client.generate_mac(KeyId=key, MacAlgorithm="HMAC_SHA_256", Message=b"m")["Mac"]
    expected = hmac.HMAC(ONE, hashes.SHA256())
    expected.update(b"m")
    assert tag == expected.finalize()


@pytest.mark.parametrize("algorithm", ["RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256"])
def test_an_rsa_key_pair_comes_under_a_key_of_its_own(
    client: Any, own_rsa: rsa.RSAPrivateKey, algorithm: str
) -> None:
    key = make(client, "RSA_2048", "SIGN_VERIFY")
    bring(client, key, pkcs8(own_rsa), algorithm)
    signature = client.sign(KeyId=key, Message=b"m", SigningAlgorithm="RSASSA_PKCS1_V1_5_SHA_256")[
        "Signature"
    ]
    assert signature == own_rsa.sign(b"m", padding.PKCS1v15(), hashes.SHA256())


@pytest.mark.parametrize(
    ("spec", "curve", "algorithm", "wrapping_key"),
    [
        ("ECC_NIST_P256", ec.SECP256R1(), OAEP, "RSA_2048"),
        ("ECC_NIST_P384", ec.SECP384R1(), "RSAES_OAEP_SHA_1", "RSA_2048"),
        ("ECC_NIST_P521", ec.SECP521R1(), OAEP, "RSA_3072"),
        ("ECC_NIST_P521", ec.SECP521R1(), HYBRID, "RSA_2048"),
        ("ECC_SECG_P256K1", ec.SECP256K1(), "RSA_AES_KEY_WRAP_SHA_1", "RSA_2048"),
    ],
)
def test_an_elliptic_key_pair_comes_in_either_way(
    client: Any, spec: str, curve: ec.EllipticCurve, algorithm: str, wrapping_key: str
) -> None:
    own = ec.generate_private_key(curve)
    key = make(client, spec, "SIGN_VERIFY")
    brought = parameters(client, key, pkcs8(own), algorithm, wrapping_key)
    assert "KeyMaterialId" not in client.import_key_material(**brought, **FOREVER)
    public = serialization.load_der_public_key(client.get_public_key(KeyId=key)["PublicKey"])
    assert public == own.public_key()


def test_an_edwards_key_pair_signs_as_it_did_outside(client: Any) -> None:
    own = ed25519.Ed25519PrivateKey.generate()
    key = make(client, "ECC_NIST_EDWARDS25519", "SIGN_VERIFY")
    bring(client, key, pkcs8(own), HYBRID)
    answer = client.sign(KeyId=key, Message=b"m", SigningAlgorithm="ED25519_SHA_512")
    assert answer["Signature"] == own.sign(b"m")


def test_imported_keys_of_the_same_bytes_have_ciphertexts_of_their_own(client: Any) -> None:
    # "Importing key material": symmetric ciphertext is not portable, not even between KMS keys
    one, two = make(client), make(client)
    first, second = bring(client, one, ONE), bring(client, two, ONE)
    assert first["KeyMaterialId"] != second["KeyMaterialId"]
    blob = client.encrypt(KeyId=one, Plaintext=b"x")["CiphertextBlob"]
    assert code(client.decrypt, CiphertextBlob=blob, KeyId=two) == "IncorrectKeyException"


def test_key_agreement_names_its_origin(client: Any) -> None:
    own, other = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    key = make(client, "ECC_NIST_P256", "KEY_AGREEMENT")
    bring(client, key, pkcs8(own))
    shown = other.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    answer = client.derive_shared_secret(KeyId=key, KeyAgreementAlgorithm="ECDH", PublicKey=shown)
    assert answer["SharedSecret"] == other.exchange(ec.ECDH(), own.public_key())
    assert answer["KeyOrigin"] == "EXTERNAL"
