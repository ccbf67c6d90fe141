"""Policy variables: ``${aws:username}``, ``${aws:PrincipalTag/team, 'none'}``, ``${*}``.

IAM User Guide, "IAM policy elements: Variables and tags". A text is cut once into pieces; at
request time the pieces become a pattern in which the values of variables hold no wildcards.
"""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from kmslab.authz.context import Context
from kmslab.authz.context_keys import Reader, reader
from kmslab.authz.match import PROTECT

_VARIABLE: Final = re.compile(r"\$\{\s*([^{}]*?)\s*(?:,\s*'([^']*)'\s*)?\}")
_LITERALS: Final = ("*", "?", "$")


class Variable(msgspec.Struct, frozen=True):
    """One variable: how its key is read, and the default where the key is absent."""

    name: str
    read: Reader
    default: str | None


Template = tuple[str | Variable, ...]


def parse(text: str) -> str | Template:
    """Cut a text at its variables; a text without any is returned as a pattern."""
    if "${" not in text:
        return text
    pieces: list[str | Variable] = []
    end = 0
    for found in _VARIABLE.finditer(text):
        pieces += [text[end : found.start()], _piece(found[1], found[2])]
        end = found.end()
    pieces.append(text[end:])
    return _merged(pieces)


def expand(template: Template, context: Context) -> str | None:
    """Return the pattern for this request, or None where a variable has no single value."""
    texts = [piece if isinstance(piece, str) else _value(piece, context) for piece in template]
    return None if None in texts else "".join(text for text in texts if text is not None)


def _piece(name: str, default: str | None) -> str | Variable:
    if name in _LITERALS and default is None:
        return name.translate(PROTECT)
    return Variable(name, reader(name), default)


def _merged(pieces: Sequence[str | Variable]) -> str | Template:
    texts = [piece for piece in pieces if isinstance(piece, str)]
    return "".join(texts) if len(texts) == len(pieces) else tuple(pieces)


def _value(variable: Variable, context: Context) -> str | None:
    """Read a variable; a multivalued key has no value here, only the default."""
    value = variable.read(context)
    text = value if isinstance(value, str) else variable.default
    return None if text is None else text.translate(PROTECT)
