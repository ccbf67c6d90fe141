"""Lab 02: keys told apart, keys set to work, and the guide that is drawn from the service's answers.

Which kind of key serves which operation is the Developer Guide's ("Key type reference"); 4,627 bytes is
the signature of ML-DSA-87 in FIPS 204, table 2.
"""

from typing import Any

import pytest

from kmslab import Kms
from kmslab.lab.checks import check
from kmslab.lab.checks import field_guide as field_guide_checks
from kmslab.lab.checks.field_guide import JOBS
from kmslab.lab.pictures import field_guide
from kmslab.lab.specimens import QUESTIONS, RELEASED, ask, release

TRADES = {  # the operations that a usage is for
    "ENCRYPT_DECRYPT": {"Encrypt", "Decrypt"},
    "SIGN_VERIFY": {"Sign", "Verify"},
    "GENERATE_VERIFY_MAC": {"GenerateMac", "VerifyMac"},
    "KEY_AGREEMENT": {"DeriveSharedSecret"},
    "ENCAPSULATE_DECAPSULATE": {"Encapsulate", "Decapsulate"},
}
SECRET = {"SYMMETRIC_DEFAULT", "HMAC_256", "HMAC_512"}  # specs without a public half
WORK_HORSE = {"GenerateDataKey", "GenerateDataKeyPair", "EnableKeyRotation"}
CHOSEN = dict(
    zip(JOBS, ["fern", "clover", "aster", "iris", "juniper", "gorse", "dill"], strict=True)
)


@pytest.fixture(scope="module")
def world() -> Kms:
    return Kms.fresh(seed=2)


@pytest.fixture(scope="module")
def found(world: Kms) -> dict[str, str]:
    return release(world)


def told(name: str, world: Kms, **given: Any) -> str:
    """Return the text of a check that fails, with its hint."""
    outcome = check(name, world, **given)
    assert not outcome.passed, outcome.text
    assert outcome.hint
    return outcome.text


def test_no_two_specimens_are_of_a_kind(found: dict[str, str]) -> None:
    assert len(set(RELEASED.values())) == len(RELEASED) == len(found) == 12


@pytest.mark.parametrize("name", RELEASED)
def test_a_key_answers_what_it_is_for(world: Kms, found: dict[str, str], name: str) -> None:
    spec, usage = RELEASED[name]
    expected = TRADES[usage] | (set() if spec in SECRET else {"GetPublicKey"})
    if spec == "SYMMETRIC_DEFAULT":
        expected |= WORK_HORSE
    codes = ask(world.client(), found[name])
    assert {operation for operation, code in codes.items() if not code} == expected
    assert set(codes) == set(QUESTIONS)
    refused = {code for code in codes.values() if code}
    assert refused <= {"InvalidKeyUsageException", "UnsupportedOperationException"}


def test_a_key_is_as_it_was_before_it_was_asked(world: Kms, found: dict[str, str]) -> None:
    ask(world.client(), found["fern"])
    status = world.client().get_key_rotation_status(KeyId=found["fern"])
    assert status["KeyRotationEnabled"] is False


def test_labels_are_compared_with_the_service(world: Kms, found: dict[str, str]) -> None:
    right = {name: (usage, spec not in SECRET) for name, (spec, usage) in RELEASED.items()}
    assert check("02.1", world, labels=right).passed
    assert "11 of 12" in told("02.1", world, labels={**right, "iris": ("SIGN_VERIFY", True)})
    assert "0 of 12" in told("02.1", Kms.fresh(), labels=right)
    assert set(found) == set(right)


def test_the_right_keys_do_their_jobs(world: Kms, found: dict[str, str]) -> None:
    assert set(CHOSEN.values()) < set(found)
    assert check("02.2", world, chosen=CHOSEN).passed
    assert "0 of 7" in told("02.2", world, chosen={})


@pytest.mark.parametrize("job", JOBS)
def test_no_other_key_does_a_job(world: Kms, found: dict[str, str], job: str) -> None:
    kms = world.client()
    able = {name for name in found if field_guide_checks._does(kms, job, name)}
    assert able == {CHOSEN[job]}


def test_the_longest_signature_is_measured(world: Kms) -> None:
    kms = world.client()
    assert "No key is called alias/mandrake" in told("02.3", world)
    lengths = {"ECC_NIST_EDWARDS25519": "64 bytes", "ML_DSA_65": "3,309 bytes"}
    for spec, length in lengths.items():
        short = kms.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName="alias/mandrake", TargetKeyId=short)
        assert length in told("02.3", world)
        kms.delete_alias(AliasName="alias/mandrake")
    long = kms.create_key(KeySpec="ML_DSA_87", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/mandrake", TargetKeyId=long)
    assert check("02.3", world).passed
    kms.disable_key(KeyId=long)
    assert "has 0 bytes" in told("02.3", world)


def test_the_guide_shows_each_answer(world: Kms, found: dict[str, str]) -> None:
    kms = world.client()
    off = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.disable_key(KeyId=off)
    picture = field_guide(world, {"fern": found["fern"], "off": off})
    first, second = picture.text.splitlines()[1:]
    assert first.endswith("GenerateDataKeyPair, EnableKeyRotation")
    assert second == "off (SYMMETRIC_DEFAULT, ENCRYPT_DECRYPT) answered nothing"
    assert picture.svg.count("<rect") == 2 * len(QUESTIONS)
    assert "? DisabledException" in picture.svg
