"""ML-KEM-512, which `cryptography` does not have, in the shape of the library's own key classes.

kyber-py follows FIPS 203 line by line and is not written against side channels: whoever measures
how long a decapsulation takes may learn about the key. Good for study; not for anybody's secrets.
"""

from functools import cache
from typing import Any, Final, Self

from cryptography.hazmat.primitives import serialization

# RFC 9935, sections 4 and 6: a public key, and a private key as its 64-byte seed.
SPKI: Final = bytes.fromhex("30820332300b06096086480165030404010382032100")
PKCS8: Final = bytes.fromhex("3054020100300b060960864801650304040104428040")
CIPHERTEXT_BYTES: Final = 768


@cache
def _scheme() -> Any:  # noqa: ANN401 - the library has no types
    from kyber_py.ml_kem import ML_KEM_512  # noqa: PLC0415 - only who uses this key spec pays

    return ML_KEM_512


class PublicKey:
    """An encapsulation key."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def public_bytes(
        self, _encoding: serialization.Encoding, _format: serialization.PublicFormat
    ) -> bytes:
        """Return the SubjectPublicKeyInfo in DER."""
        return SPKI + self._raw

    def public_bytes_raw(self) -> bytes:
        """Return the 800 bytes of FIPS 203."""
        return self._raw

    def encapsulate(self) -> tuple[bytes, bytes]:
        """Return a fresh 32-byte secret and its 768-byte ciphertext."""
        secret, ciphertext = _scheme().encaps(self._raw)
        return secret, ciphertext


class PrivateKey:
    """A decapsulation key, known by its seed."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._public, self._secret = _scheme().key_derive(seed)

    @classmethod
    def from_seed_bytes(cls, seed: bytes) -> Self:
        """Make the key of a 64-byte seed (d and z of FIPS 203, algorithm 16)."""
        return cls(seed)

    @classmethod
    def from_der(cls, der: bytes) -> Self:
        """Read what `private_bytes` has written."""
        return cls(der[len(PKCS8) :])

    def private_bytes(
        self,
        _encoding: serialization.Encoding,
        _format: serialization.PrivateFormat,
        _encryption: serialization.KeySerializationEncryption,
    ) -> bytes:
        """Return PKCS #8 in DER, the key in its seed form."""
        return PKCS8 + self._seed

    def public_key(self) -> PublicKey:
        """Return the public half."""
        return PublicKey(self._public)

    def decapsulate(self, ciphertext: bytes) -> bytes:
        """Return the secret of a ciphertext; of an altered one, another secret.

        Raises:
            ValueError: the ciphertext has the wrong length.
        """
        if len(ciphertext) != CIPHERTEXT_BYTES:
            raise ValueError("an ML-KEM-512 ciphertext has 768 bytes")
        secret: bytes = _scheme().decaps(self._secret, ciphertext)
        return secret
