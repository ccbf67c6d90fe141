"""The end of a key: ScheduleKeyDeletion, CancelKeyDeletion, and what deletion takes along."""

from datetime import timedelta
from typing import Final

from kmslab.audit.event import Notice
from kmslab.model import messages
from kmslab.model.errors import ValidationException
from kmslab.model.keys import KmsKey
from kmslab.operations.call import Call
from kmslab.operations.related import family, replicas
from kmslab.spec.shapes import (
    CancelKeyDeletionRequest,
    CancelKeyDeletionResponse,
    ScheduleKeyDeletionRequest,
    ScheduleKeyDeletionResponse,
)
from kmslab.store.records import ALIASES, GRANTS, KEYS, TOKENS, USES, GrantToken, scope
from kmslab.store.transaction import Transaction

SHORTEST_WINDOW: Final = 7  # days
DEFAULT_WINDOW: Final = 30  # days; also the longest
EVERYTHING: Final = 1_000_000
NO_DELETION: Final = {"deletion_date": None, "waiting_days": None}


def schedule_key_deletion(
    call: Call, req: ScheduleKeyDeletionRequest
) -> ScheduleKeyDeletionResponse:
    """Let a key wait 7 to 30 days for its destruction; it cannot be used meanwhile.

    A primary key waits for the end of its replicas first ("Deleting multi-Region keys").
    """
    days = req.PendingWindowInDays or DEFAULT_WINDOW
    if not SHORTEST_WINDOW <= days <= DEFAULT_WINDOW:
        raise ValidationException(messages.PENDING_WINDOW.format(SHORTEST_WINDOW, DEFAULT_WINDOW))
    if replicas(call.tx, call.key):
        ending = call.key.with_(state="PendingReplicaDeletion", waiting_days=days)
    else:
        ending = _waiting(call.key, days, call.now)
    call.tx.put(KEYS, ending)
    return ScheduleKeyDeletionResponse(
        KeyId=ending.arn,
        DeletionDate=ending.deletion_date,
        KeyState=ending.state,
        PendingWindowInDays=days,
    )


def cancel_key_deletion(call: Call, _: CancelKeyDeletionRequest) -> CancelKeyDeletionResponse:
    """Take a key back; it is disabled then, whatever it was before, unless it lacks material."""
    state = "Disabled" if call.key.is_whole else "PendingImport"
    call.tx.put(KEYS, call.key.with_(state=state, **NO_DELETION))
    return CancelKeyDeletionResponse(KeyId=call.key.arn)


def destroy(tx: Transaction, key: KmsKey, now: float) -> Notice:
    """Delete a key whose time has come, with its material, aliases and grants."""
    here = scope(key.account, key.region)
    target = f"{here}/{key.key_id}"
    for alias in tx.page(ALIASES, target, limit=EVERYTHING, index="target"):
        tx.delete(ALIASES, alias)
    for grant in tx.page(GRANTS, key.arn, limit=EVERYTHING):
        tx.delete(GRANTS, grant)
        for token in grant.tokens:
            tx.delete(TOKENS, GrantToken(token, grant.key_arn, grant.grant_id))
    use = tx.get(USES, here, key.key_id)
    if use is not None:
        tx.delete(USES, use)
    tx.delete(KEYS, key)
    _release_primary(tx, key, now)
    return Notice("DeleteKey", key.account, key.region, key.arn, {})


def _release_primary(tx: Transaction, gone: KmsKey, now: float) -> None:
    """Begin the waiting period of a primary key when the last of its replicas has gone."""
    if gone.multi_region_type != "REPLICA":
        return
    left = [each for each in family(tx, gone) if each.region != gone.region]
    for each in left if len(left) == 1 else ():
        if each.waiting_days is not None:
            tx.put(KEYS, _waiting(each, each.waiting_days, now))


def _waiting(key: KmsKey, days: int, now: float) -> KmsKey:
    date = now + timedelta(days=days).total_seconds()
    return key.with_(state="PendingDeletion", deletion_date=date, waiting_days=None)
