"""Resource quotas at the operations: whether there is room for one more."""

from typing import Final

from kmslab.model import messages
from kmslab.model.errors import LimitExceededException
from kmslab.operations import managed_keys
from kmslab.operations.call import Call
from kmslab.store.records import KEYS, scope

COUNTED: Final = {  # by the names of the table
    "keys": "keys in this Region",
    "aliases_per_key": "aliases per key",
    "grants_per_key": "grants per key",
}


def need_room(call: Call, quota: str, taken: int) -> None:
    """Return if one more thing fits beside those that the call's key has.

    Raises:
        LimitExceededException: the quota is used up.
    """
    _need(call, quota, taken, (call.key.account, call.key.region))


def need_room_for_key(call: Call, account: str, region: str) -> None:
    """Return if an account can have one more key in a Region; keys in every state count, those of AWS never.

    Raises:
        LimitExceededException: it cannot.
    """
    every = call.tx.count(KEYS, scope(account, region))
    own = every - managed_keys.standing(call.tx, account, region)
    _need(call, "keys", own, (account, region))


def _need(call: Call, quota: str, taken: int, where: tuple[str, str]) -> None:
    limit = call.limits.of(*where, quota)
    if taken >= limit:
        raise LimitExceededException(messages.QUOTA_REACHED.format(limit, COUNTED[quota]))
