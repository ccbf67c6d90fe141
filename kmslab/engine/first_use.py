"""The first use of an AWS managed key: a read that writes, in a turn of its own.

Refuses to know what such a key is; `kmslab.operations.managed_keys` does.
"""

from typing import NoReturn

from kmslab.ambient.clock import Clock
from kmslab.custody.port import Custodian
from kmslab.engine.lifecycle import keep_dues
from kmslab.model.keys import KmsKey
from kmslab.model.managed_keys import ManagedKey
from kmslab.operations.managed_keys import begin
from kmslab.store.transaction import Transaction


class TurnNeeded(Exception):
    """A request that was taken for a read makes a key: it begins again while nobody else writes."""


class FirstUses:
    """Makes the keys that services need."""

    def __init__(self, custody: Custodian, clock: Clock) -> None:
        self._custody = custody
        self._clock = clock

    def make(self, tx: Transaction, row: ManagedKey, account: str, region: str) -> KmsKey:
        """Make a key with its alias, and write down when it rotates."""
        key = begin(tx, self._custody, row, account, region, self._clock.now())
        keep_dues(tx)
        return key


def need_turn(*_: object) -> NoReturn:
    """Make no key while others may write.

    Raises:
        TurnNeeded: always.
    """
    raise TurnNeeded
