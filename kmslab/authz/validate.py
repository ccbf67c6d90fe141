"""What CreateKey, ReplicateKey and PutKeyPolicy accept as a key policy.

KMS Developer Guide, "Creating a key policy"; API Reference, PutKeyPolicy. In this order: the parameter's
own constraints, the grammar, the size, the principals, the lockout safety check. Only the document is
judged here; whether the caller may make the call at all is for `kmslab.authz.decide`.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from kmslab.authz.decide import decide
from kmslab.authz.document import load
from kmslab.authz.errors import PolicyError
from kmslab.authz.layers import Layers
from kmslab.authz.policy import Policy, Statement, parse
from kmslab.model import messages
from kmslab.model.arn import key_arn, parse_arn
from kmslab.model.errors import (
    LimitExceededException,
    MalformedPolicyDocumentException,
    ValidationException,
)
from kmslab.model.principals import Principal, PrincipalPolicies
from kmslab.model.requests import AuthorizationRequest, Resource

MAX_BYTES: Final = 32_768
MAX_CHARACTERS: Final = 131_072
_CHARACTERS: Final = re.compile("[\t\n\r\u0020-\u00ff]*")
SERVICE: Final = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.(amazonaws\.com(\.cn)?|amazon\.com)")
_NO_PRINCIPAL: Final = re.compile(r"[*?]|:group/")
_ACTION: Final = re.compile(r"\*|[A-Za-z0-9-]+:.+")
_NEW_KEY: Final = "00000000-0000-0000-0000-000000000000"


def check_key_policy(
    text: str,
    *,
    caller: Principal,
    caller_policies: PrincipalPolicies,
    account: str,
    region: str,
    exists: Callable[[str], bool],
    bypass: bool = False,
    resource: Resource | None = None,
) -> Policy:
    """Return the compiled policy if the service would accept the document from this caller.

    `exists` answers for ARNs of accounts, users, roles and sessions, and for bare account IDs.
    `resource` is the key as the lockout check sees it; without it, one that is about to be made.

    Raises:
        ValidationException: empty, far too long, or with characters outside Latin-1.
        MalformedPolicyDocumentException: no key policy, an unknown principal, or a lockout.
        LimitExceededException: above 32 KB.
    """
    _check_parameter(text)
    policy = _parsed(text)
    if len(text.encode()) > MAX_BYTES:
        raise LimitExceededException(messages.POLICY_TOO_LARGE.format(MAX_BYTES))
    _check_principals(load(text), lambda name: _shares_partition(name, caller.arn) and exists(name))
    if not bypass:
        key = resource or new_key(account, region)
        request = AuthorizationRequest(caller, "kms:PutKeyPolicy", key, {}, {})
        _check_lockout(request, policy, caller_policies)
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
        _check_elements(statement)


def _check_elements(statement: Statement) -> None:
    principal, action, resource = statement.principal, statement.action, statement.resource
    if principal and principal.negated and not statement.denies:
        raise PolicyError("NotPrincipal cannot be used with Allow")
    for pattern in action.patterns if action else ():
        if not _ACTION.fullmatch(pattern):
            raise PolicyError(f"Action {pattern} names no service")
    for pattern in resource.patterns if resource else ():
        if pattern != "*" and not pattern.startswith("arn:"):
            raise PolicyError(f'Resource {pattern} must be an ARN or "*"')


# ------------------------------------------------------------------------------------ the principals


def _check_principals(document: Mapping[str, Any], exists: Callable[[str], bool]) -> None:
    statements = document["Statement"]
    for statement in statements if isinstance(statements, list) else [statements]:
        element = statement.get("Principal", statement.get("NotPrincipal"))
        if element != "*" and not _all_exist(element, exists):
            raise MalformedPolicyDocumentException(messages.INVALID_PRINCIPALS)


def _all_exist(element: Mapping[str, Any], exists: Callable[[str], bool]) -> bool:
    names = [
        (kind, name)
        for kind, value in element.items()
        for name in (value if isinstance(value, list) else [value])
    ]
    return bool(names) and all(_is_valid(kind, name, exists) for kind, name in names)


def _is_valid(kind: str, name: str, exists: Callable[[str], bool]) -> bool:
    """Tell whether a name is a principal of its type; service principals always exist."""
    if kind == "Service":
        return SERVICE.fullmatch(name) is not None
    if kind != "AWS":
        return False  # web identities, SAML providers and canonical users are for other services
    if name == "*":
        return True
    return not _NO_PRINCIPAL.search(name) and exists(name)


def _shares_partition(name: str, own: str) -> bool:
    """Compare partitions: an account is of one only (IAM User Guide, "Identify AWS resources with ARNs")."""
    arn, caller = parse_arn(name), parse_arn(own)
    return arn is None or caller is None or arn.partition == caller.partition


# --------------------------------------------------------------------------------- the lockout check


def _check_lockout(request: AuthorizationRequest, policy: Policy, own: PrincipalPolicies) -> None:
    """Refuse a policy after which the caller could not change it ("Default key policy")."""
    after = Layers(
        key_policy=policy,
        identity=tuple(map(parse, own.identity)),
        boundary=None if own.boundary is None else parse(own.boundary),
        session=None if own.session is None else parse(own.session),
    )
    if not decide(request, after).allowed:
        raise MalformedPolicyDocumentException(messages.POLICY_LOCKOUT)


def new_key(account: str, region: str) -> Resource:
    """Describe the key that a document is meant for before there is one."""
    return Resource(
        arn=key_arn(region, account, _NEW_KEY),
        account=account,
        region=region,
        kind="key",
        key_spec="SYMMETRIC_DEFAULT",
        key_usage="ENCRYPT_DECRYPT",
        origin="AWS_KMS",
    )
