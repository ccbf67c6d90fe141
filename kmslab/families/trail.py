"""The family `trail`: which event of a log does not belong.

The log is that of a run in which an application does its work and one thing happens beside it.
Refuses to know how one looks for it: the key is where the run put it.
"""

import json
from contextlib import suppress
from typing import Any, Final

import msgspec

from kmslab.families.chance import Chance
from kmslab.families.scene import APPS, TENANTS
from kmslab.families.world import Answer, Refused, World
from kmslab.model.bootstrap import ACCOUNT
from kmslab.quiz.family import Family, FamilyError, head
from kmslab.quiz.kinds.hotspot import Hotspot, Spot

LENGTH: Final = 7
ALLOWED: Final = "mc.allowed-means-expected"
LABEL: Final = "mc.context-is-a-label"


class Oddity(msgspec.Struct, frozen=True):
    """What does not belong: a call, why it stands out, and the belief that overlooks it."""

    operation: str
    why: str
    overlooked_by: str
    user: str = ""
    tenant: str = ""


ODDITIES: Final = {
    "context": Oddity(
        "Decrypt",
        "It names a tenant under which nothing was encrypted; somebody tries blobs in a wrong place.",
        LABEL,
        tenant="other",
    ),
    "stranger": Oddity(
        "Decrypt",
        "Every other event is the application's; this is somebody else's.",
        ALLOWED,
        user="stranger",
    ),
    "policy": Oddity(
        "PutKeyPolicy",
        "An application that seals and opens records has no business with policies.",
        ALLOWED,
    ),
    "rotation": Oddity(
        "DisableKeyRotation",
        "Nothing in the application's work is about rotation; this ends it.",
        ALLOWED,
    ),
    "grant": Oddity(
        "CreateGrant",
        "It hands the use of the key on, which the work never asks for.",
        ALLOWED,
    ),
    "bare": Oddity(
        "Decrypt", "It gives no encryption context, and every record has one.", LABEL, tenant="-"
    ),
}
GRANTEE: Final = f"arn:aws:iam::{ACCOUNT}:root"
POLICY: Final = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}],
}

PARAMETERS: Final[dict[str, dict[str, Any]]] = {
    "PutKeyPolicy": {"Policy": json.dumps(POLICY)},
    "CreateGrant": {"GranteePrincipal": GRANTEE, "Operations": ["Decrypt"]},
}


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`oddities`: of which one happens; all where none is named."""

    oddities: tuple[str, ...] = ()


def variant(family: Family, params: Params, chance: Chance) -> Hotspot:
    """Draw a run; values: {app}, {label} and {count}."""
    for name in params.oddities:
        if name not in ODDITIES:
            wrong = f"there is no oddity {name}"
            raise FamilyError(".params.oddities", wrong, f"they are {', '.join(ODDITIES)}")
    odd = ODDITIES[chance.pick(list(params.oddities or ODDITIES))]
    app, stranger = chance.sample(APPS, 2)
    events, place = _run(chance, odd, app, stranger)
    spots = tuple(
        Spot(
            text=_line(event),
            id="abcdefgh"[n],
            why=odd.why if n == place else "That is the application's daily work.",
            correct=n == place,
            misconception=None if n == place else odd.overlooked_by,
        )
        for n, event in enumerate(events)
    )
    values = {"app": app, "count": str(len(events))}
    return Hotspot(**head(family, values), text=spots)


def _run(chance: Chance, odd: Oddity, app: str, stranger: str) -> tuple[list[dict[str, Any]], int]:
    """Do the work of an application and one thing beside it; return events, and where it is."""
    world = World(seed=chance.below(1_000_000))
    *tenants, other = chance.sample(TENANTS, 4)
    key = world.key(Policy=json.dumps(POLICY))
    blobs = {name: _seal(world, app, key, name)["CiphertextBlob"] for name in tenants}
    start = len(world.events())
    place = chance.between(1, LENGTH - 2)
    for number in range(LENGTH):
        world.clock.advance(seconds=chance.between(2, 900))
        tenant = chance.pick(tenants)
        if number == place:
            user = stranger if odd.user else app
            _happen(
                world,
                odd.operation,
                user,
                key,
                blobs[tenant],
                {"-": "", "other": other}.get(odd.tenant, tenant),
            )
        elif chance.below(3) == 0:
            _seal(world, app, key, tenant)
        else:
            _open(world, app, blobs[tenant], tenant)
    return world.events()[start:], place


def _seal(world: World, user: str, key: str, tenant: str) -> Answer:
    return world.call(
        "Encrypt", user, KeyId=key, Plaintext=b"x", EncryptionContext={"tenant": tenant}
    )


def _open(world: World, user: str, blob: str, tenant: str) -> Answer:
    context = {"tenant": tenant} if tenant else {}
    return world.call("Decrypt", user, CiphertextBlob=blob, EncryptionContext=context)


def _happen(world: World, operation: str, user: str, key: str, blob: str, tenant: str) -> None:
    """Do what does not belong; a refusal leaves an event as well."""
    with suppress(Refused):
        if operation == "Decrypt":
            _open(world, user, blob, tenant)
        else:
            world.call(operation, user, KeyId=key, **PARAMETERS.get(operation, {}))


def _line(event: Answer) -> str:
    """Return what matters of an event, in one line."""
    asked = event.get("requestParameters") or {}
    context = asked.get("encryptionContext") or {}
    who = event["userIdentity"]["arn"].rpartition("/")[2]
    told = f" tenant={context['tenant']}" if "tenant" in context else ""
    error = f" {event['errorCode']}" if "errorCode" in event else ""
    return f"{event['eventTime']} {event['eventName']} by {who}{told}{error}"
