"""The port to durable state: records of a few kinds, read by key or by page, written together.

A kind names a record type and says how a record is addressed. A store knows nothing of KMS, and
an operation knows nothing of stores: it sees a `Transaction`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from types import MappingProxyType
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import msgspec

R = TypeVar("R", bound=msgspec.Struct)


class StoreError(ValueError):
    """A store that cannot be used; the message names it, and says why and what would help."""


class StoreFullError(StoreError):
    """A store that can be read, and that no more can be written to."""


def damaged(place: object, reason: str) -> StoreError:
    """Say that a store cannot be what it should be."""
    return StoreError(
        f"{place}: no kmslab store, or a damaged one ({reason}); bring back a copy of it with"
        " kmslab store restore"
    )


class Kind(Generic[R]):
    """A record type and its address: a partition, and a sort key unique within it.

    `indexes` name further partitions in which a record can be listed; an index function that
    answers None leaves the record out.
    """

    def __init__(
        self,
        name: str,
        record: type[R],
        *,
        partition: Callable[[R], str],
        sort: Callable[[R], str],
        indexes: Mapping[str, Callable[[R], str | None]] = MappingProxyType({}),
    ) -> None:
        self.name = name
        self.record = record
        self.partition = partition
        self.sort = sort
        self.indexes = indexes

    def __repr__(self) -> str:
        return f"Kind({self.name!r})"


class Change(msgspec.Struct, frozen=True):
    """One write: a record to keep, or (record is None) an address to forget."""

    kind: Kind[Any]
    partition: str
    sort: str
    record: msgspec.Struct | None


class Sealing(Protocol):
    """Hides bytes from whoever reads a store's files, and notices whoever changes them."""

    def seal(self, plain: bytes, associated: bytes) -> bytes:
        """Return the bytes sealed, bound to the associated bytes."""
        ...

    def open(self, sealed: bytes, associated: bytes) -> bytes:
        """Return what was sealed.

        Raises:
            ValueError: sealed under another key, or one byte of either is not what it was.
        """
        ...


class Span(NamedTuple):
    """From one instant to another (Unix seconds); both belong to it."""

    since: float
    until: float


class Batches(Protocol):
    """Batches of entries beside the records, in order; old ones are forgotten.

    Entries are counted from 1, whichever process adds them; a batch has the number of its last one.
    """

    def batches(self, after: int = 0) -> Sequence[tuple[int, bytes]]:
        """Return the batches whose number is greater than `after`, each with it, the newest last.

        Raises:
            StoreError: they cannot be read now, or one does not open.
        """
        ...

    def between(self, span: Span) -> Iterator[bytes]:
        """Yield the batches that may have entries of these instants, the newest first.

        Those of no known time come last. Each is read when it is reached, the others not at all.

        Raises:
            StoreError: as `batches`.
        """
        ...


class Journal(Batches, Protocol):
    """Batches that more are added to."""

    def append(
        self,
        batch: bytes,
        count: int,
        *,
        keep: int,
        span: Span | None = None,
        changes: Sequence[Change] = (),
    ) -> int:
        """Add a batch of `count` entries, and keep (about) the `keep` newest; return its number.

        Its entries are of instants within `span`; where none is told, of any. The changes that they
        tell of are committed with it.

        Raises:
            StoreError: it cannot be written now; nothing was added or changed, unless what serves the
                store went away before it could say so.
        """
        ...


class Slate(Protocol):
    """Notes of what is not in the journal yet, for who opens the store after this process was killed."""

    @property
    def left(self) -> Sequence[Sequence[bytes]]:
        """What each process that is gone has noted and not wiped, in order."""
        ...

    def forget_left(self) -> None:
        """Forget what they have left."""
        ...

    def note(self, plain: bytes) -> bool:
        """Note something, and say so; where there is no room, nothing more until all is wiped."""
        ...

    def wipe(self) -> None:
        """Forget the notes of this process."""
        ...

    def close(self) -> None:
        """Give back what it holds of the machine; notes stay."""
        ...


class Store(Protocol):
    """What every store can do. Pages come in order of the sort key.

    `generation` differs after each commit, whoever made it, so that a cache can tell that it is
    stale by comparing one number. `life` differs each time that the same state is taken up again,
    so that seeded randomness never repeats; in the first life it is empty. `journal` is None where
    nothing outlives the process, `slate` where that is no file of this machine.

    Where several processes share a store, each sees what it has seen until it calls `refresh`, and
    what is decided on the newest state is decided inside `writing`. Elsewhere both do nothing.
    """

    @property
    def generation(self) -> int:
        """A number that changes with every commit."""
        ...

    @property
    def life(self) -> str:
        """A text for this life of the state; empty for its first."""
        ...

    @property
    def journal(self) -> Journal | None:
        """Where the trail lasts, if anything does."""
        ...

    @property
    def slate(self) -> Slate | None:
        """Where what is to come into the journal outlives the process, if anything does."""
        ...

    def get(self, kind: Kind[R], partition: str, sort: str) -> R | None:
        """Return the record at this address, or None."""
        ...

    def page(
        self, kind: Kind[R], partition: str, *, after: str, limit: int, index: str | None = None
    ) -> Sequence[R]:
        """Return up to `limit` records of a partition whose sort key comes after `after`.

        With `index`, `partition` is a value of that index.
        """
        ...

    def count(self, kind: Kind[Any], partition: str) -> int:
        """Return how many records of a kind a partition has."""
        ...

    def refresh(self) -> None:
        """See what other processes have been acknowledged until now; cheap where that is nothing.

        Raises:
            StoreError: it cannot be read now.
        """
        ...

    def writing(self) -> AbstractContextManager[None]:
        """Refresh, and let no other process write until the end; may stand inside another one.

        Raises:
            StoreError: the turn to write cannot be had now, or the newest state not be read.
        """
        ...

    def commit(self, changes: Sequence[Change]) -> None:
        """Make all changes durable, or none; on return they are seen by every reader.

        Raises:
            StoreError: nothing was changed, because the place cannot be written now.
        """
        ...

    def close(self) -> None:
        """Give back what the store holds of the machine."""
        ...
