"""Lab 19: who did it, the hole closed without losing the owner's data, and evidence that was not doctored."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from kmslab.kms import Kms, Who
from kmslab.lab.checks.look import Client, code_of
from kmslab.lab.checks.outcome import Claims, Finding
from kmslab.lab.evidence import inspect

VAULT: Final = "alias/vault"
OWNER: Final = "billing"
ACCOMPLICE: Final = "reports"
STRANGER: Final = "contractor"
ASKED: Final = ("maker", "user", "account", "grant", "reads")
DENIED: Final = "AccessDeniedException"

Staff = Mapping[str, Who]


def _found(world: Kms, report: Mapping[str, Any]) -> Finding:
    truth = _truth(world)
    right = [name for name in ASKED if str(report.get(name, "")) == str(truth[name])]
    open_ = [name for name in ASKED if name not in right]
    seen = f"{len(right)} of {len(ASKED)} answers agree with the trail"
    told = f"{seen}; not yet: {', '.join(open_)}." if open_ else f"{seen}."
    hint = "Begin with frame[frame.name == \"CreateGrant\"]; the caller's own event names him, the owner's copy does not."
    return Finding(not open_, told, hint)


def _truth(world: Kms) -> dict[str, Any]:
    """Read the case from the trail: the grant that a foreigner used, and how often."""
    used = [event for event in world.trail.events(name="Decrypt") if _is_foreign(event)]
    callers = [event for event in used if event["userIdentity"]["type"] != "AWSAccount"]
    made = next(
        event
        for event in world.trail.events(name="CreateGrant")
        if str(callers[0]["userIdentity"]["arn"]) == event["requestParameters"]["granteePrincipal"]
    )
    return {
        "maker": made["userIdentity"]["userName"],
        "user": callers[0]["userIdentity"]["userName"],
        "account": callers[0]["userIdentity"]["accountId"],
        "grant": made["responseElements"]["grantId"],
        "reads": sum("errorCode" not in event for event in callers),
    }


def _is_foreign(event: Mapping[str, Any]) -> bool:
    return "sharedEventID" in event


def _contained(world: Kms, staff: Staff, letters: Sequence[bytes]) -> Finding:
    left = [_name(grant["GranteePrincipal"]) for grant in _grants(world.client())]
    stranger = _read(world, staff[STRANGER], letters)
    owner = _read(world, staff[OWNER], letters)
    seen = (
        f"Grants left: {', '.join(left) or 'none'}; {STRANGER} reads {stranger} of {len(letters)} letters, "
        f"{OWNER} {owner}."
    )
    hint = (
        "revoke_grant takes KeyId and GrantId. The owner's access comes from his policy and stays."
    )
    return Finding(not stranger and owner == len(letters) and STRANGER not in left, seen, hint)


def _prevented(world: Kms, staff: Staff, letters: Sequence[bytes]) -> Finding:
    theirs = world.client(who=staff[ACCOMPLICE])
    abroad = _try_to_grant(theirs, "444455556666")
    owner = _read(world, staff[OWNER], letters)
    for grant in _grants(world.client()):  # what the probe has made, if it could
        if _name(grant["GranteePrincipal"]) == STRANGER:
            world.client().revoke_grant(KeyId=grant["KeyId"], GrantId=grant["GrantId"])
    manages = not code_of(world.client().get_key_policy, KeyId=_vault(world.client()))
    seen = (
        f"{ACCOMPLICE} grants to another account: {abroad or 'answered'}; "
        f"{OWNER} reads {owner} of {len(letters)} letters; "
        f"the administrator {'still reads' if manages else 'no longer reads'} the policy."
    )
    hint = "Add a Deny of kms:CreateGrant to the key policy, for that user, and keep what is there."
    return Finding(abroad == DENIED and owner == len(letters) and manages, seen, hint)


def _evidence(world: Kms, folder: str | Path, doctored: str) -> Finding:
    del world
    report = inspect(folder)
    named = {problem.file for problem in report.problems}
    seen = f"{len(named)} of {report.logs} log files are not what was delivered; "
    if not doctored:
        return Finding(passed=False, seen=f"{seen}you name none.", hint="inspect(folder).problems")
    told = f"{seen}you name {'it' if {doctored} == named else 'another'}."
    return Finding({doctored} == named, told, "Each problem has a `file`: take it as it is.")


def _vault(kms: Client) -> str:
    return str(kms.describe_key(KeyId=VAULT)["KeyMetadata"]["KeyId"])


def _grants(kms: Client) -> Iterator[Mapping[str, Any]]:
    yield from kms.list_grants(KeyId=_vault(kms))["Grants"]


def _try_to_grant(theirs: Client, account: str) -> str:
    grantee = f"arn:aws:iam::{account}:user/{STRANGER}"
    return code_of(
        theirs.create_grant, KeyId=_vault(theirs), GranteePrincipal=grantee, Operations=["Decrypt"]
    )


def _read(world: Kms, who: Who, letters: Sequence[bytes]) -> int:
    """Count the letters that somebody can open."""
    decrypt = world.client(who=who).decrypt
    codes = [
        code_of(decrypt, CiphertextBlob=letter, EncryptionContext={"tenant": f"t{number:02d}"})
        for number, letter in enumerate(letters)
    ]
    return codes.count("")


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]


CHECKS: Final[Claims] = {
    "19.1": _found,
    "19.2": _contained,
    "19.3": _prevented,
    "19.4": _evidence,
}
