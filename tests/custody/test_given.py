"""Key material as a file gives it: each form, and what is refused."""

from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from kmslab.ambient.entropy import SeededEntropy
from kmslab.custody import given
from kmslab.custody.algorithms import ml_dsa
from kmslab.model.errors import IncorrectKeyMaterialException
from kmslab.model.keys import KmsKey

RAW = bytes(range(32))
PAIR = ec.derive_private_key(7, ec.SECP256R1())
DER = PAIR.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
PEM = PAIR.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
MONTGOMERY = x25519.X25519PrivateKey.from_private_bytes(RAW)
STRANGE = MONTGOMERY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
LATTICE = ml_dsa.generate("ML_DSA_44", SeededEntropy(1))


def key(spec: str) -> KmsKey:
    return KmsKey(
        account="1" * 12, region="us-east-1", key_id="k", created=0.0, policy="", spec=spec
    )


@pytest.mark.parametrize(
    ("spec", "form", "text", "raw"),
    [
        ("SYMMETRIC_DEFAULT", "hex", RAW.hex(), RAW),
        ("HMAC_256", "base64", b64encode(RAW).decode(), RAW),
        ("ECC_NIST_P256", "pem", PEM, DER),
        ("ECC_NIST_P256", "base64", b64encode(DER).decode(), DER),
        ("ML_DSA_44", "base64", b64encode(LATTICE).decode(), LATTICE),
    ],
)
def test_each_form_gives_the_material(spec: str, form: str, text: str, raw: bytes) -> None:
    assert given.material(key(spec), form, text) == raw


@pytest.mark.parametrize(
    ("spec", "form", "text"),
    [
        ("SYMMETRIC_DEFAULT", "hex", "no digits"),
        ("SYMMETRIC_DEFAULT", "hex", "00"),
        ("ECC_NIST_P256", "pem", "no key"),
        ("ECC_NIST_P384", "pem", PEM),
        ("ML_DSA_44", "base64", "AAAA"),
        ("ML_DSA_65", "base64", b64encode(LATTICE).decode()),
        ("RSA_2048", "seed", "any"),
    ],
)
def test_what_is_no_material_of_the_spec_is_refused(spec: str, form: str, text: str) -> None:
    with pytest.raises(IncorrectKeyMaterialException):
        given.material(key(spec), form, text)


@pytest.mark.parametrize("spec", ["SYMMETRIC_DEFAULT", "ECC_NIST_P256"])
def test_a_seed_gives_one_key_and_another_seed_another(spec: str) -> None:
    one, again, other = (given.material(key(spec), "seed", each) for each in ("a", "a", "b"))
    assert one == again != other


def test_a_private_key_tells_its_spec() -> None:
    assert given.spec_of_pem(PEM) == "ECC_NIST_P256"
    with pytest.raises(ValueError, match="no key spec"):
        given.spec_of_pem(STRANGE)


def test_a_private_key_under_a_passphrase_is_refused() -> None:
    sealed = PAIR.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"passphrase")
    )
    with pytest.raises(ValueError, match="under a passphrase"):
        given.spec_of_pem(sealed.decode())
