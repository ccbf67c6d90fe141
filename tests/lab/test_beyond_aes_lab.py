"""Lab 17: its checks say no before a task and yes after it; what is verified offline agrees with KMS.

The bytes of keys and signatures are those of the standards: RFC 8017 and 8032, FIPS 204 table 2, and DER around
them as in RFC 5280.
"""

from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from kmslab import Kms
from kmslab.lab.checks import check
from kmslab.lab.offline import SENDERS, SPOILT, Parcel, parcels, verifies
from kmslab.lab.pictures import weights

FILE = bytes(10_000)
DIGEST = sha256(FILE).digest()
PARTNER = ec.derive_private_key(7, ec.SECP256R1())
CARD = PARTNER.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture
def world() -> Kms:
    return Kms.fresh(seed=17)


def make_key(world: Kms, alias: str, spec: str, usage: str) -> str:
    kms = world.client()
    key: str = kms.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=alias, TargetKeyId=key)
    return key


def told(name: str, world: Kms, **given: Any) -> str:
    """Return the text of a check that fails, with its hint."""
    outcome = check(name, world, **given)
    assert not outcome.passed, outcome.text
    assert outcome.hint
    return outcome.text


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("17.1", {"file": FILE, "signature": b""}),
        ("17.3", {"partner": PARTNER, "session": b""}),
        ("17.4", {"sealed": b"x", "secret": b""}),
    ],
)
def test_an_empty_world_is_told_what_is_missing(
    world: Kms, name: str, given: dict[str, Any]
) -> None:
    assert "No key is called alias/" in told(name, world, **given)


def test_a_release_is_signed_by_its_digest(world: Kms) -> None:
    kms, key = world.client(), make_key(world, "alias/release", "ECC_NIST_P256", "SIGN_VERIFY")

    def sign(kind: str) -> bytes:
        how = {"MessageType": kind, "SigningAlgorithm": "ECDSA_SHA_256"}
        return bytes(kms.sign(KeyId=key, Message=DIGEST, **how)["Signature"])

    assert "does not fit" in told("17.1", world, file=FILE, signature=b"")
    assert "does not fit" in told("17.1", world, file=FILE, signature=sign("RAW"))
    assert check("17.1", world, file=FILE, signature=sign("DIGEST")).passed


def test_one_parcel_of_five_is_forged(world: Kms) -> None:
    arrived = parcels(world)
    assert set(arrived) == set(SENDERS)
    assert {name for name, parcel in arrived.items() if not verifies(parcel)} == {SPOILT}
    given = {"parcels": arrived}
    assert "You call forged: none" in told("17.2", world, forged=[], **given)
    told("17.2", world, forged=[SPOILT, "thyme"], **given)
    assert check("17.2", world, forged={SPOILT}, **given).passed


def test_asking_kms_about_a_parcel_is_noticed(world: Kms) -> None:
    arrived = parcels(world)
    key = make_key(world, "alias/any", "ECC_NIST_P256", "SIGN_VERIFY")
    how = {"KeyId": key, "Message": b"x", "SigningAlgorithm": "ECDSA_SHA_256"}
    signature = world.client().sign(**how)["Signature"]
    world.client().verify(Signature=signature, **how)
    assert "calls of Verify: 1" in told("17.2", world, parcels=arrived, forged={SPOILT})


def test_offline_needs_a_known_algorithm_and_a_key(world: Kms) -> None:
    parcel = parcels(world)["olive"]
    with pytest.raises(KeyError):
        verifies(parcel._replace(algorithm="NONE"))
    with pytest.raises(ValueError, match=r"."):
        verifies(Parcel(b"x", b"x", "ED25519_SHA_512", b"no key"))


def test_a_session_is_agreed_with_the_partner(world: Kms) -> None:
    kms, key = world.client(), make_key(world, "alias/meeting", "ECC_NIST_P256", "KEY_AGREEMENT")
    assert "have not the same" in told("17.3", world, partner=PARTNER, session=b"")
    half = load_der_public_key(kms.get_public_key(KeyId=key)["PublicKey"])
    assert isinstance(half, ec.EllipticCurvePublicKey)
    beside = PARTNER.exchange(ec.ECDH(), half)
    session = HKDF(hashes.SHA256(), 32, None, b"lab 17").derive(beside)
    assert "have the same" in told("17.3", world, partner=PARTNER, session=session)
    derived = kms.derive_shared_secret(KeyId=key, KeyAgreementAlgorithm="ECDH", PublicKey=CARD)
    assert derived["SharedSecret"] == beside
    assert check("17.3", world, partner=PARTNER, session=session).passed
    told("17.3", world, partner=PARTNER, session=beside)


@pytest.mark.parametrize(
    ("spec", "usage"),
    [
        ("ECC_NIST_P384", "KEY_AGREEMENT"),
        ("RSA_2048", "SIGN_VERIFY"),
        ("HMAC_256", "GENERATE_VERIFY_MAC"),
    ],
)
def test_a_partner_cannot_meet_another_kind_of_key(world: Kms, spec: str, usage: str) -> None:
    make_key(world, "alias/meeting", spec, usage)
    assert "have not the same" in told("17.3", world, partner=PARTNER, session=b"x")


def test_a_secret_is_encapsulated_outside(world: Kms) -> None:
    kms = world.client()
    key = make_key(world, "alias/future", "ML_KEM_768", "ENCAPSULATE_DECAPSULATE")
    half: Any = load_der_public_key(kms.get_public_key(KeyId=key)["PublicKey"])
    secret, sealed = half.encapsulate()
    spoilt = bytes([sealed[0] ^ 1]) + sealed[1:]
    assert "another secret" in told("17.4", world, sealed=spoilt, secret=secret)
    assert "InvalidCiphertextException" in told("17.4", world, sealed=sealed[1:], secret=secret)
    assert check("17.4", world, sealed=sealed, secret=secret).passed
    made = kms.encapsulate(KeyId=key, EncapsulationAlgorithm="ML_KEM")
    given = {"sealed": made["SharedSecretCiphertextBlob"], "secret": made["SharedSecret"]}
    assert "calls of Encapsulate: 1" in told("17.4", world, **given)


def test_signatures_are_weighed_on_the_service(world: Kms) -> None:
    kms = world.client()
    specs = ("RSA_2048", "ECC_NIST_EDWARDS25519", "ML_DSA_65")
    keys = [
        kms.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
        for spec in specs
    ]
    assert weights(world, keys).text.splitlines()[1:] == [
        "RSA_2048: public half 294 bytes, signature 256 bytes",
        "ECC_NIST_EDWARDS25519: public half 44 bytes, signature 64 bytes",
        "ML_DSA_65: public half 1,974 bytes, signature 3,309 bytes",
    ]
