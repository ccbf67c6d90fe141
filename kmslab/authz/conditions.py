"""Condition operators: one row each, and the rules that all of them share.

IAM User Guide, "IAM JSON policy elements: Condition operators" and "Single-valued vs. multivalued
context keys". Several values are alternatives; for a negated operator none of them may match. An
absent key fails a positive operator and satisfies a negated one.
"""

import operator
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final, Literal

import msgspec

from kmslab.authz import match, values
from kmslab.authz.context_keys import Context, Reader, reader, text_of
from kmslab.authz.errors import PolicyError
from kmslab.authz.match import Predicate, plain
from kmslab.authz.variables import Template, expand, parse
from kmslab.model.requests import ContextValue

Qualifier = Literal["", "ForAllValues", "ForAnyValue"]
Prepare = Callable[[Sequence[str]], Predicate | None]
Test = Callable[[Context], bool]


class Operator(msgspec.Struct, frozen=True):
    """One row: how policy values become a predicate on a request value.

    `prepare` answers None where no policy value can be read. `reads` refuses request values that
    no comparison can hold for, not even a negated one.
    """

    prepare: Prepare
    negated: bool = False
    takes_variables: bool = False
    reads: Callable[[str], object] = text_of


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
    read = reader(key)
    if name == "null":
        if qualifier or if_exists:
            raise PolicyError(f"Null takes neither a set operator nor IfExists: {written}")
        return Condition(
            written, key, tuple(texts), has_variables=False, read=read, holds=_null(read, texts)
        )
    row = OPERATORS.get(name)
    if row is None:
        raise PolicyError(f"Invalid Condition type: {written}")
    has_variables = with_variables and row.takes_variables
    compare = _comparison(row, texts, with_variables=has_variables)
    absent = if_exists or (qualifier == "ForAllValues" or (row.negated and not qualifier))
    holds = _QUALIFIED[qualifier](read, compare, absent, row.negated)
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


# --------------------------------------------------------- one request value against all alternatives

Compare = Callable[[str, Context], bool]


def _comparison(row: Operator, texts: Sequence[str], *, with_variables: bool) -> Compare:
    """Tell for one request value whether any alternative matches it, negation left aside."""
    parsed = [parse(text) if with_variables else text for text in texts]
    fixed = [pattern for pattern in parsed if isinstance(pattern, str)]
    templates = [pattern for pattern in parsed if not isinstance(pattern, str)]
    prepared = row.prepare(fixed) if fixed else _nothing
    if templates:
        return _varying(row, prepared, templates)
    if prepared is None:
        return lambda _value, _context: row.negated
    if row.reads is text_of:
        matches = prepared
        return lambda value, _context: matches(value)
    return _checked(row, prepared)


def _checked(row: Operator, prepared: Predicate) -> Compare:
    def compare(value: str, _: Context) -> bool:
        return row.negated if row.reads(value) is None else prepared(value)

    return compare


def _varying(row: Operator, fixed: Predicate | None, templates: Sequence[Template]) -> Compare:
    """Prepare alternatives with variables for each request; an undefined variable matches nothing."""

    def compare(value: str, context: Context) -> bool:
        if fixed is not None and fixed(value):
            return True
        patterns = [expand(template, context) for template in templates]
        prepared = row.prepare([pattern for pattern in patterns if pattern is not None])
        return prepared is not None and prepared(value)

    return compare


def _filled(text: str, context: Context) -> str:
    pattern = parse(text)
    found = pattern if isinstance(pattern, str) else expand(pattern, context)
    return text if found is None else plain(found)


def _nothing(_: str) -> bool:
    return False


# -------------------------------------------------------------------- set operators and absent keys


def _plain(read: Reader, compare: Compare, absent: bool, negated: bool) -> Test:  # noqa: FBT001
    def holds(context: Context) -> bool:
        value = read(context)
        if value is None:
            return absent
        if isinstance(value, str):
            return compare(value, context) is not negated
        return any(compare(item, context) for item in value) is not negated

    return holds


def _for_all(read: Reader, compare: Compare, absent: bool, negated: bool) -> Test:  # noqa: FBT001
    def holds(context: Context) -> bool:
        value = read(context)
        if value is None:
            return absent
        return all(compare(item, context) is not negated for item in _items(value))

    return holds


def _for_any(read: Reader, compare: Compare, absent: bool, negated: bool) -> Test:  # noqa: FBT001
    def holds(context: Context) -> bool:
        value = read(context)
        if value is None:
            return absent
        return any(compare(item, context) is not negated for item in _items(value))

    return holds


def _items(value: ContextValue) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


_QUALIFIED: Final = {"": _plain, "ForAllValues": _for_all, "ForAnyValue": _for_any}


def _null(read: Reader, texts: Sequence[str]) -> Test:
    """Ask for absence (``true``) or presence (``false``)."""
    wanted = frozenset(values.boolean(text) for text in texts)
    return lambda context: (read(context) is None) in wanted


# ------------------------------------------------------------------------------------- the operators


def _ordered(
    parse_value: Callable[[str], Decimal | None], compare: Callable[[Any, Any], bool]
) -> Prepare:
    """Compare numbers or dates; a request value that cannot be read matches nothing."""

    def prepare(patterns: Sequence[str]) -> Predicate | None:
        limits = [limit for limit in map(parse_value, patterns) if limit is not None]

        def matches(text: str) -> bool:
            found = parse_value(text)
            return found is not None and any(compare(found, limit) for limit in limits)

        return matches if limits else None

    return prepare


def _same(parse_value: Callable[[str], object]) -> Prepare:
    """Compare what two texts stand for: booleans, bytes."""

    def prepare(patterns: Sequence[str]) -> Predicate | None:
        known = {parse_value(plain(pattern)) for pattern in patterns} - {None}
        return (lambda text: parse_value(text) in known) if known else None

    return prepare


def _in_range(patterns: Sequence[str]) -> Predicate | None:
    networks = [found for found in map(values.network, patterns) if found is not None]

    def matches(text: str) -> bool:
        found = values.address(text)
        return found is not None and any(found in network for network in networks)

    return matches


def _comparisons(prefix: str, parse_value: Callable[[str], Decimal | None]) -> dict[str, Operator]:
    relations = {
        "Equals": operator.eq,
        "LessThan": operator.lt,
        "LessThanEquals": operator.le,
        "GreaterThan": operator.gt,
        "GreaterThanEquals": operator.ge,
    }
    rows = {
        f"{prefix}{name}": Operator(_ordered(parse_value, relation), reads=parse_value)
        for name, relation in relations.items()
    }
    equals = _ordered(parse_value, operator.eq)
    return rows | {f"{prefix}NotEquals": Operator(equals, negated=True, reads=parse_value)}


def _both(positive: str, negative: str, prepare: Prepare) -> dict[str, Operator]:
    """Write a positive operator on texts and its negation."""
    return {
        positive: Operator(prepare, takes_variables=True),
        negative: Operator(prepare, negated=True, takes_variables=True),
    }


BY_NAME: Final[dict[str, Operator]] = {
    **_both("StringEquals", "StringNotEquals", match.equal),
    **_both("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", match.equal_ignoring_case),
    **_both("StringLike", "StringNotLike", match.like),
    **_both("ArnEquals", "ArnNotEquals", match.arn_like),
    **_both("ArnLike", "ArnNotLike", match.arn_like),
    **_comparisons("Numeric", values.number),
    **_comparisons("Date", values.date),
    "Bool": Operator(_same(values.boolean), takes_variables=True),
    "BinaryEquals": Operator(_same(values.octets)),
    "IpAddress": Operator(_in_range),
    "NotIpAddress": Operator(_in_range, negated=True),
}
OPERATORS: Final = {name.lower(): row for name, row in BY_NAME.items()}
"""Every operator but Null, by its name in lower case."""
