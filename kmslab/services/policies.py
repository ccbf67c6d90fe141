"""Policy documents on their way into this world: what cannot be compiled does not enter.

Refuses to know whom a policy is for.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from kmslab.authz.document import load
from kmslab.authz.errors import PolicyError
from kmslab.authz.policy import Policy
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
