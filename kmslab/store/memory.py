"""The store that lives and dies with its process.

Dictionaries for reading by key, sorted lists for pages; refuses to know what a record means.
"""

from bisect import bisect_right, insort
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final, cast

import msgspec

from kmslab.store.port import Change, Journal, Kind, R, Slate

Address = tuple[str, str, str]  # kind, partition, sort
Listing = tuple[str, str | None, str]  # kind, index, value

ALONE: Final = nullcontext()  # what `writing` is where nobody else writes


class MemoryStore:
    """A store without durability; every commit is one step of the interpreter's one writer."""

    def __init__(self) -> None:
        self.generation = 0
        self.life = ""
        self.journal: Journal | None = None
        self.slate: Slate | None = None
        self._records: dict[Address, msgspec.Struct] = {}
        self._listings: dict[Listing, list[tuple[str, str]]] = {}

    def get(self, kind: Kind[R], partition: str, sort: str) -> R | None:
        """Return the record at this address, or None."""
        return cast("R | None", self._records.get((kind.name, partition, sort)))

    def page(
        self, kind: Kind[R], partition: str, *, after: str, limit: int, index: str | None = None
    ) -> Sequence[R]:
        """Return up to `limit` records whose sort key comes after `after`, in its order."""
        listing = self._listings.get((kind.name, index, partition), [])
        start = bisect_right(listing, (after, "\U0010ffff"))
        return [
            cast("R", self._records[kind.name, home, sort])
            for sort, home in listing[start : start + limit]
        ]

    def count(self, kind: Kind[Any], partition: str) -> int:
        """Return how many records a partition has."""
        return len(self._listings.get((kind.name, None, partition), ()))

    def refresh(self) -> None:
        """Do nothing: nobody else changes it."""

    def writing(self) -> AbstractContextManager[None]:
        """Do nothing: nobody else writes."""
        return ALONE

    def commit(self, changes: Sequence[Change]) -> None:
        """Apply all changes; nothing in here can fail half-way."""
        for change in changes:
            self._remove(change)
            if change.record is not None:
                self._add(change, change.record)
        self.generation += 1

    def close(self) -> None:
        """Nothing to give back."""

    def _remove(self, change: Change) -> None:
        old = self._records.pop((change.kind.name, change.partition, change.sort), None)
        if old is None:
            return
        entry = (change.sort, change.partition)
        for listing in self._listings_of(change.kind, change.partition, old):
            entries = self._listings[listing]
            del entries[bisect_right(entries, entry) - 1]

    def _add(self, change: Change, record: msgspec.Struct) -> None:
        self._records[change.kind.name, change.partition, change.sort] = record
        for listing in self._listings_of(change.kind, change.partition, record):
            insort(self._listings.setdefault(listing, []), (change.sort, change.partition))

    def _listings_of(
        self, kind: Kind[msgspec.Struct], partition: str, record: msgspec.Struct
    ) -> list[Listing]:
        indexed = [
            (kind.name, name, value)
            for name, value_of in kind.indexes.items()
            if (value := value_of(record)) is not None
        ]
        return [(kind.name, None, partition), *indexed]
