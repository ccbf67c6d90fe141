"""Facts about the IAM actions of KMS: which policies count for them and what they carry.

Source: KMS Developer Guide, "AWS KMS permissions", and the Service Authorization Reference. Knows
no policy and no principal.
"""

from typing import Final


def _actions(names: str) -> frozenset[str]:
    return frozenset(f"kms:{name}" for name in names.split())


WITH_CONTEXT: Final = _actions(
    "Encrypt Decrypt GenerateDataKey GenerateDataKeyWithoutPlaintext GenerateDataKeyPair "
    "GenerateDataKeyPairWithoutPlaintext ReEncryptFrom ReEncryptTo"
)
"""The actions whose request has an encryption context (and an algorithm to go with it)."""

CRYPTOGRAPHIC: Final = WITH_CONTEXT | _actions(
    "Sign Verify GenerateMac VerifyMac DeriveSharedSecret Encapsulate Decapsulate"
)

GRANTABLE: Final = CRYPTOGRAPHIC | _actions("CreateGrant DescribeKey GetPublicKey RetireGrant")
"""What a grant can allow (the API's GrantOperation values)."""

IAM_ONLY: Final = _actions(
    "CreateKey ListKeys ListAliases ListRetirableGrants GenerateRandom ConnectCustomKeyStore "
    "CreateCustomKeyStore DeleteCustomKeyStore DescribeCustomKeyStores "
    "DisconnectCustomKeyStore UpdateCustomKeyStore"
)
"""Actions for which no key policy is asked, whatever the resource."""

CROSS_ACCOUNT: Final = GRANTABLE | _actions("GetKeyRotationStatus ListGrants RevokeGrant")
"""Actions that work on a key of another account."""

_OTHERS: Final = _actions(
    "CancelKeyDeletion CreateAlias DeleteAlias DeleteImportedKeyMaterial DisableKey "
    "DisableKeyRotation EnableKey EnableKeyRotation GetKeyLastUsage GetKeyPolicy "
    "GetParametersForImport ImportKeyMaterial ListKeyPolicies ListKeyRotations ListResourceTags "
    "PutKeyPolicy ReplicateKey RotateKeyOnDemand ScheduleKeyDeletion SynchronizeMultiRegionKey "
    "TagResource UntagResource UpdateAlias UpdateKeyDescription UpdatePrimaryRegion"
)

ALL: Final = CROSS_ACCOUNT | IAM_ONLY | _OTHERS
"""Every action of the service, as documentation spells it."""

_SPELLINGS: Final = {name.lower(): name for name in ALL}


def canonical(action: str) -> str:
    """Spell an action as documentation does; names of actions ignore case (IAM User Guide)."""
    return _SPELLINGS.get(action.lower(), action)
