"""From the name of a store to the store, with the root key that its world is sealed under.

``memory`` forgets, ``sqlite:PATH`` lasts. The one place that knows all kinds of records.
"""

import os
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from kmslab.ambient.entropy import SystemEntropy
from kmslab.authn.records import ACCOUNTS, CREDENTIALS, PRINCIPALS
from kmslab.custody import root_key
from kmslab.custody.root_key import Origin, Sealing
from kmslab.custody.software import SoftwareCustodian
from kmslab.quota.granted import INCREASES
from kmslab.services.journal import IAM_CHANGES
from kmslab.store import files, schema, sqlite
from kmslab.store.memory import MemoryStore
from kmslab.store.port import Sealing as AnySealing
from kmslab.store.port import Store, StoreError
from kmslab.store.records import ALIASES, DUES, GRANTS, INSTANTS, KEYS, SHIFTS, TOKENS, USES

SQLITE: Final = "sqlite:"
KINDS: Final = (
    ACCOUNTS, ALIASES, CREDENTIALS, DUES, GRANTS, IAM_CHANGES, INCREASES, INSTANTS, KEYS, PRINCIPALS,
    SHIFTS, TOKENS, USES,
)  # fmt: skip


class UnknownStoreError(ValueError):
    """The store that was asked for is none of the known ones; the message lists them."""


class Opened(msgspec.Struct, frozen=True):
    """A store; and the key for the material in it, or None where any will do."""

    store: Store
    materials_key: bytes | None = None

    def __repr__(self) -> str:
        return f"Opened({self.store!r})"


class _Kept(msgspec.Struct, frozen=True):
    """The journal of a store that is only looked at."""

    kept: Sequence[bytes]

    def append(self, batch: bytes, count: int, *, keep: int) -> None:  # noqa: ARG002 - the port's
        """Refuse: nothing happens in such a store.

        Raises:
            StoreError: always.
        """
        raise StoreError("this store is only looked at; open it to change it")

    def batches(self) -> Sequence[bytes]:
        """Return all batches, the newest last."""
        return self.kept


class _Keys:
    """Finds the root key of one file, and derives from it."""

    def __init__(self, path: Path, *, may_make: bool) -> None:
        self._file = path.with_name(f"{path.name}.root-key")
        self._entropy = SystemEntropy()
        self._may_make = may_make
        self.materials = b""

    def unlock(self, known: bytes | None) -> tuple[bytes, AnySealing]:
        """Return the origin of the root key and the sealing of records."""
        is_new = known is None
        try:
            origin = (
                root_key.new_origin(os.environ, self._entropy)
                if known is None
                else msgspec.msgpack.decode(known, type=Origin)
            )
            maker = self._entropy if is_new and self._may_make else None
            root = root_key.find(origin, os.environ, self._file, maker)
        except root_key.RootKeyError as error:
            raise StoreError(str(error)) from None
        self.materials = root_key.derived(root, origin.salt, "materials")
        records = root_key.derived(root, origin.salt, "records")
        return msgspec.msgpack.encode(origin), Sealing(records, self._entropy)


def open_store(name: str) -> Opened:
    """Open a store by its name, new if need be.

    Raises:
        UnknownStoreError: the name is none of a store.
        StoreError: the store cannot be used; the message says why.
    """
    if name == "memory":
        return Opened(MemoryStore())
    path = path_of(name)
    keys = _Keys(path, may_make=True)
    store = sqlite.SqliteStore(path, KINDS, keys.unlock)
    return Opened(store, keys.materials)


def path_of(name: str) -> Path:
    """Return the file of ``sqlite:PATH``.

    Raises:
        UnknownStoreError: the name has another form.
    """
    path = name.removeprefix(SQLITE)
    if path == name or not path:
        raise UnknownStoreError(f"there is no store {name!r}: choose memory or sqlite:PATH")
    return Path(path)


def verify(path: Path) -> Counter[str]:
    """Look at every page, record, journal batch and key material; return how many there are.

    Raises:
        StoreError: one of them is damaged, or the root key is not there.
    """
    keys = _Keys(path, may_make=False)
    count: Counter[str] = Counter(schema=len(schema.MIGRATIONS))
    with files.reading(path) as db:
        files.need_sound(db, path)
        sealing = sqlite.unlocked(db, path, keys.unlock)
        open_material: Callable[..., None] = SoftwareCustodian(
            root_key=keys.materials, entropy=SystemEntropy()
        ).check
        for change in sqlite.records(db, path, KINDS, sealing):
            count[change.kind.name] += 1
            if change.kind is KEYS:
                count["key material"] += _materials(path, change.record, open_material)
        count["journal batch"] += sum(1 for _ in sqlite.journal(db, path, sealing))
    return count


def look(path: Path) -> Store:
    """Take a store's records and its journal into memory as they are, also while it is served.

    Raises:
        StoreError: there is no such file, it is damaged, or the root key is not there.
    """
    keys = _Keys(path, may_make=False)
    seen = MemoryStore()
    with files.reading(path) as db:
        sealing = sqlite.unlocked(db, path, keys.unlock)
        seen.commit(tuple(sqlite.records(db, path, KINDS, sealing)))
        seen.journal = _Kept(tuple(sqlite.journal(db, path, sealing)))
    return seen


def _materials(path: Path, key: object, open_material: Callable[..., None]) -> int:
    materials = [each for each in getattr(key, "associated", ()) if each.is_present]
    for material in materials:
        try:
            open_material(key, material)
        except ValueError:
            named = f"key material {material.material_id}"
            raise files.damaged(path, f"the {named} does not open") from None
    return len(materials)
