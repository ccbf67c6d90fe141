"""Lab 05: five hundred wrapped keys made unseen, moved unseen, and the old key retired.

Whether a wrapped key opens is tried with ReEncrypt, so that not even the check sees one.
"""

from collections.abc import Mapping
from typing import Any, Final

from kmslab.kms import Kms
from kmslab.lab.checks.look import Client, code_of, concerns, key_of, missing
from kmslab.lab.checks.outcome import Claims, Finding
from kmslab.lab.pictures.exposures import SHOWING

ROWS: Final = 500
OLD: Final = "alias/old"
NEW: Final = "alias/new"
Vault = Mapping[int, bytes]


def _made_unseen(world: Kms, vault: Vault) -> Finding:
    kms = world.client(fast=True)
    if key_of(kms, OLD) is None:
        return Finding(passed=False, seen=missing(OLD), hint="create_key, then create_alias.")
    good, shown = _opening(kms, OLD, vault), _shown(world)
    seen = f"{good} of {ROWS} wrapped keys open under {OLD}; {shown} calls showed plaintext."
    hint = (
        'GenerateDataKeyWithoutPlaintext for each row, with the context {"row": "17"} for row 17.'
    )
    return Finding(good == len(vault) == ROWS and not shown, seen, hint)


def _moved_unseen(world: Kms, vault: Vault, who: Mapping[str, Any]) -> Finding:
    kms, mover = world.client(fast=True), world.client(who=who, fast=True)
    if key_of(kms, NEW) is None:
        return Finding(passed=False, seen=missing(NEW), hint="create_key, then create_alias.")
    good, shown = _opening(kms, NEW, vault), _shown(world)
    blob = next(iter(vault.values()), b"-")
    refused = code_of(mover.decrypt, CiphertextBlob=blob, EncryptionContext={"row": "0"})
    barred = refused == "AccessDeniedException"
    seen = (
        f"{good} of {ROWS} wrapped keys open under {NEW}; {shown} calls showed plaintext; "
        f"the mover {'may not' if barred else 'may'} decrypt."
    )
    hint = "ReEncrypt each blob with its row as source and destination context; allow nothing else."
    return Finding(good == len(vault) == ROWS and not shown and barred, seen, hint)


def _retired(world: Kms, vault: Vault) -> Finding:
    kms = world.client(fast=True)
    old = key_of(kms, OLD)
    if old is None:
        return Finding(passed=False, seen=missing(OLD), hint="Disable it; do not delete it yet.")
    events = world.trail.events(error="DisabledException")
    refused = sum(concerns(event, old["Arn"]) for event in events)
    good = _opening(kms, NEW, vault)
    seen = (
        f"{OLD} is {old['KeyState']}, calls refused by it: {refused}; {good} keys open under {NEW}."
    )
    hint = "disable_key takes the key ID. Then try one of the old blobs."
    return Finding(old["KeyState"] == "Disabled" and refused > 0 and good == ROWS, seen, hint)


def _opening(kms: Client, key_id: str, vault: Vault) -> int:
    """Count the wrapped keys that open under a key, each with the context of its row."""
    return sum(not _refusal(kms, key_id, row, blob) for row, blob in vault.items())


def _refusal(kms: Client, key_id: str, row: int, blob: bytes) -> str:
    return code_of(
        kms.re_encrypt,
        SourceKeyId=key_id,
        DestinationKeyId=key_id,
        CiphertextBlob=blob,
        SourceEncryptionContext={"row": str(row)},
    )


def _shown(world: Kms) -> int:
    """Count the calls that carried plaintext, in or out."""
    return sum(event["eventName"] in SHOWING and "errorCode" not in event for event in world.trail)


CHECKS: Final[Claims] = {
    "05.1": _made_unseen,
    "05.2": _moved_unseen,
    "05.3": _retired,
}
