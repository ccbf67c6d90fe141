"""Lab 17: the usage of nine operations, and the picture of who holds what, both asked of the service.

Which usage goes with which operation is the Developer Guide's ("Key type reference"); that a dry run never computes
is its page "Testing your permissions".
"""

from typing import Any

import pytest

from kmslab import Kms
from kmslab.lab.checks import check
from kmslab.lab.pictures import holders
from tests.operations.importing import bring

USAGES = {
    "Encrypt": "ENCRYPT_DECRYPT",
    "GenerateDataKey": "ENCRYPT_DECRYPT",
    "Sign": "SIGN_VERIFY",
    "Verify": "SIGN_VERIFY",
    "GenerateMac": "GENERATE_VERIFY_MAC",
    "VerifyMac": "GENERATE_VERIFY_MAC",
    "DeriveSharedSecret": "KEY_AGREEMENT",
    "Encapsulate": "ENCAPSULATE_DECAPSULATE",
    "Decapsulate": "ENCAPSULATE_DECAPSULATE",
}
KEYS = [
    ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"),
    ("ML_DSA_44", "SIGN_VERIFY"),
    ("ECC_NIST_P256", "SIGN_VERIFY"),
    ("HMAC_256", "GENERATE_VERIFY_MAC"),
    ("ECC_NIST_P256", "KEY_AGREEMENT"),
    ("ML_KEM_768", "ENCAPSULATE_DECAPSULATE"),
]


@pytest.fixture
def world() -> Kms:
    return Kms.fresh(seed=17)


def make(world: Kms, alias: str, spec: str, usage: str, **more: Any) -> str:
    kms = world.client()
    key: str = kms.create_key(KeySpec=spec, KeyUsage=usage, **more)["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=alias, TargetKeyId=key)
    return key


def test_each_operation_belongs_to_one_usage(world: Kms) -> None:
    assert "0 of 9" in check("17.5", world, usages=USAGES).text
    for number, (spec, usage) in enumerate(KEYS):
        make(world, f"alias/key-{number}", spec, usage)
    assert check("17.5", world, usages=USAGES).passed
    wrong = USAGES | {"Sign": "KEY_AGREEMENT", "DeriveSharedSecret": "ENCRYPT_DECRYPT"}
    outcome = check("17.5", world, usages=wrong)
    assert not outcome.passed
    assert "7 of 9" in outcome.seen
    assert "Try Sign, DeriveSharedSecret with" in outcome.hint


def test_asking_computes_nothing(world: Kms) -> None:
    for number, (spec, usage) in enumerate(KEYS):
        make(world, f"alias/key-{number}", spec, usage)
    check("17.5", world, usages=USAGES)
    asked = [event for event in world.trail if event["eventName"] in USAGES]
    assert asked
    assert all("errorCode" in event for event in asked)


def test_the_picture_tells_who_holds_what(world: Kms) -> None:
    kms = world.client()
    make(world, "alias/pledge", "ECC_NIST_P256", "SIGN_VERIFY")
    kms.sign(KeyId="alias/pledge", Message=b"x", SigningAlgorithm="ECDSA_SHA_256")
    make(world, "alias/vault", "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")
    brought = make(world, "alias/handshake", "HMAC_256", "GENERATE_VERIFY_MAC", Origin="EXTERNAL")
    bring(world.client(), brought, b"7" * 32)
    made = make(world, "alias/own", "HMAC_256", "GENERATE_VERIFY_MAC")
    assert made != brought
    pledge, vault, handshake, own = holders(world).text.splitlines()[1:]
    assert "outside is nothing: the public key was not fetched" in pledge
    assert pledge.endswith("Done: Sign 1; public key fetched 0 times")
    assert "KMS holds the one key; its callers encrypt and decrypt; outside is nothing" in vault
    assert "outside is a copy of the key: make and check tags. Done: not used" in handshake
    assert "outside is nothing: nothing" in own
    kms.get_public_key(KeyId="alias/pledge")
    picture = holders(world)
    assert "outside is the public key: check" in picture.text
    assert picture.svg.count("<rect") == 4 * 3


def test_a_copy_of_symmetric_material_opens_nothing_outside(world: Kms) -> None:
    key = make(world, "alias/treasury", "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", Origin="EXTERNAL")
    bring(world.client(), key, b"8" * 32)
    assert "outside is nothing: nothing" in holders(world).text
