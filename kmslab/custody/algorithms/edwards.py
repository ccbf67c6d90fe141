"""Ed25519 (RFC 8032, section 5.1), pure and prehashed.

Pure Ed25519 signs the message itself. Ed25519ph signs its SHA-512 digest, which is computed here:
KMS takes a digest for it and hashes that once more. It comes from libsodium, by PyNaCl.
"""

from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kmslab.ambient.entropy import Entropy
from kmslab.custody.algorithms.der import private_der

SEED_BYTES: Final = 32
PREHASHED: Final = "ED25519_PH_SHA_512"


def generate(spec: str, entropy: Entropy) -> bytes:
    """Make a private key from its seed."""
    del spec
    return private_der(Ed25519PrivateKey.from_private_bytes(entropy.take(SEED_BYTES)))


def load(raw: bytes) -> Ed25519PrivateKey:
    """Return the key of a record that was sealed by us."""
    key = serialization.load_der_private_key(raw, None)
    assert isinstance(key, Ed25519PrivateKey)  # noqa: S101 - the record's spec says so
    return key


def sign(key: Ed25519PrivateKey, message: bytes, algorithm: str) -> bytes:
    """Sign a message."""
    if algorithm != PREHASHED:
        return key.sign(message)
    from nacl import bindings  # noqa: PLC0415 - only who uses this algorithm pays

    secret = key.private_bytes_raw() + key.public_key().public_bytes_raw()
    return bindings.crypto_sign_ed25519ph_final_create(_hashed(message), secret)


def is_valid(key: Ed25519PrivateKey, message: bytes, signature: bytes, algorithm: str) -> bool:
    """Tell whether a signature of a message is good."""
    try:
        if algorithm == PREHASHED:
            return _is_valid_prehashed(key, message, signature)
        key.public_key().verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _is_valid_prehashed(key: Ed25519PrivateKey, message: bytes, signature: bytes) -> bool:
    from nacl import bindings, exceptions  # noqa: PLC0415 - as above

    public = key.public_key().public_bytes_raw()
    try:
        return bindings.crypto_sign_ed25519ph_final_verify(_hashed(message), signature, public)
    except (exceptions.CryptoError, exceptions.TypeError, exceptions.ValueError):
        return False


def _hashed(message: bytes) -> Any:  # noqa: ANN401 - libsodium's state
    from nacl import bindings  # noqa: PLC0415 - as above

    state = bindings.crypto_sign_ed25519ph_state()
    bindings.crypto_sign_ed25519ph_update(state, message)
    return state
