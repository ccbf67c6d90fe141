"""What a call was decided by: enough of its policies to decide it again when they are gone.

Kept beside the event and never shown in its CloudTrail form. Refuses to know how one decides.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from kmslab.model.grants import Grant
from kmslab.model.principals import Guardrails, PrincipalPolicies
from kmslab.model.requests import ContextValue, Resource


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """The resource as it was, and every policy (JSON texts) and grant that bore on the caller.

    Grants are those that name the caller, without their tokens. `caller_guardrails` are those of the
    caller's account, `key_guardrails` those of the key's.
    """

    resource: Resource
    key_policy: str | None = None
    policies: PrincipalPolicies = PrincipalPolicies()
    grants: tuple[Grant, ...] = ()
    caller_guardrails: Guardrails | None = None
    key_guardrails: Guardrails | None = None
    vpc_endpoint: str | None = None


class Situation:
    """Facts that many events share.

    No struct, so that an encoder asks what to write of it: a batch of events holds it once.
    """

    __slots__ = ("facts",)

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Situation) and self.facts == other.facts

    def __hash__(self) -> int:
        return hash(self.facts.resource.arn)

    def __repr__(self) -> str:
        return f"Situation({self.facts.resource.arn!r})"


class Check(msgspec.Struct, frozen=True, gc=False):
    """One action that was authorized or denied, in which situation.

    `inputs` are the request's parameters that a policy or a grant has asked for, under their
    authorization names; None where the request could not matter. `told` are condition keys that
    neither the request nor what surrounds it could tell.
    """

    action: str
    situation: Situation
    inputs: dict[str, Any] | None = None
    told: Mapping[str, ContextValue] | None = None
