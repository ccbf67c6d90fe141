"""Identifiers in the forms that KMS gives them, made of the entropy that is handed in."""

from uuid import NAMESPACE_URL, uuid5

from kmslab.ambient.entropy import Entropy

_VARIANT_1 = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}


def uuid(entropy: Entropy) -> str:
    """Make a version 4 UUID in its text form (RFC 9562, section 5.4)."""
    text = entropy.take(16).hex()
    variant = _VARIANT_1[text[16]]
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"


def named(name: str) -> str:
    """Make the UUID of a name, which is always the same (RFC 9562, section 5.5)."""
    return str(uuid5(NAMESPACE_URL, name))


def multi_region_key_id(entropy: Entropy) -> str:
    """Make the ID of a multi-Region key: ``mrk-`` and 32 hexadecimal digits."""
    return f"mrk-{entropy.take(16).hex()}"


def grant_id(entropy: Entropy) -> str:
    """Make the ID of a grant: 64 hexadecimal digits."""
    return entropy.take(32).hex()
