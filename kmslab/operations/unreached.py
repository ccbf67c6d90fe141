"""Errors of the service model that no call of this world meets, and the reason for each.

Everything else that the model lists for an operation is reached: `tests/contract` shows how. What the
key state table rules out needs no line here.
"""

from collections.abc import Mapping
from typing import Final

from kmslab.model.errors import DisabledException, KMSInvalidStateException
from kmslab.model.key_states import NAMEABLE, StateRow
from kmslab.operations.catalog import Operation
from kmslab.spec.shapes import MODEL

NO_STORE: Final = (
    "this world has neither a CloudHSM cluster nor a proxy, so no custom key store is ever made"
)
NO_STATE: Final = "the key state table has no state that answers so"
STATE_ERRORS: Final = {DisabledException.__name__, KMSInvalidStateException.__name__}

# An operation that looks at the state of one of its keys itself.
OWN_STATES: Mapping[str, StateRow] = {"UpdateAlias": NAMEABLE}

EVERYWHERE: Mapping[str, str] = dict.fromkeys(
    (
        "CloudHsmClusterInUseException",
        "CloudHsmClusterInvalidConfigurationException",
        "CloudHsmClusterNotActiveException",
        "CloudHsmClusterNotRelatedException",
        "CustomKeyStoreHasCMKsException",
        "CustomKeyStoreInvalidStateException",
        "CustomKeyStoreNameInUseException",
        "IncorrectTrustAnchorException",
        "XksKeyAlreadyInUseException",
        "XksKeyInvalidConfigurationException",
        "XksKeyNotFoundException",
        "XksProxyIncorrectAuthenticationCredentialException",
        "XksProxyInvalidConfigurationException",
        "XksProxyInvalidResponseException",
        "XksProxyUriEndpointInUseException",
        "XksProxyUriInUseException",
        "XksProxyVpcEndpointServiceInUseException",
        "XksProxyVpcEndpointServiceInvalidConfigurationException",
        "XksProxyVpcEndpointServiceNotFoundException",
    ),
    NO_STORE,
)

AT: Mapping[str, Mapping[str, str]] = {
    "CreateCustomKeyStore": {
        "LimitExceededException": NO_STORE,
    },
    "CreateKey": {
        "InvalidArnException": "the request names no ARN",
    },
    "EnableKey": {
        "LimitExceededException": "no quota counts enabled keys",
    },
    "GenerateRandom": {
        "UnsupportedOperationException": NO_STORE,
    },
    "GetKeyRotationStatus": {
        "UnsupportedOperationException": NO_STORE,
    },
    "GetPublicKey": {
        "DisabledException": "a disabled key still shows its public key (Developer Guide, Key states of AWS KMS keys)",
        "InvalidKeyUsageException": "every asymmetric key shows its public key, whatever its usage",
    },
    "ListKeyRotations": {
        "UnsupportedOperationException": NO_STORE,
    },
    "ListRetirableGrants": {
        "NotFoundException": "a principal without grants to retire has an empty list",
    },
    "PutKeyPolicy": {
        "UnsupportedOperationException": "customer managed keys always take a policy",
    },
    "RetireGrant": {
        "InvalidGrantIdException": "who is no party to a grant is denied before it is looked for",
    },
    "TagResource": {
        "LimitExceededException": "the service answers one tag too many with TagException, Too many tags",
    },
    "UpdateCustomKeyStore": {
        "CloudHsmClusterNotFoundException": NO_STORE,
        "XksProxyUriUnreachableException": NO_STORE,
    },
}


def unreached(row: Operation) -> dict[str, str]:
    """Return the errors that an operation's model lists and no call meets, each with its reason."""
    known = {**EVERYWHERE, **AT.get(row.name, {})}
    found = {name: known[name] for name in MODEL[row.name].errors if name in known}
    states = OWN_STATES.get(row.name, row.states)
    by_state = {error.__name__ for error, _ in states.values()}
    for name in sorted(STATE_ERRORS - by_state):
        if name in MODEL[row.name].errors:
            found.setdefault(name, NO_STATE)
    return found


def reached(row: Operation) -> tuple[str, ...]:
    """Return the errors of an operation's model that calls do meet."""
    rest = unreached(row)
    return tuple(name for name in MODEL[row.name].errors if name not in rest)
