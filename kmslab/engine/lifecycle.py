"""What happens by itself when time passes: deletion, automatic rotation, expiry of material.

Everything that has become due happens before the next request, in the order of its instants, each
with its event. Refuses to know requests.
"""

from math import inf

from kmslab.ambient import ids
from kmslab.ambient.entropy import Entropy
from kmslab.audit.event import Notice, internal
from kmslab.audit.trail import Trail
from kmslab.custody.port import Custodian
from kmslab.model.keys import KmsKey
from kmslab.operations import deletion, imports, rotation
from kmslab.store.port import Store
from kmslab.store.records import ALL_DUES, DUES, KEYS, Due, scope
from kmslab.store.transaction import Transaction


class Lifecycle:
    """Lets due things happen."""

    def __init__(self, store: Store, custody: Custodian, *, trail: Trail, entropy: Entropy) -> None:
        self._store = store
        self._custody = custody
        self._trail = trail
        self._entropy = entropy
        self._generation = -1
        self._next = inf

    def settle(self, now: float) -> None:
        """Do all that has become due by now."""
        if self._store.generation != self._generation:
            self._look_ahead()
        while self._next <= now:
            self._do_first()
            self._look_ahead()

    def _look_ahead(self) -> None:
        first = self._store.page(DUES, ALL_DUES, after="", limit=1)
        self._next = first[0].at if first else inf
        self._generation = self._store.generation

    def _do_first(self) -> None:
        due = self._store.page(DUES, ALL_DUES, after="", limit=1)[0]
        tx = Transaction(self._store)
        key = tx.get(KEYS, scope(due.account, due.region), due.key_id)
        tx.delete(DUES, due)
        notices = [] if key is None else self._happen(tx, key, due.at)
        tx.commit()
        for notice in notices:
            self.record(notice, due.at)

    def record(self, notice: Notice, now: float) -> None:
        """Put what happened by itself on the trail."""
        self._trail.record(internal(notice, request_id=ids.uuid(self._entropy), now=now))

    def _happen(self, tx: Transaction, key: KmsKey, at: float) -> list[Notice]:
        plan = key.rotation
        after, notices = imports.expire(self._custody, key, at)
        if not notices:
            if key.state == "PendingDeletion" or plan is None:
                return [deletion.destroy(tx, key)]
            after = rotation.rotate_on_schedule(self._custody, key, plan)
            notices = [rotation.notice(key, after)]
        tx.put(KEYS, after)
        if after.due is not None:
            tx.put(DUES, _due(after, after.due))
        return notices


def keep_due(tx: Transaction, before: KmsKey, after: KmsKey | None) -> None:
    """Write down when something will happen to a key that has changed."""
    old, new = before.due, None if after is None else after.due
    if old == new:
        return
    if old is not None:
        tx.delete(DUES, _due(before, old))
    if new is not None:
        tx.put(DUES, _due(before, new))


def _due(key: KmsKey, at: float) -> Due:
    return Due(at, key.account, key.region, key.key_id)
