"""Lab 15: its checks say no before a task and yes after it; its picture is read from the service.

That old material decrypts, that a schedule counts from the call and that other key types do not rotate is the
Developer Guide's ("Rotate AWS KMS keys").
"""

from typing import Any

import pytest

from kmslab import Kms
from kmslab.lab.checks import check
from kmslab.lab.pictures import strata

STAMP = {"Message": b"receipt 1", "MacAlgorithm": "HMAC_SHA_256"}


@pytest.fixture
def world() -> Kms:
    return Kms.fresh(seed=15)


def ledger(world: Kms) -> str:
    kms = world.client()
    key: str = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/ledger", TargetKeyId=key)
    return key


def write_letters(world: Kms) -> dict[int, bytes]:
    letters = {}
    for year in range(2026, 2030):
        answer = world.client().encrypt(KeyId="alias/ledger", Plaintext=b"letter")
        letters[year] = answer["CiphertextBlob"]
        if year < 2029:
            world.clock.advance(days=366)
    return letters


def told(name: str, world: Kms, **given: Any) -> str:
    """Return the text of a check that fails, with its hint."""
    outcome = check(name, world, **given)
    assert not outcome.passed, outcome.text
    assert outcome.hint
    return outcome.text


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("15.1", {"letters": {}}),
        ("15.2", {}),
        ("15.3", {"before": b"x"}),
        ("15.4", {"letter": b"x"}),
    ],
)
def test_an_empty_world_is_told_what_is_missing(
    world: Kms, name: str, given: dict[str, Any]
) -> None:
    assert "No key is called alias/" in told(name, world, **given)


def test_four_letters_need_four_materials(world: Kms) -> None:
    key = ledger(world)
    assert "0 automatic rotations" in told("15.1", world, letters=write_letters(world))
    world.client().enable_key_rotation(KeyId=key)
    letters = write_letters(world)
    assert check("15.1", world, letters=letters).passed
    assert "4 letters open" in told("15.1", world, letters={**letters, 2030: b"not a letter"})


def test_rotating_today_must_leave_the_schedule(world: Kms) -> None:
    kms, key = world.client(), ledger(world)
    kms.enable_key_rotation(KeyId=key)
    told("15.2", world)
    kms.rotate_key_on_demand(KeyId=key)
    assert check("15.2", world).passed
    kms.enable_key_rotation(KeyId=key)
    told("15.2", world)


def test_turning_by_hand_keeps_the_old_key(world: Kms) -> None:
    kms = world.client()
    kind = {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}
    old, new = (kms.create_key(**kind)["KeyMetadata"]["KeyId"] for _ in range(2))
    kms.create_alias(AliasName="alias/receipts", TargetKeyId=old)
    before = kms.generate_mac(KeyId=old, **STAMP)["Mac"]
    assert "still names its key" in told("15.3", world, before=before)
    kms.update_alias(AliasName="alias/receipts", TargetKeyId=new)
    assert check("15.3", world, before=before).passed
    kms.disable_key(KeyId=old)
    assert "lost" in told("15.3", world, before=before)


def test_a_letter_is_lifted_by_re_encryption(world: Kms) -> None:
    kms, key = world.client(), ledger(world)
    old = kms.encrypt(KeyId=key, Plaintext=b"letter")["CiphertextBlob"]
    kms.rotate_key_on_demand(KeyId=key)
    assert "an older material" in told("15.4", world, letter=old)
    fresh = kms.encrypt(KeyId=key, Plaintext=b"letter")["CiphertextBlob"]
    assert "0 ReEncrypt" in told("15.4", world, letter=fresh)
    assert "no material" in told("15.4", world, letter=b"no letter")
    lifted = kms.re_encrypt(CiphertextBlob=old, DestinationKeyId=key)["CiphertextBlob"]
    assert check("15.4", world, letter=lifted).passed


def test_the_strata_count_what_each_material_did(world: Kms) -> None:
    kms, key = world.client(), ledger(world)
    kms.enable_key_rotation(KeyId=key)
    letters = write_letters(world)
    kms.re_encrypt(CiphertextBlob=letters[2026], DestinationKeyId=key)
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.re_encrypt(CiphertextBlob=letters[2027], DestinationKeyId=other)
    picture = strata(world, "alias/ledger")
    lines = picture.text.splitlines()
    assert [line.split(" ")[0] for line in lines] == ["The", *["material"] * 4]
    assert "(first): current from 2026-01-05 to 2027-01-05; encrypted 1, decrypted 1" in lines[1]
    assert "encrypted 1, decrypted 1" in lines[2]
    assert "encrypted 2, decrypted 0" in lines[4]
    assert picture.svg.count("<path") == 3 + 1  # three New Years, one letter lifted within the key
    assert picture.svg.count("<circle") == 4 + 2 + 1


def test_a_material_without_use_has_no_last_time(world: Kms) -> None:
    ledger(world)
    assert "last time" not in strata(world, "alias/ledger").text
