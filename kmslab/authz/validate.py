"""What CreateKey, ReplicateKey and PutKeyPolicy accept as a key policy.

KMS Developer Guide, "Creating a key policy"; API Reference, PutKeyPolicy. In this order: the parameter's
own constraints, the grammar, the size, the principals, the lockout safety check. Only the document is
judged here; whether the caller may make the call at all is for `kmslab.authz.decide`.
"""

import re
from collections.abc import Container, Iterable, Mapping
from typing import Any, Final

from kmslab.authz.decide import decide
from kmslab.authz.document import load
from kmslab.authz.errors import PolicyError
from kmslab.authz.layers import Layers
from kmslab.authz.policy import Policy, parse
from kmslab.authz.principals import canonical
from kmslab.model import messages
from kmslab.model.arn import parse_arn
from kmslab.model.errors import (
    LimitExceededException,
    MalformedPolicyDocumentException,
    ValidationException,
)
from kmslab.model.principals import Principal
from kmslab.model.requests import AuthorizationRequest, ContextValue, Resource

MAX_BYTES: Final = 32_768
MAX_CHARACTERS: Final = 131_072
_CHARACTERS: Final = re.compile("[\t\n\r\u0020-\u00ff]*")
_SERVICE: Final = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.(amazonaws\.com(\.cn)?|amazon\.com)")
_ACCOUNT: Final = re.compile(r"\d{12}", re.ASCII)
_ACTION: Final = re.compile(r"\*|[A-Za-z0-9-]+:.+")
_NEW_KEY: Final = "00000000-0000-0000-0000-000000000000"


def check_key_policy(  # noqa: PLR0913 - one argument for each thing the check depends on
    text: str,
    *,
    operation: str,
    caller: Principal,
    caller_policies: Layers | tuple[Policy, ...],
    known_principals: Container[str],
    bypass_lockout: bool = False,
    resource: Resource | None = None,
    environment: Mapping[str, ContextValue] | None = None,
) -> Policy:
    """Return the compiled policy if `operation` would accept the document from this caller.

    `known_principals` holds the ARNs (accounts also as IDs) of the principals that exist; the caller's
    own account always does. `caller_policies` are its identity policies, or all the layers around it.

    Raises:
        ValidationException: empty, far too long, or with characters outside Latin-1.
        MalformedPolicyDocumentException: no key policy, an unknown principal, or a lockout.
        LimitExceededException: above 32 KB.
    """
    _check_parameter(text)
    policy = _parsed(text)
    if len(text.encode()) > MAX_BYTES:
        raise LimitExceededException(messages.POLICY_TOO_LARGE.format(MAX_BYTES))
    _check_principals(load(text), known_principals, caller)
    if not bypass_lockout:
        layers = (
            caller_policies
            if isinstance(caller_policies, Layers)
            else Layers(identity=caller_policies)
        )
        key = resource or _new_key(caller)
        _check_lockout(policy, caller, layers, resource=key, environment=environment or {})
    return policy


# ------------------------------------------------------------------------------------ the parameter


def _check_parameter(text: str) -> None:
    if not isinstance(text, str):
        raise MalformedPolicyDocumentException(messages.POLICY_SYNTAX)
    if not text:
        raise _invalid("Member must have length greater than or equal to 1")
    if len(text) > MAX_CHARACTERS:
        raise _invalid(f"Member must have length less than or equal to {MAX_CHARACTERS}")
    if not _CHARACTERS.fullmatch(text):
        raise _invalid(
            r"Member must satisfy regular expression pattern: [\u0009\u000A\u000D\u0020-\u00FF]+"
        )


def _invalid(constraint: str) -> ValidationException:
    return ValidationException(
        f"1 validation error detected: Value at 'policy' failed to satisfy constraint: {constraint}"
    )


# --------------------------------------------------------------------------------------- the grammar


def _parsed(text: str) -> Policy:
    try:
        policy = parse(text, "key")
        _check_statements(policy)
    except PolicyError as error:
        raise MalformedPolicyDocumentException(f"{messages.POLICY_SYNTAX} {error}") from None
    return policy


def _check_statements(policy: Policy) -> None:
    if not policy.statements:
        raise PolicyError("A key policy needs a statement")
    sids = [statement.sid for statement in policy.statements if statement.sid]
    if len(sids) != len(set(sids)):
        raise PolicyError("Statement IDs (Sid) must be unique")
    for statement in policy.statements:
        if statement.principal and statement.principal.negated and not statement.denies:
            raise PolicyError("NotPrincipal cannot be used with Allow")
        for pattern in statement.action.patterns if statement.action else ():
            if not _ACTION.fullmatch(pattern):
                raise PolicyError(f"Action {pattern} names no service")
        for pattern in statement.resource.patterns if statement.resource else ():
            if pattern != "*" and not pattern.startswith("arn:"):
                raise PolicyError(f'Resource {pattern} must be an ARN or "*"')


# ------------------------------------------------------------------------------------ the principals


def _check_principals(
    document: Mapping[str, Any], known: Container[str], caller: Principal
) -> None:
    statements = document["Statement"]
    for statement in statements if isinstance(statements, list) else [statements]:
        element = statement.get("Principal", statement.get("NotPrincipal"))
        if element != "*" and not _all_exist(element, known, caller):
            raise MalformedPolicyDocumentException(messages.INVALID_PRINCIPALS)


def _all_exist(element: Mapping[str, Any], known: Container[str], caller: Principal) -> bool:
    names = [
        (kind, name)
        for kind, value in element.items()
        for name in (value if isinstance(value, list) else [value])
    ]
    return bool(names) and all(_exists(kind, name, known, caller) for kind, name in names)


def _exists(kind: str, name: str, known: Container[str], caller: Principal) -> bool:
    if kind == "Service":
        return _SERVICE.fullmatch(name) is not None
    if kind != "AWS":
        return False  # web identities, SAML providers and canonical users are for other services
    return name == "*" or _aws_exists(name, known, caller)


def _aws_exists(name: str, known: Container[str], caller: Principal) -> bool:
    account = canonical(name)
    if _ACCOUNT.fullmatch(account):
        return _account_exists(account, known, caller)
    if "*" in name or "?" in name or ":group/" in name:
        return False
    return name in known or _session_exists(name, known, caller)


def _account_exists(account: str, known: Container[str], caller: Principal) -> bool:
    if account in (caller.account, *((account,) if account in known else ())):
        return True
    return any(
        f"arn:{partition}:iam::{account}:root" in known
        for partition in ("aws", "aws-cn", "aws-us-gov")
    )


def _session_exists(name: str, known: Container[str], caller: Principal) -> bool:
    """Sessions come and go: an assumed role exists with its role, a federated user with its account."""
    arn = parse_arn(name)
    if arn is None or arn.service != "sts":
        return False
    kind, _, rest = arn.resource.partition("/")
    if kind == "federated-user" and rest:
        return _account_exists(arn.account, known, caller)
    role, _, session = rest.partition("/")
    return kind == "assumed-role" and bool(session) and _role_exists(arn.account, role, known)


def _role_exists(account: str, role: str, known: Container[str]) -> bool:
    """Find a role by its name: the ARN of a session omits the role's path."""
    start, end = f":iam::{account}:role/", f"/{role}"
    names: Iterable[str] = known if isinstance(known, Iterable) else ()
    return f"arn:aws{start}{role}" in known or any(
        start in name and name.endswith(end) for name in names
    )


# --------------------------------------------------------------------------------- the lockout check


def _check_lockout(
    policy: Policy,
    caller: Principal,
    layers: Layers,
    *,
    resource: Resource,
    environment: Mapping[str, ContextValue],
) -> None:
    """The caller must still be allowed to change the policy ("Default key policy")."""
    request = AuthorizationRequest(caller, "kms:PutKeyPolicy", resource, {}, environment)
    after = Layers(
        key_policy=policy,
        identity=layers.identity,
        boundary=layers.boundary,
        session=layers.session,
    )
    if not decide(request, after).allowed:
        raise MalformedPolicyDocumentException(messages.POLICY_LOCKOUT)


def _new_key(caller: Principal) -> Resource:
    return Resource(
        arn=f"arn:aws:kms:us-east-1:{caller.account}:key/{_NEW_KEY}",
        account=caller.account,
        region="us-east-1",
        kind="key",
        key_spec="SYMMETRIC_DEFAULT",
        key_usage="ENCRYPT_DECRYPT",
        origin="AWS_KMS",
    )
