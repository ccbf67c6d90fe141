"""The end of a key: ScheduleKeyDeletion, CancelKeyDeletion, and what deletion takes along."""

from datetime import timedelta
from typing import Final

from kmslab.audit.event import Notice
from kmslab.model import messages
from kmslab.model.errors import ValidationException
from kmslab.model.keys import KmsKey
from kmslab.operations.call import Call
from kmslab.spec.shapes import (
    CancelKeyDeletionRequest,
    CancelKeyDeletionResponse,
    ScheduleKeyDeletionRequest,
    ScheduleKeyDeletionResponse,
)
from kmslab.store.records import ALIASES, GRANTS, KEYS, TOKENS, GrantToken, scope
from kmslab.store.transaction import Transaction

SHORTEST_WINDOW: Final = 7  # days
DEFAULT_WINDOW: Final = 30  # days; also the longest
EVERYTHING: Final = 1_000_000


def schedule_key_deletion(
    call: Call, req: ScheduleKeyDeletionRequest
) -> ScheduleKeyDeletionResponse:
    """Let a key wait 7 to 30 days for its destruction; it cannot be used meanwhile."""
    days = req.PendingWindowInDays or DEFAULT_WINDOW
    if not SHORTEST_WINDOW <= days <= DEFAULT_WINDOW:
        raise ValidationException(messages.PENDING_WINDOW.format(SHORTEST_WINDOW, DEFAULT_WINDOW))
    date = call.now + timedelta(days=days).total_seconds()
    call.tx.put(KEYS, call.key.with_(state="PendingDeletion", deletion_date=date))
    return ScheduleKeyDeletionResponse(
        KeyId=call.key.arn,
        DeletionDate=date,
        KeyState="PendingDeletion",
        PendingWindowInDays=days,
    )


def cancel_key_deletion(call: Call, _: CancelKeyDeletionRequest) -> CancelKeyDeletionResponse:
    """Take a key back; it is disabled then, whatever it was before, unless it lacks material."""
    state = "Disabled" if call.key.is_whole else "PendingImport"
    call.tx.put(KEYS, call.key.with_(state=state, deletion_date=None))
    return CancelKeyDeletionResponse(KeyId=call.key.arn)


def destroy(tx: Transaction, key: KmsKey) -> Notice:
    """Delete a key whose time has come, with its material, aliases and grants."""
    here = scope(key.account, key.region)
    target = f"{here}/{key.key_id}"
    for alias in tx.page(ALIASES, target, limit=EVERYTHING, index="target"):
        tx.delete(ALIASES, alias)
    for grant in tx.page(GRANTS, key.arn, limit=EVERYTHING):
        tx.delete(GRANTS, grant)
        for token in grant.tokens:
            tx.delete(TOKENS, GrantToken(token, grant.key_arn, grant.grant_id))
    tx.delete(KEYS, key)
    return Notice("DeleteKey", key.account, key.region, key.arn, {})
