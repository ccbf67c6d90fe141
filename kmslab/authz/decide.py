"""The verdict: all policies around one request, combined as AWS combines them.

IAM User Guide, "How AWS enforcement code logic evaluates requests"; KMS Developer Guide, "Determining
access to AWS KMS keys". An explicit deny anywhere wins; then every guard must allow; then the key's
side and the caller's side must agree, as far as the key's permission asks for it (`Reach`).
"""

from collections.abc import Iterable
from typing import Final

from kmslab.authz import grants
from kmslab.authz.actions import CROSS_ACCOUNT
from kmslab.authz.context import Context
from kmslab.authz.layers import Layers, Source, applied, asks_key_policy
from kmslab.authz.policy import Policy, Statement
from kmslab.authz.principals import Reach
from kmslab.model.requests import AuthorizationRequest, Decision, Layer

__all__ = ["Layers", "decide"]

ALLOWED: Final = Decision(allowed=True, kind="allow")

_GUARDS: Final = ("scp", "vpc_endpoint")
_BY_IAM: Final[tuple[Layer, ...]] = ("identity", "boundary", "session")
_BY_ROLE: Final[tuple[Layer, ...]] = ("boundary", "session")
_CALLER_SIDE: Final[tuple[tuple[Layer, ...], ...]] = (
    (),
    _BY_IAM,
    _BY_ROLE,
    _BY_ROLE,
    (),
    (),
    (),
    (),
)
"""What must allow besides the key's permission, by `Reach`: the strongest flag counts.

IAM User Guide, "Resource-based policies" in the evaluation logic.
"""


def decide(request: AuthorizationRequest, layers: Layers) -> Decision:
    """Answer whether the request is authorized, and which layers deny it if not."""
    context = context_of(request, layers)
    denying = [
        source.name
        for source in layers.sources
        if source.binds(context) and denies_explicitly(source, context)
    ]
    if denying:
        return Decision(allowed=False, kind="explicit_deny", layers=tuple(denying))
    missing = _missing_guards(context, layers) + _missing_permission(context, layers)
    return Decision(allowed=False, kind="implicit_deny", layers=missing) if missing else ALLOWED


def context_of(request: AuthorizationRequest, layers: Layers) -> Context:
    """Prepare a request for evaluation."""
    carries_policies = request.caller.kind not in ("root", "service")
    return Context(request, has_boundary=carries_policies and layers.boundary is not None)


# ------------------------------------------------------------------------------------ explicit denies


def denies_explicitly(source: Source, context: Context) -> bool:
    """Tell whether a Deny statement of a layer applies."""
    judge = any_reaches if source.names_principals else any_applies
    for level in source.levels:
        for policy in level:
            denies = policy.select(context.action).denies
            if judge(denies, context):
                return True
    return False


def any_applies(statements: Iterable[Statement], context: Context) -> bool:
    """Tell whether one of the statements applies, whoever calls."""
    for statement in statements:  # noqa: SIM110 - a generator would cost as much as the tests
        if statement.applies(context):
            return True
    return False


def any_reaches(statements: Iterable[Statement], context: Context) -> bool:
    """Tell whether one of the statements applies and names the caller."""
    for statement in statements:  # noqa: SIM110 - as above
        if statement.reach(context):
            return True
    return False


# ------------------------------------------------------------------------------ what every request needs


def _missing_guards(context: Context, layers: Layers) -> tuple[Layer, ...]:
    if not layers.scps and layers.vpc_endpoint is None:
        return ()
    return tuple(
        [
            source.name
            for source in applied(context, layers)
            if source.name in _GUARDS and not every_level_allows(source, context)
        ]
    )


def every_level_allows(source: Source, context: Context) -> bool:
    """Tell whether on each level some policy allows (Organizations User Guide, "SCP evaluation")."""
    return all(_level_allows(source, level, context) for level in source.levels)


def _level_allows(source: Source, level: Iterable[Policy], context: Context) -> bool:
    judge = any_reaches if source.names_principals else any_applies
    return any(judge(policy.select(context.action).allows, context) for policy in level)


# ------------------------------------------------------------------- permission: the key and the caller


def _missing_permission(context: Context, layers: Layers) -> tuple[Layer, ...]:
    reach = permission_reach(context, layers)
    if not reach:
        return (key_side(context),)
    return missing_on_callers_side(reach, context, layers) if _CALLER_SIDE[reach] else ()


def missing_on_callers_side(reach: int, context: Context, layers: Layers) -> tuple[Layer, ...]:
    """Name the caller's layers that would have to allow where the key's permission reaches so far."""
    return tuple([name for name in _CALLER_SIDE[reach] if not _allows(name, context, layers)])


def key_side(context: Context) -> Layer:
    """Name the layer that has to give the permission in the first place."""
    if not context.on_key:
        return "identity"
    return "key_policy" if asks_key_policy(context) else "grant"


def permission_reach(context: Context, layers: Layers) -> int:
    """Tell how far key policy and grants reach the caller; where there is no key, IAM decides."""
    if not context.on_key:
        return _iam_reach(context)
    if context.action == "kms:RetireGrant":
        return grants.retiring_reach(layers.grants, context)
    named = key_policy_reach(context, layers)
    granted = grants.reach(layers.grants, context) if layers.grants else Reach.NONE
    return foreign_reach(context, named, granted) if is_foreign(context) else named | granted


def key_policy_reach(context: Context, layers: Layers) -> int:
    """Tell how far the key policy's Allow statements reach the caller."""
    found: int = Reach.NONE
    if layers.key_policy is not None:
        for statement in layers.key_policy.select(context.action).allows:
            found |= statement.reach(context)
    return found


def is_foreign(context: Context) -> bool:
    """Tell whether the caller belongs to another account than the resource."""
    caller = context.request.caller
    return caller.account != context.request.resource.account and caller.kind != "service"


def _iam_reach(context: Context) -> int:
    """Without a key, the root user needs nothing more and others need IAM; services get nothing."""
    kind = context.request.caller.kind
    if kind == "service" or is_foreign(context):
        return Reach.NONE
    return Reach.DIRECT if kind == "root" else Reach.ACCOUNT


def foreign_reach(context: Context, named: int, granted: int) -> int:
    """Across accounts a key policy only opens the door; the caller's own IAM must allow as well."""
    if context.action not in CROSS_ACCOUNT or context.request.resource.key_manager == "AWS":
        return Reach.NONE
    if not named:
        return granted
    return granted | (Reach.DIRECT if context.request.caller.kind == "root" else Reach.ACCOUNT)


def _allows(name: Layer, context: Context, layers: Layers) -> bool:
    """Ask a layer on the caller's side; only a federated session needs a session policy at all."""
    source = layers.source(name)
    if source is not None:
        return every_level_allows(source, context)
    is_federated = context.request.caller.kind == "federated-user"
    return name == "boundary" or (name == "session" and not is_federated)
