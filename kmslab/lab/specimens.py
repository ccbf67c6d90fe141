"""Twelve keys that are released into a world for lab 02, and what a key answers when it is asked all.

Refuses to know what the right answers are: the service gives them.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from botocore import xform_name
from botocore.exceptions import ClientError

from kmslab.kms import Kms

Client = Any  # a boto3 client of KMS
Json = Mapping[str, Any]

RELEASED: Final = {  # the name in the field: spec and usage; never two of a kind
    "aster": ("ECC_NIST_P256", "SIGN_VERIFY"),
    "birch": ("HMAC_512", "GENERATE_VERIFY_MAC"),
    "clover": ("RSA_2048", "ENCRYPT_DECRYPT"),
    "dill": ("ML_KEM_768", "ENCAPSULATE_DECAPSULATE"),
    "elder": ("ECC_NIST_P384", "KEY_AGREEMENT"),
    "fern": ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"),
    "gorse": ("ML_DSA_65", "SIGN_VERIFY"),
    "heather": ("ECC_SECG_P256K1", "SIGN_VERIFY"),
    "iris": ("HMAC_256", "GENERATE_VERIFY_MAC"),
    "juniper": ("ECC_NIST_P256", "KEY_AGREEMENT"),
    "kale": ("RSA_2048", "SIGN_VERIFY"),
    "laurel": ("ECC_NIST_EDWARDS25519", "SIGN_VERIFY"),
}

MESSAGE: Final = b"who are you?"


class Told(NamedTuple):
    """The first of the algorithms that a key's metadata lists, or any if it lists none."""

    listing: str
    otherwise: str


class Kept(NamedTuple):
    """What an earlier question was answered with, or a message that is nothing of the kind."""

    field: str


CIPHER: Final = Told("EncryptionAlgorithms", "SYMMETRIC_DEFAULT")
SIGNING: Final = Told("SigningAlgorithms", "ECDSA_SHA_256")
STAMPING: Final = Told("MacAlgorithms", "HMAC_SHA_256")

QUESTIONS: Final[Mapping[str, Mapping[str, object]]] = {
    "GetPublicKey": {},
    "Encrypt": {"Plaintext": MESSAGE, "EncryptionAlgorithm": CIPHER},
    "Decrypt": {"CiphertextBlob": Kept("CiphertextBlob"), "EncryptionAlgorithm": CIPHER},
    "GenerateDataKey": {"KeySpec": "AES_256"},
    "GenerateDataKeyPair": {"KeyPairSpec": "ECC_NIST_P256"},
    "Sign": {"Message": MESSAGE, "SigningAlgorithm": SIGNING},
    "Verify": {"Message": MESSAGE, "SigningAlgorithm": SIGNING, "Signature": Kept("Signature")},
    "GenerateMac": {"Message": MESSAGE, "MacAlgorithm": STAMPING},
    "VerifyMac": {"Message": MESSAGE, "MacAlgorithm": STAMPING, "Mac": Kept("Mac")},
    "DeriveSharedSecret": {"KeyAgreementAlgorithm": "ECDH", "PublicKey": Kept("PublicKey")},
    "Encapsulate": {"EncapsulationAlgorithm": "ML_KEM"},
    "Decapsulate": {
        "EncapsulationAlgorithm": "ML_KEM",
        "SharedSecretCiphertextBlob": Kept("SharedSecretCiphertextBlob"),
    },
    "EnableKeyRotation": {},
}


def release(world: Kms) -> dict[str, str]:
    """Create the twelve keys, each with an alias of its name; return their key IDs."""
    kms = world.client()
    found: dict[str, str] = {}
    for name, (spec, usage) in RELEASED.items():
        found[name] = kms.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=found[name])
    return found


def ask(kms: Client, key_id: str) -> dict[str, str]:
    """Ask a key for every operation; return the codes of its refusals, and "" where it answered.

    A question is put with the algorithm that the key itself lists and with what the key made
    before, so that it is refused for what the key is. Afterwards the key is as it was.
    """
    key: Json = kms.describe_key(KeyId=key_id)["KeyMetadata"]
    kept: dict[str, Any] = {}
    codes: dict[str, str] = {}
    for operation, parameters in QUESTIONS.items():
        given = {name: _value(value, key, kept) for name, value in parameters.items()}
        try:
            kept |= getattr(kms, xform_name(operation))(KeyId=key["KeyId"], **given)
        except ClientError as refused:
            codes[operation] = str(refused.response["Error"]["Code"])
        else:
            codes[operation] = ""
    if not codes["EnableKeyRotation"]:
        kms.disable_key_rotation(KeyId=key["KeyId"])
    return codes


def _value(value: object, key: Json, kept: Json) -> object:
    if isinstance(value, Told):
        return key.get(value.listing, [value.otherwise])[0]
    return kept.get(value.field, MESSAGE) if isinstance(value, Kept) else value
