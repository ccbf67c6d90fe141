"""What stands in the tables of a store that lasts: facts, and sealed records.

The same statements for every database; refuses to know files and servers.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import msgspec

from kmslab.store.database import Database
from kmslab.store.port import Change, Kind, Sealing, StoreError, damaged

CHECK: Final = b"kmslab"  # opens under the right root key only
Origin = bytes  # where the root key comes from, in words of whoever unlocks
Unlock = Callable[[Origin | None], tuple[Origin, Sealing]]
Kinds = Sequence[Kind[Any]]

_ENCODER = msgspec.msgpack.Encoder()


class Reader:
    """Opens the sealed records of some kinds."""

    def __init__(self, kinds: Kinds, sealing: Sealing, place: str) -> None:
        self._readers = {each.name: (each, msgspec.msgpack.Decoder(each.record)) for each in kinds}
        self._sealing = sealing
        self._place = place

    def change(self, name: str, partition: str, sort: str, sealed: bytes | None) -> Change:
        """Open a row; without `sealed` there is no record at this address any more.

        Raises:
            StoreError: it does not open, or is of no kind that is known.
        """
        try:
            kind, decoder = self._readers[name]
            if sealed is None:
                return Change(kind, partition, sort, None)
            plain = self._sealing.open(sealed, address_of(name, partition, sort))
            return Change(kind, partition, sort, decoder.decode(plain))
        except (KeyError, ValueError, msgspec.MsgspecError):
            raise damaged(self._place, f"the {name} {sort} does not open") from None

    def records(self, db: Database) -> Iterator[Change]:
        """Open every record, in the order of addresses.

        Raises:
            StoreError: as `change`.
        """
        rows = db.execute(
            "SELECT kind, partition, sort, sealed FROM record ORDER BY kind, partition, sort"
        )
        return (self.change(*row) for row in rows)


def write(db: Database, change: Change, sealing: Sealing) -> None:
    """Write one change, sealed and bound to its address."""
    address = (change.kind.name, change.partition, change.sort)
    if change.record is None:
        db.execute("DELETE FROM record WHERE kind = ? AND partition = ? AND sort = ?", address)
        return
    sealed = sealing.seal(_ENCODER.encode(change.record), address_of(*address))
    db.execute(
        "INSERT INTO record (kind, partition, sort, sealed) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (kind, partition, sort) DO UPDATE SET sealed = excluded.sealed",
        (*address, sealed),
    )


def unlocked(db: Database, unlock: Unlock) -> Sealing:
    """Return the sealing of a store, once it has shown to be the right one.

    Raises:
        StoreError: it was made with another root key, or never finished.
    """
    found = fact(db, "origin")
    origin, sealing = unlock(found)
    if found is None:
        with db.transaction():
            set_fact(db, "origin", origin)
            set_fact(db, "check", sealing.seal(CHECK, CHECK))
        return sealing
    try:
        sealing.open(fact(db, "check") or b"", CHECK)
    except ValueError:
        raise StoreError(
            f"{db.place}: this is not the root key it was made with; give it that one"
        ) from None
    return sealing


def begin_life(db: Database) -> str:
    """Count this start, durably; return the name of the life that begins, empty for the first."""
    with db.transaction():
        starts = int(fact(db, "starts") or 0) + 1
        set_fact(db, "starts", str(starts).encode())
    lineage = (fact(db, "lineage") or b"").decode()
    return f"start {starts} {lineage}".strip() if starts > 1 or lineage else ""


def uncounted_life(sealing: Sealing) -> str:
    """Name a life that cannot be counted, by the chance that is in a seal: no seed has had it before."""
    return f"uncounted {sealing.seal(b'', CHECK).hex()}"


def fact(db: Database, name: str) -> bytes | None:
    """Return what the store knows of itself under this name, or None."""
    found = db.execute("SELECT value FROM fact WHERE name = ?", (name,))
    return bytes(found[0][0]) if found else None


def set_fact(db: Database, name: str, value: bytes) -> None:
    """Let the store know this of itself."""
    db.execute(
        "INSERT INTO fact (name, value) VALUES (?, ?)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, value),
    )


def address_of(kind: str, partition: str, sort: str) -> bytes:
    """Write what a record is bound to."""
    return _ENCODER.encode((kind, partition, sort))
