"""Asymmetric and HMAC keys at work: which algorithm file serves which key spec.

Opened keys are kept in a bounded cache, as those of AES are. Refuses to know blobs and contexts.
"""

from collections.abc import Callable, Mapping
from hashlib import new as new_hash
from types import ModuleType
from typing import Any, Final

from cryptography.hazmat.primitives import serialization

from kmslab.ambient.entropy import Entropy
from kmslab.custody.algorithms import ecc, edwards, hmac, ml_dsa, ml_kem, rsa, sm2
from kmslab.custody.stock import SPECS, Stock
from kmslab.model import messages
from kmslab.model.errors import ValidationException
from kmslab.model.keys import KeyMaterial, KmsKey

CACHED_KEYS: Final = 4096

ALGORITHMS: Mapping[str, ModuleType] = {
    **dict.fromkeys(SPECS, rsa),
    **dict.fromkeys(ecc.CURVES, ecc),
    "ECC_NIST_EDWARDS25519": edwards,
    **dict.fromkeys(ml_dsa.MAKERS, ml_dsa),
    **dict.fromkeys(ml_kem.MAKERS, ml_kem),
    "SM2": sm2,
    **dict.fromkeys(("HMAC_224", "HMAC_256", "HMAC_384", "HMAC_512"), hmac),
}
DIGESTS: Final = {"RAW", "DIGEST"}
MESSAGE_TYPES: Final = {  # of the algorithms that do not sign a digest
    "ED25519_SHA_512": {"RAW"},
    "ED25519_PH_SHA_512": {"DIGEST"},
    "ML_DSA_SHAKE_256": {"RAW", "EXTERNAL_MU"},
}

Opener = Callable[[KmsKey], bytes]


class KeyPairs:
    """Computes with keys whose material `opened` hands out."""

    def __init__(self, entropy: Entropy, opened: Opener) -> None:
        self.stock = Stock(entropy)
        self._entropy = entropy
        self._opened = opened
        self._keys: dict[str, Any] = {}

    def generate(self, spec: str) -> bytes:
        """Return new raw material."""
        if spec in SPECS:
            return self.stock.take(spec)
        raw: bytes = ALGORITHMS[spec].generate(spec, self._entropy)
        return raw

    def generate_pair(self, spec: str) -> tuple[bytes, bytes]:
        """Return a private key (PKCS #8) that is nobody's yet, and its public key (DER)."""
        raw = self.generate(spec)
        return raw, public_der(ALGORITHMS[spec].load(raw))

    def encrypt(self, key: KmsKey, plaintext: bytes, algorithm: str) -> bytes:
        """Encrypt under the public key."""
        ciphertext: bytes = ALGORITHMS[key.spec].encrypt(self._key(key), plaintext, algorithm)
        return ciphertext

    def decrypt(self, key: KmsKey, ciphertext: bytes, algorithm: str) -> bytes:
        """Decrypt with the private key."""
        plaintext: bytes = ALGORITHMS[key.spec].decrypt(self._key(key), ciphertext, algorithm)
        return plaintext

    def sign(self, key: KmsKey, message: bytes, *, algorithm: str, message_type: str) -> bytes:
        """Sign a message, or the digest of one."""
        loaded = self._key(key)
        signed = _signed(loaded, message, algorithm, message_type)
        signature: bytes = ALGORITHMS[key.spec].sign(loaded, signed, algorithm)
        return signature

    def is_signed(
        self, key: KmsKey, message: bytes, signature: bytes, *, algorithm: str, message_type: str
    ) -> bool:
        """Tell whether a signature is good."""
        loaded = self._key(key)
        signed = _signed(loaded, message, algorithm, message_type)
        return bool(ALGORITHMS[key.spec].is_valid(loaded, signed, signature, algorithm))

    def mac(self, key: KmsKey, message: bytes, algorithm: str) -> bytes:
        """Return a message's tag."""
        return hmac.compute(self._key(key), message, algorithm)

    def is_mac(self, key: KmsKey, message: bytes, tag: bytes, algorithm: str) -> bool:
        """Tell whether a tag is good."""
        return hmac.is_valid(self._key(key), message, tag, algorithm)

    def public_key(self, key: KmsKey) -> bytes:
        """Return the public key as SubjectPublicKeyInfo in DER (RFC 5280, section 4.1.2.7)."""
        return key.current.public_key or public_der(self._key(key))

    def encapsulate(self, key: KmsKey) -> tuple[bytes, bytes]:
        """Return a fresh secret and its ciphertext."""
        return ml_kem.encapsulate(self._key(key))

    def decapsulate(self, key: KmsKey, ciphertext: bytes) -> bytes:
        """Return the secret of a ciphertext."""
        return ml_kem.decapsulate(self._key(key), ciphertext)

    def shared_secret(self, key: KmsKey, public_key: bytes) -> bytes:
        """Return the raw secret that both sides share."""
        secret: bytes = ALGORITHMS[key.spec].shared_secret(self._key(key), public_key)
        return secret

    def forget(self, material: KeyMaterial) -> None:
        """Let go of the opened key of a material that is deleted."""
        self._keys.pop(material.material_id, None)

    def _key(self, key: KmsKey) -> Any:  # noqa: ANN401 - what the algorithm's file loads
        material_id = key.current.material_id
        found = self._keys.get(material_id)
        if found is None:
            if len(self._keys) >= CACHED_KEYS:
                self._keys.clear()
            found = self._keys[material_id] = ALGORITHMS[key.spec].load(self._opened(key))
        return found


def public_der(private: Any) -> bytes:  # noqa: ANN401 - any private key of the library
    """Write the public half of a private key."""
    der: bytes = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return der


def _signed(
    key: Any,  # noqa: ANN401 - what the algorithm's file loads
    message: bytes,
    algorithm: str,
    message_type: str,
) -> bytes:
    """Return what the algorithm signs: the message, its digest, or its representative.

    Raises:
        ValidationException: the algorithm does not take this type of message, or not this long.
    """
    taken = MESSAGE_TYPES.get(algorithm, DIGESTS)
    if message_type not in taken:
        raise ValidationException(messages.MESSAGE_TYPE.format(message_type, algorithm))
    if message_type == "RAW":
        return _prepared(key, message, algorithm)
    if message_type == "EXTERNAL_MU":
        wanted = ml_dsa.MU_BYTES
    else:
        wanted = sm2.DIGEST_BYTES if algorithm == sm2.SIGNS else int(algorithm[-3:]) // 8
    if len(message) != wanted:
        raise ValidationException(messages.DIGEST_LENGTH.format(algorithm))
    return message


def _prepared(key: Any, message: bytes, algorithm: str) -> bytes:  # noqa: ANN401 - as above
    if algorithm == "ML_DSA_SHAKE_256":
        return ml_dsa.representative(key, message)
    if algorithm == sm2.SIGNS:
        return sm2.digest(key, message)
    return (
        message
        if algorithm in MESSAGE_TYPES
        else new_hash(f"sha{algorithm[-3:]}", message).digest()
    )
