"""Who may call IAM and STS: the callers' own policies, and the trust policies of roles.

Asks the same engine that decides for KMS. Refuses to know requests and their answers.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from kmslab.authn.directory import Directory
from kmslab.authz import denial
from kmslab.authz.context import Context
from kmslab.authz.decide import decide
from kmslab.authz.document import load
from kmslab.authz.errors import PolicyError
from kmslab.authz.layers import Layers, Levels
from kmslab.authz.policy import Policy, parse
from kmslab.authz.principals import Reach
from kmslab.model import bootstrap, messages
from kmslab.model.errors import AccessDeniedException
from kmslab.model.principals import Caller, PrincipalRecord
from kmslab.model.requests import AuthorizationRequest, ContextValue, Resource

CACHED_POLICIES: Final = 1024
IMPLIED: Final = frozenset({"Resource", "NotResource"})  # a trust policy speaks of its own role

Environment = Mapping[str, ContextValue]


def need(
    directory: Directory,
    caller: Caller,
    action: str,
    *,
    resource_arn: str = "*",
    environment: Environment,
) -> None:
    """Return if the caller's own policies allow an action.

    Raises:
        AccessDeniedException: they do not; the text says which of them is at fault.
    """
    question = _question(directory, caller, action, resource_arn, environment)
    decision = decide(question, _layers(directory, caller))
    if not decision.allowed:
        raise AccessDeniedException(denial.message(question, decision))


def need_trust(
    directory: Directory,
    caller: Caller,
    role: PrincipalRecord,
    *,
    action: str,
    environment: Environment,
) -> None:
    """Return if the caller may do this (sts:AssumeRole, sts:TagSession) to a role.

    The role's trust policy must reach the caller. Where it names only the account, or the caller is
    of another account, the caller's own policies must allow as well; where it names the caller's
    own role, boundary and session policy must (IAM User Guide, "Policy evaluation logic").

    Raises:
        AccessDeniedException: one side does not allow. AWS does not say which.
    """
    question = _question(directory, caller, action, role.arn, environment)
    reach = _trust(role, question)
    if not reach or not _agrees(question, reach, _layers(directory, caller), role):
        raise not_trusted(caller, action, role.arn)


def not_trusted(caller: Caller, action: str, role_arn: str) -> AccessDeniedException:
    """Write the denial of a role: the same for one that does not exist."""
    name = caller.principal.arn or caller.principal.service
    return AccessDeniedException(messages.NOT_AUTHORIZED.format(name, action, role_arn))


@lru_cache(maxsize=CACHED_POLICIES)
def trust_policy(text: str) -> Policy:
    """Compile a role's trust policy.

    Raises:
        PolicyError: it is none: no policy, without principals, or with a Resource.
    """
    document = load(text)
    statements = document.get("Statement", [])
    listed: list[Any] = statements if isinstance(statements, list) else [statements]
    if any(IMPLIED & each.keys() for each in listed if isinstance(each, Mapping)):
        raise PolicyError("Has prohibited field Resource")
    anywhere = [{**each, "Resource": "*"} if isinstance(each, Mapping) else each for each in listed]
    return parse({**document, "Statement": anywhere}, "key")


@lru_cache(maxsize=CACHED_POLICIES)
def identity_policy(text: str) -> Policy:
    """Compile a policy of a principal.

    Raises:
        PolicyError: it is none, or names principals.
    """
    return parse(text, "identity")


def _agrees(
    question: AuthorizationRequest, reach: int, layers: Layers, role: PrincipalRecord
) -> bool:
    """Tell whether the caller's side agrees, as far as the trust policy asks for it."""
    if question.caller.kind == "service":
        return bool(reach & Reach.DIRECT)  # a service has no policies of its own
    own = decide(question, layers)
    if own.kind == "explicit_deny":
        return False
    is_foreign = question.caller.account != role.account
    if is_foreign or reach == Reach.ACCOUNT:
        return own.allowed
    return bool(reach & Reach.DIRECT) or decide(question, _without_identity(layers)).allowed


def _without_identity(layers: Layers) -> Layers:
    everything = (identity_policy(bootstrap.POLICY),)
    return Layers(
        identity=everything, boundary=layers.boundary, session=layers.session, scps=layers.scps
    )


def _trust(role: PrincipalRecord, question: AuthorizationRequest) -> int:
    chosen = trust_policy(role.trust_policy or "{}").select(question.action)
    context = Context(question)
    if any(statement.reach(context) for statement in chosen.denies):
        return Reach.NONE
    found: int = Reach.NONE
    for statement in chosen.allows:
        found |= statement.reach(context)
    return found


def _layers(directory: Directory, caller: Caller) -> Layers:
    own = directory.principal_policies(caller.principal)
    around = directory.guardrails(caller.principal.account)
    return Layers(
        identity=tuple(identity_policy(text) for text in own.identity),
        boundary=None if own.boundary is None else identity_policy(own.boundary),
        session=None if own.session is None else identity_policy(own.session),
        scps=None if around is None or around.scps is None else _levels(around.scps),
    )


def _levels(levels: tuple[tuple[str, ...], ...]) -> Levels:
    return tuple(tuple(map(identity_policy, level)) for level in levels)


def _question(
    directory: Directory,
    caller: Caller,
    action: str,
    resource_arn: str,
    environment: Environment,
) -> AuthorizationRequest:
    account = caller.principal.account
    principal = caller.principal.placed(directory.guardrails(account))
    resource = Resource(arn=resource_arn, account=account, region=caller.region, kind="none")
    return AuthorizationRequest(principal, action, resource, {}, environment)
