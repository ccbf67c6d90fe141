"""Ed25519, pure (RFC 8032, section 5.1): it signs messages, not digests."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kmslab.ambient.entropy import Entropy

SEED_BYTES = 32


def generate(spec: str, entropy: Entropy) -> bytes:
    """Make a private key from its seed."""
    del spec
    return private_der(Ed25519PrivateKey.from_private_bytes(entropy.take(SEED_BYTES)))


def load(raw: bytes) -> Ed25519PrivateKey:
    """Return the key of a record that was sealed by us."""
    key = serialization.load_der_private_key(raw, None)
    assert isinstance(key, Ed25519PrivateKey)  # noqa: S101 - the record's spec says so
    return key


def private_der(key: Ed25519PrivateKey) -> bytes:
    """Write a private key as PKCS #8."""
    return key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def sign(key: Ed25519PrivateKey, message: bytes, algorithm: str) -> bytes:
    """Sign a message."""
    del algorithm
    return key.sign(message)


def is_valid(key: Ed25519PrivateKey, message: bytes, signature: bytes, algorithm: str) -> bool:
    """Tell whether a signature of a message is good."""
    del algorithm
    try:
        key.public_key().verify(signature, message)
    except InvalidSignature:
        return False
    return True
