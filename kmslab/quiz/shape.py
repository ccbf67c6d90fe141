"""Why a value has not the shape that it must have: msgspec's words as a fault with a place and a remedy.

Refuses to know whose shape it is: what differs between files is handed in as `Words`.
"""

import difflib
import re
from collections.abc import Iterator
from typing import Any, cast

import msgspec

from kmslab.quiz.source import Fault, Source


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What a sort of file calls itself, where its schema lies, and its fields and kinds."""

    whole: str
    schema: str
    fields: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    kind: str = "kind"

    def short(self, where: str) -> str:
        """Name a path; the root has a name that readers know."""
        return where if where != "$" else f"$ ({self.whole})"


def faults(
    source: Source,
    value: object,
    shape: Any,  # noqa: ANN401 - a type that msgspec converts to
    base: str,
    words: Words,
) -> Iterator[Fault]:
    """Yield what keeps a value from having a shape: msgspec tells the first fault, and no more."""
    try:
        msgspec.convert(value, cast("Any", shape))
    except msgspec.ValidationError as error:
        told = str(error).replace(" - at `key` in `$", " - at `$")
        wrong, _, where = told.partition(" - at `$")
        yield _explain(source, wrong, base + where.rstrip("`"), words)


def _explain(source: Source, wrong: str, where: str, words: Words) -> Fault:
    """Turn msgspec's word into a fault that says where and what would be right."""
    for pattern, word in _EXPLANATIONS:
        if match := pattern.fullmatch(wrong):
            return word(source, where, match, words)
    return source.fault(where, f"{words.short(where)}: {wrong}", f"see {words.schema}")


def _unknown_field(source: Source, where: str, match: re.Match[str], words: Words) -> Fault:
    name = match[1]
    line, column = source.keys.get(f"{where}.{name}", source.place(where))
    near = difflib.get_close_matches(name, [each for each in words.fields if each != name], n=1)
    right = f"did you mean `{near[0]}`?" if near else f"remove it, or see {words.schema}"
    return Fault(source.path, line, column, f"{words.short(where)}: unknown field `{name}`", right)


def _missing_field(source: Source, where: str, match: re.Match[str], words: Words) -> Fault:
    wrong = f"{words.short(where)}: field `{match[1]}` is missing"
    return source.fault(where, wrong, f"add `{match[1]}:` here")


def _wrong_type(source: Source, where: str, match: re.Match[str], words: Words) -> Fault:
    wanted, got = match[1], match[2]
    right = _REMEDIES.get((wanted, got), f"write {_TYPES.get(wanted, wanted)}")
    return source.fault(where, f"{words.short(where)}: {_TYPES.get(got, got)} stands here", right)


def _pattern(source: Source, where: str, match: re.Match[str], words: Words) -> Fault:
    return source.fault(
        where, f"{words.short(where)}: badly formed", f"it has to match {_unescaped(match[1])}"
    )


def _unescaped(pattern: str) -> str:
    """Return a pattern as it was written: msgspec tells it with its backslashes doubled."""
    return pattern.replace("\\\\", "\\")


def _bound(source: Source, where: str, match: re.Match[str], words: Words) -> Fault:
    wrong = f"{words.short(where)}: out of bounds"
    return source.fault(where, wrong, f"write {_TYPES.get(match[1], match[1])} {match[2]}")


def _kind(source: Source, where: str, match: re.Match[str], words: Words) -> Fault:
    wrong = f"{words.short(where)}: there is no {words.kind} {match[1]}"
    right = f"the kinds are {', '.join(words.kinds)}" if words.kinds else f"see {words.schema}"
    return source.fault(where, wrong, right)


def _date(source: Source, where: str, _: re.Match[str], words: Words) -> Fault:
    return source.fault(where, f"{words.short(where)}: not a date", "write it as 2026-11-24")


_EXPLANATIONS = (
    (re.compile(r"Object contains unknown field `(.*)`", re.DOTALL), _unknown_field),
    (re.compile(r"Object missing required field `(.*)`"), _missing_field),
    (re.compile(r"Expected `(.*)`, got `(.*)`"), _wrong_type),
    (re.compile(r"Expected `str` matching regex '(.*)'"), _pattern),
    (re.compile(r"Expected `(.*?)` (of length .*|[<>=].*)"), _bound),
    (re.compile(r"Invalid value ('.*')", re.DOTALL), _kind),
    (re.compile(r"Invalid (?:RFC3339 encoded|ISO8601|)? ?date"), _date),
)
_TYPES = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "nothing",
    "date": "a date",
}
_REMEDIES = {
    ("str", "int"): "put it in quotes",
    ("str", "float"): "put it in quotes",
    ("str", "bool"): "put it in quotes",
    ("str", "null"): "write the text",
    ("date", "int"): "write it as 2026-11-24",
}
