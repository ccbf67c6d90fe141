"""Clocks. The one place that asks the machine what time it is.

Instants are Unix seconds (UTC) as floats, as the API's timestamps are.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

EPOCH_OF_LABS = datetime(2026, 1, 5, 9, 0, tzinfo=UTC).timestamp()
ROUND_TRIP = timedelta(milliseconds=200)

elapsed: Final[Callable[[], float]] = time.perf_counter
"""Seconds since an instant that means nothing: for measuring how long something took."""


class Clock(Protocol):
    """What the service reads the time from."""

    def now(self) -> float:
        """Return the current instant in Unix seconds."""
        ...

    def pass_request(self) -> float:
        """Let the time pass that one request takes; return the instant after it."""
        ...


class SystemClock:
    """The machine's own time."""

    def __init__(self) -> None:
        self.now: Callable[[], float] = time.time
        self.pass_request = self.now  # time passes by itself


class ShiftedClock:
    """The machine's time and what it was moved forward by, in seconds, wherever that is kept."""

    def __init__(
        self, shift: Callable[[], float], machine: Callable[[], float] = time.time
    ) -> None:
        self._shift = shift
        self._machine = machine

    def now(self) -> float:
        """Return the machine's instant plus the shift in Unix seconds."""
        return self._machine() + self._shift()

    def pass_request(self) -> float:
        """Return the instant: time passes by itself."""
        return self.now()


class VirtualClock:
    """A clock that stands still until it is moved, and that each request moves a little.

    Every request takes `round_trip` of its time, as a call from a laptop to a Region does, so a
    student who calls in a loop meets no quota that a patient caller would not meet. `on_advance` is
    told the new instant when somebody moves the clock.
    """

    def __init__(
        self,
        start: float = EPOCH_OF_LABS,
        round_trip: timedelta = ROUND_TRIP,
        on_advance: Callable[[float], None] = lambda _: None,
    ) -> None:
        self._now = start
        self._on_advance = on_advance
        self._round_trip = round_trip.total_seconds()

    def now(self) -> float:
        """Return the clock's instant in Unix seconds."""
        return self._now

    def pass_request(self) -> float:
        """Move on by one round trip."""
        self._now += self._round_trip
        return self._now

    def advance(self, **duration: float) -> datetime:
        """Move forward by a `timedelta` given in its own words: ``advance(days=30)``.

        Raises:
            ValueError: the duration is negative; time is not moved back under a running service.
        """
        step = timedelta(**duration)
        if step < timedelta(0):
            raise ValueError("a clock can only be moved forward")
        self._now += step.total_seconds()
        self._on_advance(self._now)
        return datetime.fromtimestamp(self._now, UTC)
