"""The words of AccessDeniedException: who, what, on what, and which policy type is at fault.

IAM User Guide, "Troubleshoot access denied error messages". Only one policy type is named: the first in
the order of evaluation.
"""

from collections.abc import Mapping
from typing import Final

from kmslab.authz.actions import canonical
from kmslab.model import messages
from kmslab.model.requests import AuthorizationRequest, Decision, Layer

_POLICY_TYPES: Final[Mapping[Layer, str]] = {
    "key_policy": "resource-based policy",
    "grant": "resource-based policy",
    "identity": "identity-based policy",
    "boundary": "permissions boundary",
    "session": "session policy",
    "scp": "service control policy",
    "rcp": "resource control policy",
    "vpc_endpoint": "VPC endpoint policy",
}


def message(request: AuthorizationRequest, decision: Decision) -> str:
    """Write the error message of a denial; `decision` names at least one layer."""
    caller = request.caller
    action = canonical(request.action)
    subject = caller.arn or caller.service
    policy_type = _POLICY_TYPES[decision.layers[0]]
    start = messages.NOT_AUTHORIZED.format(subject, action, request.resource.arn)
    if decision.kind == "explicit_deny":
        return f"{start} with an explicit deny in {_article(policy_type)} {policy_type}"
    return f"{start} because no {policy_type} allows the {action} action"


def _article(noun: str) -> str:
    return "an" if noun[0] in "aeiou" else "a"
