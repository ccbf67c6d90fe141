"""Lab 15: three automatic rotations, one on demand, one by hand, and an old letter lifted."""

from collections.abc import Mapping
from typing import Final

from botocore.exceptions import ClientError

from kmslab.kms import Kms
from kmslab.lab.checks.look import Client, code_of, concerns, key_of, keys, missing, rotations
from kmslab.lab.checks.outcome import Claims, Finding

LEDGER: Final = "alias/ledger"
RECEIPTS: Final = "alias/receipts"
YEARS: Final = 4
RECEIPT: Final = b"receipt 1"
MAC: Final = "HMAC_SHA_256"


def _four_years_open(world: Kms, letters: Mapping[int, bytes]) -> Finding:
    kms = world.client()
    key = key_of(kms, LEDGER)
    if key is None:
        return Finding(
            passed=False, seen=missing(LEDGER), hint="create_key, then create_alias for it."
        )
    opened = [_material(kms, blob) for blob in letters.values()]
    materials = {each for each in opened if each}
    turned = rotations(kms, key["KeyId"], "AUTOMATIC")
    passed = turned >= YEARS - 1 and len(materials) >= YEARS and all(opened)
    seen = f"{turned} automatic rotations; {len(opened) - opened.count('')} letters open, with {len(materials)} materials."
    return Finding(
        passed, seen, "Enable rotation first; encrypt, then advance by 366 days, four letters long."
    )


def _material(kms: Client, blob: bytes) -> str:
    try:
        return str(kms.decrypt(CiphertextBlob=blob)["KeyMaterialId"])
    except ClientError:
        return ""


def _rotated_on_demand(world: Kms) -> Finding:
    kms = world.client()
    key = key_of(kms, LEDGER)
    if key is None:
        return Finding(passed=False, seen=missing(LEDGER), hint="Do task 1 first.")
    plans = world.trail.events(name="EnableKeyRotation")
    plans = [event for event in plans if concerns(event, key["Arn"]) and "errorCode" not in event]
    asked = rotations(kms, key["KeyId"], "ON_DEMAND")
    seen = f"Rotations on demand: {asked}; calls that set the schedule: {len(plans)}."
    hint = "One call of rotate_key_on_demand. EnableKeyRotation would start the year anew."
    return Finding(asked > 0 and len(plans) == 1, seen, hint, "mc.on-demand-resets-schedule")


def _turned_by_hand(world: Kms, before: bytes) -> Finding:
    kms = world.client()
    if key_of(kms, RECEIPTS) is None:
        return Finding(
            passed=False, seen=missing(RECEIPTS), hint="create_key, then create_alias for it."
        )
    macs = [key for key in keys(kms) if key["KeySpec"] == "HMAC_256" and key["Enabled"]]
    known = any(_verifies(kms, key["KeyId"], before) for key in macs)
    moved = not _verifies(kms, RECEIPTS, before)
    seen = (
        f"{len(macs)} HMAC keys are enabled; the old receipt is {'good' if known else 'lost'} under "
        f"one of them, and {RECEIPTS} {'names another' if moved else 'still names its key'}."
    )
    hint = "A second key of the same spec, then update_alias. The old key stays enabled."
    return Finding(known and moved, seen, hint, "mc.all-keys-rotate")


def _verifies(kms: Client, key_id: str, mac: bytes) -> bool:
    return not code_of(kms.verify_mac, KeyId=key_id, Message=RECEIPT, MacAlgorithm=MAC, Mac=mac)


def _lifted(world: Kms, letter: bytes) -> Finding:
    kms = world.client()
    key = key_of(kms, LEDGER)
    if key is None:
        return Finding(passed=False, seen=missing(LEDGER), hint="Do task 1 first.")
    used = _material(kms, letter)
    events = world.trail.events(name="ReEncrypt")
    moves = [event for event in events if concerns(event, key["Arn"]) and "errorCode" not in event]
    which = "today's" if used == key["CurrentKeyMaterialId"] else "an older" if used else "no"
    seen = f"The letter opens with {which} material; {len(moves)} ReEncrypt moved a letter."
    hint = f"re_encrypt with DestinationKeyId={LEDGER!r}; the answer holds the new blob."
    passed = which == "today's" and bool(moves)
    return Finding(passed, seen, hint, "mc.rotation-reencrypts")


CHECKS: Final[Claims] = {
    "15.1": _four_years_open,
    "15.2": _rotated_on_demand,
    "15.3": _turned_by_hand,
    "15.4": _lifted,
}
