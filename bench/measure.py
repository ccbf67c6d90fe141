"""How the benchmarks measure: alternated rounds, medians, and ratios.

Two subjects are timed in turn, the order reversed each round, so that a busy machine slows both. The
ratio is the median of the rounds' own: a machine that is slow for a while spoils a few rounds.
"""

import time
from collections.abc import Callable
from statistics import median
from typing import NamedTuple

ROUNDS = 9


class Row(NamedTuple):
    """One line of the table; `ratio` is measured, `gate` must be held, `aim` is hoped for."""

    name: str
    beside: str
    ratio: float
    gate: float
    aim: float
    higher_is_better: bool
    figures: str

    @property
    def holds(self) -> bool:
        """Whether the gate is held."""
        return self.ratio >= self.gate if self.higher_is_better else self.ratio <= self.gate


class Measured(NamedTuple):
    """Medians of what was measured in turn, and of the first by the second, round by round."""

    ours: float
    theirs: float
    ratio: float


def alternate(
    first: Callable[[], float], second: Callable[[], float], rounds: int = ROUNDS
) -> Measured:
    """Take two measurements in turn."""
    ours: list[float] = []
    theirs: list[float] = []
    for number in range(rounds):
        pairs = [(ours, first), (theirs, second)]
        for results, measured in pairs if number % 2 == 0 else reversed(pairs):
            results.append(measured())
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    return Measured(median(ours), median(theirs), median(ratios))


def microseconds(work: Callable[[], object], calls: int) -> Callable[[], float]:
    """Return a measurement: the mean time of a call in microseconds."""

    def measured() -> float:
        begun = time.perf_counter()
        for _ in range(calls):
            work()
        return (time.perf_counter() - begun) / calls * 1e6

    return measured
