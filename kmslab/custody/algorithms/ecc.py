"""Elliptic curves: ECDSA (FIPS 186-5) and ECDH (SP 800-56A) on the NIST curves and secp256k1.

Private keys come from the entropy that is handed in, so a seeded world has the same ones again.
"""

from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from kmslab.ambient.entropy import Entropy
from kmslab.custody.algorithms.der import private_der
from kmslab.custody.algorithms.rsa import hash_of
from kmslab.model import messages
from kmslab.model.errors import ValidationException

CURVES: Mapping[str, ec.EllipticCurve] = {
    "ECC_NIST_P256": ec.SECP256R1(),
    "ECC_NIST_P384": ec.SECP384R1(),
    "ECC_NIST_P521": ec.SECP521R1(),
    "ECC_SECG_P256K1": ec.SECP256K1(),
}
EXTRA_BYTES: Final = 8  # FIPS 186-5, A.2.1: 64 more bits than the order make the bias negligible


def generate(spec: str, entropy: Entropy) -> bytes:
    """Make a private key as FIPS 186-5, A.2.1 does, with extra random bits."""
    curve = CURVES[spec]
    drawn = int.from_bytes(entropy.take((curve.key_size + 7) // 8 + EXTRA_BYTES))
    return private_der(ec.derive_private_key(drawn % (curve.group_order - 1) + 1, curve))


def load(raw: bytes) -> EllipticCurvePrivateKey:
    """Return the key of a record that was sealed by us."""
    key = serialization.load_der_private_key(raw, None)
    assert isinstance(key, EllipticCurvePrivateKey)  # noqa: S101 - the record's spec says so
    return key


def sign(key: EllipticCurvePrivateKey, digest: bytes, algorithm: str) -> bytes:
    """Sign a digest; the nonce follows from key and digest (RFC 6979)."""
    scheme = ec.ECDSA(Prehashed(hash_of(algorithm)), deterministic_signing=True)
    return key.sign(digest, scheme)


def is_valid(key: EllipticCurvePrivateKey, digest: bytes, signature: bytes, algorithm: str) -> bool:
    """Tell whether a signature of a digest is good."""
    try:
        key.public_key().verify(signature, digest, ec.ECDSA(Prehashed(hash_of(algorithm))))
    except InvalidSignature:
        return False
    return True


def shared_secret(key: EllipticCurvePrivateKey, public_key: bytes) -> bytes:
    """Agree on a secret with the holder of a public key (DER): the raw x coordinate.

    Raises:
        ValidationException: the public key is not one of the same curve.
    """
    try:
        other = serialization.load_der_public_key(public_key)
        if not isinstance(other, ec.EllipticCurvePublicKey):
            raise ValidationException(messages.WRONG_PUBLIC_KEY)
        return key.exchange(ec.ECDH(), other)
    except (ValueError, UnsupportedAlgorithm):  # the latter: a curve that is no named one
        raise ValidationException(messages.WRONG_PUBLIC_KEY) from None
