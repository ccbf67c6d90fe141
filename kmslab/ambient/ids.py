"""Identifiers in the forms that KMS gives them, made of the entropy that is handed in."""

from collections.abc import Callable
from operator import itemgetter
from uuid import NAMESPACE_URL, uuid5

from kmslab.ambient.entropy import Entropy

# The text around what is random: version 4, and variant 1 by the digit that gives way to it.
_FORMS = {digit: f"%s-%s-4%s-{'89ab'[int(digit, 16) % 4]}%s-%s" for digit in "0123456789abcdef"}
_parts: Callable[[str], tuple[str, ...]] = itemgetter(
    slice(8), slice(8, 12), slice(13, 16), slice(17, 20), slice(20, 32)
)


def uuid(entropy: Entropy) -> str:
    """Make a version 4 UUID in its text form (RFC 9562, section 5.4)."""
    text = entropy.take(16).hex()
    return _FORMS[text[16]] % _parts(text)


def named(name: str) -> str:
    """Make the UUID of a name, which is always the same (RFC 9562, section 5.5)."""
    return str(uuid5(NAMESPACE_URL, name))


def multi_region_key_id(entropy: Entropy) -> str:
    """Make the ID of a multi-Region key: ``mrk-`` and 32 hexadecimal digits."""
    return f"mrk-{entropy.take(16).hex()}"


def grant_id(entropy: Entropy) -> str:
    """Make the ID of a grant: 64 hexadecimal digits."""
    return entropy.take(32).hex()
