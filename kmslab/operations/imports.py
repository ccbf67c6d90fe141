"""Imported key material.

GetParametersForImport, ImportKeyMaterial, DeleteImportedKeyMaterial, and the expiry of material.
"""

from datetime import timedelta
from typing import Final

import msgspec

from kmslab.audit.event import Notice
from kmslab.custody.port import Custodian
from kmslab.model import messages, wrapping
from kmslab.model.errors import (
    IncorrectKeyMaterialException,
    KMSInvalidStateException,
    NotFoundException,
    UnsupportedOperationException,
    ValidationException,
)
from kmslab.model.keys import KeyMaterial, KmsKey
from kmslab.operations.call import Call
from kmslab.operations.related import primary_of, replicas
from kmslab.spec.shapes import (
    DeleteImportedKeyMaterialRequest,
    DeleteImportedKeyMaterialResponse,
    GetParametersForImportRequest,
    GetParametersForImportResponse,
    ImportKeyMaterialRequest,
    ImportKeyMaterialResponse,
)
from kmslab.store.records import KEYS

VALIDITY: Final = timedelta(hours=24).total_seconds()  # of an import token
LONGEST_LIFE: Final = 365  # days, of material that expires
SYMMETRIC: Final = "SYMMETRIC_DEFAULT"
SYMMETRIC_ONLY: Final = ("ImportType", "KeyMaterialDescription", "KeyMaterialId")


def get_parameters_for_import(
    call: Call, req: GetParametersForImportRequest
) -> GetParametersForImportResponse:
    """Give out a wrapping key, and the import token that belongs to it."""
    spec, algorithm, wrapping_key = call.key.spec, req.WrappingAlgorithm, req.WrappingKeySpec
    if not wrapping.is_supported(spec, algorithm, wrapping_key, call.region):
        raise UnsupportedOperationException(
            messages.WRAPPING_UNSUPPORTED.format(algorithm, wrapping_key, spec)
        )
    valid_to = call.now + VALIDITY
    made = call.custody.wrapping_parameters(
        call.key, wrapping_key=wrapping_key, algorithm=algorithm, valid_to=valid_to
    )
    return GetParametersForImportResponse(
        KeyId=call.key.arn,
        ImportToken=made.token,
        PublicKey=made.public_key,
        ParametersValidTo=valid_to,
    )


def import_key_material(call: Call, req: ImportKeyMaterialRequest) -> ImportKeyMaterialResponse:
    """Take wrapped material: a key's first, the next one to rotate to, or a known one again."""
    key = call.key
    _need_fit(key, req)
    expires = _expiry(req, call.now)
    material = call.custody.import_material(
        key, token=req.ImportToken, wrapped=req.EncryptedKeyMaterial, now=call.now
    )
    material = msgspec.structs.replace(
        material, expires=expires, description=req.KeyMaterialDescription or ""
    )
    call.tx.put(KEYS, _with_material(call, key, material, req))
    return ImportKeyMaterialResponse(KeyId=key.arn, KeyMaterialId=_shown_id(key, material))


def delete_imported_key_material(
    call: Call, req: DeleteImportedKeyMaterialRequest
) -> DeleteImportedKeyMaterialResponse:
    """Delete the current material or the one that is named; what is gone already stays gone."""
    key = call.key
    found = _named(key, req.KeyMaterialId)
    if found is not None and found.is_present:
        call.tx.put(KEYS, without(call.custody, key, found))
        for replica in replicas(call.tx, key) if found is key.pending else ():
            if replica.awaits(found):
                call.tx.put(KEYS, without(call.custody, replica, replica.associated[-1]))
    shown = None if found is None else _shown_id(key, found)
    return DeleteImportedKeyMaterialResponse(KeyId=key.arn, KeyMaterialId=shown)


def expire(custody: Custodian, key: KmsKey, now: float) -> tuple[KmsKey, list[Notice]]:
    """Return a key without the materials whose time is over, and what the trail is told."""
    lost = [each for each in key.associated if each.expires is not None and each.expires <= now]
    return without(custody, key, *lost), [_notice(key, each) for each in lost]


def without(custody: Custodian, key: KmsKey, *lost: KeyMaterial) -> KmsKey:
    """Return a key whose materials keep their places and lose their bytes.

    One that waits for its rotation is not permanently associated: it loses its place too.
    """
    for each in lost:
        custody.forget(each)
    materials = tuple(each.without_bytes() if each in lost else each for each in key.materials)
    return key.holding(materials, None if key.pending in lost else key.pending)


def _need_fit(key: KmsKey, req: ImportKeyMaterialRequest) -> None:
    """Refuse parameters that are not for this key, or exclude each other."""
    for member in SYMMETRIC_ONLY:
        if key.spec != SYMMETRIC and getattr(req, member) is not None:
            raise UnsupportedOperationException(messages.SYMMETRIC_ONLY.format(member))
    if req.ImportType == "NEW_KEY_MATERIAL" and req.KeyMaterialId is not None:
        raise ValidationException(messages.NEW_MATERIAL_HAS_NO_ID)


def _expiry(req: ImportKeyMaterialRequest, now: float) -> float | None:
    if req.ExpirationModel == "KEY_MATERIAL_DOES_NOT_EXPIRE":
        if req.ValidTo is not None:
            raise ValidationException(messages.VALID_TO_FORBIDDEN)
        return None
    if req.ValidTo is None:
        raise ValidationException(messages.VALID_TO_REQUIRED)
    if not now < req.ValidTo <= now + timedelta(days=LONGEST_LIFE).total_seconds():
        raise ValidationException(messages.VALID_TO_RANGE.format(LONGEST_LIFE))
    return req.ValidTo


def _with_material(
    call: Call, key: KmsKey, material: KeyMaterial, req: ImportKeyMaterialRequest
) -> KmsKey:
    if req.KeyMaterialId not in {None, material.material_id}:
        raise IncorrectKeyMaterialException
    if key.multi_region_type == "REPLICA":
        return _with_shared(key, material, primary_of(call.tx, key), req)
    default = "EXISTING_KEY_MATERIAL" if key.materials else "NEW_KEY_MATERIAL"
    is_new = (req.ImportType or default) == "NEW_KEY_MATERIAL"
    return _with_new(key, material) if is_new else _with_again(key, material)


def _with_shared(
    key: KmsKey, material: KeyMaterial, primary: KmsKey, req: ImportKeyMaterialRequest
) -> KmsKey:
    """Give a replica material that its primary key has, in the same place; what lacks is awaited.

    API Reference, ImportKeyMaterial: new material goes to the primary key first.
    """
    if req.ImportType == "NEW_KEY_MATERIAL" and key.materials:
        raise UnsupportedOperationException(messages.NEW_MATERIAL_AT_PRIMARY.format(primary.arn))
    if _find(primary, material.material_id) is None:
        raise IncorrectKeyMaterialException
    own = {each.material_id: each for each in key.associated if each.is_present}
    own[material.material_id] = material

    def placed(theirs: KeyMaterial) -> KeyMaterial:
        ours = own.get(theirs.material_id)
        return theirs.without_bytes() if ours is None else _replaced(theirs, ours)

    pending = primary.pending
    waits = pending is not None and pending.material_id in own
    return key.holding(
        tuple(map(placed, primary.materials)), placed(pending) if pending and waits else None
    )


def _with_new(key: KmsKey, material: KeyMaterial) -> KmsKey:
    if _find(key, material.material_id) is not None:
        raise IncorrectKeyMaterialException
    if not key.materials:
        return key.holding((material,), None)
    if key.pending is not None:
        raise KMSInvalidStateException(
            messages.ANOTHER_MATERIAL_PENDING.format(
                material.material_id, key.key_id, key.pending.material_id
            )
        )
    return key.holding(key.materials, material)


def _with_again(key: KmsKey, material: KeyMaterial) -> KmsKey:
    """Put known material back in its place."""
    known = _find(key, material.material_id)
    if known is None:
        raise IncorrectKeyMaterialException
    again = _replaced(known, material)
    materials = tuple(again if each is known else each for each in key.materials)
    return key.holding(materials, again if key.pending is known else key.pending)


def _replaced(known: KeyMaterial, material: KeyMaterial) -> KeyMaterial:
    """Return known material as it was imported now; its description stays where none is given."""
    return msgspec.structs.replace(
        known,
        sealed=material.sealed,
        expires=material.expires,
        description=material.description or known.description,
    )


def _named(key: KmsKey, material_id: str | None) -> KeyMaterial | None:
    if material_id is None:
        return key.current if key.materials else None
    found = _find(key, material_id) if key.spec == SYMMETRIC else None
    if found is None:
        raise NotFoundException(messages.MATERIAL_NOT_FOUND.format(material_id, key.arn))
    return found


def _find(key: KmsKey, material_id: str) -> KeyMaterial | None:
    return next((each for each in key.associated if each.material_id == material_id), None)


def _shown_id(key: KmsKey, material: KeyMaterial) -> str | None:
    return material.material_id if key.spec == SYMMETRIC else None


def _notice(key: KmsKey, material: KeyMaterial) -> Notice:
    shown = _shown_id(key, material)
    details = {"keyId": key.key_id, **({"keyMaterialId": shown} if shown else {})}
    return Notice("DeleteExpiredKeyMaterial", key.account, key.region, key.arn, details)
