"""ML-DSA, hedged, with an empty context (FIPS 204).

What is signed is always mu, the 64-byte representative of a message (FIPS 204, section 6.2): KMS
computes it from a RAW message, or is given it as EXTERNAL_MU.
"""

from collections.abc import Mapping
from hashlib import shake_256
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import mldsa

from kmslab.ambient.entropy import Entropy
from kmslab.custody.algorithms.der import private_der

SEED_BYTES: Final = 32
MU_BYTES: Final = 64
PURE_WITHOUT_CONTEXT: Final = b"\0\0"  # FIPS 204, algorithm 2, step 10

MAKERS: Mapping[str, Any] = {
    "ML_DSA_44": mldsa.MLDSA44PrivateKey,
    "ML_DSA_65": mldsa.MLDSA65PrivateKey,
    "ML_DSA_87": mldsa.MLDSA87PrivateKey,
}


def generate(spec: str, entropy: Entropy) -> bytes:
    """Make a private key from its seed."""
    return private_der(MAKERS[spec].from_seed_bytes(entropy.take(SEED_BYTES)))


def load(raw: bytes) -> Any:  # noqa: ANN401 - one of three classes
    """Return the key of a record that was sealed by us."""
    return serialization.load_der_private_key(raw, None)


def representative(key: Any, message: bytes) -> bytes:  # noqa: ANN401 - as load
    """Return mu of a message (FIPS 204, algorithm 7, lines 1 and 6)."""
    hashed_key = shake_256(key.public_key().public_bytes_raw()).digest(MU_BYTES)
    return shake_256(hashed_key + PURE_WITHOUT_CONTEXT + message).digest(MU_BYTES)


def sign(key: Any, mu: bytes, algorithm: str) -> bytes:  # noqa: ANN401 - as load
    """Sign mu."""
    del algorithm
    signature: bytes = key.sign_mu(mu)
    return signature


def is_valid(key: Any, mu: bytes, signature: bytes, algorithm: str) -> bool:  # noqa: ANN401
    """Tell whether a signature of mu is good."""
    del algorithm
    try:
        key.public_key().verify_mu(signature, mu)
    except InvalidSignature:
        return False
    return True
