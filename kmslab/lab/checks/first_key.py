"""Lab 01: an alias, a context, a key taken out of service and brought back."""

from typing import Final

from kmslab.kms import Kms
from kmslab.lab.checks.look import key_of, missing
from kmslab.lab.checks.outcome import Claims, Finding

NOTES: Final = "alias/notes"


def _has_alias(world: Kms) -> Finding:
    aliases = world.client().list_aliases()["Aliases"]
    found = [each for each in aliases if each["AliasName"] == NOTES]
    seen = f"{NOTES} names a key." if found else f"No alias is called {NOTES}."
    return Finding(bool(found), seen, "create_key answers with a KeyId; give it to create_alias.")


def _opens_with_context(world: Kms, blob: bytes) -> Finding:
    bound = {"note": "first"}
    hint = f"Encrypt with EncryptionContext={bound}."
    if not _opens(world, blob, bound):
        return Finding(passed=False, seen="The blob does not open.", hint=hint)
    if _opens(world, blob, {}):
        return Finding(passed=False, seen="It opens without any context.", hint=hint)
    return Finding(passed=True, seen="It opens with its context and with no other.")


def _opens(world: Kms, blob: bytes, context: dict[str, str]) -> bool:
    kms = world.client()
    try:
        kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)
    except kms.exceptions.InvalidCiphertextException:
        return False
    return True


def _saw_a_disabled_key(world: Kms) -> Finding:
    key = key_of(world.client(), NOTES)
    if key is None:
        return Finding(passed=False, seen=missing(NOTES), hint="Do task 1 first.")
    refused = world.trail.events(error="DisabledException")
    passed = bool(refused) and bool(key["Enabled"])
    seen = f"Calls that met a disabled key: {len(refused)}; it is now {key['KeyState']}."
    return Finding(passed, seen, "Disable the key, let one encrypt fail, then enable it again.")


CHECKS: Final[Claims] = {
    "01.1": _has_alias,
    "01.2": _opens_with_context,
    "01.3": _saw_a_disabled_key,
}
