import os
import sys
from hashlib import shake_256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmslab.ambient.entropy import POOL_BYTES, SeededEntropy, SystemEntropy

COUNTS = st.lists(st.integers(0, 2 * POOL_BYTES), max_size=8)


def test_a_seed_stands_for_one_stream() -> None:
    # Block i is SHAKE256("kmslab:SEED:" and i in eight bytes, big-endian), of 4096 bytes (FIPS 202).
    first = shake_256(b"kmslab:7:" + bytes([0, 0, 0, 0, 0, 0, 0, 1])).digest(POOL_BYTES)
    assert SeededEntropy(7).take(100) == first[:100]
    assert SeededEntropy("7").take(100) == first[:100]
    assert SeededEntropy(8).take(100) != first[:100]


def test_blocks_follow_each_other_without_a_gap() -> None:
    entropy = SeededEntropy(1)
    blocks = [shake_256(b"kmslab:1:" + bytes(7) + bytes([i])).digest(POOL_BYTES) for i in (1, 2)]
    entropy.take(POOL_BYTES - 10)
    assert entropy.take(30) == blocks[0][-10:] + blocks[1][:20]
    assert entropy.take(5) == blocks[1][20:25]


@pytest.mark.parametrize("make", [SystemEntropy, lambda: SeededEntropy(3)])
@given(counts=COUNTS)
def test_as_many_bytes_come_as_were_asked_for(make: type[SystemEntropy], counts: list[int]) -> None:
    entropy = make()
    assert [len(entropy.take(count)) for count in counts] == counts


@given(COUNTS)
def test_a_seed_repeats_whatever_was_asked_for(counts: list[int]) -> None:
    one, two = SeededEntropy(5), SeededEntropy(5)
    assert [one.take(count) for count in counts] == [two.take(count) for count in counts]


def test_nothing_is_given_twice() -> None:
    for entropy in (SystemEntropy(), SeededEntropy(1)):
        drawn = [entropy.take(16) for _ in range(5000)]
        assert len(set(drawn)) == len(drawn)


@pytest.mark.skipif(not hasattr(os, "fork"), reason=f"{sys.platform} cannot fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_process_draws_bytes_of_its_own() -> None:
    entropy = SystemEntropy()
    entropy.take(1)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, entropy.take(32))
        os._exit(0)
    os.waitpid(child, 0)
    drawn = os.read(reader, 64)
    os.close(reader)
    os.close(writer)
    assert len(drawn) == 32
    assert drawn != entropy.take(32)
