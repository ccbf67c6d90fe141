"""Identifiers in the forms that KMS gives them, made of the entropy that is handed in."""

from kmslab.ambient.entropy import Entropy

_VERSION_4 = 0x40
_VARIANT_1 = 0x80


def uuid(entropy: Entropy) -> str:
    """Make a version 4 UUID in its text form (RFC 9562, section 5.4)."""
    raw = bytearray(entropy.take(16))
    raw[6] = raw[6] & 0x0F | _VERSION_4
    raw[8] = raw[8] & 0x3F | _VARIANT_1
    text = raw.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def multi_region_key_id(entropy: Entropy) -> str:
    """Make the ID of a multi-Region key: ``mrk-`` and 32 hexadecimal digits."""
    return f"mrk-{entropy.take(16).hex()}"


def grant_id(entropy: Entropy) -> str:
    """Make the ID of a grant: 64 hexadecimal digits."""
    return entropy.take(32).hex()
