"""The store that outlives its process: one SQLite file, and all of it in memory.

Reads are those of the memory store and never touch the file, so a call that changes nothing costs
what it costs there. A commit is one transaction of the file (WAL, synced) and then of the memory.
Every row is sealed and bound to its address. One process at a time.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import RLock
from typing import Any, Final

import msgspec

from kmslab.store import files
from kmslab.store.memory import MemoryStore
from kmslab.store.port import Change, Kind, Sealing, StoreError

CHECK: Final = b"kmslab"  # opens under the right root key only
Origin = bytes  # where the root key comes from, in words of whoever unlocks
Unlock = Callable[[Origin | None], tuple[Origin, Sealing]]
Kinds = Sequence[Kind[Any]]

_ENCODER = msgspec.msgpack.Encoder()


class SqliteStore(MemoryStore):
    """A store in a file. `unlock` is asked for the sealing, with the origin of its key if known.

    Raises:
        StoreError: the file cannot be used, or not with this root key.
    """

    def __init__(self, path: Path, kinds: Kinds, unlock: Unlock) -> None:
        super().__init__()
        self._path = path
        self._lock = RLock()
        with ExitStack() as opened:
            opened.callback(files.claim(path).close)
            self._db = files.connect(path)
            opened.callback(self._db.close)
            with files.speaking_of(path):
                self._sealing = unlocked(self._db, path, unlock)
                super().commit(tuple(records(self._db, path, kinds, self._sealing)))
                self._last = _last(self._db)
                self.life = _begin_life(self._db)
            self._close = opened.pop_all().close
        self.journal = self

    def __repr__(self) -> str:
        return f"SqliteStore({str(self._path)!r})"

    def commit(self, changes: Sequence[Change]) -> None:
        """Write all changes to the file, then to the memory; or none to either."""
        rows = [(change, self._sealed(change)) for change in changes]
        with self._lock:
            with self._transaction() as db:
                for change, sealed in rows:
                    _write(db, change, sealed)
            super().commit(changes)

    def append(self, batch: bytes, count: int, *, keep: int) -> None:
        """Add a batch; a power failure can take it back, the end of the process cannot."""
        with self._lock:
            last = self._last + count
            sealed = self._sealing.seal(batch, _journal_address(last))
            with files.speaking_of(self._path):
                self._db.execute("PRAGMA synchronous = NORMAL")
                try:
                    with self._transaction() as db:
                        db.execute("INSERT INTO journal VALUES (?, ?)", (last, sealed))
                        db.execute("DELETE FROM journal WHERE last <= ?", (last - keep,))
                finally:
                    self._db.execute("PRAGMA synchronous = FULL")
            self._last = last

    def batches(self) -> Sequence[bytes]:
        """Return all batches of the journal, the newest last."""
        with self._lock, files.speaking_of(self._path):
            return tuple(journal(self._db, self._path, self._sealing))

    def close(self) -> None:
        """Close the file; another process may open it then."""
        with self._lock:
            self._close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """All statements within, or none of them."""
        with files.speaking_of(self._path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # SQLite itself has ended some of those that failed
                    self._db.execute("ROLLBACK")
                raise

    def _sealed(self, change: Change) -> bytes | None:
        if change.record is None:
            return None
        return self._sealing.seal(
            _ENCODER.encode(change.record),
            _address_of(change.kind.name, change.partition, change.sort),
        )


def records(db: sqlite3.Connection, path: Path, kinds: Kinds, sealing: Sealing) -> Iterator[Change]:
    """Open every record, in the order of addresses.

    Raises:
        StoreError: one does not open, or is of no kind that is known.
    """
    readers = {kind.name: (kind, msgspec.msgpack.Decoder(kind.record)) for kind in kinds}
    rows = db.execute("SELECT * FROM record ORDER BY kind, partition, sort")
    for name, partition, sort, sealed in rows:
        try:
            kind, decoder = readers[name]
            plain = sealing.open(sealed, _address_of(name, partition, sort))
            yield Change(kind, partition, sort, decoder.decode(plain))
        except (KeyError, ValueError, msgspec.MsgspecError):
            raise files.damaged(path, f"the {name} {sort} does not open") from None


def journal(db: sqlite3.Connection, path: Path, sealing: Sealing) -> Iterator[bytes]:
    """Open every batch of the journal, the newest last.

    Raises:
        StoreError: one does not open.
    """
    for last, sealed in db.execute("SELECT last, sealed FROM journal ORDER BY last"):
        try:
            yield sealing.open(sealed, _journal_address(last))
        except ValueError:
            raise files.damaged(path, f"batch {last} of the journal does not open") from None


def unlocked(db: sqlite3.Connection, path: Path, unlock: Unlock) -> Sealing:
    """Return the sealing of a store, once it has shown to be the right one.

    Raises:
        StoreError: it was made with another root key, or never finished.
    """
    found = _fact(db, "origin")
    origin, sealing = unlock(found)
    if found is None:
        db.execute("BEGIN IMMEDIATE")
        _set_fact(db, "origin", origin)
        _set_fact(db, "check", sealing.seal(CHECK, CHECK))
        db.execute("COMMIT")
        return sealing
    try:
        sealing.open(_fact(db, "check") or b"", CHECK)
    except ValueError:
        raise StoreError(
            f"{path}: this is not the root key it was made with; give it that one"
        ) from None
    return sealing


def _begin_life(db: sqlite3.Connection) -> str:
    """Count this start, durably; return the name of the life that begins, empty for the first."""
    starts = int(_fact(db, "starts") or 0) + 1
    _set_fact(db, "starts", str(starts).encode())
    lineage = (_fact(db, "lineage") or b"").decode()
    return f"start {starts} {lineage}".strip() if starts > 1 or lineage else ""


def _last(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT coalesce(max(last), 0) FROM journal").fetchone()[0])


def _fact(db: sqlite3.Connection, name: str) -> bytes | None:
    row = db.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
    return None if row is None else bytes(row[0])


def _set_fact(db: sqlite3.Connection, name: str, value: bytes) -> None:
    db.execute("REPLACE INTO fact VALUES (?, ?)", (name, value))


def _write(db: sqlite3.Connection, change: Change, sealed: bytes | None) -> None:
    address = (change.kind.name, change.partition, change.sort)
    if sealed is None:
        db.execute("DELETE FROM record WHERE kind = ? AND partition = ? AND sort = ?", address)
    else:
        db.execute("REPLACE INTO record VALUES (?, ?, ?, ?)", (*address, sealed))


def _address_of(kind: str, partition: str, sort: str) -> bytes:
    return _ENCODER.encode((kind, partition, sort))


def _journal_address(last: int) -> bytes:
    return _ENCODER.encode(("journal", last))
