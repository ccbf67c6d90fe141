"""Rotation of key material.

EnableKeyRotation, DisableKeyRotation, GetKeyRotationStatus, RotateKeyOnDemand, ListKeyRotations.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, Final

import msgspec

from kmslab.audit.event import Notice
from kmslab.custody.port import Custodian
from kmslab.model import messages
from kmslab.model.errors import (
    ConflictException,
    KMSInvalidStateException,
    LimitExceededException,
    UnsupportedOperationException,
)
from kmslab.model.keys import KeyMaterial, KmsKey, RotationPlan, RotationType
from kmslab.operations.call import Call
from kmslab.operations.pages import page
from kmslab.operations.related import family, need_primary, replicas, synchronise
from kmslab.spec.shapes import (
    DisableKeyRotationRequest,
    EnableKeyRotationRequest,
    GetKeyRotationStatusRequest,
    GetKeyRotationStatusResponse,
    KeyMaterialStateShape,
    ListKeyRotationsRequest,
    ListKeyRotationsResponse,
    RotateKeyOnDemandRequest,
    RotateKeyOnDemandResponse,
    RotationsListEntry,
)

DEFAULT_PERIOD: Final = 365  # days
TOO_CLOSE: Final = timedelta(minutes=20).total_seconds()


def enable_key_rotation(call: Call, req: EnableKeyRotationRequest) -> None:
    """Rotate a key every 90 to 2,560 days, counted from now."""
    _need_symmetric(call.key)
    need_primary(call.key)
    plan = _plan(req.RotationPeriodInDays or DEFAULT_PERIOD, call.now)
    call.notices.extend(synchronise(call.tx, call.key.with_(rotation=plan)))


def disable_key_rotation(call: Call, _: DisableKeyRotationRequest) -> None:
    """Rotate a key no more; its old materials stay."""
    _need_symmetric(call.key)
    need_primary(call.key)
    call.notices.extend(synchronise(call.tx, call.key.with_(rotation=None)))


def get_key_rotation_status(
    call: Call, _: GetKeyRotationStatusRequest
) -> GetKeyRotationStatusResponse:
    """Tell whether and when a key rotates; some never do, and none while it waits for deletion."""
    key = call.key
    is_waiting = key.state in {"PendingDeletion", "PendingReplicaDeletion"}
    plan = None if is_waiting else key.rotation
    return GetKeyRotationStatusResponse(
        KeyRotationEnabled=plan is not None,
        KeyId=key.arn,
        RotationPeriodInDays=None if plan is None else plan.period_days,
        NextRotationDate=None if plan is None else plan.next,
    )


def rotate_key_on_demand(call: Call, _: RotateKeyOnDemandRequest) -> RotateKeyOnDemandResponse:
    """Rotate a key now; the schedule of its automatic rotation stays as it is."""
    key = call.key
    _need_symmetric(key)
    need_primary(key)
    done = [each for each in key.materials if each.rotation == "ON_DEMAND"]
    if len(done) >= call.limits.of(key.account, key.region, "on_demand_rotations_per_key"):
        raise LimitExceededException(messages.ROTATIONS_USED_UP.format(key.arn))
    if key.rotation is not None and key.rotation.next - call.now < TOO_CLOSE:
        raise ConflictException(messages.ROTATION_UNDER_WAY)
    is_external = key.origin == "EXTERNAL"
    rotated = (
        _rotate_to_pending(key, replicas(call.tx, key), call.now)
        if is_external
        else rotate(call.custody, key, "ON_DEMAND", call.now)
    )
    call.notices.extend([notice(key, rotated), *synchronise(call.tx, rotated)])
    return RotateKeyOnDemandResponse(KeyId=key.arn)


def list_key_rotations(call: Call, req: ListKeyRotationsRequest) -> ListKeyRotationsResponse:
    """List the rotations of a key, or all its materials."""
    key = call.key
    with_first = req.IncludeKeyMaterial == "ALL_KEY_MATERIAL"
    relatives = family(call.tx, key) if key.multi_region_type else (key,)
    entries = dict(_numbered(key, relatives, with_first=with_first))

    def read(after: str, limit: int) -> Sequence[str]:
        return [number for number in entries if number > after][:limit]

    listing = f"ListKeyRotations {key.arn} {with_first}"
    numbers = page(req, listing=listing, default=100, most=1000, read=read, sort=str)
    rotations = [entries[number] for number in numbers.items]
    return ListKeyRotationsResponse(Rotations=rotations, **numbers.marks)


def rotate(custody: Custodian, key: KmsKey, kind: RotationType, now: float) -> KmsKey:
    """Return a key with fresh material."""
    material = custody.generate(key.key_id, key.spec, now)
    return key.rotated(msgspec.structs.replace(material, rotation=kind))


def rotate_on_schedule(custody: Custodian, key: KmsKey) -> KmsKey:
    """Return a key after the automatic rotation that was planned."""
    plan = key.rotation
    assert plan is not None  # noqa: S101 - a key without a plan is never due for rotation
    rotated = rotate(custody, key, "AUTOMATIC", plan.next)
    return rotated.with_(rotation=_plan(plan.period_days, plan.next))


def notice(before: KmsKey, after: KmsKey) -> Notice:
    """Tell the trail of a rotation."""
    details = {
        "keyId": after.key_id,
        "rotationType": after.current.rotation,
        "keyOrigin": after.origin,
        "previousKeyMaterialId": before.current.material_id,
        "currentKeyMaterialId": after.current.material_id,
    }
    return Notice("RotateKey", after.account, after.region, after.arn, details)


def _plan(days: int, now: float) -> RotationPlan:
    return RotationPlan(days, now + timedelta(days=days).total_seconds())


def _rotate_to_pending(key: KmsKey, replicas: Sequence[KmsKey], now: float) -> KmsKey:
    """Return a key whose imported material has had its turn; it dates from its rotation.

    Each replica has to have it too (API Reference, RotateKeyOnDemand).
    """
    if key.pending is None or not all(each.awaits(key.pending) for each in replicas):
        raise KMSInvalidStateException(messages.NO_MATERIAL_PENDING.format(key.arn))
    return key.rotated(msgspec.structs.replace(key.pending, rotation="ON_DEMAND", created=now))


def _need_symmetric(key: KmsKey) -> None:
    if key.spec != "SYMMETRIC_DEFAULT":
        raise UnsupportedOperationException


def _numbered(
    key: KmsKey, relatives: Sequence[KmsKey], *, with_first: bool
) -> Iterator[tuple[str, RotationsListEntry]]:
    """Yield the rotations, oldest first, each under a number that sorts."""
    if key.spec != "SYMMETRIC_DEFAULT":
        return
    for number, material in enumerate(key.associated):
        if material.rotation is None and not with_first:
            continue
        yield (
            f"{number:06d}",
            RotationsListEntry(
                KeyId=key.key_id,
                KeyMaterialId=material.material_id,
                KeyMaterialState=_material_state(key, relatives, material),
                RotationDate=material.created if material.rotation else None,
                RotationType=material.rotation,
                **(_imported(material) if key.origin == "EXTERNAL" else {}),
            ),
        )


def _material_state(
    key: KmsKey, relatives: Sequence[KmsKey], material: KeyMaterial
) -> KeyMaterialStateShape:
    if material is key.pending:
        everywhere = all(each.awaits(material) for each in relatives)
        return "PENDING_ROTATION" if everywhere else "PENDING_MULTI_REGION_IMPORT_AND_ROTATION"
    return "CURRENT" if material is key.current else "NON_CURRENT"


def _imported(material: KeyMaterial) -> dict[str, Any]:
    """Describe what only imported material has."""
    described: dict[str, Any] = {"ImportState": "IMPORTED"}
    if material.description:
        described["KeyMaterialDescription"] = material.description
    if not material.is_present:
        return described | {"ImportState": "PENDING_IMPORT"}
    if material.expires is None:
        return described | {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
    return described | {"ExpirationModel": "KEY_MATERIAL_EXPIRES", "ValidTo": material.expires}
