"""Levels that several processes draw on: one bucket, whoever asks; exact; and no lock of the dead.

Expected counts are the arithmetic of the rule: a full bucket of one second's requests, and what
drips in while the test's time passes.
"""

import signal
import subprocess
import sys
from collections import Counter
from itertools import cycle
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmslab.quota.levels import InProcess, Levels
from kmslab.quota.rates import TokenBuckets
from kmslab.quota.shared import FIRST_ROWS, SharedLevels
from kmslab.quota.table import Quota

NOW = 1_767_603_600.0
RATE = 2000
SECONDS = 2
STEPS = 100  # in each second; at one all processes are at the same instant
PROCESSES = get_context("spawn")
QUOTAS = {"b": Quota(RATE), "slow": Quota(0.1)}


def take_all(levels: Levels, instants: list[float]) -> list[bool]:
    buckets = TokenBuckets(QUOTAS, levels)
    return [buckets.take("1", "us-east-1", "b", at) for at in instants]


def offer(path: Path, per_second: int, barrier: Any, counted: Any) -> None:
    """Take so many a second, evenly, in step with the other processes."""
    buckets = TokenBuckets(QUOTAS, SharedLevels(path))
    taken, per_step = 0, per_second // STEPS
    for step in range(STEPS * SECONDS):
        barrier.wait()
        now = NOW + step / STEPS
        taken += sum(buckets.take("1", "us-east-1", "b", now) for _ in range(per_step))
    counted.put(taken)


def taken_by(path: Path, offered: list[int]) -> int:
    barrier, counted = PROCESSES.Barrier(len(offered)), PROCESSES.Queue()
    SharedLevels(path).find(("1", "us-east-1", "b"), NOW)  # the bucket begins before the load
    workers = [
        PROCESSES.Process(target=offer, args=(path, each, barrier, counted)) for each in offered
    ]
    for worker in workers:
        worker.start()
    total = sum(counted.get(timeout=60) for _ in workers)
    for worker in workers:
        worker.join()
    return total


@pytest.mark.parametrize(
    "shares", [(0.9, 0.1), (0.9, 0.04, 0.03, 0.03), (0.5, 0.5)], ids=lambda each: str(len(each))
)
def test_overload_of_any_skew_is_admitted_at_the_rate(
    tmp_path: Path, shares: tuple[float, ...]
) -> None:
    offered = [round(2 * RATE * share) for share in shares]
    taken = taken_by(tmp_path / "levels", offered)
    passed = SECONDS - 1 / STEPS
    assert taken == pytest.approx(RATE + passed * RATE, abs=1)  # 0.1 % would be 6


def test_a_load_below_the_rate_is_never_throttled(tmp_path: Path) -> None:
    """With half the quota for each of two, the busy one would be throttled."""
    offered = [round(RATE * 0.85), round(RATE * 0.1)]
    assert taken_by(tmp_path / "levels", offered) == SECONDS * sum(offered)


@given(st.lists(st.sampled_from([0.0, 1e-4, 5e-4, 0.01, 0.5, 3.0]), min_size=1, max_size=60))
def test_two_that_share_decide_as_one_alone(
    tmp_path_factory: pytest.TempPathFactory, steps: list[float]
) -> None:
    instants = [NOW + sum(steps[: number + 1]) for number in range(len(steps))]
    path = tmp_path_factory.mktemp("levels") / "levels"
    quotas = {"b": Quota(4)}
    both = cycle([TokenBuckets(quotas, SharedLevels(path)) for _ in range(2)])
    alone = TokenBuckets(quotas, InProcess())
    assert [next(both).take("1", "r", "b", at) for at in instants] == [
        alone.take("1", "r", "b", at) for at in instants
    ]


def offer_both(path: Path, requests: int, barrier: Any, counted: Any) -> None:
    """At one instant, draw on a bucket that has no room beside one that has, and on this one alone."""
    buckets = TokenBuckets(QUOTAS, SharedLevels(path))
    wide, narrow = ("1", "us-east-1", "b"), ("1", "us-east-1", "slow")
    barrier.wait()
    taken = Counter(
        (len(drawn), buckets.take_all(drawn, NOW))
        for _ in range(requests)
        for drawn in ((wide, narrow), (wide,))
    )
    counted.put(taken)


def test_who_is_throttled_by_one_of_two_buckets_takes_nobodys_place_in_the_other(
    tmp_path: Path,
) -> None:
    """The slow bucket admits one of the 2,200 for both; then the other has room for 1,999 more."""
    barrier, counted = PROCESSES.Barrier(2), PROCESSES.Queue()
    work = (tmp_path / "levels", RATE // 2 + 100, barrier, counted)
    workers = [PROCESSES.Process(target=offer_both, args=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    taken = sum((counted.get(timeout=60) for _ in workers), Counter[tuple[int, bool]]())
    for worker in workers:
        worker.join()
    assert (taken[2, True], taken[1, True]) == (1, RATE - 1)


def test_more_buckets_than_the_file_began_with(tmp_path: Path) -> None:
    quotas = {"slow": Quota(0.1)}
    first, second = (TokenBuckets(quotas, SharedLevels(tmp_path / "levels")) for _ in range(2))
    accounts = [str(number) for number in range(2 * FIRST_ROWS + 10)]
    assert all(first.take(each, "r", "slow", NOW) for each in accounts)
    assert not any(second.take(each, "r", "slow", NOW) for each in accounts[-50:])
    assert not any(second.take(each, "r", "slow", NOW) for each in accounts[:50])


HOLD = """
import fcntl, sys, time
with open(sys.argv[1], "r+b") as file:
    fcntl.flock(file, fcntl.LOCK_EX)
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_killed_process_takes_its_lock_with_it(tmp_path: Path) -> None:
    levels = SharedLevels(tmp_path / "levels")
    assert take_all(levels, [NOW]) == [True]
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "levels")], stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        holder.send_signal(signal.SIGKILL)
        assert take_all(levels, [NOW] * RATE).count(True) == RATE - 1
    levels.close()
