"""What a server has answered, counted by operation; written as OpenMetrics 1.0 text.

A count is a dictionary look-up and two additions. Refuses to know HTTP and what an operation does.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import accumulate
from typing import Final

import msgspec

CONTENT_TYPE: Final = "application/openmetrics-text; version=1.0.0; charset=utf-8"
THROTTLED: Final = frozenset({"ThrottlingException", "Throttling"})  # of KMS; of IAM and STS

# Seconds. KMS calls take 50 microseconds here, RSA keys and moto's IAM up to seconds.
BOUNDS: Final = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0)


class Series(msgspec.Struct):
    """The counts of one operation of one service."""

    service: str
    operation: str
    buckets: list[int] = msgspec.field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    seconds: float = 0
    errors: dict[str, int] = {}

    def add(self, seconds: float, error: str) -> None:
        """Count a request that took so long, and its error code unless that is empty."""
        self.buckets[bisect_left(BOUNDS, seconds)] += 1
        self.seconds += seconds
        if error:
            self.errors[error] = self.errors.get(error, 0) + 1


Row = tuple[str, Mapping[str, str], float]  # suffix of the name, labels, value


def text(series: Iterable[Series]) -> bytes:
    """Write all counts; operations that were never called are left out."""
    used = [one for one in series if any(one.buckets)]
    lines = [line for family in FAMILIES for line in _family(*family, used)]
    return "\n".join([*lines, "# EOF\n"]).encode()


def _family(
    name: str, kind: str, told: str, rows: Callable[[Series], Iterator[Row]], used: list[Series]
) -> Iterator[str]:
    yield f"# TYPE {name} {kind}"
    if name.endswith("_seconds"):
        yield f"# UNIT {name} seconds"
    yield f"# HELP {name} {told}"
    for one in used:
        for suffix, labels, value in rows(one):
            named = {"service": one.service, "operation": one.operation, **labels}
            shown = ",".join(f'{label}="{text}"' for label, text in named.items())
            yield f"{name}{suffix}{{{shown}}} {value!r}"


def _requests(one: Series) -> Iterator[Row]:
    yield "_total", {}, sum(one.buckets)


def _errors(one: Series) -> Iterator[Row]:
    for code, count in one.errors.items():
        yield "_total", {"code": code}, count


def _throttles(one: Series) -> Iterator[Row]:
    yield "_total", {}, sum(one.errors.get(code, 0) for code in THROTTLED)


def _latencies(one: Series) -> Iterator[Row]:
    bounds = [*map(repr, BOUNDS), "+Inf"]
    for bound, count in zip(bounds, accumulate(one.buckets), strict=True):
        yield "_bucket", {"le": bound}, count
    yield "_count", {}, sum(one.buckets)
    yield "_sum", {}, one.seconds


FAMILIES: Final = (
    ("kmslab_requests", "counter", "Requests answered.", _requests),
    ("kmslab_errors", "counter", "Requests answered with an error, by its code.", _errors),
    ("kmslab_throttles", "counter", "Requests refused because of a quota.", _throttles),
    (
        "kmslab_request_seconds",
        "histogram",
        "From the last byte of a request to its answer, without what either waits for the other.",
        _latencies,
    ),
)
