"""Every condition key, and how its value is derived from an authorization request.

One table, `KEYS`, and four families whose names end in a tag or an encryption context key. Names
ignore case. A key of the request's environment wins over a derived one; a key that neither has is
absent. Values are read when a policy mentions the key, never before. Source: KMS Developer Guide,
"AWS KMS condition keys"; IAM User Guide, "AWS global condition context keys".
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final

from kmslab.authz.actions import CRYPTOGRAPHIC, WITH_CONTEXT
from kmslab.authz.context import Context, constraints_of, mapping_of, text_of, value_of
from kmslab.model.requests import ContextValue

Reader = Callable[[Context], ContextValue | None]


def reader(name: str) -> Reader:
    """Prepare the reading of a condition key; an empty list counts as absent."""
    lowered = name.lower()
    derive = KEYS.get(lowered) or _family(lowered, name)

    def read(context: Context) -> ContextValue | None:
        environment = context.environment
        if environment is None:
            environment = context.lower_environment()
        if lowered in environment:
            value = environment[lowered]
            return None if value == () else value
        return None if derive is None else derive(context)

    return read


def is_settled(name: str) -> bool:
    """Tell whether caller and key settle a condition key, whatever the request is like."""
    lowered = name.lower()
    return lowered in _OF_CALLER_AND_RESOURCE or lowered.startswith(_SETTLED_FAMILIES)


# --------------------------------------------------------------------- from the request's parameters


def _parameter(name: str, actions: str | Collection[str], default: object = None) -> Reader:
    """Read a parameter, for these actions only."""
    known = _named(actions.split()) if isinstance(actions, str) else frozenset(actions)

    def read(context: Context) -> ContextValue | None:
        if context.action not in known:
            return None
        value = context.parameter(name)
        return value_of(default if value is None else value)

    return read


def _named(names: Iterable[str]) -> frozenset[str]:
    return frozenset(f"kms:{name}" for name in names)


def _encryption_algorithm(context: Context) -> ContextValue | None:
    if context.action not in WITH_CONTEXT:
        return None
    symmetric = context.request.resource.key_spec == "SYMMETRIC_DEFAULT"
    given = context.parameter("encryption_algorithm")
    return value_of(given or ("SYMMETRIC_DEFAULT" if symmetric else None))


def _encryption_context(context: Context) -> Mapping[str, object]:
    """Return the request's encryption context; for CreateGrant that of the new grant's constraint."""
    if context.action in WITH_CONTEXT:
        given = context.request.parameters.get("encryption_context")
        return given if isinstance(given, dict) else mapping_of(given)
    if context.action != "kms:CreateGrant":
        return {}
    constraints = constraints_of(context.parameter("grant_constraints"))
    return {
        **(constraints.encryption_context_subset or {}),
        **(constraints.encryption_context_equals or {}),
    }


def _grant_constraint_type(context: Context) -> ContextValue | None:
    if context.action != "kms:CreateGrant":
        return None
    constraints = constraints_of(context.parameter("grant_constraints"))
    if constraints.encryption_context_equals is not None:
        return "EncryptionContextEquals"
    subset = constraints.encryption_context_subset
    return None if subset is None else "EncryptionContextSubset"


def _grant_constraint_source(context: Context) -> ContextValue | None:
    if context.action != "kms:CreateGrant":
        return None
    return constraints_of(context.parameter("grant_constraints")).source_arn


_TAGGING: Final = _named(["CreateKey", "TagResource", "ReplicateKey"])


def _request_tags(context: Context) -> Mapping[str, object]:
    return mapping_of(context.parameter("tags")) if context.action in _TAGGING else {}


def _tag_keys(context: Context) -> ContextValue | None:
    if context.action == "kms:UntagResource":
        return value_of(context.parameter("tag_keys"))
    return tuple(_request_tags(context)) or None


# ----------------------------------------------------------------------------------- from the key


def _new_or_old(parameter: str, default: str, member: str) -> Reader:
    """Describe the key about to be created, or the key that is there."""

    def read(context: Context) -> ContextValue | None:
        if context.action == "kms:CreateKey":
            return value_of(context.parameter(parameter) or default)
        resource = context.request.resource
        return (getattr(resource, member) or None) if resource.kind == "key" else None

    return read


def _multi_region(context: Context) -> ContextValue | None:
    if context.action == "kms:CreateKey":
        return text_of(context.parameter("multi_region") or False)
    resource = context.request.resource
    return text_of(resource.multi_region) if resource.kind == "key" else None


def _multi_region_key_type(context: Context) -> ContextValue | None:
    if _multi_region(context) != "true":
        return None
    if context.action == "kms:CreateKey":
        return "PRIMARY"
    return context.request.resource.multi_region_key_type or None


def _resource_tags(context: Context) -> Mapping[str, str]:
    return context.request.resource.tags


# -------------------------------------------------------------------------------- from the caller

_PRINCIPAL_TYPES: Final = {
    "user": "User",
    "role-session": "AssumedRole",
    "root": "Account",
    "federated-user": "FederatedUser",
    "service": None,
}


def _principal_arn(context: Context) -> ContextValue | None:
    caller = context.request.caller
    return (caller.role_arn if caller.kind == "role-session" else caller.arn) or None


def _account(context: Context) -> ContextValue | None:
    return context.request.caller.account or None


def _user_name(context: Context) -> ContextValue | None:
    caller = context.request.caller
    return caller.name if caller.kind == "user" else None


def _principal_org_id(context: Context) -> ContextValue | None:
    organization = context.request.caller.organization
    return organization.id if organization else None


def _principal_org_paths(context: Context) -> ContextValue | None:
    organization = context.request.caller.organization
    return (organization.path,) if organization and organization.path else None


def _resource_org_id(context: Context) -> ContextValue | None:
    organization = context.request.resource.organization
    return organization.id if organization else None


def _resource_org_paths(context: Context) -> ContextValue | None:
    organization = context.request.resource.organization
    return (organization.path,) if organization and organization.path else None


def _principal_tags(context: Context) -> Mapping[str, str]:
    return context.request.caller.tags


# -------------------------------------------------------------------------------------- the table

_KEY_SPEC: Final = _new_or_old("key_spec", "SYMMETRIC_DEFAULT", "key_spec")
_KEY_USAGE: Final = _new_or_old("key_usage", "ENCRYPT_DECRYPT", "key_usage")

_OF_CALLER_AND_RESOURCE: Final[Mapping[str, Reader]] = {
    # the caller
    "aws:principalarn": _principal_arn,
    "aws:principalaccount": _account,
    "kms:calleraccount": _account,
    "aws:principaltype": lambda c: _PRINCIPAL_TYPES[c.request.caller.kind],
    "aws:userid": lambda c: c.request.caller.user_id or None,
    "aws:username": _user_name,
    "aws:principalorgid": _principal_org_id,
    "aws:principalorgpaths": _principal_org_paths,
    "aws:principalisawsservice": lambda c: text_of(c.request.caller.kind == "service"),
    "aws:principalservicename": lambda c: c.request.caller.service or None,
    # the resource
    "aws:resourceaccount": lambda c: c.request.resource.account or None,
    "aws:resourceorgid": _resource_org_id,
    "aws:resourceorgpaths": _resource_org_paths,
    "aws:requestedregion": lambda c: c.request.resource.region or None,
    "kms:keyspec": _KEY_SPEC,
    "kms:customermasterkeyspec": _KEY_SPEC,
    "kms:keyusage": _KEY_USAGE,
    "kms:customermasterkeyusage": _KEY_USAGE,
    "kms:keyorigin": _new_or_old("origin", "AWS_KMS", "origin"),
    "kms:multiregion": _multi_region,
    "kms:multiregionkeytype": _multi_region_key_type,
    "kms:resourcealiases": lambda c: c.request.resource.aliases or None,
}
_OF_REQUEST: Final[Mapping[str, Reader]] = {
    "kms:encryptioncontextkeys": lambda c: tuple(_encryption_context(c)) or None,
    "kms:encryptionalgorithm": _encryption_algorithm,
    "kms:requestalias": _parameter(
        "request_alias", CRYPTOGRAPHIC | _named(["DescribeKey", "GetPublicKey"])
    ),
    "kms:grantoperations": _parameter("grant_operations", "CreateGrant"),
    "kms:granteeprincipal": _parameter("grantee_principal", "CreateGrant"),
    "kms:granteeserviceprincipal": _parameter("grantee_service_principal", "CreateGrant"),
    "kms:retiringprincipal": _parameter("retiring_principal", "CreateGrant"),
    "kms:retiringserviceprincipal": _parameter("retiring_service_principal", "CreateGrant"),
    "kms:grantconstrainttype": _grant_constraint_type,
    "kms:grantconstraintsourcearn": _grant_constraint_source,
    "kms:grantisforawsresource": _parameter(
        "grant_is_for_aws_resource", "CreateGrant ListGrants RevokeGrant"
    ),
    "kms:messagetype": _parameter("message_type", "Sign Verify"),
    "kms:signingalgorithm": _parameter("signing_algorithm", "Sign Verify"),
    "kms:macalgorithm": _parameter("mac_algorithm", "GenerateMac VerifyMac"),
    "kms:keyagreementalgorithm": _parameter("key_agreement_algorithm", "DeriveSharedSecret"),
    "kms:datakeypairspec": _parameter(
        "data_key_pair_spec", "GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext"
    ),
    "kms:reencryptonsamekey": _parameter("reencrypt_on_same_key", "ReEncryptFrom ReEncryptTo"),
    "kms:expirationmodel": _parameter("expiration_model", "ImportKeyMaterial"),
    "kms:validto": _parameter("valid_to", "ImportKeyMaterial"),
    "kms:wrappingalgorithm": _parameter("wrapping_algorithm", "GetParametersForImport"),
    "kms:wrappingkeyspec": _parameter("wrapping_key_spec", "GetParametersForImport"),
    "kms:primaryregion": _parameter("primary_region", "UpdatePrimaryRegion"),
    "kms:replicaregion": _parameter("replica_region", "ReplicateKey"),
    "kms:schedulekeydeletionpendingwindowindays": _parameter(
        "pending_window_in_days", "ScheduleKeyDeletion"
    ),
    "kms:rotationperiodindays": _parameter("rotation_period_in_days", "EnableKeyRotation"),
    "kms:trailingdayswithoutkeyusage": _parameter(
        "trailing_days_without_key_usage", "DisableKey ScheduleKeyDeletion"
    ),
    "kms:bypasspolicylockoutsafetycheck": _parameter(
        "bypass_policy_lockout_safety_check", "CreateKey PutKeyPolicy"
    ),
    "kms:policyname": _parameter("policy_name", "GetKeyPolicy PutKeyPolicy", "default"),
    "aws:tagkeys": _tag_keys,
}
KEYS: Final = {**_OF_CALLER_AND_RESOURCE, **_OF_REQUEST}

Pairs = Callable[[Context], Mapping[str, object]]

FAMILIES: Final[Mapping[str, Pairs]] = {
    "kms:encryptioncontext:": _encryption_context,
    "aws:requesttag/": _request_tags,
    "aws:resourcetag/": _resource_tags,
    "aws:principaltag/": _principal_tags,
}
_SETTLED_FAMILIES: Final = ("aws:resourcetag/", "aws:principaltag/")

MULTIVALUED: Final = frozenset(
    {
        "kms:encryptioncontextkeys",
        "kms:grantoperations",
        "kms:resourcealiases",
        "aws:tagkeys",
        "aws:principalorgpaths",
        "aws:resourceorgpaths",
        "aws:calledvia",
        "aws:principalservicenameslist",
    }
)


def _family(lowered: str, name: str) -> Reader | None:
    for prefix, pairs in FAMILIES.items():
        if lowered.startswith(prefix):
            return _member(pairs, name[len(prefix) :])
    return None


def _member(pairs: Pairs, member: str) -> Reader:
    """Read one pair; its name is part of a condition key's name and so ignores case."""
    folded = member.casefold()

    def read(context: Context) -> ContextValue | None:
        found = pairs(context)
        if member in found:
            text = found[member]
            return text if isinstance(text, str) else text_of(text)
        texts = (text_of(text) for name, text in found.items() if name.casefold() == folded)
        return next(texts, None)

    return read
