"""What grants allow, and who may retire one.

KMS Developer Guide, "Grants in AWS KMS", "Using grant constraints", "Retiring and revoking grants".
A grant only allows. How far it reaches depends on how it names its grantee, as in a key policy.
"""

from collections.abc import Iterable, Mapping

from kmslab.authz.actions import GRANTABLE, WITH_CONTEXT
from kmslab.authz.context import Context, constraints_of, pairs_of, value_of
from kmslab.authz.context_keys import reader
from kmslab.authz.principals import Reach, reach_of
from kmslab.model.grants import Grant, GrantConstraints

_SOURCE_ARN = reader("aws:SourceArn")
_VIA_SERVICE = reader("kms:ViaService")
_VIA_AWS_SERVICE = reader("aws:ViaAWSService")

Pairs = Mapping[str, str]


def reach(grants: Iterable[Grant], context: Context) -> int:
    """Tell how far the grants together reach the caller for this request."""
    found: int = Reach.NONE
    for grant in grants:
        found |= grant_reach(grant, context)
    return found


def grant_reach(grant: Grant, context: Context) -> int:
    """Tell how far one grant reaches the caller; NONE where it does not allow the request."""
    if not covers(grant, context) or not is_usable(grant, context):
        return Reach.NONE
    return grantee_reach(grant, context) if meets_constraints(grant, context) else Reach.NONE


def covers(grant: Grant, context: Context) -> bool:
    """Tell whether the grant is one for this key and operation, and the operation one for grants."""
    is_for_key = grant.key_arn == context.request.resource.arn
    is_listed = context.action.removeprefix("kms:") in grant.operations
    is_listed = is_listed and context.action in GRANTABLE
    return is_for_key and is_listed and covers_child(grant, context)


def is_usable(grant: Grant, context: Context) -> bool:
    """Tell whether the grant counts yet, and still: a new one counts only with its token."""
    return grant.status == "active" or (grant.status == "pending" and names_token(grant, context))


def names_token(grant: Grant, context: Context) -> bool:
    """Tell whether the request carries a token of the grant."""
    given = value_of(context.parameter("grant_tokens")) or ()
    return any(token in given for token in grant.tokens)


def grantee_reach(grant: Grant, context: Context) -> int:
    """Tell how the grant names the caller as its grantee."""
    names = context.names
    service = reach_of(grant.grantee_service_principal, names)
    return reach_of(grant.grantee_principal, names) | service


# ------------------------------------------------------------------------------------- constraints


def meets_constraints(grant: Grant, context: Context) -> bool:
    """Tell whether the request satisfies the grant's constraints."""
    return meets_source(grant.constraints, context) and meets_context(grant.constraints, context)


def meets_source(constraints: GrantConstraints, context: Context) -> bool:
    """Compare the resource that a calling service acts for; a direct call is not asked."""
    if constraints.source_arn is None or not _service_calls(context):
        return True
    return _SOURCE_ARN(context) == constraints.source_arn


def meets_context(constraints: GrantConstraints, context: Context) -> bool:
    """Compare the encryption context, or for CreateGrant the constraint of the child grant."""
    if context.action == "kms:CreateGrant":
        return is_stricter_child(constraints, context)
    if context.action not in WITH_CONTEXT:
        return True
    given = pairs_of(context.parameter("encryption_context"))
    equals, subset = constraints.encryption_context_equals, constraints.encryption_context_subset
    return (equals is None or equals == given) and (subset is None or _includes(given, subset))


def covers_child(grant: Grant, context: Context) -> bool:
    """Tell whether the operations of a grant to be created are among the parent's."""
    if context.action != "kms:CreateGrant":
        return True
    wanted = value_of(context.parameter("grant_operations")) or ()
    return all(operation in grant.operations for operation in wanted)


def is_stricter_child(parent: GrantConstraints, context: Context) -> bool:
    """Tell whether a child's constraint is equal to its parent's or stricter."""
    child = constraints_of(context.parameter("grant_constraints"))
    equals, subset = child.encryption_context_equals, child.encryption_context_subset
    if parent.source_arn is not None and child.source_arn != parent.source_arn:
        return False
    if parent.encryption_context_equals is not None:
        return equals == parent.encryption_context_equals
    wanted = parent.encryption_context_subset
    return wanted is None or _includes({**(subset or {}), **(equals or {})}, wanted)


def _includes(given: Pairs, wanted: Pairs) -> bool:
    return all(given.get(name) == value for name, value in wanted.items())


def _service_calls(context: Context) -> bool:
    return (
        context.request.caller.kind == "service"
        or _VIA_AWS_SERVICE(context) == "true"
        or _VIA_SERVICE(context) is not None
        or _SOURCE_ARN(context) is not None
    )


# ---------------------------------------------------------------------------------------- retiring


def retiring_reach(grants: Iterable[Grant], context: Context) -> int:
    """Tell how far the grant named by the request lets the caller retire it."""
    found: int = Reach.NONE
    for grant in grants:
        if is_named(grant, context):
            found |= _retirer_reach(grant, context)
    return found


def is_named(grant: Grant, context: Context) -> bool:
    """Tell whether the request names this grant, by its key and ID or by one of its tokens."""
    if not is_usable(grant, context):
        return False
    is_of_key = grant.key_arn == context.request.resource.arn
    by_id = bool(grant.grant_id) and context.parameter("grant_id") == grant.grant_id
    return (is_of_key and by_id) or names_token(grant, context)


def _retirer_reach(grant: Grant, context: Context) -> int:
    """Look at the retiring principal, a grantee with RetireGrant, and the accounts behind both."""
    names = context.names
    found = reach_of(grant.retiring_principal, names)
    found |= reach_of(grant.retiring_service_principal, names)
    found |= reach_of(grant.issuing_account, names)
    found |= reach_of(context.request.resource.account, names)
    if "RetireGrant" in grant.operations:
        found |= grantee_reach(grant, context)
    return found
