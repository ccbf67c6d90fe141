"""Lab 09: a grant as small as it can be, used at once, handed on smaller, and retired.

Who may do what is asked of the service as if every grant were everywhere, so that nobody has to wait.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Final, NamedTuple

from kmslab.kms import Kms
from kmslab.lab.checks.look import Json, concerns, key_of, missing
from kmslab.lab.checks.outcome import Claims, Finding
from kmslab.lab.volumes import ALIAS, OTHER_VOLUME, VOLUME, House, arn_of
from kmslab.lab.workshop import may

AT_ONCE: Final = 300.0  # seconds, after which a grant is everywhere
MINE: Final = {"aws:ebs:id": VOLUME}
THEIRS: Final = {"aws:ebs:id": OTHER_VOLUME}


class Excess(NamedTuple):
    """Something that a grant should leave out: who, what, with which encryption context."""

    who: str
    operation: str
    context: Mapping[str, str]

    def __str__(self) -> str:
        named = f" {self.context['aws:ebs:id']}" if self.context else ""
        return f"{self.who} may {self.operation}{named}"


FOR_A_HOST: Final = (
    Excess("host", "Decrypt", THEIRS),
    Excess("host", "Decrypt", {}),
    Excess("host", "Encrypt", MINE),
    Excess("host", "GenerateDataKey", MINE),
    Excess("host", "CreateGrant", MINE),
    Excess("neighbour", "Decrypt", MINE),
)
FOR_A_COPIER: Final = (
    Excess("copier", "Decrypt", THEIRS),
    Excess("copier", "Decrypt", {}),
    Excess("copier", "Encrypt", MINE),
    Excess("copier", "CreateGrant", MINE),
    Excess("neighbour", "Decrypt", MINE),
)


def _least(world: Kms, house: House) -> Finding:
    hint = (
        "By house['ana via ec2']: Decrypt alone, for this volume alone, with a RetiringPrincipal."
    )
    return _judged(world, house, "host", FOR_A_HOST, hint=hint)


def _child(world: Kms, house: House) -> Finding:
    made = [
        event
        for event in world.trail.events(name="CreateGrant")
        if event["userIdentity"].get("arn") == arn_of(world, "backup") and "errorCode" not in event
    ]
    hint = "By house['backup']: Decrypt alone; the constraint of the parent; a RetiringPrincipal."
    if not made:
        return Finding(passed=False, seen="The backup has handed nothing on.", hint=hint)
    return _judged(world, house, "copier", FOR_A_COPIER, hint=hint)


def _judged(
    world: Kms, house: House, who: str, excess: tuple[Excess, ...], *, hint: str
) -> Finding:
    """Try the grants of a grantee: whether they open the volume, and what they allow besides."""
    key = key_of(world.client(), ALIAS)
    if key is None:
        return Finding(passed=False, seen=missing(ALIAS), hint="Open the house again.")
    grants = _grants_for(world, key["Arn"], who)
    with _everywhere(world):
        works = may(house[who], key["Arn"], "Decrypt", MINE)
        more = [each for each in excess if may(house[each.who], key["Arn"], *each[1:])]
    endless = sum("RetiringPrincipal" not in each for each in grants)
    seen = (
        f"Grants for the {who}: {len(grants)}; the volume {'opens' if works else 'stays shut'}; "
        f"allowed besides: {len(more)}; without anybody to retire them: {endless}."
    )
    return Finding(works and not more and not endless, seen, f"{more[0]}." if more else hint)


@contextmanager
def _everywhere(world: Kms) -> Iterator[None]:
    engine = world.endpoint.engine
    kept, engine.grant_delay = engine.grant_delay, 0.0
    try:
        yield
    finally:
        engine.grant_delay = kept


def _grants_for(world: Kms, key_arn: str, *who: str) -> list[Json]:
    kms = world.client()
    names = {arn_of(world, each) for each in who}
    pages = kms.get_paginator("list_grants").paginate(KeyId=key_arn)
    return [each for page in pages for each in page["Grants"] if each["GranteePrincipal"] in names]


def _at_once(world: Kms) -> Finding:
    key = key_of(world.client(), ALIAS)
    grants = [] if key is None else _grants_for(world, key["Arn"], "host")
    if not grants:
        return Finding(passed=False, seen="No grant names the host.", hint="Do task 1 first.")
    made = min(each["CreationDate"].timestamp() for each in grants)
    opened = [
        datetime.fromisoformat(event["eventTime"]).timestamp()
        for event in world.trail.events(name="Decrypt")
        if event["userIdentity"].get("arn") == arn_of(world, "host") and "errorCode" not in event
    ]
    if not opened:
        hint = "house['host'].decrypt, with the context of the volume and the token of the grant."
        return Finding(passed=False, seen="The host has opened nothing.", hint=hint)
    waited = max(0.0, min(opened) - made)
    seen = f"The host opened its disk {waited:.0f} seconds after the grant was made."
    return Finding(waited < AT_ONCE, seen, "Do not wait: send the token. Begin with a new world.")


def _retired(world: Kms, house: House) -> Finding:
    key = key_of(world.client(), ALIAS)
    if key is None:
        return Finding(passed=False, seen=missing(ALIAS), hint="Open the house again.")
    grantees = ("host", "backup", "copier")
    left = _grants_for(world, key["Arn"], *grantees)
    retired = [
        event
        for event in world.trail.events(name="RetireGrant")
        if concerns(event, key["Arn"]) and "errorCode" not in event
    ]
    able = [who for who in grantees if may(house[who], key["Arn"], "Decrypt", MINE)]
    seen = (
        f"Grants that are left: {len(left)}; retired: {len(retired)}; "
        f"who can still open the volume: {', '.join(able) or 'nobody'}."
    )
    hint = "retire_grant, by whom each grant names for it. A child is a grant of its own."
    return Finding(not left and not able and len(retired) >= len(grantees), seen, hint)


CHECKS: Final[Claims] = {
    "09.1": _least,
    "09.2": _at_once,
    "09.3": _child,
    "09.4": _retired,
}
