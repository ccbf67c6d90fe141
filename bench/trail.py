"""Questions to a long trail: what one costs must grow with what it answers, not with the trail."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import islice
from typing import Final

from bench.measure import Row, alternate, microseconds
from kmslab.audit.batches import ALWAYS, newest_first, span_of, written
from kmslab.audit.event import Event
from kmslab.audit.redact import packed
from kmslab.audit.trail import BATCH
from kmslab.model.principals import Caller, Principal
from kmslab.server import stores
from kmslab.store.port import Span

FEW, MANY = 100_000, 1_000_000
PER_SECOND: Final = 100
ASKED: Final = 640
CALLS: Final = 5

CALLER: Final = Caller(
    Principal(kind="user", arn="arn:aws:iam::111122223333:user/app"), "us-east-1"
)
KEY: Final = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def rows() -> Iterator[Row]:
    """Ask a trail of 100,000 events and one of a million for 640 of the middle, and the newest 50."""
    with ExitStack() as stack:
        few, many = (_filled(stack, size) for size in (FEW, MANY))
        middles = [_reader(name, _middle(size), ASKED) for name, size in ((few, FEW), (many, MANY))]
        yield _row(f"trail, {ASKED} events of its middle", *middles)
        newest = [_reader(name, ALWAYS, 50) for name in (few, many)]
        yield _row("trail, its newest 50 events", *newest)


def _row(name: str, few: Callable[[], object], many: Callable[[], object]) -> Row:
    most, least, ratio = alternate(microseconds(many, CALLS), microseconds(few, CALLS))
    figures = f"{most / 1000:.1f} ms of 1,000,000 : {least / 1000:.1f} of 100,000"
    return Row(name, "of a tenth of the trail", ratio, 3.0, 1.5, False, figures)


def _reader(name: str, span: Span, count: int) -> Callable[[], object]:
    """Ask as `kmslab trail events` does; the store is opened each time."""

    def read() -> None:
        with stores.journal(name) as journal:
            found = list(islice(newest_first(journal, span), count))
        if len(found) != count:
            raise RuntimeError(f"{len(found)} events, not {count}")

    return read


def _middle(size: int) -> Span:
    begun = size / 2 / PER_SECOND
    return Span(begun, begun + ASKED / PER_SECOND)


def _filled(stack: ExitStack, size: int) -> str:
    """Make a store with a trail of so many events, appended as a trail does it."""
    folder = stack.enter_context(tempfile.TemporaryDirectory())
    name = f"sqlite:{folder}/world.db"
    store = stores.open_store(name).store
    journal = store.journal
    if journal is None:
        raise RuntimeError("the store has no journal")
    for start in range(0, size, BATCH):
        events = [_event(number) for number in range(start, min(start + BATCH, size))]
        journal.append(written(events), len(events), keep=size, span=span_of(events))
    store.close()
    return name


def _event(number: int) -> Event:
    return Event(
        time=number / PER_SECOND,
        name="Decrypt",
        request_id=f"{number:032x}",
        caller=CALLER,
        source_ip="127.0.0.1",
        user_agent="bench",
        host="127.0.0.1:4566",
        is_read_only=True,
        parameters=packed({"encryptionContext": {"tenant": f"t{number % 100:02}"}}),
        resources=(("111122223333", "AWS::KMS::Key", KEY),),
    )
