"""A long trail is asked without reading it: what is opened of it goes by the answer, not by its length. It is kept in little room."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from kmslab.ambient.entropy import SystemEntropy
from kmslab.audit.batches import newest_first, span_of, written
from kmslab.audit.trail import BATCH
from kmslab.custody.root_key import Sealing
from kmslab.kms import Kms
from kmslab.server.http import BackgroundServer
from kmslab.store import sqlite
from kmslab.store.port import Journal, Span
from tests.audit.test_trail import event
from tests.cli.serving import client

PER_SECOND = 100


class Counting(Sealing):
    """A sealing that counts what it opens."""

    opened = 0

    def open(self, sealed: bytes, associated: bytes) -> bytes:
        self.opened += 1
        return super().open(sealed, associated)


@pytest.fixture(params=[10_000, pytest.param(1_000_000, marks=pytest.mark.soak)])
def long(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Journal, Counting, int]]:
    """Give a journal of so many events, a hundred each second, and what counts its batches."""
    size: int = request.param
    sealing = Counting(bytes(32), SystemEntropy())
    store = sqlite.open_alone(tmp_path / "world.db", (), lambda _: (b"test", sealing))
    journal = store.journal
    assert journal is not None
    for start in range(0, size, BATCH):
        numbers = range(start, min(start + BATCH, size))
        events = [event(number, time=number / PER_SECOND) for number in numbers]
        journal.append(written(events), len(events), keep=size, span=span_of(events))
    sealing.opened = 0
    yield journal, sealing, size
    store.close()


def test_a_question_opens_what_it_answers(long: tuple[Journal, Counting, int]) -> None:
    journal, sealing, size = long
    newest = [found.request_id for found in islice(newest_first(journal), 50)]
    assert newest == [str(size - 1 - number) for number in range(50)]
    assert sealing.opened <= 2
    sealing.opened = 0
    middle = size // 2
    span = Span(middle / PER_SECOND, (middle + 639) / PER_SECOND)
    found = [int(each.request_id) for each in newest_first(journal, span)]
    assert found == list(range(middle + 639, middle - 1, -1))
    assert sealing.opened <= 640 // BATCH + 1


def test_what_requests_say_alike_is_in_memory_once() -> None:
    world = Kms.fresh(seed=1)
    with BackgroundServer(world.endpoint.handle) as server:
        kms = client(server.url)
        kms.list_keys()
        kms.list_aliases()
    first, second = world.trail.kept()
    assert "boto" in first.user_agent.lower()
    assert first.user_agent is second.user_agent
    assert first.host is second.host
