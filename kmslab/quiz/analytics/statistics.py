"""Figures of classical test theory, each with its n and an interval of 95 %.

Facility: the share that was right, Wilson's interval. Discrimination: the point-biserial
correlation of an item with the rest of the test, so that no item correlates with itself; Fisher's
z interval. Reliability: Cronbach's alpha, for items of right and wrong the same as KR-20; Bonett's
interval (2002). Pure.
"""

import math
from collections.abc import Sequence
from statistics import StatisticsError, correlation, mean, pvariance

import msgspec

from kmslab.quiz.exam import Z_95, interval

ENOUGH = 100  # takers; below it a discrimination is chance more than anything
FEWEST = 4  # pairs, for Fisher's z to have an interval


class Figure(msgspec.Struct, frozen=True):
    """A value with its interval and the number of takers behind it; None where there is none."""

    n: int
    value: float | None
    low: float | None = None
    high: float | None = None

    @property
    def is_firm(self) -> bool:
        """Tell whether enough takers stand behind it."""
        return self.value is not None and self.n >= ENOUGH


def facility(scores: Sequence[int]) -> Figure:
    """Return the share of right answers."""
    low, high = interval(sum(scores), len(scores))
    return Figure(len(scores), mean(scores), low, high) if scores else Figure(0, None)


def discrimination(scores: Sequence[float], rest: Sequence[float]) -> Figure:
    """Return the correlation of scores with what the same takers did elsewhere."""
    n = len(scores)
    try:
        r = correlation(scores, rest)
    except StatisticsError:  # fewer than two, or all the same
        return Figure(n, None)
    if n < FEWEST or abs(r) >= 1:
        return Figure(n, r)
    z, half = math.atanh(r), Z_95 / math.sqrt(n - 3)
    return Figure(n, r, math.tanh(z - half), math.tanh(z + half))


def alpha(rows: Sequence[Sequence[int]]) -> Figure:
    """Return the reliability of a test that every taker, one row each, answered whole."""
    n = len(rows)
    items = len(rows[0]) if rows else 0
    whole = pvariance([sum(row) for row in rows]) if rows else 0
    if n < 3 or items < 2 or not whole:  # noqa: PLR2004 - the formulas divide by n - 2, items - 1
        return Figure(n, None)
    own = sum(pvariance(column) for column in zip(*rows, strict=True))
    value = items / (items - 1) * (1 - own / whole)
    if value >= 1:
        return Figure(n, value)
    half = Z_95 * math.sqrt(2 * items / ((items - 1) * (n - 2)))
    turned = math.log(1 - value)
    return Figure(n, value, 1 - math.exp(turned + half), 1 - math.exp(turned - half))
