"""A KMS key as the API describes it: the KeyMetadata of four operations."""

from collections.abc import Sequence
from typing import Any, Final

from kmslab.model.key_specs import KEY_SPECS
from kmslab.model.keys import KmsKey
from kmslab.operations.related import configuration
from kmslab.spec.shapes import KeyMetadataShape

ALGORITHMS: Final = {  # key usage -> the member that lists its algorithms
    "ENCRYPT_DECRYPT": "EncryptionAlgorithms",
    "SIGN_VERIFY": "SigningAlgorithms",
    "GENERATE_VERIFY_MAC": "MacAlgorithms",
    "KEY_AGREEMENT": "KeyAgreementAlgorithms",
    "ENCAPSULATE_DECAPSULATE": "EncapsulationAlgorithms",
}


def metadata(key: KmsKey, relatives: Sequence[KmsKey] = ()) -> KeyMetadataShape:
    """Describe a key, and for a multi-Region key its relatives (with or without itself).

    Members that do not concern it are left out.
    """
    described: dict[str, Any] = {
        "AWSAccountId": key.account,
        "KeyId": key.key_id,
        "Arn": key.arn,
        "CreationDate": key.created,
        "Enabled": key.state == "Enabled",
        "Description": key.description,
        "KeyUsage": key.usage,
        "KeyState": key.state,
        "Origin": key.origin,
        "KeyManager": key.manager,
        "CustomerMasterKeySpec": key.spec,
        "KeySpec": key.spec,
        "MultiRegion": key.multi_region_type is not None,
        ALGORITHMS[key.usage]: list(KEY_SPECS[key.spec].algorithms[key.usage]),
    }
    if key.multi_region_type is not None:
        described["MultiRegionConfiguration"] = configuration(key, relatives)
    if key.waiting_days is not None:
        described["PendingDeletionWindowInDays"] = key.waiting_days
    if key.deletion_date is not None:
        described["DeletionDate"] = key.deletion_date
    if key.spec == "SYMMETRIC_DEFAULT" and key.materials:
        described["CurrentKeyMaterialId"] = key.current.material_id
    return KeyMetadataShape(**described, **_expiration(key))


def _expiration(key: KmsKey) -> dict[str, Any]:
    """Tell whether imported material expires, and when the first of it does."""
    present = [each for each in key.materials if each.is_present]
    if key.origin != "EXTERNAL" or not present:
        return {}
    instants = [each.expires for each in present if each.expires is not None]
    if not instants:
        return {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
    return {"ExpirationModel": "KEY_MATERIAL_EXPIRES", "ValidTo": min(instants)}
