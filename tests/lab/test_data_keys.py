"""The cache of data keys: each limit by itself, and what a key that leaks would open.

AWS Encryption SDK Developer Guide, "Setting cache security thresholds": the age is required, up to 2^32 messages,
up to 2^63 - 1 bytes; entries match on the encryption context.
"""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmslab.lab.data_keys import CacheLimits, DataKeyCache, Exposure


def used(limits: CacheLimits, sizes: list[tuple[float, int]], context: str = "") -> DataKeyCache:
    """Send messages at instants through a cache that asks when it must."""
    cache = DataKeyCache(limits)
    for now, size in sizes:
        if cache.get(context, size, now) is None:
            cache.put(context, b"k", b"", size=size, now=now)
    return cache


def test_age_ends_a_key() -> None:
    cache = used(CacheLimits(max_age=10), [(0, 1), (9.9, 1), (10, 1), (19.9, 1)])
    assert (cache.hits, cache.misses) == (2, 2)
    assert cache.worst.seconds == pytest.approx(9.9)


def test_messages_end_a_key() -> None:
    cache = used(CacheLimits(max_age=99, max_messages=3), [(n, 1) for n in range(7)])
    assert (cache.hits, cache.misses) == (4, 3)
    assert cache.worst.messages == 3


def test_bytes_end_a_key_but_never_its_first_message() -> None:
    cache = used(CacheLimits(max_age=99, max_bytes=100), [(0, 60), (1, 40), (2, 1), (3, 500)])
    assert (cache.hits, cache.misses) == (1, 3)
    assert cache.worst.bytes == 500
    empty = used(CacheLimits(max_age=99, max_bytes=0), [(0, 5), (1, 0), (2, 0)])
    assert (empty.hits, empty.misses) == (1, 2)  # only the empty message uses a key again


def test_contexts_are_apart() -> None:
    cache = DataKeyCache(CacheLimits(max_age=99))
    cache.put("a", b"1", b"", size=1, now=0)
    assert cache.get("b", 1, 0) is None
    found = cache.get("a", 1, 0)
    assert found is not None
    assert found.plaintext == b"1"


@given(
    st.integers(1, 5),
    st.integers(0, 50),
    st.lists(st.tuples(st.floats(0, 9), st.integers(0, 30)), min_size=1),
)
def test_no_key_is_used_beyond_its_limits(
    messages: int, size: int, steps: list[tuple[float, int]]
) -> None:
    now, arrivals = 0.0, []
    for step, each in steps:
        now += step
        arrivals.append((now, each))
    limits = CacheLimits(max_age=20, max_messages=messages, max_bytes=size)
    cache = used(limits, arrivals)
    assert cache.hits + cache.misses == len(arrivals)
    assert cache.worst.messages <= messages
    assert cache.worst.bytes <= max(size, *(each for _, each in arrivals))
    assert cache.worst.seconds < 20


def test_limits_are_limits() -> None:
    for wrong in ({"max_age": 0}, {"max_age": 1, "max_messages": 0}, {"max_messages": 1}):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(wrong, CacheLimits)


def test_the_worst_of_two_exposures_is_taken_figure_by_figure() -> None:
    assert Exposure(1, 9, 2.0).worst(Exposure(3, 4, 1.0)) == Exposure(3, 9, 2.0)
