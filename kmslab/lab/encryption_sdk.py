"""The AWS Encryption SDK for Python over a client of this world, with its cache of data keys.

Version 4 still ships the caching CMM; it takes master keys, not the new keyrings. The SDK measures the
age of an entry with the machine's clock, whatever the world's clock says.
"""

from typing import Any

from aws_encryption_sdk.caches.local import LocalCryptoMaterialsCache
from aws_encryption_sdk.key_providers.kms import KMSMasterKey
from aws_encryption_sdk.materials_managers.caching import CachingCryptoMaterialsManager

from kmslab.lab.data_keys import CacheLimits

CAPACITY = 1000  # entries

Kms = Any  # a boto3 client of KMS


def master_key(kms: Kms, key_arn: str) -> Any:  # noqa: ANN401 - the SDK has no types
    """Return the master key of a KMS key."""
    return KMSMasterKey(key_id=key_arn, client=kms)


def caching_manager(kms: Kms, key_arn: str, limits: CacheLimits) -> Any:  # noqa: ANN401 - likewise
    """Return a manager that uses a data key again within the limits."""
    return CachingCryptoMaterialsManager(
        cache=LocalCryptoMaterialsCache(CAPACITY),
        master_key_provider=master_key(kms, key_arn),
        max_age=float(limits.max_age),  # an int is refused
        max_messages_encrypted=limits.max_messages,
        max_bytes_encrypted=limits.max_bytes,
    )
