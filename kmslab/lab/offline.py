"""What can be done with the public half of a key, far from KMS; and five parcels to try it on.

A public half is the DER that GetPublicKey returns. Nothing here makes a request, but `parcels`.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import load_der_public_key

from kmslab.kms import Kms

SHA256: Final = hashes.SHA256()
PSS: Final = padding.PSS(padding.MGF1(SHA256), SHA256.digest_size)  # salt as long as the hash

HOW: Final[Mapping[str, Callable[..., None]]] = {  # key, signature, message
    "RSASSA_PSS_SHA_256": lambda key, *signed: key.verify(*signed, PSS, SHA256),
    "ECDSA_SHA_256": lambda key, *signed: key.verify(*signed, ec.ECDSA(SHA256)),
    "ECDSA_SHA_384": lambda key, *signed: key.verify(*signed, ec.ECDSA(hashes.SHA384())),
    "ED25519_SHA_512": lambda key, *signed: key.verify(*signed),
    "ML_DSA_SHAKE_256": lambda key, *signed: key.verify(*signed),
}


class Parcel(NamedTuple):
    """A message with its signature, and all that a receiver needs to look at it."""

    message: bytes
    signature: bytes
    algorithm: str
    public_key: bytes


def verifies(parcel: Parcel) -> bool:
    """Tell whether a parcel is what its sender signed, without asking KMS.

    Raises:
        KeyError: the algorithm is none of those in `HOW`.
        ValueError: the public key is none.
    """
    key: Any = load_der_public_key(parcel.public_key)
    try:
        HOW[parcel.algorithm](key, parcel.signature, parcel.message)
    except InvalidSignature:
        return False
    return True


SENDERS: Final = {
    "anchovy": ("RSA_2048", "RSASSA_PSS_SHA_256"),
    "caper": ("ECC_NIST_P256", "ECDSA_SHA_256"),
    "fennel": ("ECC_NIST_P384", "ECDSA_SHA_384"),
    "olive": ("ECC_NIST_EDWARDS25519", "ED25519_SHA_512"),
    "thyme": ("ML_DSA_65", "ML_DSA_SHAKE_256"),
}
SPOILT: Final = "fennel"


def parcels(world: Kms) -> dict[str, Parcel]:
    """Let five keys sign a parcel each. One of the parcels is changed on its way."""
    kms = world.client()
    sent: dict[str, Parcel] = {}
    for name, (spec, algorithm) in SENDERS.items():
        key = kms.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
        message = f"one jar of {name}, 4 EUR".encode()
        made = kms.sign(KeyId=key, Message=message, SigningAlgorithm=algorithm)
        public = kms.get_public_key(KeyId=key)["PublicKey"]
        if name == SPOILT:
            message = message.replace(b"4 EUR", b"9 EUR")
        sent[name] = Parcel(message, made["Signature"], algorithm, public)
    return sent
