"""What came of a simulation, second by second and in sum: numbers, text, a table, a DataFrame."""

from array import array
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from kmslab.billing.bill import request_cost
from kmslab.lab.data_keys import Exposure
from kmslab.lab.load.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

MONTH_SECONDS = 30 * 24 * 3600


class Second(msgspec.Struct, frozen=True):
    """What happened in one second; latencies are of the invocations that ended in it."""

    second: int
    offered: int  # invocations that came
    rejected: int  # by Lambda: no execution environment
    hits: int  # served from a cache
    calls: int  # requests to KMS, retries included
    admitted: int
    throttled: int
    failed: int  # invocations that gave up
    finished: int
    other_throttled: int  # requests of the rest of the account
    p50_ms: float
    p99_ms: float


class Counts:
    """One second while it is counted."""

    __slots__ = (
        "admitted", "calls", "failed", "hits", "latencies", "offered", "other_admitted",
        "other_throttled", "rejected", "throttled",
    )  # fmt: skip

    def __init__(self) -> None:
        self.offered = self.rejected = self.hits = self.failed = 0
        self.calls = self.admitted = self.throttled = 0
        self.other_admitted = self.other_throttled = 0
        self.latencies = array("d")

    def note(self, *, admitted: bool) -> None:
        """Count a request to KMS."""
        self.calls += 1
        if admitted:
            self.admitted += 1
        else:
            self.throttled += 1

    def note_other(self, *, admitted: bool) -> None:
        """Count a request of somebody else in the account."""
        if admitted:
            self.other_admitted += 1
        else:
            self.other_throttled += 1

    def row(self, second: int, scale: int) -> Second:
        """Return the second as it ended, every count `scale` times."""
        latencies = sorted(self.latencies)
        return Second(
            second=second,
            offered=self.offered * scale,
            rejected=self.rejected * scale,
            hits=self.hits * scale,
            calls=self.calls * scale,
            admitted=self.admitted * scale,
            throttled=self.throttled * scale,
            failed=self.failed * scale,
            finished=len(latencies) * scale,
            other_throttled=self.other_throttled * scale,
            p50_ms=_quantile(latencies, 0.5),
            p99_ms=_quantile(latencies, 0.99),
        )


class Tally:
    """The seconds of a simulation, begun as they come."""

    def __init__(self) -> None:
        self._seconds: list[Counts] = []

    def second(self, now: float) -> Counts:
        """Return the second that an instant belongs to."""
        number = int(now)
        while number >= len(self._seconds):
            self._seconds.append(Counts())
        return self._seconds[number]

    def rows(self, scale: int) -> list[Second]:
        """Return all seconds, every count `scale` times."""
        return [counts.row(number, scale) for number, counts in enumerate(self._seconds)]


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """A simulation's outcome."""

    scenario: Scenario
    seconds: list[Second]
    quota: float | None  # requests to KMS a second
    environments: int  # execution environments that were begun
    exposure: Exposure  # of the data key that was used most

    def total(self, name: str) -> int:
        """Return the sum of a column."""
        return sum(getattr(each, name) for each in self.seconds)

    @property
    def error_rate(self) -> float:
        """The part of the invocations that failed or were rejected."""
        offered = self.total("offered")
        return (self.total("failed") + self.total("rejected")) / offered if offered else 0.0

    @property
    def reduction(self) -> float:
        """The part of the invocations that cost KMS no request, as far as they were begun."""
        begun = self.total("offered") - self.total("rejected")
        return 1 - self.total("calls") / begun if begun else 0.0

    @property
    def first_throttled(self) -> int | None:
        """The first second in which KMS throttled an invocation, if there is one."""
        return next((each.second for each in self.seconds if each.throttled), None)

    @property
    def cost(self) -> float:
        """What KMS charges for the requests of the invocations (US dollars, without free tier)."""
        return request_cost(self.total("admitted"))

    @property
    def monthly_cost(self) -> float:
        """The same load for 30 days."""
        return self.cost * MONTH_SECONDS / self.scenario.seconds

    def summary(self) -> Mapping[str, str]:
        """Return the figures that matter, as text by their names."""
        worst, exposed = max(self.seconds, key=lambda each: each.p99_ms), self.exposure
        kept = f"{exposed.messages:,} messages, {exposed.bytes:,} bytes, {exposed.seconds:.0f} s"
        first = self.first_throttled
        return {
            "invocations": f"{self.total('offered'):,}",
            "requests to KMS": f"{self.total('calls'):,} ({_less(self.reduction)})",
            "throttled by KMS": f"{self.total('throttled'):,}",
            "first throttled in second": "never" if first is None else f"{first}",
            "failed": f"{self.total('failed'):,}",
            "rejected by Lambda": f"{self.total('rejected'):,}",
            "error rate": f"{self.error_rate:.2%}",
            "environments": f"{self.environments:,}",
            "worst second, 99th percentile": f"{worst.p99_ms:,.0f} ms",
            "one data key opens at most": kept if self.scenario.cache else "one message",
            "KMS requests, 30 days": f"${self.monthly_cost:,.2f}",
        }

    def frame(self) -> "pd.DataFrame":
        """Return the seconds as a DataFrame."""
        import pandas as pd  # noqa: PLC0415 - costs a second

        return pd.DataFrame([msgspec.structs.asdict(each) for each in self.seconds]).set_index(
            "second"
        )

    def as_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {
            "scenario": msgspec.to_builtins(self.scenario),
            "summary": {
                **{name: self.total(name) for name in _SUMMED},
                "environments": self.environments,
                "error_rate": self.error_rate,
                "reduction": self.reduction,
                "first_throttled": self.first_throttled,
                "exposure": msgspec.to_builtins(self.exposure),
                "cost_usd": round(self.cost, 6),
                "monthly_cost_usd": round(self.monthly_cost, 2),
            },
            "seconds": msgspec.to_builtins(self.seconds),
        }

    def __str__(self) -> str:
        width = max(map(len, self.summary()))
        return "\n".join(f"{name:<{width}}  {value}" for name, value in self.summary().items())


_SUMMED = ("offered", "rejected", "hits", "calls", "admitted", "throttled", "failed", "finished")


def _less(part: float) -> str:
    if not part:
        return "as many as invocations"
    return f"{abs(part):.2%} {'fewer' if part > 0 else 'more'} than invocations"


def _quantile(ordered: Sequence[float], part: float) -> float:
    """Return the nearest-rank quantile in milliseconds; 0 of nothing."""
    return (
        round(ordered[min(len(ordered) - 1, int(part * len(ordered)))] * 1000, 3)
        if ordered
        else 0.0
    )
