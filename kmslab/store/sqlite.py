"""SQLite: a file that one process has for itself, or that the processes of one machine share."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from kmslab.store import files, schema
from kmslab.store.database import Row
from kmslab.store.lasting import LastingStore
from kmslab.store.rows import Kinds, Unlock
from kmslab.store.shared import SharedStore
from kmslab.store.slate import FileSlate, need_none


class SqliteDatabase:
    """A file that is open. `close` gives back what `opened` holds."""

    def __init__(self, path: Path, db: sqlite3.Connection, opened: ExitStack) -> None:
        self.place = str(path)
        self.close = opened.close
        self._path = path
        self._db = db

    def execute(self, statement: str, values: Sequence[object] = ()) -> Sequence[Row]:
        """Execute one statement; return its rows."""
        with files.speaking_of(self._path):
            return self._db.execute(statement, values).fetchall()

    @contextmanager
    def transaction(self, *, is_synced: bool = True) -> Iterator[None]:
        """All statements within, or none of them."""
        with files.speaking_of(self._path):
            if not is_synced:
                self._db.execute("PRAGMA synchronous = NORMAL")
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:  # SQLite itself has ended some of those that failed
                    self._db.execute("ROLLBACK")
                if not is_synced:
                    self._db.execute("PRAGMA synchronous = FULL")

    def need_sound(self) -> None:
        """Let SQLite look at every page.

        Raises:
            StoreError: one is damaged.
        """
        files.need_sound(self._db, self._path)


def open_alone(path: Path, kinds: Kinds, unlock: Unlock) -> LastingStore:
    """Open a file as the store of this process alone.

    Raises:
        StoreError: it cannot be used, or another process has it open.
    """
    slate = partial(FileSlate, path, shared=False)
    return LastingStore(_opened(path, shared=False), kinds, unlock, slate)


def open_shared(path: Path, kinds: Kinds, unlock: Unlock) -> SharedStore:
    """Open a file as a store that other processes of this machine open too.

    Raises:
        StoreError: it cannot be used, or another process has it open for itself.
    """
    from kmslab.store.turns import FileTurns  # noqa: PLC0415 - not every system has such locks

    turns = FileTurns(path)
    try:
        with turns.taken():
            db = _opened(path, shared=True)
        turns.watch(db)
    except BaseException:
        turns.close()
        raise
    return SharedStore(db, turns, kinds, unlock, partial(FileSlate, path, shared=True))


@contextmanager
def alone(path: Path) -> Iterator[SqliteDatabase]:
    """Open the file of a store that is there, while no other process does.

    Raises:
        StoreError: there is no such file, another process has it open, or it cannot be used.
    """
    files.need_there(path)
    db = _opened(path, shared=False)
    try:
        need_none(path)
        yield db
    finally:
        db.close()


@contextmanager
def becoming(to: Path) -> Iterator[SqliteDatabase]:
    """Give an empty database, which is a file of this name at the end.

    Raises:
        StoreError: there is such a file already, or it cannot be written.
    """
    with files.becoming(to) as db:
        schema.migrate(db, to)
        yield SqliteDatabase(to, db, ExitStack())


@contextmanager
def reading(path: Path) -> Iterator[SqliteDatabase]:
    """Open a store's file to look at it, even while processes write it.

    Raises:
        StoreError: there is no such file, or it is damaged, no store, or of another schema.
    """
    with ExitStack() as opened:
        yield SqliteDatabase(path, opened.enter_context(files.reading(path)), opened)


def _opened(path: Path, *, shared: bool) -> SqliteDatabase:
    with ExitStack() as opened:
        opened.callback(files.claim(path, shared=shared).close)
        db = files.connect(path)
        opened.callback(db.close)
        return SqliteDatabase(path, db, opened.pop_all())
