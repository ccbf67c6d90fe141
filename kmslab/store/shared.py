"""The store that several processes share, each with all of it in memory.

Beside its rows a commit writes the addresses that it changed, numbered, and then announces how far
the numbers go; a process that hears of a number it has not seen reads those rows. Whoever changes
something has the turn to write, from before it decides until it has announced.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Final

from kmslab.store.database import Database, Turns
from kmslab.store.lasting import LastingStore
from kmslab.store.memory import MemoryStore
from kmslab.store.port import Change, Sealing, Slate, Span, StoreError
from kmslab.store.rows import Kinds, Unlock

KEPT_CHANGES: Final = 10_000  # a process that is further behind reads everything


class SharedStore(LastingStore):
    """A store among others on the same database."""

    def __init__(
        self,
        db: Database,
        turns: Turns,
        kinds: Kinds,
        unlock: Unlock,
        slate: Callable[[Sealing], Slate | None] | None = None,
    ) -> None:
        self._turns = turns
        self._has_turn = False
        self._position = 0
        try:
            with turns.taken():
                super().__init__(db, kinds, unlock, slate)
                turns.announce(self._position)
        except BaseException:
            turns.close()
            raise

    def refresh(self) -> None:
        """Read what others have changed, if they have."""
        if self._turns.is_past(self._position):
            with self._lock:
                self._catch_up()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Take the turn, and see all that was committed by whoever had it."""
        with self._lock:
            if self._has_turn:
                yield
                return
            with self._turns.taken():
                self._catch_up()  # also what a process has not lived to announce
                self._has_turn = True
                try:
                    yield
                finally:
                    self._has_turn = False

    def commit(self, changes: Sequence[Change]) -> None:
        """Commit, and announce it: who asks after that sees it."""
        with self.writing():
            super().commit(changes)
            self._announce(changes)

    def append(
        self,
        batch: bytes,
        count: int,
        *,
        keep: int,
        span: Span | None = None,
        changes: Sequence[Change] = (),
    ) -> int:
        """Add a batch after those of all processes; announce what was changed with it."""
        with self.writing():
            number = super().append(batch, count, keep=keep, span=span, changes=changes)
            self._announce(changes)
        return number

    def close(self) -> None:
        """Leave the database to the others; one process at a time leaves its slate."""
        with self._lock:
            with ExitStack() as turn:
                if self.slate is not None:
                    with suppress(StoreError):  # a database that is lost gives none
                        turn.enter_context(self._turns.taken())
                super().close()
            self._turns.close()

    def _announce(self, changes: Sequence[Change]) -> None:
        if changes:
            self._position += len(changes)
            self._turns.announce(self._position)

    def _write(self, changes: Sequence[Change]) -> None:
        if not changes:
            return
        super()._write(changes)
        for number, change in enumerate(changes, self._position + 1):
            self._db.execute(
                "INSERT INTO change (number, kind, partition, sort) VALUES (?, ?, ?, ?)",
                (number, change.kind.name, change.partition, change.sort),
            )
        oldest = self._position + len(changes) - KEPT_CHANGES
        self._db.execute("DELETE FROM change WHERE number <= ?", (oldest,))

    def _catch_up(self) -> None:
        """Take what was committed since; the rows are newer than their numbers at times, never older."""
        found = self._db.execute(
            "SELECT number, kind, partition, sort, sealed"
            " FROM change LEFT JOIN record USING (kind, partition, sort)"
            " WHERE number > ? ORDER BY number",
            (self._position,),
        )
        if not found:
            return
        if found[0][0] == self._position + 1:
            MemoryStore.commit(self, [self._reader.change(*row[1:]) for row in found])
            self._position = found[-1][0]
        else:
            self._take_all()

    def _take_all(self) -> None:
        """Take everything. What is committed meanwhile comes again with its numbers."""
        position = self._db.execute("SELECT coalesce(max(number), 0) FROM change")[0][0]
        super()._take_all()
        self._position = int(position)
