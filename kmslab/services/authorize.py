"""Who may call IAM and STS: the callers' own policies, and the trust policies of roles.

Calls the same engine that decides for KMS. Refuses to know requests and their answers.
"""

import json
from typing import Any, Final

from kmslab.authn.directory import Directory
from kmslab.authz.context import Context
from kmslab.authz.decide import decide
from kmslab.authz.errors import PolicyError
from kmslab.authz.layers import Layers
from kmslab.authz.policy import Policy, parse
from kmslab.authz.principals import Reach
from kmslab.model import messages
from kmslab.model.errors import AccessDeniedException
from kmslab.model.principals import Caller, Principal, PrincipalRecord
from kmslab.model.requests import AuthorizationRequest, Resource

ASSUME_ROLE: Final = "sts:AssumeRole"
FREE: Final = {"sts:GetCallerIdentity"}  # allowed to everybody (STS API Reference)


def need(directory: Directory, caller: Caller, action: str, resource_arn: str) -> None:
    """Return if the caller's own policies allow an action.

    Raises:
        AccessDeniedException: they do not.
    """
    if action not in FREE and not _own_policies_allow(directory, caller, action, resource_arn):
        raise _denied(caller.principal, action, resource_arn)


def need_trust(directory: Directory, caller: Caller, role: PrincipalRecord) -> None:
    """Return if the caller may assume a role.

    The role's trust policy must name it. Where that names only its account, or lies in another
    account, the caller's own policies must allow as well (IAM User Guide, "Cross-account access").

    Raises:
        AccessDeniedException: one side does not allow.
    """
    principal = caller.principal
    reach = _trust(role, _question(principal, ASSUME_ROLE, role.arn))
    is_enough = reach > Reach.ACCOUNT and principal.account == role.account
    if is_enough or (reach and _own_policies_allow(directory, caller, ASSUME_ROLE, role.arn)):
        return
    raise _denied(principal, ASSUME_ROLE, role.arn)


def _own_policies_allow(
    directory: Directory, caller: Caller, action: str, resource_arn: str
) -> bool:
    own = directory.principal_policies(caller.principal)
    layers = Layers(
        identity=tuple(parse(text) for text in own.identity),
        boundary=None if own.boundary is None else parse(own.boundary),
        session=None if own.session is None else parse(own.session),
    )
    return decide(_question(caller.principal, action, resource_arn), layers).allowed


def _trust(role: PrincipalRecord, question: AuthorizationRequest) -> int:
    """Tell how a trust policy reaches the caller; it has no Resource, the role is meant."""
    policy, context = _trust_policy(role.trust_policy or "{}"), Context(question)
    if policy is None:
        return Reach.NONE
    chosen = policy.select(ASSUME_ROLE)
    if any(statement.reach(context) for statement in chosen.denies):
        return Reach.NONE
    return max((statement.reach(context) for statement in chosen.allows), default=int(Reach.NONE))


def _trust_policy(text: str) -> Policy | None:
    try:
        document: Any = json.loads(text)
        statements = document["Statement"]
        listed = statements if isinstance(statements, list) else [statements]
        return parse({**document, "Statement": [{**each, "Resource": "*"} for each in listed]})
    except (ValueError, KeyError, TypeError, PolicyError):
        return None


def _question(principal: Principal, action: str, resource_arn: str) -> AuthorizationRequest:
    account = principal.account
    resource = Resource(arn=resource_arn, account=account, region="us-east-1", kind="none")
    return AuthorizationRequest(principal, action, resource, {}, {})


def _denied(principal: Principal, action: str, resource_arn: str) -> AccessDeniedException:
    return AccessDeniedException(
        messages.NOT_AUTHORIZED.format(principal.arn, action, resource_arn)
    )
