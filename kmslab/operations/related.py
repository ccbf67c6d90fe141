"""Related multi-Region keys: finding them, keeping alike what they share, and telling of them.

They have one account and key ID, and a record each. What they share is changed at the primary key
and copied to its replicas in the same transaction.
"""

from collections.abc import Sequence
from typing import Final

from kmslab.audit.event import Notice
from kmslab.model import messages
from kmslab.model.arn import key_arn
from kmslab.model.errors import UnsupportedOperationException
from kmslab.model.keys import KmsKey
from kmslab.spec.shapes import MultiRegionConfigurationShape, MultiRegionKey
from kmslab.store.records import KEYS, relation
from kmslab.store.transaction import Transaction

MOST: Final = 1000  # more than there are Regions


def family(tx: Transaction, key: KmsKey) -> Sequence[KmsKey]:
    """Return a multi-Region key and its relatives, as they were when the transaction began."""
    return tx.page(KEYS, relation(key), limit=MOST, index="related")


def replicas(tx: Transaction, primary: KmsKey) -> Sequence[KmsKey]:
    """Return the replicas of a primary key; other keys have none."""
    if primary.multi_region_type != "PRIMARY":
        return ()
    return [each for each in family(tx, primary) if each.region != primary.region]


def primary_of(tx: Transaction, replica: KmsKey) -> KmsKey:
    """Return the primary key of a replica, which is there as long as it has replicas."""
    return next(each for each in family(tx, replica) if each.multi_region_type == "PRIMARY")


def need_primary(key: KmsKey) -> None:
    """Return unless a key is a replica, whose shared properties are its primary's.

    Raises:
        UnsupportedOperationException: it is one.
    """
    if key.multi_region_type == "REPLICA":
        raise UnsupportedOperationException(messages.NOT_PRIMARY.format(key.arn))


def synchronise(tx: Transaction, changed: KmsKey) -> list[Notice]:
    """Store a key, and in its replicas what they share with it; return what the trail is to know."""
    tx.put(KEYS, changed)
    copies = [each.sharing(changed) for each in replicas(tx, changed)]
    for copy in copies:
        tx.put(KEYS, copy)
    if not copies:
        return []
    name = "SynchronizeMultiRegionKey"
    return [Notice(name, changed.account, changed.region, changed.arn, details=None)]


def configuration(key: KmsKey, relatives: Sequence[KmsKey]) -> MultiRegionConfigurationShape:
    """Tell which keys are related to a multi-Region key, and in which Regions they are."""
    regions = sorted(each.region for each in relatives)
    return MultiRegionConfigurationShape(
        MultiRegionKeyType=key.multi_region_type,
        PrimaryKey=_named(key, key.primary_region),
        ReplicaKeys=[_named(key, region) for region in regions if region != key.primary_region],
    )


def _named(key: KmsKey, region: str) -> MultiRegionKey:
    return MultiRegionKey(Arn=key_arn(region, key.account, key.key_id), Region=region)
