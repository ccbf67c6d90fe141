"""Latency at a steady load, beside a server in C that does nothing (`null.c`); and whether it lasts.

The load comes from `pace.c`, a request each tenth of a millisecond. wrk cannot offer a rate, and what it delays comes
in bursts, for its clock ticks once a millisecond: it would show how fast ten requests at once are answered.
The load generator and the server are two busy processes; where they share a core, or the machine is somebody's
guest, both are stopped now and then, and behind a stop of the server's the next dozen requests wait. So a
percentile is the lower quartile of many short rounds, on both sides, and the median round is told beside it.
"""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from shutil import which
from statistics import median, quantiles
from typing import Final, NamedTuple

from bench.measure import Row
from bench.scripts import encrypt_requests
from bench.servers import Server, running

ROUNDS: Final = 24
ROUND_SECONDS: Final = 0.5
STEADY: Final = 10_000  # requests a second: the quota that most Regions have for symmetric keys
STEADY_SECONDS: Final = 30

_SAID: Final = re.compile(
    r"requests/second: ([0-9.]+)\np50: ([0-9.]+)\np99: ([0-9.]+)\nerrors: (\d+)"
)


class Seen(NamedTuple):
    """What a load has seen: requests a second, the median and the 99th percentile in microseconds."""

    rate: float
    p50: float
    p99: float


def rows(ours: Server, folder: Path) -> Iterator[Row]:
    """Ask for 10,000 Encrypts a second; compare the 99th percentiles, then go on."""
    compiler = which("cc") or which("gcc")
    if compiler is None:
        print("Encrypt at a steady load: skipped, there is no C compiler")
        return
    null, pace = (_compiled(compiler, name, folder) for name in ("null", "pace"))
    requests = encrypt_requests(ours)
    with running(str(null)) as idle:
        yield _late(ours, idle, pace, requests)
    seen = _offered(pace, ours, requests, STEADY_SECONDS)
    figures = f"no error, p50 {seen.p50 / 1000:.2f} ms, p99 {seen.p99 / 1000:.2f} ms"
    kept = round(seen.rate / STEADY, 3)
    name = f"Encrypt for {STEADY_SECONDS} s"
    yield Row(name, f"{STEADY:,}/s", kept, 1.0, 1.0, True, figures)


def _late(ours: Server, null: Server, pace: Path, requests: bytes) -> Row:
    found: list[float] = []
    floor: list[float] = []
    for _ in range(ROUNDS):
        found.append(_offered(pace, ours, requests, ROUND_SECONDS).p99)
        floor.append(_offered(pace, null, requests, ROUND_SECONDS).p99)
    late, base = quantiles(found, n=4)[0], quantiles(floor, n=4)[0]
    middle = median(found) / median(floor)
    figures = f"{late / 1000:.2f} ms : {base / 1000:.2f} ms; in the median round {middle:.1f}"
    name = f"p99 of Encrypt at {STEADY:,}/s"
    return Row(name, "C null server", late / base, 4.0, 2.0, False, figures)


def _compiled(compiler: str, name: str, folder: Path) -> Path:
    source, program = Path(__file__).with_name(f"{name}.c"), folder / name
    subprocess.run([compiler, "-O2", "-o", str(program), str(source)], check=True)
    return program


def _offered(pace: Path, server: Server, requests: bytes, seconds: float) -> Seen:
    port = server.url.rpartition(":")[2]
    said = subprocess.run(
        [str(pace), port, str(STEADY), str(seconds)],
        input=requests,
        capture_output=True,
        check=True,
    ).stdout.decode()
    found = _SAID.match(said)
    if found is None or int(found[4]):
        raise RuntimeError(f"{server.url}: {said}")
    return Seen(*map(float, found.groups()[:3]))
