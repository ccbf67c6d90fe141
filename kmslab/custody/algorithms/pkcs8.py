"""Private keys from outside: PKCS #8 (RFC 5208, RFC 5958) that is checked once, when it is imported."""

from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from kmslab.custody.algorithms import sm2
from kmslab.custody.algorithms.der import private_der
from kmslab.custody.algorithms.ecc import CURVES
from kmslab.model.errors import IncorrectKeyMaterialException

CURVE_SPECS: Final = {curve.name: spec for spec, curve in CURVES.items()}
LONG_LENGTH: Final = 0x80  # X.690, section 8.1.3.5: the length stands in the next so many bytes

PrivateKey = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey


def canonical(spec: str, der: bytes) -> bytes:
    """Check a private key, and write it in the one form in which it is kept.

    Raises:
        IncorrectKeyMaterialException: no PKCS #8, no sound key, or one of another key spec.
    """
    if not _is_pkcs8(der):
        raise IncorrectKeyMaterialException
    try:
        if spec == "SM2":
            return sm2.private_der(sm2.parse(der))
        key = serialization.load_der_private_key(der, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise IncorrectKeyMaterialException from None
    if not isinstance(key, PrivateKey) or _spec_of(key) != spec:
        raise IncorrectKeyMaterialException
    return private_der(key)


def spec_of(der: bytes) -> str:
    """Return the key spec of a private key in PKCS #8.

    Raises:
        ValueError: it is one of no spec that KMS has.
    """
    key = serialization.load_der_private_key(der, None)
    spec = _spec_of(key) if isinstance(key, PrivateKey) else ""
    if not spec:
        raise ValueError("a private key of no key spec")
    return spec


def _spec_of(key: PrivateKey) -> str:
    if isinstance(key, RSAPrivateKey):
        return f"RSA_{key.key_size}"
    if isinstance(key, Ed25519PrivateKey):
        return "ECC_NIST_EDWARDS25519"
    return CURVE_SPECS.get(key.curve.name, "")


def _is_pkcs8(der: bytes) -> bool:
    """Tell PKCS #8 from the older forms: an algorithm (a sequence) follows its version, 0 or 1."""
    length = der[1] if len(der) > 1 else 0
    begin = 2 + (length - LONG_LENGTH if length > LONG_LENGTH else 0)
    return der[begin : begin + 4] in (b"\x02\x01\x00\x30", b"\x02\x01\x01\x30")
