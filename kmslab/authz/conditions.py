"""Conditions: one operator, one key and its alternatives, compiled into a test of a request.

IAM User Guide, "IAM JSON policy elements: Condition operators" and "Single-valued vs. multivalued
context keys". Several values are alternatives; for a negated operator none of them may match. An
absent key fails a positive operator and satisfies a negated one.
"""

from collections.abc import Callable, Sequence
from typing import Final, Literal

import msgspec

from kmslab.authz import values
from kmslab.authz.context import Context
from kmslab.authz.context_keys import Reader, reader
from kmslab.authz.errors import PolicyError
from kmslab.authz.match import Predicate, plain
from kmslab.authz.operators import OPERATORS, Operator
from kmslab.authz.variables import expand, parse
from kmslab.model.requests import ContextValue

Qualifier = Literal["", "ForAllValues", "ForAnyValue"]
Test = Callable[[Context], bool]


class Condition(msgspec.Struct, frozen=True):
    """One condition: as written, and compiled. `holds` answers for a request."""

    operator: str
    key: str
    values: tuple[str, ...]
    has_variables: bool
    read: Reader
    holds: Test

    def compared(self, context: Context) -> tuple[str, ...]:
        """Return the values with their variables filled in; an undefined one stays as written."""
        if not self.has_variables:
            return self.values
        return tuple(_filled(text, context) for text in self.values)


def compile_condition(
    written: str, key: str, texts: Sequence[str], *, with_variables: bool
) -> Condition:
    """Prepare one operator and key with its alternatives.

    Raises:
        PolicyError: there is no such operator.
    """
    qualifier, name, if_exists = _spelled(written)
    read, row = reader(key), OPERATORS.get(name)
    if name == "null" and not qualifier and not if_exists:
        holds, has_variables = _null(read, texts), False
    elif row is None:
        raise PolicyError(f"Invalid Condition type: {written}")
    else:
        has_variables = with_variables and row.takes_variables and any("${" in t for t in texts)
        absent = if_exists or (qualifier == "ForAllValues" or (row.negated and not qualifier))
        rule = _Rule(read, row, qualifier, absent)
        holds = _varying(rule, texts) if has_variables else _fixed(rule, texts)
    return Condition(written, key, tuple(texts), has_variables, read, holds)


def _spelled(written: str) -> tuple[Qualifier, str, bool]:
    """Take an operator's spelling apart: set operator, name in lower case, IfExists."""
    prefix, colon, name = written.rpartition(":")
    qualifier = _QUALIFIERS.get(prefix.lower()) if colon else ""
    if qualifier is None:
        raise PolicyError(f"Invalid Condition type: {written}")
    lowered = name.lower()
    return qualifier, lowered.removesuffix("ifexists"), lowered.endswith("ifexists")


_QUALIFIERS: Final[dict[str, Qualifier]] = {
    "forallvalues": "ForAllValues",
    "foranyvalue": "ForAnyValue",
}


def _filled(text: str, context: Context) -> str:
    pattern = parse(text)
    found = pattern if isinstance(pattern, str) else expand(pattern, context)
    return text if found is None else plain(found)


def _null(read: Reader, texts: Sequence[str]) -> Test:
    """Ask for absence (``true``) or presence (``false``)."""
    wanted = frozenset(values.boolean(text) for text in texts)
    return lambda context: (not _items(read(context))) in wanted


# --------------------------------------------------------- one request value against all alternatives


class _Rule(msgspec.Struct, frozen=True):
    """How a condition is judged once its alternatives are known; `absent` is the answer without key."""

    read: Reader
    row: Operator
    qualifier: Qualifier
    absent: bool


def _fixed(rule: _Rule, patterns: Sequence[str]) -> Test:
    prepared = rule.row.prepare(patterns)
    return _QUALIFIED[rule.qualifier](rule, _judged(rule.row, prepared))


def _varying(rule: _Rule, texts: Sequence[str]) -> Test:
    """Prepare the alternatives anew for each request; one with an undefined variable drops out."""
    parsed = [parse(text) for text in texts]

    def holds(context: Context) -> bool:
        patterns = [item if isinstance(item, str) else expand(item, context) for item in parsed]
        return _fixed(rule, [pattern for pattern in patterns if pattern is not None])(context)

    return holds


def _judged(row: Operator, prepared: Predicate | None) -> Predicate:
    """Answer for one request value, negation included; what cannot be read fails either way."""
    if prepared is None:
        return lambda _: False
    reads = row.reads
    if reads is not None:
        return lambda value: reads(value) is not None and prepared(value) is not row.negated
    if row.negated:
        return lambda value: not prepared(value)
    return prepared


# -------------------------------------------------------------------- set operators and absent keys


def _plain(rule: _Rule, judge: Predicate) -> Test:
    """Judge a single value; of several values all must differ, or one must match."""
    read, absent, several = rule.read, rule.absent, all if rule.row.negated else any

    def holds(context: Context) -> bool:
        value = read(context)
        if value is None:
            return absent
        return judge(value) if isinstance(value, str) else several(map(judge, value))

    return holds


def _for_all(rule: _Rule, judge: Predicate) -> Test:
    def holds(context: Context) -> bool:
        items = _items(rule.read(context))
        return all(map(judge, items)) if items else rule.absent

    return holds


def _for_any(rule: _Rule, judge: Predicate) -> Test:
    def holds(context: Context) -> bool:
        items = _items(rule.read(context))
        return any(map(judge, items)) if items else rule.absent

    return holds


def _items(value: ContextValue | None) -> tuple[str, ...]:
    """List what Null and the set operators see: an absent key has no values, an empty text is none."""
    if isinstance(value, str):
        return (value,) if value else ()
    return value if value and any(value) else ()


_QUALIFIED: Final = {"": _plain, "ForAllValues": _for_all, "ForAnyValue": _for_any}
