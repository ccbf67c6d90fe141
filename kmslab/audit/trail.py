"""The trail: the events of a world, the newest last.

Keeps a bounded number of them, in memory and, where the store has a journal, there. Refuses to
know who calls and what an event is about.
"""

import logging
import sys
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import chain, product
from typing import Any, Final

from kmslab.audit.batches import Draft, newest_first, noted, read, span_of, written
from kmslab.audit.event import Event, Json, render
from kmslab.audit.frame import frame
from kmslab.audit.index import Index, Wanted
from kmslab.store.port import Change, Journal, Slate, StoreError
from kmslab.store.transaction import Transaction

CAPACITY: Final = 50_000
ALL: Final = sys.maxsize  # for who only looks: whatever the journal keeps
BATCH: Final = 64
WAIT_SECONDS: Final = 1.0  # of the world's time, until a batch is written without being full

UNWRITABLE: Final = "the trail cannot be written: %s"

LOG = logging.getLogger(__name__)


class Trail:
    """Events in order. Iterating gives them in CloudTrail's form.

    With a journal, an event that changed something is appended to it with the change; others when 64 have
    come, at the first event a second later, or with `flush`; until then they are noted on a slate, if
    there is one. Events that other processes append to the same journal are there at the next look, in
    the journal's order.
    """

    def __init__(
        self,
        capacity: int = CAPACITY,
        journal: Journal | None = None,
        slate: Slate | None = None,
    ) -> None:
        self._events: deque[Event] = deque(maxlen=capacity)
        self._capacity = capacity
        self._journal = journal
        self._is_whole = journal is None
        self._seen = 0  # the number of the last batch whose events are in their place, once whole
        self._unwritten: deque[Event] = deque(maxlen=capacity)
        self._slate = slate
        self._draft = Draft()  # of the next batch
        self._failed_at: float | None = None  # the journal; till it is written nothing is drafted
        self._is_in_doubt = False  # whether what seemed not to be written was
        self._index = Index()
        self._listeners: list[Callable[[Event], None]] = []
        self.record: Callable[[Event], None] = (
            self._events.append if journal is None else self._record_twice
        )
        if journal is not None and slate is not None:
            self._take_over(journal, slate)

    def __len__(self) -> int:
        return len(self._all())

    def __iter__(self) -> Iterator[Json]:
        return (render(event) for event in self.kept())

    @property
    def last_instant(self) -> float | None:
        """When the newest event was (Unix seconds), if there is one."""
        events = self._all()
        return events[-1].time if events else None

    @property
    def is_full(self) -> bool:
        """Whether it has as many events as it keeps, so that older ones may be gone."""
        return len(self) == self._capacity

    def flush(self) -> None:
        """Append to the journal what is not there yet; what cannot be written now is kept."""
        if self._journal is None or not self._unwritten:
            return
        try:
            self._settle_doubt(self._journal)
            batch = self._draft.batch() if self._failed_at is None else written(self._unwritten)
            self._know_written(self._append(self._journal, batch, self._unwritten))
        except StoreError as error:
            LOG.error(UNWRITABLE, error)  # noqa: TRY400 - one line
            self._draft, self._failed_at = Draft(), self._unwritten[-1].time

    def commit(self, tx: Transaction, events: Sequence[Event]) -> None:
        """Commit changes, and the events that tell of them: all of it lasts, or nothing.

        Raises:
            StoreError: nothing was changed, and nothing happened.
        """
        changes = tuple(tx.changes.values())
        if self._journal is None or not changes:
            tx.commit()
            for event in events:
                self.record(event)
            return
        self._settle_doubt(self._journal)
        told = [*self._unwritten, *events]
        number = self._append(self._journal, written(told), told, changes)
        self._know_written(number, events)
        for event, listener in product(events, self._listeners):
            listener(event)

    def _know_written(self, number: int, events: Sequence[Event] = ()) -> None:
        """Take what waited, and new events after it, as written, up to this number of the journal."""
        if self._slate is not None:
            self._slate.wipe()
        if number == self._seen + len(self._unwritten) + len(events):
            self._events.extend(events)
            self._seen = number
        else:  # others' are between; all of them are read at the next look
            self._take_unwritten()
        self._unwritten.clear()
        self._draft, self._failed_at = Draft(), None

    def _record_twice(self, event: Event) -> None:
        self._events.append(event)
        self._unwritten.append(event)
        is_noted = self._failed_at is not None or self._note(event)
        if not is_noted or not self._may_wait(event):
            self.flush()

    def _note(self, event: Event) -> bool:
        """Draft the next batch, and note the event where it outlives the process if that can be."""
        self._draft.add(event)
        return self._slate is None or self._slate.note(self._draft.note())

    def _may_wait(self, event: Event) -> bool:
        """Tell whether it may wait: for a batch, or for the next try to write one, of all that waits."""
        waiting, failed_at = self._unwritten, self._failed_at
        is_full = failed_at is None and len(waiting) % min(BATCH, self._capacity) == 0
        since = waiting[0].time if failed_at is None else failed_at
        return event.is_read_only and not is_full and event.time - since <= WAIT_SECONDS

    def _append(
        self,
        journal: Journal,
        batch: bytes,
        events: Collection[Event],
        changes: Sequence[Change] = (),
    ) -> int:
        """Append events, if there are any; return how many the journal has with them."""
        if not events:
            return self._seen
        self._is_in_doubt = True
        number = journal.append(
            batch, len(events), keep=self._capacity, span=span_of(events), changes=changes
        )
        self._is_in_doubt = False
        return number

    def _settle_doubt(self, journal: Journal) -> None:
        """Let go of what waits and was written after all; of a call that seemed to fail, what it did counts."""
        if not self._is_in_doubt:
            return
        waiting = _missing(journal, self._unwritten)
        self._take_unwritten()
        self._index = Index()
        self._events.extend(waiting)
        self._unwritten.clear()
        self._draft = Draft()
        for event in waiting:
            self._unwritten.append(event)
            self._draft.add(event)
        self._is_in_doubt = False

    def _take_over(self, journal: Journal, slate: Slate) -> None:
        """Append what processes that were killed have noted, unless they had appended it too."""
        try:
            for events in map(noted, slate.left):
                new = _missing(journal, events)
                self._append(journal, written(new), new)
        except StoreError as error:
            LOG.error(UNWRITABLE, error)  # noqa: TRY400 - one line
        else:
            slate.forget_left()

    def _all(self) -> deque[Event]:
        """Return all events; each look takes out of the journal what is not known yet."""
        if self._journal is not None:
            if not self._is_whole:
                self.flush()
                self._events.clear()
                self._events.extend(self._unwritten)
                self._seen, self._is_whole = 0, True
            self._settle_doubt(self._journal)
            found = self._journal.batches(after=self._seen)
            if found:
                if self._unwritten:  # what is new comes before them
                    self._index = Index()
                self._take_unwritten()
                self._events.extend(chain.from_iterable(read(batch) for _, batch in found))
                self._events.extend(self._unwritten)
                self._seen = found[-1][0]
        return self._events

    def tell(self, listener: Callable[[Event], None]) -> None:
        """Hand every event to a listener too, from now on, after it is kept; if it fails, no call does."""
        inner = self.record

        def told(event: Event) -> None:
            try:
                listener(event)
            except OSError as error:
                LOG.error("event %s cannot be delivered: %s", event.event_id, error)  # noqa: TRY400 - one line

        def record(event: Event) -> None:
            inner(event)
            told(event)

        self._listeners.append(told)

        self.record = record

    def newest_first(self, wanted: Wanted) -> Iterator[tuple[int, Event]]:
        """Yield the events that are wanted, each with its number, the newest first."""
        self._index.follow(self._all())
        return self._index.newest_first(wanted)

    def kept(self) -> tuple[Event, ...]:
        """Return all events, the newest last."""
        return tuple(self._all())

    def _take_unwritten(self) -> None:
        """Take the events that have no place in the journal yet from the end."""
        for _ in range(min(len(self._unwritten), len(self._events))):
            self._events.pop()

    def find(self, event_id: str) -> Event | None:
        """Return the event of this ID, or of this request ID; None where there is none."""
        found = (each for each in self._all() if event_id in (each.request_id, each.event_id))
        return next(found, None)

    def frame(self) -> Any:  # noqa: ANN401 - pandas is imported when it is needed
        """Return all events as a pandas DataFrame, one row each, the newest last."""
        return frame(self.kept())

    def events(self, *, name: str | None = None, error: str | None = None) -> list[Json]:
        """Return the events of one operation, or with one ``errorCode``, or all."""
        return [
            event
            for event in self
            if (name is None or event["eventName"] == name)
            and (error is None or event.get("errorCode") == error)
        ]

    @property
    def last(self) -> Json:
        """The newest event.

        Raises:
            IndexError: nothing has happened yet.
        """
        return render(self._all()[-1])


def _missing(journal: Journal, events: Collection[Event]) -> list[Event]:
    """Return those of some events that a journal does not have."""
    known = {each.event_id for each in newest_first(journal, span_of(events))} if events else ()
    return [event for event in events if event.event_id not in known]
