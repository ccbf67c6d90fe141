"""The journal in a database: sealed batches, each with the instants of its entries in clear.

So a question about an hour reads that hour. What is in clear is bound too: a batch whose instants were
changed does not open. Refuses to know what an entry is.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from threading import RLock
from typing import Final, NamedTuple

import msgspec

from kmslab.store.database import Database
from kmslab.store.port import Sealing, Span, damaged

Lock = AbstractContextManager[object]

_COLUMNS: Final = "last, sealed, since, until"
_TIMED: Final = (
    "SELECT last FROM journal WHERE until >= ? AND since <= ? ORDER BY until DESC, last DESC"
)
_UNTIMED: Final = "SELECT last FROM journal WHERE until IS NULL ORDER BY last DESC"
_FIRST: Final = " LIMIT 32"  # who asks for the newest needs no more; the index gives them at once
_ENCODER = msgspec.msgpack.Encoder()


class Batch(NamedTuple):
    """A row. Without instants its entries may be of any time."""

    last: int
    sealed: bytes
    since: float | None
    until: float | None


class StoredJournal:
    """The batches of a store. With a lock, other threads use the database too."""

    def __init__(self, db: Database, sealing: Sealing, lock: Lock | None = None) -> None:
        self._db = db
        self._sealing = sealing
        self._lock: Lock = lock or RLock()

    def add(self, batch: bytes, count: int, *, keep: int, span: Span | None = None) -> int:
        """Add a batch; to be called within a transaction."""
        since, until = map(float, span) if span else (None, None)  # as the database gives them back
        last = self._last_entry() + count
        sealed = self._sealing.seal(batch, _address(last, since, until))
        row = Batch(last, sealed, since, until)
        self._db.execute(f"INSERT INTO journal ({_COLUMNS}) VALUES (?, ?, ?, ?)", row)  # noqa: S608 - a constant  # nosec
        self._db.execute("DELETE FROM journal WHERE last <= ?", (last - keep,))
        return last

    def batches(self, after: int = 0) -> Sequence[tuple[int, bytes]]:
        """Return the batches after this number, the newest last."""
        with self._lock:
            return tuple(self._found("last > ? ORDER BY last", after))

    def between(self, span: Span) -> Iterator[bytes]:
        """Yield the batches that may have entries of these instants, the newest first."""
        for number in self._numbers(span):
            with self._lock:  # it may have been forgotten meanwhile
                found = tuple(self._found("last = ?", number))
            yield from (batch for _, batch in found)

    def reseal(self, new: Sealing) -> None:
        """Seal every batch anew."""
        for last, sealed, since, until in self._rows("last > ? ORDER BY last", 0):
            row = Batch(last, sealed, since, until)
            again = new.seal(self._opened(row), _address(last, since, until))
            self._db.execute("UPDATE journal SET sealed = ? WHERE last = ?", (again, last))

    def _numbers(self, span: Span) -> Iterator[int]:
        seen: set[int] = set()
        for question, asked in ((_TIMED + _FIRST, span), (_TIMED, span), (_UNTIMED, ())):
            with self._lock:
                numbers = [number for (number,) in self._db.execute(question, asked)]
            yield from (number for number in numbers if number not in seen)
            seen.update(numbers)

    def _found(self, which: str, number: int) -> Iterator[tuple[int, bytes]]:
        return ((row.last, self._opened(row)) for row in self._rows(which, number))

    def _rows(self, which: str, number: int) -> Iterator[Batch]:
        found = self._db.execute(f"SELECT {_COLUMNS} FROM journal WHERE {which}", (number,))  # noqa: S608 - constants  # nosec
        return (Batch(*row) for row in found)

    def _opened(self, row: Batch) -> bytes:
        """Open a batch.

        Raises:
            StoreError: it is not what was appended there.
        """
        try:
            return self._sealing.open(row.sealed, _address(row.last, row.since, row.until))
        except ValueError:
            what = f"batch {row.last} of the journal does not open"
            raise damaged(self._db.place, what) from None

    def _last_entry(self) -> int:
        return int(self._db.execute("SELECT coalesce(max(last), 0) FROM journal")[0][0])


def _address(last: int, since: float | None, until: float | None) -> bytes:
    """Write what a batch is bound to; those of earlier versions have no instants."""
    return _ENCODER.encode(("journal", last) if until is None else ("journal", last, since, until))
