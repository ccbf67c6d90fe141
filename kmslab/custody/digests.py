"""Signatures of CloudTrail's digest files: RSA PKCS #1 v1.5 with SHA-256.

The private key lives as long as the object and is written nowhere; the public key is published, in the
form of ListPublicKeys. Refuses to know what a digest says.
"""

from hashlib import md5
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from kmslab.custody.algorithms.rsa import PUBLIC_EXPONENT

BITS: Final = 2048


class DigestSigner:
    """A key pair that signs digests. `public_key` is DER of PKCS #1 (RFC 8017, A.1.1)."""

    def __init__(self) -> None:
        self._key = generate_private_key(PUBLIC_EXPONENT, BITS)
        self.public_key = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
        self.fingerprint = fingerprint(self.public_key)

    def sign(self, text: bytes) -> bytes:
        """Sign a text."""
        return self._key.sign(text, PKCS1v15(), SHA256())


def fingerprint(public_key: bytes) -> str:
    """Name a public key, in as many digits as CloudTrail's fingerprints have; AWS does not say of what."""
    return md5(public_key, usedforsecurity=False).hexdigest()


def is_signed(text: bytes, signature: bytes, public_key: bytes) -> bool:
    """Tell whether the owner of a key pair has signed a text."""
    try:
        key = load_der_public_key(public_key)
    except ValueError:
        return False
    if not isinstance(key, RSAPublicKey):
        return False
    try:
        key.verify(signature, text, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True
