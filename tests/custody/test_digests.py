from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kmslab.custody.digests import DigestSigner, is_signed

TEXT = b"2026-11-24T00:00:00Z"
SIGNER = DigestSigner()


def test_who_has_signed_is_known() -> None:
    signature = SIGNER.sign(TEXT)
    assert is_signed(TEXT, signature, SIGNER.public_key)
    assert not is_signed(TEXT + b".", signature, SIGNER.public_key)
    assert not is_signed(TEXT, signature, DigestSigner().public_key)


def test_what_is_no_rsa_key_has_signed_nothing() -> None:
    curve = ec.generate_private_key(ec.SECP256R1()).public_key()
    other = curve.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    for key in (b"", b"no key", other):
        assert not is_signed(TEXT, SIGNER.sign(TEXT), key)
