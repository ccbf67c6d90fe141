"""The policies that could speak about a request, and which of them do.

Who is exempt from what: IAM User Guide, "Policy evaluation logic"; Organizations User Guide, "SCPs" and
"RCPs"; KMS Developer Guide, "Resource control policies in AWS KMS".
"""

from collections.abc import Iterator
from typing import Literal

import msgspec

from kmslab.authz.actions import IAM_ONLY
from kmslab.authz.context_keys import Context
from kmslab.authz.policy import Policy
from kmslab.model.grants import Grant
from kmslab.model.requests import Layer

Levels = tuple[tuple[Policy, ...], ...]
Principals = Literal["none", "optional", "needed"]


class Layers(msgspec.Struct, frozen=True, kw_only=True):
    """All policies around a request, compiled.

    `scps` and `rcps` are levels (root, each OU, account) of policies; None where the account is in no
    organization. Every level of `rcps` also holds RCPFullAWSAccess, which is not listed.
    """

    key_policy: Policy | None = None
    identity: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    session: Policy | None = None
    scps: Levels | None = None
    rcps: Levels | None = None
    vpc_endpoint: Policy | None = None
    grants: tuple[Grant, ...] = ()


class AppliedLayer(msgspec.Struct, frozen=True):
    """One layer that binds this request, and whether its statements name principals."""

    name: Layer
    levels: Levels
    principals: Principals = "none"


def applied(context: Context, layers: Layers) -> Iterator[AppliedLayer]:
    """List the policies whose explicit denies count, in the order of evaluation."""
    if binds_resources(context) and layers.rcps:
        yield AppliedLayer("rcp", layers.rcps, "optional")
    if binds_account(context) and layers.scps:
        yield AppliedLayer("scp", layers.scps)
    if layers.vpc_endpoint is not None:
        yield AppliedLayer("vpc_endpoint", ((layers.vpc_endpoint,),), "optional")
    if asks_key_policy(context) and layers.key_policy is not None:
        yield AppliedLayer("key_policy", ((layers.key_policy,),), "needed")
    if has_identity_policies(context):
        yield AppliedLayer("identity", (layers.identity,))
        if layers.boundary is not None:
            yield AppliedLayer("boundary", ((layers.boundary,),))
        if layers.session is not None:
            yield AppliedLayer("session", ((layers.session,),))


def has_identity_policies(context: Context) -> bool:
    """Tell whether IAM policies can be attached to the caller: not to root users and services."""
    return context.request.caller.kind not in ("root", "service")


def is_key_permission(context: Context) -> bool:
    """Tell whether the key decides together with IAM; elsewhere IAM decides alone."""
    return context.request.resource.kind == "key" and context.action not in IAM_ONLY


def asks_key_policy(context: Context) -> bool:
    """Tell whether the key policy is asked: for every permission on a key but RetireGrant."""
    return is_key_permission(context) and context.action != "kms:RetireGrant"


def binds_account(context: Context) -> bool:
    """Tell whether SCPs bind the caller: no services, service-linked roles, management account."""
    caller = context.request.caller
    if caller.kind == "service" or caller.is_service_linked_role:
        return False
    organization = caller.organization
    return organization is None or organization.management_account != caller.account


def binds_resources(context: Context) -> bool:
    """Tell whether RCPs bind the request: customer managed keys of member accounts only."""
    resource = context.request.resource
    if not asks_key_policy(context) or resource.key_manager != "CUSTOMER":
        return False
    if context.request.caller.is_service_linked_role:
        return False
    organization = resource.organization
    return organization is None or organization.management_account != resource.account
