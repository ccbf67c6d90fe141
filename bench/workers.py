"""Several workers at one address: what a second one brings, and how exact their quota is.

Two workers, the load and the machine's other work share its cores, so the gain has no gate.
"""

import tempfile
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path
from shutil import which
from typing import Any, Final

from bench.measure import Row, alternate
from bench.scripts import encrypt_script
from bench.servers import KMSLAB, cpu_of_a_request, load, running
from kmslab.quota.rates import TokenBuckets
from kmslab.quota.shared import SharedLevels
from kmslab.quota.table import Quota

ROUNDS: Final = 9
RATE: Final = 10_000
SECONDS: Final = 3
STEPS: Final = 100  # in each second; at one all processes are at the same instant
SKEWS: Final = ((0.9, 0.1), (0.9, 0.04, 0.03, 0.03))
BUCKET: Final = ("111122223333", "us-east-1", "symmetric")
PROCESSES: Final = get_context("spawn")


def rows() -> Iterator[Row]:
    """Measure Encrypt with one worker and with two, and an overloaded quota that several share."""
    yield from _gain()
    for shares in SKEWS:
        yield _error(shares)


def _gain() -> Iterator[Row]:
    if which("wrk") is None:
        print("two workers: skipped, wrk is missing (sudo apt-get install wrk)")
        return
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        two_of_them = (*KMSLAB[:-1], "--workers", "2", KMSLAB[-1])
        with running(*KMSLAB) as one, running(*two_of_them) as two:
            scripts = {one: encrypt_script(one, folder), two: encrypt_script(two, folder)}
            ours, base, ratio = alternate(
                lambda: load(two, scripts[two]), lambda: load(one, scripts[one]), ROUNDS
            )
            costs = [f"{cpu_of_a_request(each, scripts[each]):.0f} µs" for each in (two, one)]
    figures = f"{ours:,.0f}/s, {costs[0]} : {base:,.0f}/s, {costs[1]}"
    yield Row("Encrypt, two workers", "one worker", ratio, 0.0, 1.35, True, figures)


def _error(shares: tuple[float, ...]) -> Row:
    """Offer twice the rate, unevenly; compare with a full bucket and what drips in."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "levels"
        levels = SharedLevels(path)
        levels.find(BUCKET, 0.0)  # the bucket begins before the load
        barrier, counted = PROCESSES.Barrier(len(shares)), PROCESSES.Queue()
        workers = [
            PROCESSES.Process(target=_offer, args=(path, share, barrier, counted))
            for share in shares
        ]
        for worker in workers:
            worker.start()
        taken = sum(counted.get() for _ in workers)
        for worker in workers:
            worker.join()
        levels.close()
    expected = RATE + RATE * (SECONDS - 1 / STEPS)
    error = abs(taken - expected) / expected
    figures = f"{taken:,} of {expected:,.0f}: {error:.3%}"
    name = f"quota of {len(shares)} workers, 90 % at one"
    return Row(name, "1 % off", error / 0.01, 1.0, 0.1, False, figures)


def _offer(path: Path, share: float, barrier: Any, counted: Any) -> None:  # noqa: ANN401 - of multiprocessing
    buckets = TokenBuckets({"symmetric": Quota(RATE)}, SharedLevels(path))
    per_step = round(2 * RATE * share / STEPS)
    taken = 0
    for step in range(STEPS * SECONDS):
        barrier.wait()
        taken += sum(buckets.take(*BUCKET, step / STEPS) for _ in range(per_step))
    counted.put(taken)
