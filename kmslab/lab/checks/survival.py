"""Lab 16: one key scheduled and saved, another destroyed, and a guard rail for the next time."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import ClientError

from kmslab.kms import Kms
from kmslab.lab.checks.look import Client, Json, code_of, concerns, key_of, missing
from kmslab.lab.checks.outcome import Claims, Finding
from kmslab.lab.envelope import unseal

ARCHIVE: Final = "alias/archive"
LEAVER: Final = "alias/customer-7"
DAY: Final = 86_400.0
PENDING: Final = "PendingDeletion"
WINDOWS: Final = {ARCHIVE: 30, LEAVER: 7}  # days
PROBES: Final = {7: "AccessDeniedException", 29: "AccessDeniedException", 30: ""}  # days to answer


def _both_wait(world: Kms) -> Finding:
    kms, now = world.client(), world.clock.now()
    left = {alias: _days_left(kms, alias, now) for alias in WINDOWS}
    told = "; ".join(
        f"{alias} {'is not waiting' if days is None else f'goes in {days:.0f} days'}"
        for alias, days in left.items()
    )
    passed = all(days is not None and round(days) == WINDOWS[name] for name, days in left.items())
    hint = "schedule_key_deletion takes a key ID and PendingWindowInDays, from 7 to 30."
    return Finding(passed, f"{told}.", hint)


def _days_left(kms: Client, alias: str, now: float) -> float | None:
    key = key_of(kms, alias)
    if key is None or key["KeyState"] != PENDING:
        return None
    return float(key["DeletionDate"].timestamp() - now) / DAY


def _needed_one_is_saved(world: Kms, suspect: str) -> Finding:
    kms = world.client()
    key = key_of(kms, ARCHIVE)
    if key is None:
        return Finding(passed=False, seen=missing(ARCHIVE), hint="It is too late in this world.")
    callers = set(_turned_away(world, key["Arn"]))
    leaver = key_of(kms, LEAVER)
    waits = leaver is not None and leaver["KeyState"] == PENDING
    named = suspect in callers
    seen = (
        f"{ARCHIVE} is {key['KeyState']}; {LEAVER} {'still waits' if waits else 'waits no more'}; "
        f"{suspect or 'nobody'} {'was' if named else 'was not'} turned away by {ARCHIVE}."
    )
    hint = "Cancelling leaves a key Disabled. The name is in userIdentity of the refused event."
    return Finding(bool(key["Enabled"]) and waits and named, seen, hint)


def _turned_away(world: Kms, arn: str) -> Iterator[str]:
    """Yield the users whom a key refused because it waited for deletion."""
    for event in world.trail.events(error="KMSInvalidStateException"):
        if concerns(event, arn):
            yield str(event["userIdentity"].get("userName", ""))


def _leaver_is_gone(world: Kms, backups: Iterable[Path]) -> Finding:
    kms = world.client()
    left = key_of(kms, LEAVER)
    works = not code_of(kms.encrypt, KeyId=ARCHIVE, Plaintext=b"?")
    readable = [path.name for path in backups if _opens(kms, path)]
    deaths = world.trail.events(name="DeleteKey")
    state = "is gone" if left is None else f"is {left['KeyState']}"
    seen = f"The key of {LEAVER} {state}; {len(readable)} backups open; DeleteKey events: {len(deaths)}."
    hint = "Let the window pass: world.clock.advance(days=...)."
    if not works:
        hint = f"{ARCHIVE} does not work either, and it should."
    passed = left is None and bool(deaths) and not readable and works
    return Finding(passed, seen, hint)


def _opens(kms: Client, path: Path) -> bool:
    target = path.with_name(f"{path.name}.checked")
    try:
        unseal(path, target, kms=kms, context={})
    except ClientError:
        return False
    target.unlink()
    return True


def _guarded(world: Kms, who: Mapping[str, Any]) -> Finding:
    kms, theirs = world.client(), world.client(who=who)
    answers = {days: _try_to_schedule(kms, theirs, days) for days in PROBES}
    told = ", ".join(f"{days} days: {code or 'answered'}" for days, code in answers.items())
    hint = "Deny kms:ScheduleKeyDeletion with NumericLessThan; an Allow has to be there as well."
    return Finding(answers == PROBES, f"{told}.", hint)


def _try_to_schedule(kms: Client, theirs: Client, days: int) -> str:
    key: Json = kms.create_key(Description="a probe of check 16.4")["KeyMetadata"]
    return code_of(theirs.schedule_key_deletion, KeyId=key["KeyId"], PendingWindowInDays=days)


CHECKS: Final[Claims] = {
    "16.1": _both_wait,
    "16.2": _needed_one_is_saved,
    "16.3": _leaver_is_gone,
    "16.4": _guarded,
}
