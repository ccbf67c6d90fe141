"""The traps of authorization puzzles: each lies around one belief, and can be armed or not.

An armed trap denies what a believer expects to be allowed; the unarmed twin differs in one thing
and allows it. Refuses to know how a puzzle is shown; the verdict is the engine's.
"""

from typing import Final, Protocol

import msgspec

from kmslab.families.scene import Papers, Scene, allow, deny

ALL: Final = "kms:*"


class Lay(Protocol):
    """Writes the papers of a scene."""

    def __call__(self, s: Scene, /, *, armed: bool) -> Papers:
        """Return them, with the trap armed or not."""
        ...


class Trap(msgspec.Struct, frozen=True):
    """One belief. `trusts` is it as an identifier: who holds it expects an allow.

    `doubts` is the opposite mistake, of those who expect a refusal of the unarmed twin.
    """

    trusts: str
    doubts: str
    lay: Lay


def _iam_alone(s: Scene, *, armed: bool) -> Papers:
    principal = s.role_arn(s.other_role) if armed else s.root()
    return Papers(key=[allow(ALL, principal)], iam=[allow(s.action)])


def _root_is_everyone(s: Scene, *, armed: bool) -> Papers:
    return Papers(key=[allow(ALL, s.root())], iam=[allow(s.other_action if armed else s.action)])


def _context(s: Scene, *, armed: bool) -> Papers:
    wanted = {f"kms:EncryptionContext:{s.label}": s.tenant}
    return Papers(
        key=[allow(s.action, s.role_arn(), StringEquals=wanted)],
        iam=[allow(s.action)],
        context={s.label: s.other_tenant if armed else s.tenant},
    )


def _silent_scp(s: Scene, *, armed: bool) -> Papers:
    return Papers(
        key=[allow(ALL, s.root())],
        iam=[allow(s.action)],
        scp=[allow(["s3:*", "sqs:*"] if armed else ["s3:*", "kms:*"])],
    )


def _deny_wins(s: Scene, *, armed: bool) -> Papers:
    place = s.tenant if armed else s.other_tenant
    condition = {f"kms:EncryptionContext:{s.label}": place}
    return Papers(
        key=[allow(s.action, s.role_arn())],
        iam=[allow(s.action), deny("kms:*", StringEquals=condition)],
        context={s.label: s.tenant},
    )


def _grant_operation(s: Scene, *, armed: bool) -> Papers:
    operation = (s.other_action if armed else s.action).removeprefix("kms:")
    grant = {"grantee_principal": s.role_arn(), "operations": [operation, "DescribeKey"]}
    return Papers(key=[allow(ALL, s.role_arn(s.admin))], iam=[allow(s.action)], grants=[grant])


def _grant_constraint(s: Scene, *, armed: bool) -> Papers:
    subset = {"encryption_context_subset": {s.label: s.tenant}}
    operation = s.action.removeprefix("kms:")
    grant = {"grantee_principal": s.role_arn(), "operations": [operation], "constraints": subset}
    given = {s.label: s.other_tenant if armed else s.tenant, "run": "nightly"}
    return Papers(
        key=[allow(ALL, s.role_arn(s.admin))], iam=[allow(s.action)], grants=[grant], context=given
    )


def _abroad(s: Scene, *, armed: bool) -> Papers:
    return Papers(
        key=[allow(s.action, s.role_arn(account=s.other_account))],
        iam=[allow(["s3:GetObject", "sqs:SendMessage"] if armed else s.action)],
        foreign=True,
    )


def _via_service(s: Scene, *, armed: bool) -> Papers:
    service = f"s3.{s.region}.amazonaws.com"
    condition = {"kms:ViaService": service}
    return Papers(
        key=[allow(s.action, s.role_arn(), StringEquals=condition)],
        iam=[allow(s.action)],
        via=f"sqs.{s.region}.amazonaws.com" if armed else service,
    )


def _boundary(s: Scene, *, armed: bool) -> Papers:
    return Papers(
        key=[allow(ALL, s.root())],
        iam=[allow(s.action)],
        boundary=[allow(["s3:*", s.other_action if armed else s.action])],
    )


def _near_action(s: Scene, *, armed: bool) -> Papers:
    near = "kms:ReEncrypt*" if armed else f"{s.action}*"
    return Papers(
        key=[allow(near, s.role_arn()), allow(s.other_action, s.role_arn())], iam=[allow(s.action)]
    )


def _tag(s: Scene, *, armed: bool) -> Papers:
    condition = {"aws:PrincipalTag/team": s.tenant}
    return Papers(
        key=[allow(ALL, s.root())],
        iam=[allow(s.action, StringEquals=condition)],
        tag=s.other_tenant if armed else s.tenant,
    )


TRAPS: Final[dict[str, Trap]] = {
    "iam-alone": Trap("mc.iam-alone-suffices", "mc.key-policy-names-everyone", _iam_alone),
    "root": Trap("mc.root-statement-allows-all", "mc.root-is-one-user", _root_is_everyone),
    "context": Trap("mc.context-is-a-label", "mc.context-blocks-calls", _context),
    "scp": Trap("mc.scp-silence-allows", "mc.scp-grants-nothing-passes-nothing", _silent_scp),
    "deny": Trap("mc.allow-beats-deny", "mc.deny-ignores-condition", _deny_wins),
    "grant": Trap("mc.grant-covers-all", "mc.grant-needs-policy", _grant_operation),
    "constraint": Trap("mc.grant-ignores-context", "mc.subset-means-equals", _grant_constraint),
    "abroad": Trap("mc.key-policy-suffices-abroad", "mc.no-key-abroad", _abroad),
    "via": Trap("mc.any-service-will-do", "mc.via-service-blocks", _via_service),
    "boundary": Trap("mc.boundary-is-a-hint", "mc.boundary-grants-nothing", _boundary),
    "action": Trap("mc.near-action-suffices", "mc.wildcards-are-literal", _near_action),
    "tag": Trap("mc.tags-are-labels", "mc.tags-decide-nothing", _tag),
}
