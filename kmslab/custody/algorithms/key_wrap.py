"""Unwrapping: OAEP (RFC 8017), SM2, and AES key wrap with padding (RFC 5649) under a key in OAEP.

The last way is PKCS #11's ``CKM_RSA_AES_KEY_WRAP``: the AES key, encrypted under the RSA key, and
after it the material, wrapped under the AES key.
"""

from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap_with_padding

from kmslab.custody.algorithms import aes, rsa, sm2
from kmslab.model.errors import InvalidCiphertextException

HYBRID: Final = "RSA_AES_KEY_WRAP_"


def unwrap(key: "RSAPrivateKey | sm2.PrivateKey", wrapped: bytes, algorithm: str) -> bytes:
    """Return what was wrapped under the public key.

    Raises:
        InvalidCiphertextException: it was not wrapped for this key in this way.
    """
    if not isinstance(key, RSAPrivateKey):
        return sm2.decrypt(key, wrapped, algorithm)
    if not algorithm.startswith(HYBRID):
        return rsa.decrypt(key, wrapped, algorithm)
    split = key.key_size // 8
    oaep = algorithm.replace(HYBRID, "RSAES_OAEP_")
    wrapping = rsa.decrypt(key, wrapped[:split], oaep)
    if len(wrapping) != aes.KEY_BYTES:
        raise InvalidCiphertextException
    return unwrap_padded(wrapping, wrapped[split:])


def unwrap_padded(wrapping: bytes, wrapped: bytes) -> bytes:
    """Return what was wrapped under an AES key (RFC 5649, section 4.2).

    Raises:
        InvalidCiphertextException: the integrity check fails.
    """
    try:
        return aes_key_unwrap_with_padding(wrapping, wrapped)
    except InvalidUnwrap:
        raise InvalidCiphertextException from None
