"""Who and what a puzzle is about: names, accounts, a key, drawn by chance.

Refuses to know what is asked of them. Cases are in the format of `kmslab simulate`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from kmslab.families.chance import Chance

Statement = dict[str, Any]

APPS: Final = (
    *("Billing", "Catalog", "Claims", "Export", "Ingest", "Invoices", "Ledger", "Mailer"),
    *("Nightly", "Orders", "Payroll", "Pricing", "Reports", "Returns", "Search", "Uploads"),
)
ADMINS: Final = ("Keepers", "Operators", "Platform", "Security")
TENANTS: Final = ("alder", "birch", "cedar", "hazel", "larch", "maple", "rowan", "willow")
LABELS: Final = ("tenant", "customer", "project", "purpose")
REGIONS: Final = ("eu-central-1", "eu-west-1", "us-east-1", "us-west-2", "ap-southeast-2")
ACTIONS: Final = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey")
ACCOUNTS: Final = ("111122223333", "444455556666", "777788889999", "123456789012")


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """One role, one key, one request; the `other` ones are near and do not fit."""

    account: str
    other_account: str
    region: str
    key_id: str
    role: str
    other_role: str
    admin: str
    action: str
    other_action: str
    label: str
    tenant: str
    other_tenant: str

    @property
    def key_arn(self) -> str:
        """The key's ARN."""
        return f"arn:aws:kms:{self.region}:{self.account}:key/{self.key_id}"

    def root(self, account: str = "") -> str:
        """Return the principal that stands for an account."""
        return f"arn:aws:iam::{account or self.account}:root"

    def role_arn(self, name: str = "", account: str = "") -> str:
        """Return a role's ARN; the asking role's where no other is named."""
        return f"arn:aws:iam::{account or self.account}:role/{name or self.role}"


def draw(chance: Chance) -> Scene:
    """Draw a scene."""
    account, other_account = chance.sample(ACCOUNTS, 2)
    role, other_role = chance.sample(APPS, 2)
    action, other_action = chance.sample(ACTIONS, 2)
    tenant, other_tenant = chance.sample(TENANTS, 2)
    return Scene(
        account=account,
        other_account=other_account,
        region=chance.pick(REGIONS),
        key_id=key_id(chance),
        role=role,
        other_role=other_role,
        admin=chance.pick(ADMINS),
        action=action,
        other_action=other_action,
        label=chance.pick(LABELS),
        tenant=tenant,
        other_tenant=other_tenant,
    )


def key_id(chance: Chance) -> str:
    """Return a key ID in the form of a random UUID."""
    digits = "".join("0123456789abcdef"[chance.below(16)] for _ in range(30))
    return f"{digits[:8]}-{digits[8:12]}-4{digits[12:15]}-a{digits[15:18]}-{digits[18:30]}"


def allow(action: str | Sequence[str], principal: str = "", **condition: Any) -> Statement:  # noqa: ANN401 - JSON
    """Return an Allow statement, for a key policy where a principal is named."""
    return _statement("Allow", action, principal, condition)


def deny(action: str | Sequence[str], principal: str = "", **condition: Any) -> Statement:  # noqa: ANN401 - JSON
    """Return a Deny statement."""
    return _statement("Deny", action, principal, condition)


def _statement(
    effect: str, action: str | Sequence[str], principal: str, condition: Mapping[str, Any]
) -> Statement:
    named = {"Principal": {"AWS": principal}} if principal else {}
    tested = {"Condition": dict(condition)} if condition else {}
    return {"Effect": effect, **named, "Action": action, "Resource": "*", **tested}


class Papers(msgspec.Struct, frozen=True, kw_only=True):
    """The policies and grants around a request, statement by statement; empty ones are absent."""

    key: list[Statement] = []
    iam: list[Statement] = []
    boundary: list[Statement] = []
    scp: list[Statement] = []
    grants: list[dict[str, Any]] = []
    context: dict[str, str] = {}  # the encryption context of the request
    via: str = ""  # the service through which it comes
    tag: str = ""  # the tag `team` of the caller
    foreign: bool = False  # the caller is of the other account


def named(papers: Papers) -> Papers:
    """Give each statement and grant a name that says where it stands and no more: K1, I1, S1."""
    return msgspec.structs.replace(
        papers,
        key=_named(papers.key, "K"),
        iam=_named(papers.iam, "I"),
        boundary=_named(papers.boundary, "B"),
        scp=_named(papers.scp, "S"),
        grants=[grant | {"grant_id": f"G{n}"} for n, grant in enumerate(papers.grants, 1)],
    )


def _named(statements: list[Statement], letter: str) -> list[Statement]:
    return [{"Sid": f"{letter}{n}", **each} for n, each in enumerate(statements, 1)]


def case_of(scene: Scene, papers: Papers, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return the case that `kmslab.simulate` decides; `changes` replace parts of it."""
    account = scene.other_account if papers.foreign else scene.account
    return {
        "caller": caller(scene, account, tag=papers.tag),
        "action": scene.action,
        "resource": {
            "arn": scene.key_arn,
            "account": scene.account,
            "key_spec": "SYMMETRIC_DEFAULT",
            "key_usage": "ENCRYPT_DECRYPT",
        },
        "request": {"encryption_context": papers.context} if papers.context else {},
        "context": {"kms:ViaService": papers.via} if papers.via else {},
        "key_policy": _document(papers.key),
        "identity_policies": [_document(papers.iam)] if papers.iam else [],
        "permission_boundary": _document(papers.boundary) if papers.boundary else None,
        "scps": [[_document(papers.scp)]] if papers.scp else None,
        "grants": [
            {"key_arn": scene.key_arn, "issuing_account": scene.root(), **grant}
            for grant in papers.grants
        ],
    } | changes


def caller(scene: Scene, account: str, *, role: str = "", tag: str = "") -> dict[str, Any]:
    """Return a session of a role as a caller."""
    name = role or scene.role
    return {
        "type": "role-session",
        "arn": f"arn:aws:sts::{account}:assumed-role/{name}/run",
        "role_arn": scene.role_arn(name, account),
        "account": account,
        "userid": f"AROAEXAMPLE{name.upper()}:run",
        "tags": {"team": tag} if tag else {},
    }


def _document(statements: list[Statement]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements}
