"""Everything in a store, from one database to another, or from one root key to another.

Rows are bound to their addresses and not to their place, so they are copied as they are. Refuses to
know how a root key is found.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from kmslab.store import rows
from kmslab.store.database import Database
from kmslab.store.journal import StoredJournal
from kmslab.store.port import Change, Sealing, StoreError, damaged
from kmslab.store.rows import Kinds

# What is copied. Numbers of changes mean something only to the processes that have the original open.
TABLES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "fact": ("name", "value"),
        "record": ("kind", "partition", "sort", "sealed"),
        "journal": ("last", "sealed", "since", "until"),
    }
)
OTHER_FACTS: Final = " WHERE name <> 'schema'"  # which is a database's own


def pour(source: Database, target: Database, *, lineage: str = "", replace: bool = False) -> None:
    """Copy all rows in one transaction. With a lineage the lives of the copy are set apart.

    Raises:
        StoreError: there is a store already, and it is not to be replaced.
    """
    with target.transaction():
        if rows.fact(target, "origin") is not None and not replace:
            raise StoreError(f"{target.place}: is there already; use --replace to give it up")
        for table, columns in TABLES.items():
            kept = OTHER_FACTS if table == "fact" else ""
            names, marks = ", ".join(columns), ", ".join("?" * len(columns))
            target.execute(f"DELETE FROM {table}{kept}")  # noqa: S608 - the names of a table above  # nosec
            for row in source.execute(f"SELECT {names} FROM {table}{kept}"):  # noqa: S608 - as above  # nosec
                target.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", row)  # noqa: S608 - as above  # nosec
        target.execute("DELETE FROM change")
        if lineage:
            rows.set_fact(target, "lineage", lineage.encode())


def reseal(
    db: Database,
    kinds: Kinds,
    *,
    old: Sealing,
    new: Sealing,
    origin: bytes,
    renewed: Callable[[Change], Change],
) -> None:
    """Seal every row anew in one transaction; `renewed` does the same for what a record has sealed.

    Raises:
        StoreError: a row does not open.
    """
    with db.transaction():
        for change in tuple(rows.Reader(kinds, old, db.place).records(db)):
            rows.write(db, _opened(change, renewed, db.place), new)
        StoredJournal(db, old).reseal(new)
        rows.set_fact(db, "origin", origin)
        rows.set_fact(db, "check", new.seal(rows.CHECK, rows.CHECK))


def _opened(change: Change, renewed: Callable[[Change], Change], place: str) -> Change:
    try:
        return renewed(change)
    except ValueError:
        what = f"the {change.kind.name} {change.sort}"
        raise damaged(place, f"what {what} has sealed does not open") from None
