"""The verdict: all policies around one request, combined as AWS combines them.

IAM User Guide, "How AWS enforcement code logic evaluates requests"; KMS Developer Guide, "Determining
access to AWS KMS keys". An explicit deny anywhere wins; then every guard must allow; then the key's
side and the caller's side must agree, as far as the key's permission asks for it (`Reach`).
"""

from collections.abc import Iterable
from typing import Final

from kmslab.authz import grants
from kmslab.authz.actions import CROSS_ACCOUNT
from kmslab.authz.context_keys import Context
from kmslab.authz.layers import (
    AppliedLayer,
    Layers,
    Levels,
    Principals,
    applied,
    asks_key_policy,
    binds_account,
    is_key_permission,
)
from kmslab.authz.policy import Policy, Statement
from kmslab.authz.principals import Reach
from kmslab.model.requests import AuthorizationRequest, Decision, Layer

__all__ = ["Layers", "decide"]

ALLOWED: Final = Decision(allowed=True, kind="allow")

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
    denying = tuple(
        [layer.name for layer in applied(context, layers) if denies_explicitly(layer, context)]
    )
    if denying:
        return Decision(allowed=False, kind="explicit_deny", layers=denying)
    missing = missing_allows(context, layers)
    return Decision(allowed=False, kind="implicit_deny", layers=missing) if missing else ALLOWED


def context_of(request: AuthorizationRequest, layers: Layers) -> Context:
    """Prepare a request for evaluation."""
    return Context(request, has_boundary=layers.boundary is not None)


def missing_allows(context: Context, layers: Layers) -> tuple[Layer, ...]:
    """List the layers whose Allow is missing, in the order of evaluation; none: allowed."""
    return _missing_guards(context, layers) + _missing_permission(context, layers)


# ------------------------------------------------------------------------------------ explicit denies


def denies_explicitly(layer: AppliedLayer, context: Context) -> bool:
    """Tell whether a Deny statement of the layer applies."""
    for level in layer.levels:
        for policy in level:
            for statement in policy.select(context.action).denies:
                if statement_applies(statement, context, principals=layer.principals):
                    return True
    return False


def statement_applies(statement: Statement, context: Context, *, principals: Principals) -> bool:
    """Tell whether a statement that covers the action applies to the request."""
    if principals == "needed" or (principals == "optional" and statement.principal is not None):
        return bool(statement.reach(context))
    return statement.applies(context)


# --------------------------------------------------------------------------- guards: SCP, VPC endpoint


def _missing_guards(context: Context, layers: Layers) -> tuple[Layer, ...]:
    missing: list[Layer] = []
    if layers.scps and binds_account(context) and not every_level_allows(layers.scps, context):
        missing.append("scp")
    endpoint = layers.vpc_endpoint
    if endpoint is not None and not any_allows([endpoint], context, principals="optional"):
        missing.append("vpc_endpoint")
    return tuple(missing)


def every_level_allows(levels: Levels, context: Context) -> bool:
    """Tell whether on each level some policy allows (Organizations User Guide, "SCP evaluation")."""
    return all(any_allows(level, context) for level in levels)


def any_allows(
    policies: Iterable[Policy], context: Context, *, principals: Principals = "none"
) -> bool:
    """Tell whether an Allow statement of one of the policies applies."""
    return any(
        statement_applies(statement, context, principals=principals)
        for policy in policies
        for statement in policy.select(context.action).allows
    )


# ------------------------------------------------------------------- permission: the key and the caller


def _missing_permission(context: Context, layers: Layers) -> tuple[Layer, ...]:
    reach = permission_reach(context, layers)
    if not reach:
        return (key_side(context),)
    asked = _CALLER_SIDE[reach]
    return tuple([layer for layer in asked if not _allows(layer, context, layers)])


def key_side(context: Context) -> Layer:
    """Name the layer that has to give the permission in the first place."""
    if not is_key_permission(context):
        return "identity"
    return "key_policy" if asks_key_policy(context) else "grant"


def permission_reach(context: Context, layers: Layers) -> int:
    """Tell how far key policy and grants reach the caller; where there is no key, IAM decides."""
    if not is_key_permission(context):
        return _iam_reach(context)
    if not asks_key_policy(context):
        return grants.retiring_reach(layers.grants, context)
    granted = grants.reach(layers.grants, context)
    if is_foreign(context):
        return _foreign_reach(context, layers, granted)
    return granted | key_policy_reach(context, layers)


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
    return caller.kind != "service" and caller.account != context.request.resource.account


def _iam_reach(context: Context) -> int:
    """Without a key, the root user needs nothing more and others need IAM; services get nothing."""
    kind = context.request.caller.kind
    if kind == "service" or is_foreign(context):
        return Reach.NONE
    return Reach.DIRECT if kind == "root" else Reach.ACCOUNT


def _foreign_reach(context: Context, layers: Layers, granted: int) -> int:
    """Across accounts a key policy only opens the door; the caller's own IAM must allow as well."""
    if context.action not in CROSS_ACCOUNT or context.request.resource.key_manager == "AWS":
        return Reach.NONE
    if not key_policy_reach(context, layers):
        return granted
    return granted | (Reach.DIRECT if context.request.caller.kind == "root" else Reach.ACCOUNT)


def _allows(layer: Layer, context: Context, layers: Layers) -> bool:
    if layer == "identity":
        return any_allows(layers.identity, context)
    policy = layers.boundary if layer == "boundary" else layers.session
    if policy is None:
        return not (layer == "session" and context.request.caller.kind == "federated-user")
    return any_allows([policy], context)
