"""The levels of buckets that several machines draw on: records of the store that they share.

A process takes what a bucket admits in a tenth of a second at once, and hands it out by itself, so
few requests wait for the store. No request is admitted that no level was raised for: whatever time
passes, at most one lease of each process comes on top of the rule, and none is lost.
"""

from typing import Final

import msgspec

from kmslab.quota.levels import ROUNDING, Address, Level, Limit
from kmslab.store.port import Kind, Store
from kmslab.store.transaction import Transaction

LEASE_SECONDS: Final = 0.1


class SharedLevel(msgspec.Struct, frozen=True):
    """A level: the instant (Unix seconds) at which all that was taken has dripped out."""

    account: str
    region: str
    bucket: str
    due: float


LEVELS: Final = Kind(
    "quota level",
    SharedLevel,
    partition=lambda level: f"{level.account} {level.region}",
    sort=lambda level: level.bucket,
)


class LeasedLevels:
    """Levels in a store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._leases: dict[Address, Level] = {}

    def find(self, address: Address, now: float) -> Level:
        """Return the level of a bucket; one that nobody has drawn on is at nought."""
        del now
        return self._leases.setdefault(address, _Lease(self._store, address))


class _Lease:
    """What this process may hand out of one bucket."""

    __slots__ = ("_address", "_empty_until", "_left", "_store")

    def __init__(self, store: Store, address: Address) -> None:
        self._store = store
        self._address = address
        self._left = 0
        self._empty_until = 0.0

    def take(self, limit: Limit, now: float) -> bool:
        if not self._left and now >= self._empty_until:
            self._draw(limit, now)
        if not self._left:
            return False
        self._left -= 1
        return True

    def _draw(self, limit: Limit, now: float) -> None:
        """Take a lease, or learn when there is something to take."""
        account, region, bucket = self._address
        with self._store.writing():
            found = self._store.get(LEVELS, f"{account} {region}", bucket)
            due = now if found is None else max(found.due, now)
            due = min(due, now + limit.interval + limit.tolerance)  # of a clock that was set back
            self._left = min(limit.admitted(due - now), max(1, int(LEASE_SECONDS / limit.interval)))
            if not self._left:
                self._empty_until = due - limit.tolerance - ROUNDING
                return
            transaction = Transaction(self._store)
            raised = due + self._left * limit.interval
            transaction.put(LEVELS, SharedLevel(account, region, bucket, raised))
            transaction.commit()
