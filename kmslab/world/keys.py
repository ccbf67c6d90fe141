"""The keys of a world file: placed with their IDs and material, dressed through the API, put to rest at the end.

No operation of the API makes a key of a given ID or takes material of an AWS_KMS key; those two facts
are written. Aliases, tags, grants and the key policy go the road of every request.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from kmslab.custody.port import Custodian
from kmslab.engine.lifecycle import keep_dues
from kmslab.engine.pipeline import Engine
from kmslab.model.keys import KeyMaterial, KmsKey, RotationPlan
from kmslab.operations.key_policies import default_policy
from kmslab.store.records import KEYS, scope
from kmslab.store.transaction import Transaction
from kmslab.world.identities import text
from kmslab.world.model import Grant, Key, Material
from kmslab.world.read import given, usage_of

Client = Any  # boto3's client of KMS


class Placed(NamedTuple):
    """A key of a file, and what it shall be once it is dressed."""

    account: str
    where: str
    key: Key
    rest: KmsKey


def place(engine: Engine, account: str, where: str, key: Key) -> Placed:
    """Write a key that is enabled, with its material and nothing on it.

    Raises:
        IncorrectKeyMaterialException: what is given is not material of its spec.
    """
    now = engine.clock.now()
    bare = KmsKey(
        account=account,
        region=key.region,
        key_id=key.key_id,
        created=_seconds(key.creation_date, now),
        policy=default_policy(key.region, account),
        spec=key.key_spec,
        usage=usage_of(key),
        origin=key.origin,
        description=key.description,
        primary_region=key.primary_region or "",
    )
    rest = bare.with_(
        materials=_shared(engine, bare) or tuple(_materials(engine, bare, key)),
        rotation=_plan(key, now),
        deletion_date=None if key.deletion_date is None else key.deletion_date.timestamp(),
    )
    state = key.key_state
    if not rest.is_whole and state != "PendingDeletion":
        state = "PendingImport"
    lasting = tuple(msgspec.structs.replace(each, expires=None) for each in rest.materials)
    _put(engine, bare.with_(materials=lasting))
    return Placed(account, where, key, rest.with_(state=state))


def dress(kms: Client, placed: Placed) -> None:
    """Give a key its tags, aliases and grants, and the key policy last: it may shut its maker out."""
    key, name = placed.key, {"KeyId": placed.rest.arn}
    if key.tags:
        tags = [{"TagKey": each, "TagValue": value} for each, value in key.tags.items()]
        kms.tag_resource(**name, Tags=tags)
    for alias in key.aliases:
        kms.create_alias(AliasName=alias, TargetKeyId=key.key_id)
    for grant in key.grants:
        kms.create_grant(**name, **_asked(grant))
    if key.policy is not None:
        kms.put_key_policy(**name, Policy=text(key.policy), BypassPolicyLockoutSafetyCheck=True)


def rest(engine: Engine, placed: Placed) -> None:
    """Put a key into its state, with what will happen to it by itself."""
    end = placed.rest
    dressed = engine.store.get(KEYS, scope(end.account, end.region), end.key_id)
    assert dressed is not None  # noqa: S101 - it was placed
    _put(engine, end.with_(policy=dressed.policy, tags=dressed.tags))


def _put(engine: Engine, key: KmsKey) -> None:
    tx = Transaction(engine.store)
    tx.put(KEYS, key)
    keep_dues(tx)
    tx.commit()


def _shared(engine: Engine, key: KmsKey) -> tuple[KeyMaterial, ...]:
    """Return what a replica shares with its primary key, which was placed before it."""
    if key.multi_region_type != "REPLICA" or key.origin != "AWS_KMS":
        return ()
    primary = engine.store.get(KEYS, scope(key.account, key.primary_region), key.key_id)
    assert primary is not None  # noqa: S101 - `read` looks for it
    return primary.materials


def _materials(engine: Engine, bare: KmsKey, key: Key) -> Iterator[KeyMaterial]:
    """Yield the materials of a file; a key of AWS_KMS has one that is left to chance at least."""
    for each in key.materials:
        yield msgspec.structs.replace(
            _material(engine.custody, bare, each),
            rotation=each.rotation_type,
            expires=None if each.valid_to is None else each.valid_to.timestamp(),
            description=each.key_material_description,
        )
    if not key.materials and key.origin == "AWS_KMS":
        yield engine.custody.generate(bare.key_id, bare.spec, bare.created)


def _material(custody: Custodian, bare: KmsKey, told: Material) -> KeyMaterial:
    """Return one material: as it is given, without its bytes where it was deleted, or of chance."""
    at = _seconds(told.creation_date, bare.created)
    if told.key_material_id is not None:
        return KeyMaterial(material_id=told.key_material_id, sealed=b"", created=at)
    found = given(told)
    return (
        custody.place(bare, *found[0], at)
        if found
        else custody.generate(bare.key_id, bare.spec, at)
    )


def _plan(key: Key, now: float) -> RotationPlan | None:
    days = key.rotation_period_in_days
    if days is None:
        return None
    return RotationPlan(days, _seconds(key.next_rotation_date, now + days * 86_400))


def _seconds(instant: datetime | None, default: float) -> float:
    return default if instant is None else instant.timestamp()


def _asked(grant: Grant) -> dict[str, Any]:
    asked: dict[str, Any] = msgspec.to_builtins(grant)
    return asked
