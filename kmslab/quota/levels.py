"""The levels of buckets: the rule by which one rises and drains, and the home of one process's.

Refuses to know how high a rate is; `shared.py` keeps levels for several processes.
"""

from collections.abc import Sequence
from typing import Final, Protocol

ROUNDING: Final = 1e-6  # seconds; Unix time in a float is exact to a quarter of that

Address = tuple[str, str, str]  # account, Region, bucket


class Limit:
    """What a rate, in requests a second, means for a level."""

    __slots__ = ("interval", "tolerance")

    def __init__(self, rate: float) -> None:
        self.interval = 1 / rate
        self.tolerance = max(1.0, self.interval) - self.interval

    def after(self, due: float, elapsed: float) -> float | None:
        """Return the level after one more request, or None where that is one too many.

        A level is the instant at which all that was taken has dripped out. Both are in seconds
        since the bucket began: small numbers add without losing digits.
        """
        if due - elapsed > self.tolerance + ROUNDING:
            return None
        return max(due, elapsed) + self.interval

    def admitted(self, height: float) -> int:
        """Count the requests of one instant that come before one is too many; `height` in seconds."""
        room = self.tolerance + ROUNDING - height
        return 0 if room < 0 else int(room / self.interval) + 1


class Level(Protocol):
    """One bucket's."""

    def take(self, limit: Limit, now: float) -> bool:
        """Rise by one request, or return False and stay."""
        ...


class Levels(Protocol):
    """Where the levels are."""

    def find(self, address: Address, now: float) -> Level:
        """Return the level of a bucket; one that nobody has drawn on begins now."""
        ...

    def take_all(self, drawn: Sequence[tuple[Address, Limit]], now: float) -> bool:
        """Let each rise by one request; or return False, and all of them stay."""
        ...


class Rising(Protocol):
    """A level that nobody else touches meanwhile."""

    due: float

    def rise(self, limit: Limit, now: float) -> bool:
        """Rise by one request, or return False and stay."""
        ...


def rise_all(drawn: Sequence[tuple[Rising, Limit]], now: float) -> bool:
    """Let each rise by one request, one that comes twice by two; or return False, and all stay."""
    before = [level.due for level, _ in drawn]
    if all(level.rise(limit, now) for level, limit in drawn):
        return True
    for (level, _), due in zip(drawn, before, strict=True):
        level.due = due
    return False


class InProcess:
    """Levels that this process alone draws on."""

    def __init__(self) -> None:
        self._levels: dict[Address, _Own] = {}

    def find(self, address: Address, now: float) -> "_Own":
        """Return the level of a bucket; one that nobody has drawn on begins now."""
        return self._levels.setdefault(address, _Own(now))

    def take_all(self, drawn: Sequence[tuple[Address, Limit]], now: float) -> bool:
        """Let each rise by one request; or return False, and all of them stay."""
        return rise_all([(self.find(address, now), limit) for address, limit in drawn], now)


class _Own:
    __slots__ = ("begun", "due")

    def __init__(self, now: float) -> None:
        self.begun = now
        self.due = 0.0

    def rise(self, limit: Limit, now: float) -> bool:
        due = limit.after(self.due, now - self.begun)
        if due is None:
            return False
        self.due = due
        return True

    take = rise
