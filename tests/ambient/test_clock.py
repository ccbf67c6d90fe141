import time
from datetime import UTC, datetime, timedelta

import pytest

from kmslab.ambient.clock import EPOCH_OF_LABS, SystemClock, VirtualClock


def test_a_virtual_clock_stands_still_until_it_is_moved() -> None:
    clock = VirtualClock(1000.0)
    assert [clock.now(), clock.now()] == [1000.0, 1000.0]
    assert clock.advance(days=30, seconds=1) == datetime.fromtimestamp(2_593_001, UTC)
    assert clock.now() == 1000 + 30 * 86_400 + 1


def test_each_request_takes_its_round_trip() -> None:
    clock = VirtualClock(1000.0, timedelta(milliseconds=250))
    assert [clock.pass_request() for _ in range(4)] == [1000.25, 1000.5, 1000.75, 1001.0]
    assert clock.now() == 1001.0


def test_time_is_not_moved_back() -> None:
    clock = VirtualClock()
    with pytest.raises(ValueError, match="forward"):
        clock.advance(hours=1, minutes=-61)
    assert clock.now() == EPOCH_OF_LABS
    clock.advance(seconds=0)
    assert clock.now() == EPOCH_OF_LABS


def test_every_lab_begins_on_the_same_morning() -> None:
    begin = datetime.fromtimestamp(VirtualClock().now(), UTC)
    assert begin == datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def test_the_machines_clock_passes_by_itself() -> None:
    clock = SystemClock()
    before = time.time()
    assert before <= clock.pass_request() <= clock.now() <= time.time()
