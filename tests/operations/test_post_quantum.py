"""ML-DSA and ML-KEM through boto3, checked with the public key alone (FIPS 203, FIPS 204)."""

from hashlib import shake_256
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import serialization
from kyber_py.ml_kem import ML_KEM_512

from kmslab import Kms

SIGNATURE_BYTES = {"ML_DSA_44": 2420, "ML_DSA_65": 3309, "ML_DSA_87": 4627}
SPKI_BYTES = {"ML_DSA_44": 1334, "ML_DSA_65": 1974, "ML_DSA_87": 2614}
CIPHERTEXT_BYTES = {"ML_KEM_512": 768, "ML_KEM_768": 1088, "ML_KEM_1024": 1568}


@pytest.fixture(scope="module")
def client() -> Any:
    return Kms.fresh(seed=7).client()


def make(client: Any, spec: str, usage: str) -> str:
    return str(client.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["Arn"])


def public_key(client: Any, key: str) -> Any:
    return serialization.load_der_public_key(client.get_public_key(KeyId=key)["PublicKey"])


def encapsulated_outside(client: Any, key: str, spec: str) -> tuple[bytes, bytes]:
    """Return a secret and its ciphertext, made by who knows only the public key."""
    if spec != "ML_KEM_512":
        secret, ciphertext = public_key(client, key).encapsulate()
        return secret, ciphertext
    der = client.get_public_key(KeyId=key)["PublicKey"]
    assert len(der) == 822  # RFC 9935: a header of 22 bytes, then the 800 of FIPS 203
    secret, ciphertext = ML_KEM_512.encaps(der[22:])
    return secret, ciphertext


@pytest.mark.parametrize("spec", SIGNATURE_BYTES)
def test_signatures_verify_outside(client: Any, spec: str) -> None:
    key = make(client, spec, "SIGN_VERIFY")
    assert len(client.get_public_key(KeyId=key)["PublicKey"]) == SPKI_BYTES[spec]
    given = {"KeyId": key, "SigningAlgorithm": "ML_DSA_SHAKE_256"}
    signature = client.sign(**given, Message=b"message")["Signature"]
    assert len(signature) == SIGNATURE_BYTES[spec]
    public = public_key(client, key)
    public.verify(signature, b"message")
    hashed = shake_256(public.public_bytes_raw()).digest(64)
    mu = shake_256(hashed + b"\0\0" + b"message").digest(64)
    by_mu = {**given, "Message": mu, "MessageType": "EXTERNAL_MU"}
    assert client.verify(**by_mu, Signature=signature)["SignatureValid"] is True
    public.verify(client.sign(**by_mu)["Signature"], b"message")
    with pytest.raises(client.exceptions.KMSInvalidSignatureException):
        client.verify(**given, Message=b"other", Signature=signature)


@pytest.mark.parametrize(("message", "kind"), [(b"x" * 63, "EXTERNAL_MU"), (b"x" * 32, "DIGEST")])
def test_other_messages_are_refused(client: Any, message: bytes, kind: str) -> None:
    key = make(client, "ML_DSA_44", "SIGN_VERIFY")
    with pytest.raises(ClientError, match="ValidationException"):
        client.sign(
            KeyId=key, SigningAlgorithm="ML_DSA_SHAKE_256", Message=message, MessageType=kind
        )


@pytest.mark.parametrize("spec", CIPHERTEXT_BYTES)
def test_secrets_pass_both_ways(client: Any, spec: str) -> None:
    key = make(client, spec, "ENCAPSULATE_DECAPSULATE")
    given = {"KeyId": key, "EncapsulationAlgorithm": "ML_KEM"}
    inside = client.encapsulate(**given)
    blob = inside["SharedSecretCiphertextBlob"]
    assert (len(inside["SharedSecret"]), len(blob)) == (32, CIPHERTEXT_BYTES[spec])
    opened = client.decapsulate(**given, SharedSecretCiphertextBlob=blob)
    assert opened["SharedSecret"] == inside["SharedSecret"]
    secret, outside = encapsulated_outside(client, key, spec)
    found = client.decapsulate(**given, SharedSecretCiphertextBlob=outside)
    assert found["SharedSecret"] == secret
    altered = bytes([blob[0] ^ 1]) + blob[1:]
    rejected = client.decapsulate(**given, SharedSecretCiphertextBlob=altered)
    assert len(rejected["SharedSecret"]) == 32
    assert rejected["SharedSecret"] != inside["SharedSecret"]
    with pytest.raises(client.exceptions.InvalidCiphertextException):
        client.decapsulate(**given, SharedSecretCiphertextBlob=blob[:-1])
