"""From the name of a store to the store, with the root key that its world is sealed under.

``memory`` forgets, ``sqlite:PATH`` and ``postgresql://...`` last. The one place that knows all kinds
of records.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from kmslab.ambient.entropy import SystemEntropy
from kmslab.authn.records import ACCOUNTS, CREDENTIALS, PRINCIPALS, VPC_ENDPOINTS
from kmslab.custody import root_key
from kmslab.custody.root_key import Sealing
from kmslab.custody.software import SoftwareCustodian
from kmslab.model.keys import KeyMaterial, KmsKey
from kmslab.quota.granted import INCREASES
from kmslab.quota.leased import LEVELS
from kmslab.server.store_keys import StoreKeys
from kmslab.services.journal import IAM_CHANGES
from kmslab.store import copies, files, rows, schema, sqlite
from kmslab.store.database import Database
from kmslab.store.journal import StoredJournal
from kmslab.store.memory import MemoryStore
from kmslab.store.port import Batches, Change, Span, Store, StoreError, damaged
from kmslab.store.port import Sealing as AnySealing
from kmslab.store.records import (
    ALIASES,
    DUES,
    GRANTS,
    INSTANTS,
    KEYS,
    SHIFTS,
    TOKENS,
    TRAILS,
    USES,
    WORLDS,
)

SQLITE: Final = "sqlite:"
POSTGRESQL: Final = ("postgresql://", "postgres://")
KINDS: Final = (
    ACCOUNTS, ALIASES, CREDENTIALS, DUES, GRANTS, IAM_CHANGES, INCREASES, INSTANTS, KEYS, LEVELS,
    PRINCIPALS, SHIFTS, TOKENS, TRAILS, USES, VPC_ENDPOINTS, WORLDS,
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

    def append(self, *_: object, **__: object) -> int:
        """Refuse: nothing happens in such a store.

        Raises:
            StoreError: always.
        """
        raise StoreError("this store is only looked at; open it to change it")

    def batches(self, after: int = 0) -> Sequence[tuple[int, bytes]]:
        """Return the batches after this number, the newest last."""
        return [each for each in self.kept if each[0] > after]

    def between(self, span: Span) -> Iterator[bytes]:  # noqa: ARG002 - all of them were read already
        """Yield all batches, the newest first."""
        return (batch for _, batch in reversed(self.kept))


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
    environ = os.environ if environ is None else environ
    keys = StoreKeys(_beside(name), environ, SystemEntropy())
    if name.startswith(POSTGRESQL):
        from kmslab.store import postgres  # noqa: PLC0415 - an extra, and 0.1 s

        store = postgres.open_shared(name, KINDS, keys.unlock, _slates(environ))
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
    if not name.startswith(SQLITE) or name == SQLITE:
        raise UnknownStoreError(
            f"there is no store {name!r}: choose memory, sqlite:PATH"
            f" or {POSTGRESQL[0]}USER:PASSWORD@HOST/DATABASE"
        )
    return _file(name)


def shown(name: str) -> str:
    """Return a store's name without the password that may be in it."""
    head, at, rest = name.rpartition("@")
    return f"{POSTGRESQL[0]}{rest}" if at and head.startswith(POSTGRESQL) else name


def verify(name: str) -> Counter[str]:
    """Look at every page, record, journal batch and key material; return how many there are.

    Raises:
        StoreError: one of them is damaged, or the root key is not there.
    """
    keys = StoreKeys(_beside(name), os.environ)
    count: Counter[str] = Counter(schema=len(schema.MIGRATIONS))
    with _reading(name) as db:
        db.need_sound()
        sealing = rows.unlocked(db, keys.unlock)
        open_material: Callable[..., None] = SoftwareCustodian(
            root_key=keys.materials, entropy=SystemEntropy()
        ).check
        for change in rows.Reader(KINDS, sealing, db.place).records(db):
            count[change.kind.name] += 1
            if change.kind is KEYS:
                count["key material"] += _materials(db.place, change.record, open_material)
        count["journal batch"] += len(StoredJournal(db, sealing).batches())
    return count


def look(name: str) -> Store:
    """Take a store's records and its journal into memory as they are, also while it is served.

    Raises:
        StoreError: there is no such store, it is damaged, or the root key is not there.
    """
    return look_within(name).store


def look_within(name: str) -> Opened:
    """Do as `look`, with the key of the material.

    Raises:
        StoreError: there is no such store, it is damaged, or the root key is not there.
    """
    keys = StoreKeys(_beside(name), os.environ)
    seen = MemoryStore()
    with _reading(name) as db:
        sealing = rows.unlocked(db, keys.unlock)
        seen.commit(tuple(rows.Reader(KINDS, sealing, db.place).records(db)))
        seen.journal = _Kept(StoredJournal(db, sealing).batches())
    return Opened(seen, keys.materials)


@contextmanager
def journal(name: str) -> Iterator[Batches]:
    """Open the journal of a store to read what is wanted of it, also while it is served.

    Raises:
        StoreError: as `look`; or a batch that is read is damaged.
    """
    keys = StoreKeys(_beside(name), os.environ)
    with _reading(name) as db:
        yield StoredJournal(db, rows.unlocked(db, keys.unlock))


def backup(name: str, to: Path) -> None:
    """Copy a store into a file, as it is at one instant, also while it is served.

    Raises:
        StoreError: the store is damaged, or `to` is there already or cannot be written.
    """
    if not name.startswith(POSTGRESQL):
        files.backup(_file(name), to)
        return
    with _reading(name) as db, sqlite.becoming(to) as copy:
        copies.pour(db, copy)


def restore(copy: Path, name: str, *, lineage: str, replace: bool = False) -> None:
    """Make a store of the file that `backup` made, of whichever store that was.

    Raises:
        StoreError: the copy is damaged or none; or the store is open elsewhere, or there already
            and not to be replaced.
    """
    if not name.startswith(POSTGRESQL):
        files.restore(copy, _file(name), lineage=lineage, replace=replace)
        return
    with sqlite.reading(copy) as source:
        source.need_sound()
        with _alone(name, is_new=True) as db:
            copies.pour(source, db, lineage=lineage, replace=replace)


def rekey(name: str) -> str:
    """Seal a store under another root key, all of it or nothing; return where it is looked for now.

    The environment names the new one with ``_NEW`` after ``KMSLAB``; a file gets a new file beside it.

    Raises:
        StoreError: the store is open elsewhere or damaged, or one of the two keys is not there.
    """
    old = StoreKeys(_beside(name), os.environ)
    environ = root_key.next_environment(os.environ)
    new = StoreKeys(_beside(name), environ, SystemEntropy())
    with _alone(name) as db:
        sealing = rows.unlocked(db, old.unlock)
        origin, fresh = new.renew()
        renewed = partial(_renewed, _sealing(old.materials), _sealing(new.materials))
        copies.reseal(db, KINDS, old=sealing, new=fresh, origin=origin, renewed=renewed)
    return new.place


def _renewed(old: AnySealing, new: AnySealing, change: Change) -> Change:
    """Seal the materials of a key anew."""
    key = change.record
    if not isinstance(key, KmsKey):
        return change

    def resealed(material: KeyMaterial) -> KeyMaterial:
        if not material.is_present:
            return material
        bound = material.material_id.encode()
        sealed = new.seal(old.open(material.sealed, bound), bound)
        return msgspec.structs.replace(material, sealed=sealed)

    pending = key.pending and resealed(key.pending)
    materials = tuple(map(resealed, key.materials))
    record = msgspec.structs.replace(key, materials=materials, pending=pending)
    return msgspec.structs.replace(change, record=record)


def _sealing(key: bytes) -> AnySealing:
    return Sealing(key, SystemEntropy())


def _reading(name: str) -> AbstractContextManager[Database]:
    if name.startswith(POSTGRESQL):
        from kmslab.store import postgres  # noqa: PLC0415 - an extra, and 0.1 s

        return postgres.reading(name)
    return sqlite.reading(_file(name))


def _alone(name: str, *, is_new: bool = False) -> AbstractContextManager[Database]:
    if name.startswith(POSTGRESQL):
        from kmslab.store import postgres  # noqa: PLC0415 - an extra, and 0.1 s

        return postgres.alone(name, is_new=is_new, slates=None if is_new else _slates(os.environ))
    return sqlite.alone(_file(name))


def _slates(environ: Mapping[str, str]) -> Path:
    """Return the folder on this machine for slates of stores that are elsewhere (XDG Base Directory)."""
    state = environ.get("XDG_STATE_HOME") or Path(environ.get("HOME", "/"), ".local", "state")
    return Path(state, "kmslab")


def _file(name: str) -> Path:
    return Path(name.removeprefix(SQLITE))


def _beside(name: str) -> Path | None:
    return None if name.startswith(POSTGRESQL) else _file(name)


def _materials(place: str, key: object, open_material: Callable[..., None]) -> int:
    materials = [each for each in getattr(key, "associated", ()) if each.is_present]
    for material in materials:
        try:
            open_material(key, material)
        except ValueError:
            named = f"key material {material.material_id}"
            raise damaged(place, f"the {named} does not open") from None
    return len(materials)
