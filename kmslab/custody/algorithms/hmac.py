"""HMAC (RFC 2104, FIPS 198-1) over the SHA-2 family, keys as long as the digest."""

import hmac
from typing import Final

from kmslab.ambient.entropy import Entropy

DIGESTS: Final = {
    "HMAC_SHA_224": "sha224",
    "HMAC_SHA_256": "sha256",
    "HMAC_SHA_384": "sha384",
    "HMAC_SHA_512": "sha512",
}


def generate(spec: str, entropy: Entropy) -> bytes:
    """Make a key for ``HMAC_256`` and its like."""
    return entropy.take(int(spec.removeprefix("HMAC_")) // 8)


def load(raw: bytes) -> bytes:
    """Return the key itself."""
    return raw


def compute(key: bytes, message: bytes, algorithm: str) -> bytes:
    """Return the whole tag."""
    return hmac.digest(key, message, DIGESTS[algorithm])


def is_valid(key: bytes, message: bytes, tag: bytes, algorithm: str) -> bool:
    """Tell, in constant time, whether a tag is good."""
    return hmac.compare_digest(compute(key, message, algorithm), tag)
