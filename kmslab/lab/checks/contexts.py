"""Lab 06: a record stolen across tenants, the records bound, the thief named, the gate closed."""

from collections.abc import Mapping
from typing import Any, Final

from botocore.exceptions import ClientError

from kmslab.kms import Kms
from kmslab.lab.checks.look import Client, code_of, key_of, missing
from kmslab.lab.checks.outcome import Claims, Finding
from kmslab.lab.tenants import ALIAS, RECORDS

Context = Mapping[str, str]

VICTIM: Final = "beech"
READER: Final = "alder"
WRONG_CONTEXT: Final = "InvalidCiphertextException"
DENIED: Final = "AccessDeniedException"


def _stolen(world: Kms, table: Mapping[str, bytes]) -> Finding:
    read = _opened(world.client(), table.get(READER, b"-"), {})
    whose = next((name for name, record in RECORDS.items() if record == read), "nobody")
    seen = f"The row of {READER} holds a record of {whose}."
    hint = f"table[{READER!r}] = ... The ciphertext needs no change."
    return Finding(whose == VICTIM, seen, hint)


def _bound(world: Kms, bound: Mapping[str, bytes]) -> Finding:
    kms = world.client()
    if key_of(kms, ALIAS) is None:
        return Finding(passed=False, seen=missing(ALIAS), hint="Run the cell with move_in again.")
    own = sum(_opened(kms, bound.get(name, b"-"), _of(name)) == RECORDS[name] for name in RECORDS)
    leaks = [
        f"{name} opens {f'as {other}' if other else 'without a context'}"
        for name, blob in bound.items()
        for other in ("", *RECORDS)
        if other != name and _opened(kms, blob, _of(other))
    ]
    seen = (
        f"{own} of {len(RECORDS)} records open in their own name; opened otherwise: {len(leaks)}."
    )
    hint = f"{leaks[0]}." if leaks else 'Encrypt RECORDS[name] with the context {"tenant": name}.'
    return Finding(own == len(RECORDS) and not leaks, seen, hint)


def _of(tenant: str) -> Context:
    return {"tenant": tenant} if tenant else {}


def _opened(kms: Client, blob: bytes, context: Context) -> bytes:
    try:
        answer = kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)
    except ClientError:
        return b""
    return bytes(answer["Plaintext"])


def _named(world: Kms, thief: str, row: str) -> Finding:
    refused = world.trail.events(name="Decrypt", error=WRONG_CONTEXT)
    told = {_who_and_as(event) for event in refused}
    was = "was" if (thief, row) in told else "was not"
    seen = f"{thief or 'Nobody'} {was} refused in the name of {row or 'nobody'}."
    hint = "Look for InvalidCiphertextException: who called, and which encryptionContext was sent."
    mine = thief in {"", "kmslab-admin"}
    return Finding((thief, row) in told and not mine, seen, hint)


def _who_and_as(event: Mapping[str, Any]) -> tuple[str, str]:
    context = event["requestParameters"].get("encryptionContext") or {}
    return str(event["userIdentity"].get("userName", "")), str(context.get("tenant", ""))


def _gated(world: Kms, who: Mapping[str, Mapping[str, Any]]) -> Finding:
    kms = world.client()
    blobs = {name: _probe(kms, _of(name)) for name in ("", *RECORDS)}
    told: list[str] = []
    for tenant, keys in who.items():
        theirs = world.client(who=keys)
        for name, blob in blobs.items():
            code = code_of(theirs.decrypt, CiphertextBlob=blob, EncryptionContext=_of(name))
            if code != ("" if name == tenant else DENIED):
                what = f"a record of {name}" if name else "a record without a context"
                told.append(f"{tenant} {'may not' if code else 'may'} read {what}")
    tried = len(who) * len(blobs)
    seen = f"{tried - len(told)} of {tried} probes were answered as they should be."
    hint = f"{told[0]}." if told else ""
    return Finding(not told, seen, hint)


def _probe(kms: Client, context: Context) -> bytes:
    made = kms.encrypt(KeyId=ALIAS, Plaintext=b"a probe", EncryptionContext=context)
    return bytes(made["CiphertextBlob"])


CHECKS: Final[Claims] = {
    "06.1": _stolen,
    "06.2": _bound,
    "06.3": _named,
    "06.4": _gated,
}
