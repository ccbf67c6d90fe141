"""What stands in a store's file, version by version.

A file of SQLite says what it is in its header: `APPLICATION_ID`, and as `user_version` the number of
migrations that made it ("PRAGMA application_id", "PRAGMA user_version" of the SQLite manual). In PostgreSQL
the number is the fact "schema".
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from kmslab.store.port import StoreError

APPLICATION_ID: Final = int.from_bytes(b"kmsl")

# Migration n leads from version n to n + 1. What was released is never changed, only added to.
MIGRATIONS: Sequence[Sequence[str]] = (
    (
        # What the store knows of itself: origin, check, starts, lineage.
        "CREATE TABLE fact (name TEXT PRIMARY KEY, value BLOB NOT NULL)",
        # The records of all kinds. sealed: MessagePack under the root key, bound to its address.
        "CREATE TABLE record (kind TEXT NOT NULL, partition TEXT NOT NULL, sort TEXT NOT NULL,"
        " sealed BLOB NOT NULL, PRIMARY KEY (kind, partition, sort))",
        # Batches of entries; last is the number of a batch's last entry, counted from 1.
        "CREATE TABLE journal (last INTEGER PRIMARY KEY, sealed BLOB NOT NULL)",
    ),
    (
        # The addresses that were written while several processes shared the store, in order.
        "CREATE TABLE change (number INTEGER PRIMARY KEY, kind TEXT NOT NULL,"
        " partition TEXT NOT NULL, sort TEXT NOT NULL)",
    ),
    (
        # From when to when the entries of a batch are (Unix seconds); NULL in what was there before.
        "ALTER TABLE journal ADD COLUMN since DOUBLE PRECISION",
        "ALTER TABLE journal ADD COLUMN until DOUBLE PRECISION",
        "CREATE INDEX journal_times ON journal (until, last, since)",
    ),
)


def version(db: sqlite3.Connection) -> int:
    """Return the schema version of a file."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def need_readable(db: sqlite3.Connection, path: Path) -> None:
    """Refuse a file of something else, or of a later kmslab; an empty one will do.

    Raises:
        StoreError: it is one of those.
    """
    found = version(db)
    is_empty = not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    application = db.execute("PRAGMA application_id").fetchone()[0]
    if application != APPLICATION_ID and not is_empty:
        raise StoreError(f"{path}: a database of something else; name another file")
    need_known(found, path)


def need_known(found: int, place: object) -> None:
    """Refuse what a later kmslab has made.

    Raises:
        StoreError: this version is later.
    """
    known = len(MIGRATIONS)
    if found > known:
        raise StoreError(
            f"{place}: made by a newer kmslab (schema {found}, this one knows {known}); update kmslab"
        )


def migrate(db: sqlite3.Connection, path: Path) -> None:
    """Bring a file to the newest version, in one transaction.

    Raises:
        StoreError: it is no store, or made by a later kmslab.
    """
    need_readable(db, path)
    old = version(db)
    if old == len(MIGRATIONS):
        return
    db.execute("BEGIN IMMEDIATE")
    old = version(db)  # another process that shares the file may have been faster
    for migration in MIGRATIONS[old:]:
        for statement in migration:
            db.execute(statement)
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    db.execute("COMMIT")
