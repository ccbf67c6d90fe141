"""AWS managed keys come into being: one for a service, in an account and Region, with its alias.

API Reference, DescribeKey: a predefined alias that is named gets its key. Nobody calls an operation for that,
so the key is part of the request that named the alias, and is kept if that succeeds.
"""

from datetime import timedelta

from kmslab.ambient import ids
from kmslab.custody.port import Custodian
from kmslab.model.keys import Alias, KmsKey, RotationPlan
from kmslab.model.managed_keys import MANAGED_KEYS, PERIOD_DAYS, PREFIX, ManagedKey
from kmslab.store.records import ALIASES, KEYS, scope
from kmslab.store.transaction import Transaction


def begin(
    tx: Transaction,
    custody: Custodian,
    row: ManagedKey,
    account: str,
    region: str,
    now: float,
) -> KmsKey:
    """Make the key of a service and its alias. Its ID follows from its place, so that a denial names it rightly."""
    key_id = ids.named(f"{account} {region} {row.alias}")
    key = KmsKey(
        account=account,
        region=region,
        key_id=key_id,
        created=now,
        policy=row.policy(account, region),
        manager="AWS",
        description=row.description,
        materials=(custody.generate(key_id, "SYMMETRIC_DEFAULT", now),),
        rotation=RotationPlan(PERIOD_DAYS, now + timedelta(days=PERIOD_DAYS).total_seconds()),
    )
    tx.put(KEYS, key)
    tx.put(
        ALIASES,
        Alias(
            account=account,
            region=region,
            name=row.alias,
            target_key_id=key_id,
            created=now,
            updated=now,
        ),
    )
    return key


def standing(tx: Transaction, account: str, region: str) -> int:
    """Count the AWS managed keys of an account in a Region; each has the one alias."""
    here = scope(account, region)
    found = tx.page(ALIASES, here, after=PREFIX, limit=len(MANAGED_KEYS))
    return sum(alias.name.startswith(PREFIX) for alias in found)
