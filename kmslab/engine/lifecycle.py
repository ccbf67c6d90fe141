"""What happens by itself when time passes: deletion, rotation, expiry of material, ends of brief states.

Everything that has become due happens before the next request, in the order of its instants, each
with its event. Refuses to know requests.
"""

from math import inf

from kmslab.ambient import ids
from kmslab.ambient.entropy import Entropy
from kmslab.audit.event import Consequence, Event, Notice, consequent, internal
from kmslab.audit.trail import Trail
from kmslab.custody.port import Custodian
from kmslab.model.keys import TRANSIENT, KmsKey
from kmslab.operations import deletion, imports, rotation
from kmslab.operations.related import synchronise
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
        if self._next > now:
            return
        with self._store.writing():
            self._look_ahead()  # another process may have been first
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
        notices = []
        if key is None or key.due != due.at:
            tx.delete(DUES, due)
        else:
            notices = self._happen(tx, key, due.at)
        keep_dues(tx)
        self._trail.commit(tx, [self.event(notice, due.at) for notice in notices])

    def event(self, notice: Notice | Consequence, now: float) -> Event:
        """Return the event of what happens by itself, or elsewhere."""
        request_id = ids.uuid(self._entropy)
        if isinstance(notice, Notice):
            return internal(notice, request_id=request_id, now=now)
        return consequent(notice, request_id=request_id, now=now)

    def _happen(self, tx: Transaction, key: KmsKey, at: float) -> list[Notice]:
        after, notices = imports.expire(self._custody, key, at)
        if notices:
            tx.put(KEYS, after)
            return notices
        if key.state == "PendingDeletion":
            return [deletion.destroy(tx, key, at)]
        if key.state in TRANSIENT:
            tx.put(KEYS, key.settled())
            return []
        rotated = rotation.rotate_on_schedule(self._custody, key)
        return [rotation.notice(key, rotated), *synchronise(tx, rotated)]


def keep_dues(tx: Transaction) -> None:
    """Write down when something will happen to each key that changes."""
    for before, after in tx.changed(KEYS):
        old, new = _due(before), _due(after)
        if old == new:
            continue
        if old is not None:
            tx.delete(DUES, old)
        if new is not None:
            tx.put(DUES, new)


def _due(key: KmsKey | None) -> Due | None:
    if key is None or key.due is None:
        return None
    return Due(key.due, key.account, key.region, key.key_id)
