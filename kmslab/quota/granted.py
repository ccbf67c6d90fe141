"""Increases that Service Quotas granted: they last, and they apply from the next request on.

Refuses to know who may ask for one.
"""

from typing import Protocol

import msgspec

from kmslab.store.port import Kind, Store
from kmslab.store.records import scope

MANY = 10_000  # increases of one account and Region that are looked at


class Increase(msgspec.Struct, frozen=True):
    """One increase: the new value of the quota with this code, since an instant (Unix seconds)."""

    request_id: str
    account: str
    region: str
    code: str
    value: float
    at: float
    requester: str  # the ARN of who asked


INCREASES = Kind(
    "quota increase",
    Increase,
    partition=lambda increase: scope(increase.account, increase.region),
    sort=lambda increase: f"{increase.at:017.3f} {increase.request_id}",
)


class Granted(Protocol):
    """What is asked for increases; `generation` differs when there may be new ones."""

    @property
    def generation(self) -> int:
        """A number that changes with every increase."""
        ...

    def value(self, account: str, region: str, code: str) -> float | None:
        """Return the value that applies instead of the default, or None."""
        ...


class Increases:
    """The increases that a store holds."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def generation(self) -> int:
        """The store's: any change of it may be an increase."""
        return self._store.generation

    def value(self, account: str, region: str, code: str) -> float | None:
        """Return the value of the newest increase of a quota, or None."""
        found = [each.value for each in self.of(account, region) if code and each.code == code]
        return found[-1] if found else None

    def of(self, account: str, region: str) -> list[Increase]:
        """Return the increases of an account in a Region, the newest last."""
        return list(self._store.page(INCREASES, scope(account, region), after="", limit=MANY))


class NoIncreases:
    """Where quotas stay as they are."""

    generation = 0

    def value(self, account: str, region: str, code: str) -> None:
        """There is none."""
        del account, region, code
