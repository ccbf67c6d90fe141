"""ML-KEM (FIPS 203): encapsulate a secret for a public key, and take it out again.

A ciphertext that was altered gives other bytes and no error (implicit rejection, FIPS 203, section
6.3); only one of the wrong length is refused. ML-KEM-512 has its own file.
"""

from collections.abc import Mapping
from typing import Any, Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import mlkem

from kmslab.ambient.entropy import Entropy
from kmslab.custody.algorithms import ml_kem_512
from kmslab.custody.algorithms.der import private_der
from kmslab.model.errors import InvalidCiphertextException

SEED_BYTES: Final = 64

MAKERS: Mapping[str, Any] = {
    "ML_KEM_512": ml_kem_512.PrivateKey,
    "ML_KEM_768": mlkem.MLKEM768PrivateKey,
    "ML_KEM_1024": mlkem.MLKEM1024PrivateKey,
}


def generate(spec: str, entropy: Entropy) -> bytes:
    """Make a private key from its seed."""
    return private_der(MAKERS[spec].from_seed_bytes(entropy.take(SEED_BYTES)))


def load(raw: bytes) -> Any:  # noqa: ANN401 - one of three classes
    """Return the key of a record that was sealed by us."""
    if raw.startswith(ml_kem_512.PKCS8):
        return ml_kem_512.PrivateKey.from_der(raw)
    return serialization.load_der_private_key(raw, None)


def encapsulate(key: Any) -> tuple[bytes, bytes]:  # noqa: ANN401 - as load
    """Return a fresh 32-byte secret and its ciphertext."""
    secret, ciphertext = key.public_key().encapsulate()
    return secret, ciphertext


def decapsulate(key: Any, ciphertext: bytes) -> bytes:  # noqa: ANN401 - as load
    """Return the secret of a ciphertext.

    Raises:
        InvalidCiphertextException: the ciphertext has the wrong length.
    """
    try:
        secret: bytes = key.decapsulate(ciphertext)
    except ValueError:
        raise InvalidCiphertextException from None
    return secret
