"""Asymmetric and HMAC keys through boto3, checked from outside KMS.

Signatures and ciphertexts are checked by OpenSSL's command line or by `cryptography` with nothing
but the public key; MACs by the standard library. Facts: Developer Guide, "Key spec reference".
"""

import hashlib
import hmac
import subprocess
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from kmslab import Kms
from kmslab.custody.algorithms import hmac as ours

MESSAGE = b"the message that is signed"
SIGNING = [
    ("RSA_2048", "RSASSA_PSS_SHA_256", 256),
    ("RSA_2048", "RSASSA_PKCS1_V1_5_SHA_512", 256),
    ("RSA_3072", "RSASSA_PSS_SHA_384", 384),
    ("ECC_NIST_P256", "ECDSA_SHA_256", None),
    ("ECC_NIST_P384", "ECDSA_SHA_384", None),
    ("ECC_NIST_P521", "ECDSA_SHA_512", None),
    ("ECC_SECG_P256K1", "ECDSA_SHA_256", None),
    ("ECC_NIST_EDWARDS25519", "ED25519_SHA_512", 64),
]
SPKI_BYTES = {  # RFC 5480, RFC 8017 and RFC 8410 encodings
    "RSA_2048": 294,
    "RSA_3072": 422,
    "ECC_NIST_P256": 91,
    "ECC_NIST_P384": 120,
    "ECC_NIST_P521": 158,
    "ECC_SECG_P256K1": 88,
    "ECC_NIST_EDWARDS25519": 44,
}


@pytest.fixture(scope="module")
def client() -> Any:
    return Kms.fresh(seed=5).client()


def make(client: Any, spec: str, usage: str) -> str:
    return str(client.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["Arn"])


def code(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return str(refused.value.response["Error"]["Code"])


@pytest.mark.parametrize(("spec", "algorithm", "length"), SIGNING)
def test_openssl_accepts_our_signatures(
    client: Any, tmp_path: Path, spec: str, algorithm: str, length: int | None
) -> None:
    key = make(client, spec, "SIGN_VERIFY")
    given = {"KeyId": key, "Message": MESSAGE, "SigningAlgorithm": algorithm}
    signature = client.sign(**given)["Signature"]
    public = client.get_public_key(KeyId=key)["PublicKey"]
    assert len(public) == SPKI_BYTES[spec]
    assert length is None or len(signature) == length
    _check_with_openssl(tmp_path, public, signature, algorithm)
    assert client.verify(**given, Signature=signature)["SignatureValid"] is True
    changed = bytes([signature[0], signature[1] ^ 1]) + signature[2:]
    assert code(client.verify, **given, Signature=changed) == "KMSInvalidSignatureException"


def _check_with_openssl(folder: Path, public: bytes, signature: bytes, algorithm: str) -> None:
    names = {"public": public, "signature": signature, "message": MESSAGE}
    for name, content in names.items():
        (folder / name).write_bytes(content)
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "public"]
    command += ["-sigfile", "signature", "-rawin", "-in", "message"]
    if algorithm != "ED25519_SHA_512":
        command += ["-digest", f"sha{algorithm[-3:]}"]
    if "PSS" in algorithm:
        command += ["-pkeyopt", "rsa_padding_mode:pss", "-pkeyopt", "rsa_pss_saltlen:digest"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_digest_signs_as_its_message_does(client: Any) -> None:
    key = make(client, "ECC_NIST_P256", "SIGN_VERIFY")
    given = {"KeyId": key, "SigningAlgorithm": "ECDSA_SHA_256"}
    raw = client.sign(**given, Message=MESSAGE)["Signature"]
    digest = hashlib.sha256(MESSAGE).digest()
    by_digest = {"Message": digest, "MessageType": "DIGEST"}
    assert client.sign(**given, **by_digest)["Signature"] == raw  # RFC 6979: deterministic
    assert client.verify(**given, **by_digest, Signature=raw)["SignatureValid"] is True
    with pytest.raises(ClientError, match="Digest is invalid length for algorithm ECDSA_SHA_256"):
        client.sign(**given, Message=digest[:31], MessageType="DIGEST")
    assert code(client.sign, **given, Message=b"x" * 64, MessageType="EXTERNAL_MU") == (
        "ValidationException"
    )


def test_pure_ed25519_signs_messages_only(client: Any) -> None:
    key = make(client, "ECC_NIST_EDWARDS25519", "SIGN_VERIFY")
    given = {"KeyId": key, "SigningAlgorithm": "ED25519_SHA_512", "Message": b"x" * 64}
    assert code(client.sign, **given, MessageType="DIGEST") == "ValidationException"


@pytest.mark.parametrize(
    ("algorithm", "function", "most"),
    [
        ("RSAES_OAEP_SHA_1", hashes.SHA1(), 214),
        ("RSAES_OAEP_SHA_256", hashes.SHA256(), 190),
    ],
)
def test_rsa_decrypts_what_was_encrypted_outside(
    client: Any, algorithm: str, function: hashes.HashAlgorithm, most: int
) -> None:
    key = make(client, "RSA_2048", "ENCRYPT_DECRYPT")
    public = serialization.load_der_public_key(client.get_public_key(KeyId=key)["PublicKey"])
    assert isinstance(public, RSAPublicKey)
    outside = public.encrypt(b"x" * most, padding.OAEP(padding.MGF1(function), function, None))
    given = {"KeyId": key, "EncryptionAlgorithm": algorithm}
    assert client.decrypt(**given, CiphertextBlob=outside)["Plaintext"] == b"x" * most
    blob = client.encrypt(**given, Plaintext=b"inside")["CiphertextBlob"]
    assert len(blob) == 256
    assert client.decrypt(**given, CiphertextBlob=blob)["Plaintext"] == b"inside"
    changed = blob[:-1] + bytes([blob[-1] ^ 1])
    assert code(client.decrypt, **given, CiphertextBlob=changed) == "InvalidCiphertextException"
    with pytest.raises(ClientError, match=f"cannot encrypt data larger than {most} bytes"):
        client.encrypt(**given, Plaintext=b"x" * (most + 1))


def test_reencrypt_leads_from_rsa_to_a_symmetric_key(client: Any) -> None:
    source = make(client, "RSA_2048", "ENCRYPT_DECRYPT")
    target = str(client.create_key()["KeyMetadata"]["Arn"])
    named = {"KeyId": source, "EncryptionAlgorithm": "RSAES_OAEP_SHA_256"}
    blob = client.encrypt(**named, Plaintext=b"moves")["CiphertextBlob"]
    moved = client.re_encrypt(
        CiphertextBlob=blob,
        SourceKeyId=source,
        SourceEncryptionAlgorithm="RSAES_OAEP_SHA_256",
        DestinationKeyId=target,
    )
    assert "SourceKeyMaterialId" not in moved
    assert client.decrypt(CiphertextBlob=moved["CiphertextBlob"])["Plaintext"] == b"moves"


@pytest.mark.parametrize("bits", [224, 256, 384, 512])
def test_macs_are_checked_in_full(client: Any, bits: int) -> None:
    key = make(client, f"HMAC_{bits}", "GENERATE_VERIFY_MAC")
    given = {"KeyId": key, "Message": MESSAGE, "MacAlgorithm": f"HMAC_SHA_{bits}"}
    tag = client.generate_mac(**given)["Mac"]
    assert len(tag) * 8 == bits
    assert client.verify_mac(**given, Mac=tag)["MacValid"] is True
    assert code(client.verify_mac, **given, Mac=tag[:-1]) == "KMSInvalidMacException"
    assert (
        code(client.verify_mac, **{**given, "Message": b"y"}, Mac=tag) == "KMSInvalidMacException"
    )


def test_hmac_is_that_of_rfc_4231() -> None:
    key, message = b"\x0b" * 20, b"Hi There"  # RFC 4231, test case 1
    expected = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    assert ours.compute(key, message, "HMAC_SHA_256").hex() == expected
    assert hmac.new(key, message, "sha256").hexdigest() == expected


@pytest.mark.parametrize("spec", ["ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521"])
def test_both_sides_derive_the_same_secret(client: Any, spec: str) -> None:
    key = make(client, spec, "KEY_AGREEMENT")
    public = serialization.load_der_public_key(client.get_public_key(KeyId=key)["PublicKey"])
    assert isinstance(public, ec.EllipticCurvePublicKey)
    other = ec.generate_private_key(public.curve)
    theirs = other.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    given = {"KeyId": key, "KeyAgreementAlgorithm": "ECDH"}
    secret = client.derive_shared_secret(**given, PublicKey=theirs)["SharedSecret"]
    assert secret == other.exchange(ec.ECDH(), public)


def test_a_public_key_of_another_kind_is_refused(client: Any) -> None:
    key = make(client, "ECC_NIST_P256", "KEY_AGREEMENT")
    given = {"KeyId": key, "KeyAgreementAlgorithm": "ECDH"}
    rsa = make(client, "RSA_2048", "SIGN_VERIFY")
    for wrong in (b"no key", client.get_public_key(KeyId=rsa)["PublicKey"]):
        refused = code(client.derive_shared_secret, **given, PublicKey=wrong)
        assert refused == "ValidationException"
    foreign = make(client, "ECC_NIST_P384", "KEY_AGREEMENT")
    public = client.get_public_key(KeyId=foreign)["PublicKey"]
    refused = code(client.derive_shared_secret, **given, PublicKey=public)
    assert refused == "ValidationException"


@pytest.mark.parametrize("spec", ["RSA_2048", "ECC_NIST_P256", "ECC_NIST_EDWARDS25519"])
def test_data_key_pairs_come_encrypted_under_the_key(client: Any, spec: str) -> None:
    key = str(client.create_key()["KeyMetadata"]["Arn"])
    given = {"KeyId": key, "KeyPairSpec": spec, "EncryptionContext": {"for": "test"}}
    pair = client.generate_data_key_pair(**given)
    opened = client.decrypt(
        CiphertextBlob=pair["PrivateKeyCiphertextBlob"], EncryptionContext={"for": "test"}
    )
    assert opened["Plaintext"] == pair["PrivateKeyPlaintext"]
    private = serialization.load_der_private_key(pair["PrivateKeyPlaintext"], None)
    assert len(pair["PublicKey"]) == SPKI_BYTES[spec]
    assert pair["PublicKey"] == private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    without = client.generate_data_key_pair_without_plaintext(**given)
    assert "PrivateKeyPlaintext" not in without


def test_what_a_key_is_not_for_is_refused(client: Any) -> None:
    symmetric = str(client.create_key()["KeyMetadata"]["Arn"])
    signing = make(client, "ECC_NIST_P256", "SIGN_VERIFY")
    rsa = make(client, "RSA_2048", "ENCRYPT_DECRYPT")
    signed = {"Message": b"x", "SigningAlgorithm": "ECDSA_SHA_256"}
    assert code(client.sign, KeyId=symmetric, **signed) == "InvalidKeyUsageException"
    assert code(client.encrypt, KeyId=signing, Plaintext=b"x") == "InvalidKeyUsageException"
    assert code(client.encrypt, KeyId=rsa, Plaintext=b"x") == "InvalidKeyUsageException"
    with pytest.raises(ClientError, match="ECDSA_SHA_384 is incompatible with key spec"):
        client.sign(KeyId=signing, Message=b"x", SigningAlgorithm="ECDSA_SHA_384")
    assert code(client.get_public_key, KeyId=symmetric) == "UnsupportedOperationException"
    refused = code(client.generate_data_key, KeyId=rsa, KeySpec="AES_256")
    assert refused == "InvalidKeyUsageException"
    refused = code(client.create_key, KeySpec="SM2", KeyUsage="SIGN_VERIFY")
    assert refused == "UnsupportedOperationException"


def test_china_has_sm2() -> None:
    # Developer Guide, "Key spec reference": SM2, China Regions only.
    china = Kms.fresh(seed=5, region="cn-north-1").client()
    signing = make(china, "SM2", "SIGN_VERIFY")
    given = {"KeyId": signing, "Message": MESSAGE, "SigningAlgorithm": "SM2DSA"}
    signature = china.sign(**given)["Signature"]
    assert china.verify(**given, Signature=signature)["SignatureValid"] is True
    assert len(china.get_public_key(KeyId=signing)["PublicKey"]) == 91
    encrypting = make(china, "SM2", "ENCRYPT_DECRYPT")
    given = {"KeyId": encrypting, "EncryptionAlgorithm": "SM2PKE"}
    blob = china.encrypt(**given, Plaintext=b"x" * 1024)["CiphertextBlob"]
    assert china.decrypt(**given, CiphertextBlob=blob)["Plaintext"] == b"x" * 1024
    assert code(china.encrypt, **given, Plaintext=b"x" * 1025) == "ValidationException"
    agreeing = make(china, "SM2", "KEY_AGREEMENT")
    other = china.get_public_key(KeyId=agreeing)["PublicKey"]
    agreed = china.derive_shared_secret(
        KeyId=agreeing, KeyAgreementAlgorithm="ECDH", PublicKey=other
    )
    assert len(agreed["SharedSecret"]) == 32


def test_ed25519ph_takes_a_digest_and_nothing_else(client: Any) -> None:
    key = make(client, "ECC_NIST_EDWARDS25519", "SIGN_VERIFY")
    given = {"KeyId": key, "SigningAlgorithm": "ED25519_PH_SHA_512"}
    digest = {"Message": hashlib.sha512(MESSAGE).digest(), "MessageType": "DIGEST"}
    signature = client.sign(**given, **digest)["Signature"]
    assert client.verify(**given, **digest, Signature=signature)["SignatureValid"] is True
    assert code(client.sign, **given, Message=MESSAGE) == "ValidationException"
    digest["Message"] = b"x" * 63
    assert code(client.sign, **given, **digest) == "ValidationException"


def test_a_seed_repeats_the_elliptic_keys() -> None:
    first, again = Kms.fresh(seed=9).client(), Kms.fresh(seed=9).client()
    keys = [make(each, "ECC_NIST_P256", "SIGN_VERIFY") for each in (first, again)]
    public = [
        each.get_public_key(KeyId=key)["PublicKey"]
        for each, key in zip((first, again), keys, strict=True)
    ]
    assert keys[0] == keys[1]
    assert public[0] == public[1]
