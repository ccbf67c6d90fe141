"""The store that outlives its process: sealed rows in a database, and all of them in memory.

Reads are those of the memory store and never touch the database, so a call that changes nothing
costs what it costs there. A commit is one transaction of the database (synced) and then of the
memory. Every row is sealed and bound to its address. This one has its database for itself.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from threading import RLock

from kmslab.store import rows
from kmslab.store.database import Database
from kmslab.store.journal import StoredJournal
from kmslab.store.memory import MemoryStore
from kmslab.store.port import Change, Sealing, Slate, Span, StoreFullError
from kmslab.store.rows import Kinds, Unlock

LOG = logging.getLogger(__name__)


class LastingStore(MemoryStore):
    """A store in a database. `unlock` is asked for the sealing, with the origin of its key if known.

    `slate` opens one with it, where there is to be one.

    Closes the database at the end, also where it cannot be opened as a store.

    Raises:
        StoreError: the database cannot be used, or not with this root key.
    """

    def __init__(
        self,
        db: Database,
        kinds: Kinds,
        unlock: Unlock,
        slate: Callable[[Sealing], Slate | None] | None = None,
    ) -> None:
        super().__init__()
        self._db = db
        self._lock = RLock()
        try:
            self._sealing = rows.unlocked(db, unlock)
            self._reader = rows.Reader(kinds, self._sealing, db.place)
            self._take_all()
            self._batches = StoredJournal(db, self._sealing, self._lock)
            self._begin(slate)
        except BaseException:
            db.close()
            raise
        self.journal = self

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._db.place!r})"

    def commit(self, changes: Sequence[Change]) -> None:
        """Write all changes to the database, then to the memory; or none to either."""
        with self._lock:
            with self._db.transaction():
                self._write(changes)
            super().commit(changes)

    def append(
        self,
        batch: bytes,
        count: int,
        *,
        keep: int,
        span: Span | None = None,
        changes: Sequence[Change] = (),
    ) -> int:
        """Add a batch to the journal. With changes it is synced as they are; else the system may do so."""
        with self._lock:
            with self._db.transaction(is_synced=bool(changes)):
                number = self._batches.add(batch, count, keep=keep, span=span)
                self._write(changes)
            if changes:
                super().commit(changes)
        return number

    def batches(self, after: int = 0) -> Sequence[tuple[int, bytes]]:
        """Return the batches of the journal after this number, the newest last."""
        return self._batches.batches(after)

    def between(self, span: Span) -> Iterator[bytes]:
        """Yield the batches of the journal that may have entries of these instants, the newest first."""
        return self._batches.between(span)

    def close(self) -> None:
        """Close the database; another process may open it then."""
        with self._lock:
            slate, self.slate = self.slate, None
            if slate is not None:
                slate.close()
            self._db.close()

    def _begin(self, slate: Callable[[Sealing], Slate | None] | None) -> None:
        """Count this start, and take a slate; on a full disk serve what is there without them."""
        self.life = rows.uncounted_life(self._sealing)
        try:
            self.life = rows.begin_life(self._db)
            self.slate = slate and slate(self._sealing)
        except StoreFullError as full:
            LOG.warning("%s; until then nothing can be changed", full)

    def _write(self, changes: Sequence[Change]) -> None:
        for change in changes:
            rows.write(self._db, change, self._sealing)

    def _take_all(self) -> None:
        """Take every record into memory, in place of all that is there."""
        whole = MemoryStore()
        whole.commit(tuple(self._reader.records(self._db)))
        self._records, self._listings = whole._records, whole._listings  # noqa: SLF001 - our own base
        self.generation += 1
