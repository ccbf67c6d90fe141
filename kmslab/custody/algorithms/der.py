"""How a private key is written down before it is sealed: PKCS #8 in DER (RFC 5958), not encrypted."""

from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


def private_der(key: PrivateKeyTypes) -> bytes:
    """Write a private key of the library, or of a class in its shape."""
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
