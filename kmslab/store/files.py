"""The files of a store that lasts: who may open them, and how they are copied.

Beside ``PATH`` stand SQLite's ``PATH-wal`` and ``PATH-shm`` while it is open, and ``PATH.lock``,
which belongs to the one process that writes, or to those that share the store; ``PATH.slate-N`` is
each one's own (`slate.py`). Refuses to know what a record is.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from errno import ENOSPC
from glob import escape
from pathlib import Path
from typing import Final

from kmslab.store import schema
from kmslab.store.port import StoreError, StoreFullError, damaged

PRIVATE: Final = 0o600
BUSY_SECONDS: Final = 5.0  # for one who copies while another writes
SIDE_FILES: Final = ("-wal", "-shm")


@contextmanager
def speaking_of(path: Path) -> Iterator[None]:
    """Turn what SQLite and the system say about a file into a `StoreError`."""
    try:
        yield
    except sqlite3.ProgrammingError:
        raise StoreError(f"{path}: this store is closed; open it again") from None
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
            raise _full(path) from None
        raise StoreError(f"{path}: {error}; check the path, its permissions and the disk") from None
    except sqlite3.DatabaseError as error:
        raise damaged(path, str(error)) from None
    except OSError as error:
        if error.errno == ENOSPC:
            raise _full(path) from None
        reason = (error.strerror or str(error)).lower()
        raise StoreError(f"{path}: {reason}; check the path and its permissions") from None


def _full(path: Path) -> StoreFullError:
    return StoreFullError(f"{path}: the disk is full; make room on it")


def claim(path: Path, *, shared: bool = False) -> sqlite3.Connection:
    """Make this process the only one that writes, until the connection is closed or it dies.

    Or, `shared`, one of several.

    Raises:
        StoreError: another process has it, and not to share it.
    """
    lock = path.with_name(f"{path.name}.lock")
    with speaking_of(lock):
        _make_private(lock)
        db = sqlite3.connect(lock, timeout=0, isolation_level=None, check_same_thread=False)
    try:
        if shared:
            db.execute("BEGIN")
            db.execute("SELECT count(*) FROM sqlite_master").fetchone()  # the lock of a reader
        else:
            db.execute("BEGIN EXCLUSIVE")
    except sqlite3.DatabaseError:
        db.close()
        raise StoreError(
            f"{path}: another process has this store open; stop it, or name another file"
        ) from None
    return db


def connect(path: Path) -> sqlite3.Connection:
    """Open a store's file to write it, new if there is none, readable for its owner alone.

    Raises:
        StoreError: it cannot be opened, is damaged, no store, or made by a later kmslab.
    """
    with speaking_of(path):
        _make_private(path)
        db = _open(path)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            db.execute("PRAGMA journal_size_limit = 67108864")
            schema.migrate(db, path)
        except BaseException:
            db.close()
            raise
    return db


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a store's file to look at it, even while a process writes it; close it at the end.

    Raises:
        StoreError: as for `connect`, or there is no such file.
    """
    need_there(path)
    with speaking_of(path), closing(_open(path)) as db:
        db.execute("PRAGMA query_only = ON")
        schema.need_readable(db, path)
        if schema.version(db) != len(schema.MIGRATIONS):
            raise StoreError(
                f"{path}: of an older schema, or empty; open it once with kmslab serve"
            )
        yield db


def need_there(path: Path) -> None:
    """Refuse a path where no file is.

    Raises:
        StoreError: so it is.
    """
    if not path.is_file():
        raise StoreError(f"{path}: there is no such store; check the path")


def slates(path: Path) -> list[Path]:
    """Return the slates that lie beside a store."""
    return sorted(path.parent.glob(f"{escape(path.name)}.slate-*"))


def need_sound(db: sqlite3.Connection, path: Path) -> None:
    """Let SQLite look at every page ("PRAGMA integrity_check").

    Raises:
        StoreError: a page is damaged; the message has what SQLite says first.
    """
    with speaking_of(path):
        said = str(db.execute("PRAGMA integrity_check(1)").fetchone()[0])
    if said != "ok":
        raise damaged(path, said)


def backup(path: Path, to: Path) -> None:
    """Copy a store as it is at one instant, also while a process writes it.

    Raises:
        StoreError: the store is damaged, or `to` is there already or cannot be written.
    """
    with reading(path) as db:
        need_sound(db, path)
        with becoming(to) as copy:
            db.backup(copy)


def restore(copy: Path, path: Path, *, lineage: str, replace: bool = False) -> None:
    """Make a store of a copy. `lineage` sets its lives apart from those of the original.

    Raises:
        StoreError: the copy is damaged or none; or `path` is open elsewhere, or there already and
            not to be replaced.
    """
    with reading(copy) as db:
        need_sound(db, copy)
        with closing(claim(path)):
            if path.exists() and not replace:
                raise StoreError(f"{path}: is there already; use --replace to give it up")
            with becoming(path, replace=True) as new:
                db.backup(new)
                new.execute("REPLACE INTO fact VALUES ('lineage', ?)", (lineage.encode(),))


@contextmanager
def becoming(to: Path, *, replace: bool = False) -> Iterator[sqlite3.Connection]:
    """Give an empty file that takes a name at the end, whole and durable, or never.

    Raises:
        StoreError: there is such a file already, or it cannot be written.
    """
    if to.exists() and not replace:
        raise StoreError(f"{to}: is there already; name another file")
    part = to.with_name(f"{to.name}.part")
    with speaking_of(to):
        part.unlink(missing_ok=True)
        _make_private(part)
        with closing(_open(part)) as new:
            yield new
            new.execute("PRAGMA journal_mode = DELETE")
            need_sound(new, part)
        for suffix in SIDE_FILES:  # of the file that is given up
            to.with_name(to.name + suffix).unlink(missing_ok=True)
        for slate in slates(to):
            slate.unlink()
        part.replace(to)
        sync_folder(to.parent)


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )


def _make_private(path: Path) -> None:
    is_new = not path.exists()
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE))
    if is_new:
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, as far as the system can."""
    with suppress(OSError):  # not every system can
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
