"""The price list: `prices.toml`, and which of its categories a request belongs to.

Refuses to know who called, and how often.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

PER: Final = 10_000  # requests
SYMMETRIC: Final = "symmetric"
PAIRS: Final = ("GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext")
BY_KEY_SPEC: Final = frozenset(  # whose price follows the key; all others are at the price of a symmetric one
    ("Decapsulate", "Decrypt", "DeriveSharedSecret", "Encapsulate", "Encrypt", "GetPublicKey", "ReEncrypt",
     "Sign", "Verify")
)  # fmt: skip


class KeyPrices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a KMS key costs a month, and what its rotations add."""

    month: float
    rotation: float
    priced_rotations: int


class FreeTier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is free each month."""

    requests: int


class RequestPrice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What 10,000 requests of a category cost."""

    what: str
    price: float
    free_tier: bool = False
    assumed: bool = False  # AWS has not published it

    def of(self, count: int) -> float:
        """Return what so many cost."""
        return count / PER * self.price


class Prices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole list."""

    keys: KeyPrices
    free_tier: FreeTier
    requests: Mapping[str, RequestPrice]


@cache
def prices() -> Prices:
    """Return the price list."""
    text = files(__package__).joinpath("prices.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Prices)


def category(operation: str, key_spec: str, pair_spec: str = "") -> str:
    """Name the category of a request; `key_spec` is that of its key, "" where it has none."""
    if operation in PAIRS:
        return f"{_family(pair_spec)}_pair"
    if operation not in BY_KEY_SPEC or key_spec in {"", "SYMMETRIC_DEFAULT"}:
        return SYMMETRIC
    if key_spec == "RSA_2048":
        return "rsa_2048"
    return "ml_kem" if key_spec.startswith("ML_KEM") else "asymmetric"


def _family(pair_spec: str) -> str:
    families = {"RSA": "rsa", "ML_KEM": "ml_kem"}
    return next((name for start, name in families.items() if pair_spec.startswith(start)), "ecc")
