"""What authorization is asked and what it answers.

The running service and `kmslab simulate` build the same `AuthorizationRequest`; neither the
wire nor the store shows here.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple, Protocol

import msgspec

from kmslab.model.principals import Guardrails, Organization, Principal

ContextValue = str | tuple[str, ...]  # one value, or the values of a multivalued key
DecisionKind = Literal["allow", "explicit_deny", "implicit_deny"]
Layer = Literal[
    "key_policy", "identity", "boundary", "session", "scp", "rcp", "vpc_endpoint", "grant"
]


class Tls(NamedTuple):
    """What carried a request, where that was TLS: ``TLSv1.3`` and the suite's name."""

    version: str
    cipher_suite: str


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """What an action is checked against: a KMS key, an alias, or nothing (``arn="*"``)."""

    arn: str
    account: str
    region: str
    kind: Literal["key", "alias", "none"]
    key_spec: str = ""
    key_usage: str = ""
    origin: str = ""
    multi_region: bool = False
    multi_region_key_type: str = ""
    key_manager: str = "CUSTOMER"
    tags: Mapping[str, str] = {}
    aliases: tuple[str, ...] = ()
    organization: Organization | None = None

    def placed(self, around: Guardrails | None) -> "Resource":
        """Say where the resource's account stands in its organization, if it is in one."""
        if around is None:
            return self
        return msgspec.structs.replace(self, organization=around.organization)


class Parameters(Protocol):
    """The request's parameters under their authorization names (``encryption_context``, ...)."""

    def get(self, name: str, /) -> object:
        """Return the parameter's value, or None where the request has none."""
        ...


class AuthorizationRequest(msgspec.Struct, frozen=True):
    """One check: may `caller` do `action` to `resource`, asked with these parameters, from here."""

    caller: Principal
    action: str  # an IAM action: kms:Decrypt, kms:ReEncryptFrom
    resource: Resource
    parameters: Parameters
    environment: Mapping[str, ContextValue]  # aws:SourceIp, kms:ViaService, ...


class Decision(msgspec.Struct, frozen=True):
    """The verdict. `layers` are those a denial comes from; an allow names none."""

    allowed: bool
    kind: DecisionKind
    layers: tuple[Layer, ...] = ()
