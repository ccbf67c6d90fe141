"""The port to durable state: records of a few kinds, read by key or by page, written together.

A kind names a record type and says how a record is addressed. A store knows nothing of KMS, and
an operation knows nothing of stores: it sees a `Transaction`.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Generic, Protocol, TypeVar

import msgspec

R = TypeVar("R", bound=msgspec.Struct)


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


class Store(Protocol):
    """What every store can do. Pages come in order of the sort key.

    `generation` differs after each commit, whoever made it, so that a cache can tell that it is
    stale by comparing one number.
    """

    @property
    def generation(self) -> int:
        """A number that changes with every commit."""
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

    def commit(self, changes: Sequence[Change]) -> None:
        """Make all changes durable, or none; on return they are seen by every reader."""
        ...

    def close(self) -> None:
        """Give back what the store holds of the machine."""
        ...
