"""RSA: OAEP encryption, PSS and PKCS #1 v1.5 signatures (RFC 8017).

Keys at rest are PKCS #8. Loading one checks its primes for 36 to 255 ms; a key that comes out of our
own sealed record was checked when it was made, so the check is skipped there.
"""

from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from kmslab.ambient.entropy import Entropy
from kmslab.custody.algorithms.der import private_der
from kmslab.model.errors import InvalidCiphertextException

PUBLIC_EXPONENT: Final = 65_537

OAEP: Mapping[str, hashes.HashAlgorithm] = {
    "RSAES_OAEP_SHA_1": hashes.SHA1(),  # noqa: S303 - the API offers it  # nosec
    "RSAES_OAEP_SHA_256": hashes.SHA256(),
}


def generate(spec: str, entropy: Entropy) -> bytes:
    """Make a key pair of ``RSA_2048`` and its like; the library draws the primes itself."""
    del entropy
    return private_der(generate_private_key(PUBLIC_EXPONENT, int(spec.removeprefix("RSA_"))))


def load(raw: bytes) -> RSAPrivateKey:
    """Return the key of a record that was sealed by us."""
    key = serialization.load_der_private_key(raw, None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(key, RSAPrivateKey)  # noqa: S101 - the record's spec says so
    return key


def encrypt(key: RSAPrivateKey, plaintext: bytes, algorithm: str) -> bytes:
    """Encrypt under the public key."""
    return key.public_key().encrypt(plaintext, _oaep(algorithm))


def decrypt(key: RSAPrivateKey, ciphertext: bytes, algorithm: str) -> bytes:
    """Decrypt with the private key.

    Raises:
        InvalidCiphertextException: this key and algorithm did not make the ciphertext.
    """
    try:
        return key.decrypt(ciphertext, _oaep(algorithm))
    except ValueError:
        raise InvalidCiphertextException from None


def sign(key: RSAPrivateKey, digest: bytes, algorithm: str) -> bytes:
    """Sign a digest."""
    return key.sign(digest, _padding(algorithm), Prehashed(hash_of(algorithm)))


def is_valid(key: RSAPrivateKey, digest: bytes, signature: bytes, algorithm: str) -> bool:
    """Tell whether a signature of a digest is good."""
    prehashed = Prehashed(hash_of(algorithm))
    try:
        key.public_key().verify(signature, digest, _padding(algorithm), prehashed)
    except InvalidSignature:
        return False
    return True


def hash_of(algorithm: str) -> hashes.HashAlgorithm:
    """Return the hash function that a signing algorithm's name ends with."""
    return HASHES[algorithm[-3:]]


HASHES: Mapping[str, hashes.HashAlgorithm] = {
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}


def _oaep(algorithm: str) -> padding.OAEP:
    function = OAEP[algorithm]
    return padding.OAEP(padding.MGF1(function), function, None)


def _padding(algorithm: str) -> padding.PSS | padding.PKCS1v15:
    if "PKCS1" in algorithm:
        return padding.PKCS1v15()
    function = hash_of(algorithm)
    return padding.PSS(padding.MGF1(function), function.digest_size)
