"""From the name of a store to the store, with the root key that its world is sealed under.

``memory`` forgets, ``sqlite:PATH`` and ``postgresql://...`` last. The one place that knows all kinds
of records.
"""

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from kmslab.ambient.entropy import SystemEntropy
from kmslab.authn.records import ACCOUNTS, CREDENTIALS, PRINCIPALS
from kmslab.custody import root_key
from kmslab.custody.root_key import Origin, Sealing
from kmslab.custody.software import SoftwareCustodian
from kmslab.quota.granted import INCREASES
from kmslab.quota.leased import LEVELS
from kmslab.services.journal import IAM_CHANGES
from kmslab.store import rows, schema, sqlite
from kmslab.store.memory import MemoryStore
from kmslab.store.port import Sealing as AnySealing
from kmslab.store.port import Store, StoreError, damaged
from kmslab.store.records import ALIASES, DUES, GRANTS, INSTANTS, KEYS, TOKENS, USES

SQLITE: Final = "sqlite:"
POSTGRESQL: Final = ("postgresql://", "postgres://")
KINDS: Final = (
    ACCOUNTS, ALIASES, CREDENTIALS, DUES, GRANTS, IAM_CHANGES, INCREASES, INSTANTS, KEYS, LEVELS,
    PRINCIPALS,
    TOKENS, USES,
)  # fmt: skip


class UnknownStoreError(ValueError):
    """The store that was asked for is none of the known ones; the message lists them."""


class Opened(msgspec.Struct, frozen=True):
    """A store; and the key for the material in it, or None where any will do."""

    store: Store
    materials_key: bytes | None = None
    spans_machines: bool = False  # so do its request quotas

    def __repr__(self) -> str:
        return f"Opened({self.store!r})"


class _Kept(msgspec.Struct, frozen=True):
    """The journal of a store that is only looked at."""

    kept: Sequence[tuple[int, bytes]]

    def append(self, batch: bytes, count: int, *, keep: int) -> int:  # noqa: ARG002 - the port's
        """Refuse: nothing happens in such a store.

        Raises:
            StoreError: always.
        """
        raise StoreError("this store is only looked at; open it to change it")

    def batches(self, after: int = 0) -> Sequence[tuple[int, bytes]]:
        """Return the batches after this number, the newest last."""
        return [each for each in self.kept if each[0] > after]


class _Keys:
    """Finds the root key of one store, and derives from it. Beside a file lies a file."""

    def __init__(self, name: str, environ: Mapping[str, str], *, may_make: bool) -> None:
        self._environ = environ
        path = Path(name.removeprefix(SQLITE))
        is_far = name.startswith(POSTGRESQL)
        self._file = None if is_far else path.with_name(f"{path.name}.root-key")
        self._entropy = SystemEntropy()
        self._may_make = may_make
        self.materials = b""

    def unlock(self, known: bytes | None) -> tuple[bytes, AnySealing]:
        """Return the origin of the root key and the sealing of records."""
        is_new = known is None
        try:
            origin = (
                root_key.new_origin(self._environ, self._entropy)
                if known is None
                else msgspec.msgpack.decode(known, type=Origin)
            )
            maker = self._entropy if is_new and self._may_make else None
            root = root_key.find(origin, self._environ, self._file, maker)
        except root_key.RootKeyError as error:
            raise StoreError(str(error)) from None
        self.materials = root_key.derived(root, origin.salt, "materials")
        records = root_key.derived(root, origin.salt, "records")
        return msgspec.msgpack.encode(origin), Sealing(records, self._entropy)


def open_store(
    name: str, *, shared: bool = False, environ: Mapping[str, str] | None = None
) -> Opened:
    """Open a store by its name, new if need be; a file `shared` with other processes that do so.

    The root key comes from `environ`, or else from the environment of this process.

    Raises:
        UnknownStoreError: the name is none of a store.
        StoreError: the store cannot be used; the message says why.
    """
    if name == "memory":
        return Opened(MemoryStore())
    keys = _Keys(name, os.environ if environ is None else environ, may_make=True)
    if name.startswith(POSTGRESQL):
        from kmslab.store import postgres  # noqa: PLC0415 - an extra, and 0.1 s

        store = postgres.open_shared(name, KINDS, keys.unlock)
        return Opened(store, keys.materials, spans_machines=True)
    open_file = sqlite.open_shared if shared else sqlite.open_alone
    return Opened(open_file(path_of(name), KINDS, keys.unlock), keys.materials)


def opening(name: str, folder: Path) -> Callable[[], Opened]:
    """Return what opens a store for each of several processes that share it.

    Their memory is a file in the folder, under a root key that is written nowhere.

    Raises:
        UnknownStoreError: the name is none of a store.
    """
    if name == "memory":
        only_here = {root_key.KEY: SystemEntropy().take(root_key.KEY_BYTES).hex()}
        return partial(open_store, f"{SQLITE}{folder / 'world.db'}", shared=True, environ=only_here)
    return partial(open_store, name, shared=True)


def path_of(name: str) -> Path:
    """Return the file of ``sqlite:PATH``.

    Raises:
        UnknownStoreError: the name has another form.
    """
    path = name.removeprefix(SQLITE)
    if path == name or not path:
        raise UnknownStoreError(
            f"there is no store {name!r}: choose memory, sqlite:PATH or {POSTGRESQL[0]}USER:PASSWORD@HOST/DATABASE"
        )
    return Path(path)


def verify(path: Path) -> Counter[str]:
    """Look at every page, record, journal batch and key material; return how many there are.

    Raises:
        StoreError: one of them is damaged, or the root key is not there.
    """
    keys = _Keys(str(path), os.environ, may_make=False)
    count: Counter[str] = Counter(schema=len(schema.MIGRATIONS))
    with sqlite.reading(path) as db:
        db.need_sound()
        sealing = rows.unlocked(db, keys.unlock)
        open_material: Callable[..., None] = SoftwareCustodian(
            root_key=keys.materials, entropy=SystemEntropy()
        ).check
        for change in rows.Reader(KINDS, sealing, db.place).records(db):
            count[change.kind.name] += 1
            if change.kind is KEYS:
                count["key material"] += _materials(path, change.record, open_material)
        count["journal batch"] += sum(1 for _ in rows.batches(db, sealing))
    return count


def look(path: Path) -> Store:
    """Take a store's records and its journal into memory as they are, also while it is served.

    Raises:
        StoreError: there is no such file, it is damaged, or the root key is not there.
    """
    keys = _Keys(str(path), os.environ, may_make=False)
    seen = MemoryStore()
    with sqlite.reading(path) as db:
        sealing = rows.unlocked(db, keys.unlock)
        seen.commit(tuple(rows.Reader(KINDS, sealing, db.place).records(db)))
        seen.journal = _Kept(tuple(rows.batches(db, sealing)))
    return seen


def _materials(path: Path, key: object, open_material: Callable[..., None]) -> int:
    materials = [each for each in getattr(key, "associated", ()) if each.is_present]
    for material in materials:
        try:
            open_material(key, material)
        except ValueError:
            named = f"key material {material.material_id}"
            raise damaged(path, f"the {named} does not open") from None
    return len(materials)
