"""A request's parameters under the names that authorization knows them by.

One table from those names to the members of the API, read only when a policy asks. ReEncrypt has
each member twice, for its source and its destination.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from kmslab.model.keys import KmsKey
from kmslab.operations.names import Target
from kmslab.spec.shapes import GrantConstraints, Tag


def _constraints(constraints: GrantConstraints) -> Mapping[str, object]:
    return {
        "encryption_context_equals": constraints.EncryptionContextEquals,
        "encryption_context_subset": constraints.EncryptionContextSubset,
        "source_arn": constraints.SourceArn,
    }


def _tags(tags: list[Tag]) -> Mapping[str, str]:
    return {tag.TagKey: tag.TagValue for tag in tags}


def _time(instant: float) -> str:
    return str(int(instant))


MEMBERS: Mapping[str, str] = {
    "encryption_context": "EncryptionContext",
    "encryption_algorithm": "EncryptionAlgorithm",
    "grant_operations": "Operations",
    "grantee_principal": "GranteePrincipal",
    "retiring_principal": "RetiringPrincipal",
    "grantee_service_principal": "GranteeServicePrincipal",
    "retiring_service_principal": "RetiringServicePrincipal",
    "grant_constraints": "Constraints",
    "grant_id": "GrantId",
    "message_type": "MessageType",
    "signing_algorithm": "SigningAlgorithm",
    "mac_algorithm": "MacAlgorithm",
    "key_agreement_algorithm": "KeyAgreementAlgorithm",
    "data_key_pair_spec": "KeyPairSpec",
    "expiration_model": "ExpirationModel",
    "valid_to": "ValidTo",
    "wrapping_algorithm": "WrappingAlgorithm",
    "wrapping_key_spec": "WrappingKeySpec",
    "primary_region": "PrimaryRegion",
    "replica_region": "ReplicaRegion",
    "pending_window_in_days": "PendingWindowInDays",
    "rotation_period_in_days": "RotationPeriodInDays",
    "bypass_policy_lockout_safety_check": "BypassPolicyLockoutSafetyCheck",
    "tags": "Tags",
    "tag_keys": "TagKeys",
    "key_spec": "KeySpec",
    "key_usage": "KeyUsage",
    "origin": "Origin",
    "multi_region": "MultiRegion",
}

CONVERSIONS: Mapping[str, Callable[[Any], object]] = {
    "grant_constraints": _constraints,
    "tags": _tags,
    "valid_to": _time,
}


FALLBACKS: Mapping[str, str] = {  # the member that stands in where the first is absent
    "key_spec": "CustomerMasterKeySpec",
}


def _tokens(req: msgspec.Struct) -> list[str] | None:
    """Return a request's grant tokens; RetireGrant has one, and it names the grant."""
    token = getattr(req, "GrantToken", None)
    return getattr(req, "GrantTokens", None) if token is None else [token]


class RequestParameters:
    """The parameters of one request as one of its targets sees them."""

    __slots__ = ("_idle_days", "_is_by_service", "_req", "_target", "was_read")

    def __init__(
        self,
        req: msgspec.Struct,
        target: Target,
        idle_days: Callable[[KmsKey], int],
        *,
        is_by_service: bool = False,
    ) -> None:
        self._idle_days = idle_days
        self._is_by_service = is_by_service
        self._req = req
        self._target = target
        self.was_read = False  # whether a policy or a grant has asked for a parameter

    def get(self, name: str, /) -> object:
        """Return a parameter by its authorization name, or None."""
        self.was_read = True
        if name == "request_alias":
            return self._target.alias or None
        if name == "grant_tokens":
            return _tokens(self._req)
        if name == "grant_is_for_aws_resource":
            return self._is_by_service or None
        if name == "reencrypt_on_same_key":
            return self._target.is_same_key
        if name == "trailing_days_without_key_usage" and self._target.key is not None:
            return self._idle_days(self._target.key)
        member = MEMBERS.get(name)
        if member is None:
            return None
        value = getattr(self._req, self._target.side + member, None)
        if value is None and name in FALLBACKS:
            value = getattr(self._req, FALLBACKS[name], None)
        convert = CONVERSIONS.get(name)
        return value if convert is None or value is None else convert(value)
