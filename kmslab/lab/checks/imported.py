"""Lab 13: material brought, lost by its date and found again, taken away and given back."""

from typing import Final

from botocore.exceptions import ClientError

from kmslab.kms import Kms
from kmslab.lab.checks.look import Client, Json, concerns, key_of, missing
from kmslab.lab.checks.outcome import Claims, Finding

TREASURY: Final = "alias/treasury"
EXPIRES: Final = "KEY_MATERIAL_EXPIRES"
REFUSED: Final = "IncorrectKeyMaterialException"


def _brought(world: Kms, letter: bytes) -> Finding:
    kms = world.client()
    key = key_of(kms, TREASURY)
    if key is None:
        return _nothing_yet()
    model = key.get("ExpirationModel", "none")
    opens = _opens(kms, key, letter)
    passed = key["Origin"] == "EXTERNAL" and model == EXPIRES and opens
    seen = f"Origin {key['Origin']}, {key['KeyState']}, expiration model {model}; {_told(opens)}."
    hint = "Wrap under the public key of the parameters, import with ValidTo, then encrypt."
    return Finding(passed, seen, hint)


def _came_back(world: Kms, letter: bytes) -> Finding:
    kms = world.client()
    key = key_of(kms, TREASURY)
    if key is None:
        return _nothing_yet()
    expired = len(_events(world, key, "DeleteExpiredKeyMaterial"))
    strange = len(_events(world, key, "ImportKeyMaterial", REFUSED))
    opens = _opens(kms, key, letter)
    seen = f"Expiries: {expired}; refusals of other material: {strange}; {_told(opens)}."
    hint = "Let the date go by, offer 32 other bytes, then import the same bytes as the first time."
    return Finding(expired > 0 and strange > 0 and opens, seen, hint)


def _pulled(world: Kms, letter: bytes) -> Finding:
    kms = world.client()
    key = key_of(kms, TREASURY)
    if key is None:
        return _nothing_yet()
    pulled = len(_events(world, key, "DeleteImportedKeyMaterial"))
    model = key.get("ExpirationModel", "none")
    opens = _opens(kms, key, letter)
    passed = pulled > 0 and model == "KEY_MATERIAL_DOES_NOT_EXPIRE" and opens
    seen = f"Deletions of its material: {pulled}; expiration model {model}; {_told(opens)}."
    hint = (
        "delete_imported_key_material, then import the same bytes as KEY_MATERIAL_DOES_NOT_EXPIRE."
    )
    return Finding(passed, seen, hint)


def _nothing_yet() -> Finding:
    hint = 'create_key with Origin="EXTERNAL", then create_alias for it.'
    return Finding(passed=False, seen=missing(TREASURY), hint=hint)


def _events(world: Kms, key: Json, name: str, error: str | None = None) -> list[Json]:
    return [
        event
        for event in world.trail.events(name=name)
        if concerns(event, key["Arn"]) and event.get("errorCode") == error
    ]


def _opens(kms: Client, key: Json, letter: bytes) -> bool:
    try:
        opened = kms.decrypt(CiphertextBlob=letter)
    except ClientError:
        return False
    return bool(opened["KeyId"] == key["Arn"])


def _told(opens: bool) -> str:  # noqa: FBT001 - the one thing it is about
    return "the letter opens" if opens else "the letter does not open"


CHECKS: Final[Claims] = {
    "13.1": _brought,
    "13.2": _came_back,
    "13.3": _pulled,
}
