"""The record of the last use of each key.

A use is noted in memory, which costs its call next to nothing, and written to the store at the
first request an hour after, or when the world is closed. Answers are exact while one process has the
world. One that is killed may forget an hour of uses, and others that share the world see them as
late: the delay that the Developer Guide speaks of ("Determine past usage of a KMS key").
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from math import inf
from typing import Final

from kmslab.model.keys import KmsKey
from kmslab.operations.names import Target
from kmslab.store.port import Store, StoreError
from kmslab.store.records import KEYS, USES, LastUse, scope
from kmslab.store.transaction import Transaction

DAY: Final = timedelta(days=1).total_seconds()
UNWRITTEN_FOR: Final = timedelta(hours=1).total_seconds()

LOG = logging.getLogger(__name__)


Noted = tuple[Target, str, float, str]  # what was used, by which operation, when, which request


class Uses:
    """When each key was last used, and by which request."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._unwritten: dict[str, Noted] = {}
        self.due = inf  # when `write` is to be called (Unix seconds)

    def note(
        self,
        operation: str,
        targets: Sequence[Target],
        request_id: str,
        now: float,
    ) -> None:
        """Note that an operation has used the keys of its targets."""
        if not self._unwritten:
            self.due = now + UNWRITTEN_FOR
        for target in targets:
            self._unwritten[target.resource.arn] = (target, operation, now, request_id)

    def last(self, key: KmsKey) -> LastUse | None:
        """Return the last use of a key; one of an earlier key of the same ARN is none of its."""
        noted = self._unwritten.get(key.arn)
        found = self._written(key) if noted is None else _use(key, *noted[1:])
        return found if found is not None and found.at >= key.created else None

    def idle_days(self, key: KmsKey, now: float) -> int:
        """Return the whole days since the last use of a key, or since it was made.

        Developer Guide, "kms:TrailingDaysWithoutKeyUsage".
        """
        use = self.last(key)
        return int((now - (key.created if use is None else use.at)) // DAY)

    def write(self, now: float) -> None:
        """Write down what was noted of keys that are still there.

        What cannot be written now is kept, and tried again an hour later.
        """
        try:
            with self._store.writing():
                self._written_down().commit()
        except StoreError as error:
            LOG.error("the last uses of keys cannot be written: %s", error)  # noqa: TRY400 - one line
            self.due = now + UNWRITTEN_FOR
            return
        self._unwritten.clear()
        self.due = inf

    def _written_down(self) -> Transaction:
        """Put what was noted into a transaction, but for uses that another process saw later ones of."""
        tx = Transaction(self._store)
        for target, operation, at, request_id in self._unwritten.values():
            key = target.key and _as_it_is(tx, target.key)
            if key is None or key.created > at:
                continue
            known = self._written(key)
            if known is None or known.at <= at:
                tx.put(USES, _use(key, operation, at, request_id))
        return tx

    def _written(self, key: KmsKey) -> LastUse | None:
        return self._store.get(USES, scope(key.account, key.region), key.key_id)


def _as_it_is(tx: Transaction, key: KmsKey) -> KmsKey | None:
    return tx.get(KEYS, scope(key.account, key.region), key.key_id)


def _use(key: KmsKey, operation: str, at: float, request_id: str) -> LastUse:
    return LastUse(key.account, key.region, key.key_id, operation, at, request_id)
