"""What servers have answered, counted by operation; written as OpenMetrics 1.0 text.

A count is two additions to a row of a tally. Refuses to know HTTP and what an operation does.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import accumulate
from typing import Final

import msgspec

from kmslab.server.tally import Row, Tally

CONTENT_TYPE: Final = "application/openmetrics-text; version=1.0.0; charset=utf-8"
THROTTLED: Final = frozenset({"ThrottlingException", "Throttling"})  # of KMS; of IAM and STS

# Seconds. KMS calls take 50 microseconds here, RSA keys and moto's IAM up to seconds.
BOUNDS: Final = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0)


WORKERS: Final = """\
# TYPE kmslab_workers gauge
# HELP kmslab_workers Processes that answer.
kmslab_workers {}"""
NANOSECONDS: Final = len(BOUNDS) + 1  # the column behind those of the buckets


class Series:
    """The counts of one operation of one service, in a tally that is written here."""

    def __init__(self, tally: Tally, service: str, operation: str) -> None:
        self.service = service
        self.operation = operation
        self._tally = tally
        self._row: Row | None = None  # begun with the first request

    def add(self, seconds: float, error: str) -> None:
        """Count a request that took so long, and its error code unless that is empty."""
        row = self._row
        if row is None:
            row = self._row = self._tally.row(self.service, self.operation)
        row[bisect_left(BOUNDS, seconds)] += 1
        row[NANOSECONDS] += int(seconds * 1e9)
        if error:
            self._tally.row(self.service, self.operation, error)[0] += 1


class Total(msgspec.Struct):
    """The counts of one operation of one service, over all who count."""

    service: str
    operation: str
    buckets: list[int] = msgspec.field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    nanoseconds: int = 0
    errors: dict[str, int] = {}


Line = tuple[str, Mapping[str, str], float]  # suffix of the name, labels, value


def text(tallies: Iterable[Tally], workers: int) -> bytes:
    """Write the sums of all tallies; operations that were never called are left out."""
    totals = _totals(tallies)
    lines = [line for family in FAMILIES for line in _family(*family, totals)]
    return "\n".join([*lines, WORKERS.format(workers), "# EOF\n"]).encode()


def _totals(tallies: Iterable[Tally]) -> list[Total]:
    found: dict[tuple[str, str], Total] = {}
    for (service, operation, *error), row in (each for tally in tallies for each in tally.rows()):
        total = found.setdefault((service, operation), Total(service, operation))
        if error:
            total.errors[error[0]] = total.errors.get(error[0], 0) + row[0]
        else:
            total.buckets = [one + more for one, more in zip(total.buckets, row, strict=False)]
            total.nanoseconds += row[NANOSECONDS]
    return list(found.values())


def _family(
    name: str, kind: str, told: str, rows: Callable[[Total], Iterator[Line]], used: list[Total]
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


def _requests(one: Total) -> Iterator[Line]:
    yield "_total", {}, sum(one.buckets)


def _errors(one: Total) -> Iterator[Line]:
    for code, count in one.errors.items():
        yield "_total", {"code": code}, count


def _throttles(one: Total) -> Iterator[Line]:
    yield "_total", {}, sum(one.errors.get(code, 0) for code in THROTTLED)


def _latencies(one: Total) -> Iterator[Line]:
    bounds = [*map(repr, BOUNDS), "+Inf"]
    for bound, count in zip(bounds, accumulate(one.buckets), strict=True):
        yield "_bucket", {"le": bound}, count
    yield "_count", {}, sum(one.buckets)
    yield "_sum", {}, one.nanoseconds / 1e9


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
