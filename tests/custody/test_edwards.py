"""Ed25519 against RFC 8032, sections 7.1 and 7.3."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kmslab.custody.algorithms import edwards

PURE = (  # section 7.1, TEST 3
    "ED25519_SHA_512",
    "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
    "af82",
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
    "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
)
PREHASHED = (  # section 7.3, TEST abc
    "ED25519_PH_SHA_512",
    "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
    "616263",
    "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41"
    "31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406",
)


@pytest.mark.parametrize(("algorithm", "seed", "message", "expected"), [PURE, PREHASHED])
def test_the_rfcs_example(algorithm: str, seed: str, message: str, expected: str) -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))
    text, signature = bytes.fromhex(message), bytes.fromhex(expected)
    assert edwards.sign(key, text, algorithm) == signature
    assert edwards.is_valid(key, text, signature, algorithm)
    other = PREHASHED[0] if algorithm == PURE[0] else PURE[0]
    assert not edwards.is_valid(key, text, signature, other)
    for bad in (b"", signature[:-1], signature[:-1] + b"\0"):
        assert not edwards.is_valid(key, text, bad, algorithm)
