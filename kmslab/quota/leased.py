"""The levels of buckets that several machines draw on: records of the store that they share.

A process takes what a bucket admits in a tenth of a second at once, and hands it out by itself, so
few requests wait for the store. No request is admitted that no level was raised for: whatever time
passes, at most one lease of each process comes on top of the rule, and none is lost.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from kmslab.quota.levels import Address, Limit
from kmslab.store.port import Kind, Store
from kmslab.store.transaction import Transaction

LEASE_SECONDS: Final = 0.1
SET_BACK_SECONDS: Final = 120  # a level that is so far ahead is of a clock that was set back


class SharedLevel(msgspec.Struct, frozen=True):
    """A level, in seconds since the instant (Unix seconds) at which its bucket began."""

    account: str
    region: str
    bucket: str
    begun: float
    due: float = 0.0


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
        self._leases: dict[Address, _Lease] = {}

    def find(self, address: Address, now: float) -> "_Lease":
        """Return the level of a bucket; one that nobody has drawn on is at nought."""
        del now
        return self._leases.setdefault(address, _Lease(self._store, address))

    def take_all(self, drawn: Sequence[tuple[Address, Limit]], now: float) -> bool:
        """Hand out one request of each lease; or return False, or raise, and each has what it had."""
        taken: list[_Lease] = []
        try:
            for address, limit in drawn:
                lease = self.find(address, now)
                if not lease.take(limit, now):
                    return False
                taken.append(lease)
            taken.clear()
            return True
        finally:
            for lease in taken:
                lease.give_back()


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

    def give_back(self) -> None:
        """Have handed out one less."""
        self._left += 1

    def _draw(self, limit: Limit, now: float) -> None:
        """Take a lease; where there is less than one, take that, and wait until there is one."""
        lease = max(1, int(LEASE_SECONDS / limit.interval))
        with self._store.writing():
            level = self._level(now)
            elapsed = now - level.begun
            most = (
                elapsed + limit.interval + limit.tolerance
            )  # more is of a clock that was set back
            due = min(max(level.due, elapsed), most)
            drawn = min(limit.admitted(due - elapsed), lease)
            if drawn < lease:
                wait = due - elapsed - limit.tolerance + (lease - 1) * limit.interval
                self._empty_until = now + wait
            if drawn:
                transaction = Transaction(self._store)
                raised = msgspec.structs.replace(level, due=due + drawn * limit.interval)
                transaction.put(LEVELS, raised)
                transaction.commit()
            self._left = drawn

    def _level(self, now: float) -> SharedLevel:
        account, region, bucket = self._address
        found = self._store.get(LEVELS, f"{account} {region}", bucket)
        if found is None or found.begun + found.due > now + SET_BACK_SECONDS:
            return SharedLevel(account, region, bucket, begun=now)
        return found
