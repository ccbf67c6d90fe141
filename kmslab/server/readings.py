"""What ``/metrics`` says, read back: the totals of each operation, and what came between two looks.

Reads what `metrics.py` writes; refuses to know where it comes from and how it is shown.
"""

import re
from collections.abc import Callable, Mapping
from itertools import accumulate, pairwise
from typing import Final

import msgspec

from kmslab.server.metrics import BOUNDS, THROTTLED, Total

_SAMPLE: Final = re.compile(r"(\w+)(?:\{(.*)\})? (\S+)")
_LABEL: Final = re.compile(r'(\w+)="([^"]*)"')

Operation = tuple[str, str]  # service and name


class Reading(msgspec.Struct, frozen=True):
    """One look at a server: its workers, and the totals of the operations that were called."""

    workers: int
    totals: Mapping[Operation, Total]

    def since(self, before: "Reading") -> "Reading":
        """Return what came after an earlier look; all of it where the server has begun anew."""
        found = {
            key: _difference(total, before.totals.get(key)) for key, total in self.totals.items()
        }
        return Reading(self.workers, {key: one for key, one in found.items() if any(one.buckets)})


def read(text: str) -> Reading:
    """Read OpenMetrics text.

    Raises:
        ValueError: it is none of a kmslab server.
    """
    if "kmslab_workers" not in text or not text.endswith("# EOF\n"):
        raise ValueError("no metrics of a kmslab server")
    totals: dict[Operation, Total] = {}
    workers = 0
    for name, labels, value in _SAMPLE.findall(re.sub(r"(?m)^#.*$", "", text)):
        if name == "kmslab_workers":
            workers = int(value)
            continue
        named = dict(_LABEL.findall(labels))
        key = named["service"], named["operation"]
        _take(totals.setdefault(key, Total(*key)), name, named, float(value))
    for total in totals.values():
        total.buckets = [high - low for low, high in pairwise([0, *total.buckets])]
    return Reading(workers, totals)


def _take(total: Total, name: str, labels: Mapping[str, str], value: float) -> None:
    if name == "kmslab_errors_total":
        total.errors[labels["code"]] = int(value)
    elif name == "kmslab_request_seconds_sum":
        total.nanoseconds = round(value * 1e9)
    elif name == "kmslab_request_seconds_bucket":
        bounds = [*map(repr, BOUNDS), "+Inf"]
        total.buckets[bounds.index(labels["le"])] = int(value)


def _difference(total: Total, before: Total | None) -> Total:
    if before is None or sum(before.buckets) > sum(total.buckets):
        return total
    return Total(
        total.service,
        total.operation,
        [now - then for now, then in zip(total.buckets, before.buckets, strict=True)],
        total.nanoseconds - before.nanoseconds,
        {code: count - before.errors.get(code, 0) for code, count in total.errors.items()},
    )


def requests(total: Total) -> int:
    """Count the requests."""
    return sum(total.buckets)


def errors(total: Total) -> int:
    """Count the requests that were answered with an error, throttled ones as well."""
    return sum(total.errors.values())


def throttles(total: Total) -> int:
    """Count the requests that a quota refused."""
    return sum(total.errors.get(code, 0) for code in THROTTLED)


def quantile(share: float) -> Callable[[Total], float]:
    """Return what estimates a latency, in seconds, that this share of the requests did not exceed.

    As Prometheus estimates it: even within a bucket; beyond the last bound, that bound.
    """

    def estimate(total: Total) -> float:
        rank = share * sum(total.buckets)
        below = 0
        lows = (0.0, *BOUNDS)
        for low, high, count, upto in zip(
            lows, BOUNDS, total.buckets, accumulate(total.buckets), strict=False
        ):
            if count and upto >= rank:
                return low + (high - low) * (rank - below) / count
            below = upto
        return BOUNDS[-1]

    return estimate
