"""The port to custody: whoever holds key material and computes with it.

A custodian is asked with a `KmsKey`, which has no bytes of its own; what it answers never contains
key material, only data keys that the caller asked for.
"""

from collections.abc import Mapping
from typing import Protocol

from kmslab.custody.key_pairs import KeyPairs
from kmslab.model.keys import KeyMaterial, KmsKey

EncryptionContext = Mapping[str, str]


class Custodian(Protocol):
    """What every holder of key material can do.

    `key_pairs` serves asymmetric and HMAC keys; the other methods serve symmetric encryption.
    """

    key_pairs: KeyPairs

    def generate(self, key_id: str, spec: str, now: float) -> KeyMaterial:
        """Make the material of a new key, or of its next rotation."""
        ...

    def encrypt(self, key: KmsKey, plaintext: bytes, context: EncryptionContext) -> bytes:
        """Encrypt under the key's current material; return a ciphertext blob."""
        ...

    def decrypt(self, key: KmsKey, blob: bytes, context: EncryptionContext) -> bytes:
        """Decrypt under the material that the blob names.

        Raises:
            InvalidCiphertextException: the blob is not one of this key, or was changed, or the
                encryption context is another one.
        """
        ...
