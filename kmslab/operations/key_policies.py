"""Key policies: GetKeyPolicy, ListKeyPolicies, PutKeyPolicy."""

from typing import Final

from kmslab.authz.validate import check_key_policy
from kmslab.model import messages
from kmslab.model.arn import root_arn
from kmslab.model.errors import NotFoundException, ValidationException
from kmslab.model.requests import Resource
from kmslab.operations.call import Call
from kmslab.operations.pages import page
from kmslab.spec.shapes import (
    GetKeyPolicyRequest,
    GetKeyPolicyResponse,
    ListKeyPoliciesRequest,
    ListKeyPoliciesResponse,
    PutKeyPolicyRequest,
)
from kmslab.store.records import KEYS

DEFAULT: Final = "default"  # the only policy that a customer gives a key
SHARED: Final = "AWS_RAM"  # the other one, which only AWS RAM writes


def get_key_policy(call: Call, req: GetKeyPolicyRequest) -> GetKeyPolicyResponse:
    """Return the key policy as it was put."""
    name = req.PolicyName or DEFAULT
    if name != DEFAULT:
        raise NotFoundException(messages.NO_SUCH_POLICY)
    return GetKeyPolicyResponse(Policy=call.key.policy, PolicyName=name)


def list_key_policies(call: Call, req: ListKeyPoliciesRequest) -> ListKeyPoliciesResponse:
    """Name the policies of a key: there is one."""
    names = page(
        req,
        listing=f"ListKeyPolicies {call.key.arn}",
        default=100,
        most=1000,
        read=lambda after, _: [name for name in (DEFAULT,) if name > after],
        sort=str,
    )
    return ListKeyPoliciesResponse(PolicyNames=list(names.items), **names.marks)


def put_key_policy(call: Call, req: PutKeyPolicyRequest) -> None:
    """Replace the key policy."""
    name = req.PolicyName or DEFAULT
    if name == SHARED:
        raise ValidationException(messages.RAM_POLICY)
    if name != DEFAULT:
        raise NotFoundException(messages.NO_SUCH_POLICY)
    policy = accepted(
        call,
        req.Policy,
        bypass=bool(req.BypassPolicyLockoutSafetyCheck),
        resource=call.targets[-1].resource,
    )
    call.tx.put(KEYS, call.key.with_(policy=policy))


def accepted(
    call: Call, policy: str | None, *, bypass: bool, resource: Resource | None = None
) -> str:
    """Return a policy that the service accepts for a key; None stands for the default policy.

    Without a resource the key is one that is about to be made in the Region of the call.

    Raises:
        MalformedPolicyDocumentException: it is no key policy, names unknown principals, or would
            lock its author out.
        LimitExceededException: it is longer than 32 KiB.
    """
    region = call.region if resource is None else resource.region
    if policy is None:
        return default_policy(region, call.account)
    around = call.directory.guardrails(call.account)
    check_key_policy(
        policy,
        caller=call.caller.principal.placed(around),
        caller_policies=call.directory.principal_policies(call.caller.principal),
        account=call.account,
        region=region,
        exists=call.directory.exists,
        bypass=bypass,
        resource=None if resource is None else resource.placed(around),
    )
    return policy


def default_policy(region: str, account: str) -> str:
    """Write the policy of a key that is made without one, spaced as the service writes it.

    Developer Guide, "Default key policy": it lets IAM policies of the account decide.
    """
    return _DEFAULT_POLICY.replace("ROOT", root_arn(region, account))


_DEFAULT_POLICY: Final = """{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "ROOT"
    },
    "Action" : "kms:*",
    "Resource" : "*"
  } ]
}"""
