"""The condition operators, one row each: how policy values become a test of a request value.

IAM User Guide, "IAM JSON policy elements: Condition operators". Null, the set operators and IfExists are
rules about all operators and stand in `kmslab.authz.conditions`.
"""

import operator
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec

from kmslab.authz import match, values
from kmslab.authz.match import Predicate, plain

Prepare = Callable[[Sequence[str]], Predicate | None]


class Operator(msgspec.Struct, frozen=True):
    """One row: how policy values become a predicate on a request value, negation left aside.

    `prepare` answers None where no policy value can be read. `reads`, where it is set, answers None for a
    request value for which no comparison can hold, not even a negated one.
    """

    prepare: Prepare
    negated: bool = False
    takes_variables: bool = False
    reads: Callable[[str], object] | None = None


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


def _same_boolean(patterns: Sequence[str]) -> Predicate:
    known = {"true", "false"} & {plain(pattern).lower() for pattern in patterns}
    return lambda text: text.lower() in known


def _same_bytes(patterns: Sequence[str]) -> Predicate:
    known = {values.octets(pattern) for pattern in patterns} - {None}
    return lambda text: values.octets(text) in known


def _in_range(patterns: Sequence[str]) -> Predicate | None:
    networks = [found for found in map(values.network, patterns) if found is not None]

    def matches(text: str) -> bool:
        found = values.address(text)
        return found is not None and values.is_in(found, networks)

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
    "Bool": Operator(_same_boolean, takes_variables=True),
    "BinaryEquals": Operator(_same_bytes),
    "IpAddress": Operator(_in_range),
    "NotIpAddress": Operator(_in_range, negated=True),
}
OPERATORS: Final = {name.lower(): row for name, row in BY_NAME.items()}
"""Every operator but Null, by its name in lower case."""
