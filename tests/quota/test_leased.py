"""Levels that several machines draw on, by leases of a tenth of a second: the stated error, and no more.

Expected counts are the arithmetic of the rule: a full bucket of one second's requests and what
drips in; on top of it at most one lease of each process, and at least what it may still hold.
"""

from collections.abc import Sequence

import pytest

from kmslab.quota.leased import LEASE_SECONDS, LeasedLevels
from kmslab.quota.rates import TokenBuckets
from kmslab.quota.table import Quota
from kmslab.store.memory import MemoryStore
from kmslab.store.port import Change, StoreError

NOW = 1_767_603_600.0
RATE = 2000
SECONDS = 10
STEPS = 200  # in each second
LEASE = RATE * LEASE_SECONDS
QUOTAS = {"b": Quota(RATE), "slow": Quota(5)}


def machines(store: MemoryStore, count: int) -> list[TokenBuckets]:
    """Make machines, each with its own leases; one store in memory stands for what they share."""
    return [TokenBuckets(QUOTAS, LeasedLevels(store)) for _ in range(count)]


def taken_by(shares: tuple[float, ...], overload: float) -> tuple[int, int]:
    """Offer `overload` times the rate, so much of it to each; return what was admitted and offered."""
    own = machines(MemoryStore(), len(shares))
    per_step = [round(overload * RATE * share / STEPS) for share in shares]
    taken = 0
    for step in range(STEPS * SECONDS):
        now = NOW + step / STEPS
        for buckets, count in zip(own, per_step, strict=True):
            taken += sum(buckets.take("1", "us-east-1", "b", now) for _ in range(count))
    return taken, sum(per_step) * STEPS * SECONDS


@pytest.mark.parametrize("shares", [(0.9, 0.1), (0.9, 0.05, 0.05), (0.5, 0.5)])
def test_an_overload_is_admitted_at_the_rate_but_for_what_is_on_lease(
    shares: tuple[float, ...],
) -> None:
    taken, _ = taken_by(shares, 2)
    rule = RATE + RATE * (SECONDS - 1 / STEPS)
    assert rule - len(shares) * LEASE <= taken <= rule + 1


def test_a_load_below_the_rate_is_never_throttled() -> None:
    taken, offered = taken_by((0.85, 0.1), 1)
    assert taken == offered


def test_a_pause_admits_one_lease_of_each_process_on_top() -> None:
    own = machines(MemoryStore(), 3)
    for buckets in own:
        assert buckets.take("1", "r", "b", NOW)  # each has drawn a lease, and hands out one of it
    later = NOW + 60
    taken = sum(buckets.take("1", "r", "b", later) for buckets in own for _ in range(2 * RATE))
    assert taken == RATE + 3 * (LEASE - 1)


def test_where_the_rate_is_low_each_request_counts_for_all() -> None:
    """5 a second: a tenth of a second holds no whole request, so a lease is one."""
    first, second = machines(MemoryStore(), 2)
    both = [each.take("1", "r", "slow", NOW) for _ in range(5) for each in (first, second)]
    assert both == [True] * 5 + [False] * 5
    assert second.take("1", "r", "slow", NOW + 0.2)
    assert not first.take("1", "r", "slow", NOW + 0.2)


def test_the_store_is_asked_no_more_than_the_leases_need() -> None:
    store = MemoryStore()
    (buckets,) = machines(store, 1)
    before = store.generation
    for step in range(1000):  # one second, at half the rate and then far above it
        buckets.take("1", "r", "b", NOW + step / 1000)
    for step in range(10 * RATE):
        buckets.take("1", "r", "b", NOW + 1 + step / RATE / 5)
    full_bucket, drips = (
        RATE / LEASE,
        3 / LEASE_SECONDS,
    )  # what is left of a lease, then a whole one
    assert store.generation - before <= full_bucket + 2 * drips + 2


def test_a_clock_that_was_set_back_does_not_close_a_bucket() -> None:
    """The level is a day ahead then; it begins anew."""
    store = MemoryStore()
    ahead, behind = machines(store, 2)
    assert behind.take("1", "r", "slow", NOW)
    assert ahead.take("1", "r", "slow", NOW + 86_400)
    assert [behind.take("1", "r", "slow", NOW + 1) for _ in range(6)] == [True] * 5 + [False]


def test_clocks_that_differ_by_seconds_share_one_bucket() -> None:
    ahead, behind = machines(MemoryStore(), 2)
    assert [ahead.take("1", "r", "slow", NOW + 3) for _ in range(6)] == [True] * 5 + [False]
    assert not behind.take("1", "r", "slow", NOW)


def test_what_could_not_be_written_down_is_not_handed_out() -> None:
    class Broken(MemoryStore):
        def commit(self, changes: Sequence[Change]) -> None:
            del changes
            raise StoreError("the disk is full")

    store = Broken()
    (buckets,) = machines(store, 1)
    for _ in range(3):
        with pytest.raises(StoreError):
            buckets.take("1", "r", "b", NOW)


def test_of_two_buckets_both_are_charged_or_none() -> None:
    """5 of 20 fit into the slow bucket; the other has room for all of its 2,000 but those 5."""
    (buckets,) = machines(MemoryStore(), 1)
    wide, slow = ("1", "r", "b"), ("1", "r", "slow")
    for order in (1, -1):
        taken = [buckets.take_all((wide, slow)[::order], NOW) for _ in range(10)]
        assert taken == [order == 1] * 5 + [False] * 5
    assert sum(buckets.take(*wide, NOW) for _ in range(2 * RATE)) == RATE - 5


def test_what_could_not_be_written_down_of_one_leaves_the_other_as_it_was() -> None:
    class Failing(MemoryStore):
        fails = False

        def commit(self, changes: Sequence[Change]) -> None:
            if self.fails:
                raise StoreError("the disk is full")
            super().commit(changes)

    store = Failing()
    (buckets,) = machines(store, 1)
    wide, slow = ("1", "r", "b"), ("1", "r", "slow")
    assert buckets.take(*wide, NOW)  # a lease, of which more can be handed out
    store.fails = True
    with pytest.raises(StoreError):
        buckets.take_all((wide, slow), NOW)
    store.fails = False
    assert sum(buckets.take(*wide, NOW) for _ in range(2 * RATE)) == RATE - 1
