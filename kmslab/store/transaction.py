"""One request's view of the store: it reads its own writes, and writes all of them or none."""

from collections.abc import Iterator, Sequence

import msgspec

from kmslab.store.port import Change, Kind, R, Store

Address = tuple[str, str, str]


class Transaction(msgspec.Struct, gc=False):
    """Collects changes until `commit`, or until who commits them with something else; failed requests never do."""

    store: Store
    changes: dict[Address, Change] = {}

    def get(self, kind: Kind[R], partition: str, sort: str) -> R | None:
        """Return a record as this transaction sees it, or None."""
        if self.changes:
            change = self.changes.get((kind.name, partition, sort))
            if change is not None:
                return change.record  # type: ignore[return-value]  # written as an R by put
        return self.store.get(kind, partition, sort)

    def page(
        self,
        kind: Kind[R],
        partition: str,
        *,
        after: str = "",
        limit: int,
        index: str | None = None,
    ) -> Sequence[R]:
        """Return a page of what was there when the transaction began."""
        return self.store.page(kind, partition, after=after, limit=limit, index=index)

    def count(self, kind: Kind[R], partition: str) -> int:
        """Return how many records there were when the transaction began."""
        return self.store.count(kind, partition)

    def put(self, kind: Kind[R], record: R) -> None:
        """Keep a record at its address, new or in place of the old one."""
        self._change(kind, kind.partition(record), kind.sort(record), record)

    def delete(self, kind: Kind[R], record: R) -> None:
        """Forget a record."""
        self._change(kind, kind.partition(record), kind.sort(record), None)

    def changed(self, kind: Kind[R]) -> Iterator[tuple[R | None, R | None]]:
        """Yield each record of a kind that will change: as it was, and as it will be."""
        for change in tuple(self.changes.values()):
            if change.kind is kind:
                before = self.store.get(kind, change.partition, change.sort)
                yield before, change.record  # type: ignore[misc]  # written as an R by put

    def commit(self) -> None:
        """Make the changes durable; without changes the store is not touched."""
        if self.changes:
            self.store.commit(tuple(self.changes.values()))
            self.changes.clear()

    def _change(self, kind: Kind[R], partition: str, sort: str, record: R | None) -> None:
        address = (kind.name, partition, sort)
        self.changes[address] = Change(kind, partition, sort, as_struct(record))


def as_struct(record: msgspec.Struct | None) -> msgspec.Struct | None:
    """Widen a record's type to what a change holds."""
    return record
