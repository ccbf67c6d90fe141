"""The policies that could speak about a request, and which of them do.

Who is exempt from what: IAM User Guide, "Policy evaluation logic"; Organizations User Guide, "SCPs" and
"RCPs"; KMS Developer Guide, "Resource control policies in AWS KMS".
"""

from functools import cached_property

import msgspec

from kmslab.authz import policy as policies
from kmslab.authz.conditions import Test
from kmslab.authz.context import Context
from kmslab.authz.policy import Policy
from kmslab.model.grants import Grant
from kmslab.model.requests import Layer

Levels = tuple[tuple[Policy, ...], ...]


class Source(msgspec.Struct, frozen=True):
    """The policies of one layer, which requests it binds, and whether they name principals."""

    name: Layer
    levels: Levels
    binds: Test
    names_principals: bool = False


class Layers(msgspec.Struct, frozen=True, kw_only=True, dict=True):
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

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """The layers that have policies, in the order of evaluation."""
        found = (
            Source("rcp", _completed(self.rcps or ()), binds_resources, names_principals=True),
            Source("scp", self.scps or (), binds_account),
            Source(
                "vpc_endpoint",
                _completed(_single(self.vpc_endpoint)),
                _always,
                names_principals=True,
            ),
            Source("key_policy", _single(self.key_policy), asks_key_policy, names_principals=True),
            Source("identity", (self.identity,) if self.identity else (), has_identity_policies),
            Source("boundary", _single(self.boundary), has_identity_policies),
            Source("session", _single(self.session), has_identity_policies),
        )
        return tuple(source for source in found if source.levels)

    def source(self, name: Layer) -> Source | None:
        """Return one layer's policies, or None where there are none."""
        return next((source for source in self.sources if source.name == name), None)


def _single(policy: Policy | None) -> Levels:
    return () if policy is None else ((policy,),)


def _completed(levels: Levels) -> Levels:
    """Let a statement of an RCP or endpoint policy that names no principal speak of everyone."""
    return tuple(tuple(map(policies.for_everyone, level)) for level in levels)


def applied(context: Context, layers: Layers) -> list[Source]:
    """List the layers that bind this request, in the order of evaluation."""
    return [source for source in layers.sources if source.binds(context)]


def has_identity_policies(context: Context) -> bool:
    """Tell whether IAM policies can be attached to the caller: not to root users and services."""
    return context.request.caller.kind not in ("root", "service")


def asks_key_policy(context: Context) -> bool:
    """Tell whether the key policy is asked: for every permission on a key but RetireGrant."""
    return context.on_key and context.action != "kms:RetireGrant"


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


def _always(_: Context) -> bool:
    return True
