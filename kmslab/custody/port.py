"""The port to custody: whoever holds key material and computes with it.

A custodian is asked with a `KmsKey`, which has no bytes of its own; what it answers never contains
key material, only data keys that the caller asked for.
"""

from collections.abc import Mapping
from typing import Protocol

from kmslab.custody.imports import WrappingParameters
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

    def wrapping_parameters(
        self, key: KmsKey, *, wrapping_key: str, algorithm: str, valid_to: float
    ) -> WrappingParameters:
        """Make what a caller needs to wrap material for a key, until an instant (Unix seconds)."""
        ...

    def import_material(
        self, key: KmsKey, *, token: bytes, wrapped: bytes, now: float
    ) -> KeyMaterial:
        """Take wrapped material for a key. The same material has the same ID each time.

        Raises:
            InvalidImportTokenException: the token is none of ours, or for another KMS key.
            ExpiredImportTokenException: its time is over.
            InvalidCiphertextException: the material was not wrapped as the token says.
            IncorrectKeyMaterialException: it is not material of the key's spec.
        """
        ...

    def place(self, key: KmsKey, form: str, text: str, now: float) -> KeyMaterial:
        """Take material for a key as a file gives it (`given.py`), which no operation of the API can.

        Raises:
            IncorrectKeyMaterialException: it is not material of the key's spec.
        """
        ...

    def reveal(self, material: KeyMaterial) -> bytes:
        """Return the bytes of a material, for the file of a world whose owner asks for them."""
        ...

    def forget(self, material: KeyMaterial) -> None:
        """Let go of what was opened of a material that is deleted."""
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
