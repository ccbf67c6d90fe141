"""Lab 07: six key policies, each judged by what the service answers to all who may come.

A set of verdicts has to be exact: what is allowed too much is as wrong as what is refused.
"""

from collections.abc import Mapping
from functools import partial
from typing import Final, NamedTuple

from kmslab.kms import Kms
from kmslab.lab.checks.look import key_of, missing
from kmslab.lab.checks.outcome import Claims, Finding
from kmslab.lab.workshop import ADMINISTRATOR, Staff, may


class Probe(NamedTuple):
    """One question to the service: who asks for what, in the name of which tenant."""

    who: str
    operation: str
    tenant: str = ""

    def __str__(self) -> str:
        name = f" in the name of {self.tenant}" if self.tenant else ""
        return f"{self.operation}{name}"

    @property
    def context(self) -> Mapping[str, str] | None:
        """The encryption context that is sent."""
        return {"tenant": self.tenant} if self.tenant else None


class Wanted(NamedTuple):
    """Who shall be allowed what, and what shall be refused; all of it is tried."""

    alias: str
    allowed: tuple[Probe, ...]
    refused: tuple[Probe, ...]


def _of(who: str, *operations: str) -> tuple[Probe, ...]:
    return tuple(Probe(who, each) for each in operations)


GOVERNED: Final = _of(ADMINISTRATOR, "PutKeyPolicy")
WANTED: Final[Mapping[str, Wanted]] = {
    "07.1": Wanted(
        "alias/letters",
        (*_of("LambdaRole", "Decrypt", "GenerateDataKey"), *GOVERNED),
        (
            *_of("LambdaRole", "Encrypt", "DescribeKey", "CreateGrant", "PutKeyPolicy"),
            *_of("BackupRole", "Decrypt", "GenerateDataKey"),
        ),
    ),
    "07.2": Wanted(
        "alias/reports",
        (
            *_of("ReportRole", "Decrypt", "DescribeKey"),
            *_of("Developer", "Decrypt", "Encrypt"),
            *GOVERNED,
        ),
        (
            *_of("ReportRole", "Encrypt", "PutKeyPolicy"),
            *_of("LambdaRole", "Decrypt", "DescribeKey"),
            *_of("BackupRole", "Decrypt"),
        ),
    ),
    "07.3": Wanted(
        "alias/payroll",
        (*_of("LambdaRole", "Decrypt"), *_of("ReportRole", "Decrypt"), *GOVERNED),
        (
            *_of("LambdaRole", "Encrypt", "PutKeyPolicy"),
            *_of("BackupRole", "Decrypt"),
            *_of("KeyAdmin", "Decrypt"),
        ),
    ),
    "07.4": Wanted(
        "alias/backups",
        (*_of("BackupRole", "Decrypt", "GenerateDataKey"), *_of("Developer", "Encrypt"), *GOVERNED),
        (
            *_of(ADMINISTRATOR, "Decrypt", "GenerateDataKey"),
            *_of("Developer", "Decrypt", "GenerateDataKey"),
            *_of("ReportRole", "Decrypt"),
            *_of("BackupRole", "PutKeyPolicy"),
        ),
    ),
    "07.5": Wanted(
        "alias/archive",
        (Probe("BackupRole", "Decrypt", "alder"), *_of("BackupRole", "DescribeKey"), *GOVERNED),
        (
            Probe("BackupRole", "Decrypt", "beech"),
            *_of("BackupRole", "Decrypt", "GenerateDataKey", "PutKeyPolicy"),
            Probe("LambdaRole", "Decrypt", "alder"),
            *_of("LambdaRole", "DescribeKey"),
        ),
    ),
    "07.6": Wanted(
        "alias/vault",
        (
            *_of("KeyAdmin", "DescribeKey", "EnableKey", "CancelKeyDeletion", "PutKeyPolicy"),
            *GOVERNED,
        ),
        (
            *_of("KeyAdmin", "Decrypt", "Encrypt", "GenerateDataKey", "CreateGrant"),
            *_of("LambdaRole", "DescribeKey", "PutKeyPolicy"),
        ),
    ),
}


def _verdicts(world: Kms, staff: Staff, *, wanted: Wanted) -> Finding:
    key = key_of(world.client(), wanted.alias)
    if key is None:
        return Finding(passed=False, seen=missing(wanted.alias), hint="Open the workshop again.")
    told = [
        f"{probe.who} {'may not' if allow else 'may'} {probe}"
        for allow, probes in ((True, wanted.allowed), (False, wanted.refused))
        for probe in probes
        if may(staff[probe.who], key["Arn"], probe.operation, probe.context) is not allow
    ]
    asked = len(wanted.allowed) + len(wanted.refused)
    seen = f"{asked - len(told)} of {asked} verdicts on {wanted.alias} are as wanted."
    return Finding(not told, seen, f"At present {told[0]}." if told else "")


CHECKS: Final[Claims] = {name: partial(_verdicts, wanted=wanted) for name, wanted in WANTED.items()}
