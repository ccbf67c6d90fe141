"""AES-256 in Galois/Counter Mode (SP 800-38D): the cipher of SYMMETRIC_DEFAULT.

Refuses to know keys of KMS, blobs and encryption contexts: bytes in, bytes out.
"""

from collections.abc import Callable
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kmslab.model.errors import InvalidCiphertextException

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12

Cipher = AESGCM  # a key that is ready to work


encrypt: Final[Callable[[Cipher, bytes, bytes, bytes], bytes]] = Cipher.encrypt
"""Return ciphertext and 16-byte tag of a nonce, a plaintext and what goes with it in clear.

A nonce must never serve twice under one key.
"""


def decrypt(cipher: Cipher, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
    """Return the plaintext.

    Raises:
        InvalidCiphertextException: a byte of nonce, ciphertext, tag or associated bytes was changed.
    """
    try:
        return cipher.decrypt(nonce, sealed, associated)
    except InvalidTag:
        raise InvalidCiphertextException from None
