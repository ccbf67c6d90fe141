"""Policy documents on their way into this world: what cannot be compiled does not enter.

Refuses to know whom a policy is for.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from kmslab.authz.document import load
from kmslab.authz.errors import PolicyError
from kmslab.authz.policy import Policy, parse
from kmslab.model.errors import MalformedPolicyDocumentException
from kmslab.services.authorize import identity_policy, trust_policy
from kmslab.services.query import Form

NOTHING: Final = '{"Version":"2012-10-17","Statement":[]}'

TRUST: Final = frozenset({"CreateRole", "UpdateAssumeRolePolicy"})


def need_policies(form: Form) -> None:
    """Return if the policy documents of an IAM request can be compiled.

    Raises:
        MalformedPolicyDocumentException: one cannot; the message says why.
    """
    compile_: Callable[[str], Policy] = trust_policy if form["Action"] in TRUST else identity_policy
    for name in ("PolicyDocument", "AssumeRolePolicyDocument"):
        if name in form:
            try:
                compile_(form[name])
            except PolicyError as error:
                raise MalformedPolicyDocumentException(str(error)) from None


def need_control_policy(text: str, *, names_principals: bool) -> None:
    """Return if a service or resource control policy can be compiled, and binds whom it may bind.

    Raises:
        MalformedPolicyDocumentException: it cannot; the message says why.
    """
    try:
        found = parse(text, "any" if names_principals else "identity")
        if names_principals:
            _need_everyone(found)
    except PolicyError as error:
        raise MalformedPolicyDocumentException(str(error)) from None


def need_endpoint_policy(text: str) -> None:
    """Return if the policy of a VPC endpoint can be compiled.

    Raises:
        MalformedPolicyDocumentException: it cannot; the message says why.
    """
    try:
        parse(text)
    except PolicyError as error:
        raise MalformedPolicyDocumentException(str(error)) from None


def _need_everyone(found: Policy) -> None:
    """Check that an RCP only denies, and only everyone (Organizations User Guide, "RCP syntax")."""
    for statement in found.statements:
        principal = statement.principal
        if principal is None or principal.negated or not principal.everyone:
            raise PolicyError("The Principal of a resource control policy must be *")
        if not statement.denies:
            raise PolicyError("A resource control policy can only deny")


def united(texts: Sequence[str]) -> str | None:
    """Return one document that allows what any of these allows and denies what any denies.

    Raises:
        PolicyError: one of them is no policy.
    """
    for text in texts:
        identity_policy(text)
    if len(texts) < 2:  # noqa: PLR2004 - nothing to unite
        return texts[0] if texts else None
    statements = [each for text in texts for each in _statements(load(text))]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _statements(document: Mapping[str, Any]) -> list[Any]:
    statements = document["Statement"]
    return statements if isinstance(statements, list) else [statements]
