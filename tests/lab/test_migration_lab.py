"""Lab 05: its checks say no before a task and yes after it, and no check shows a plaintext itself.

That ReEncrypt is authorized as ReEncryptFrom and ReEncryptTo is the API Reference's (ReEncrypt).
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from kmslab import Kms
from kmslab.lab.checks import check
from kmslab.lab.pictures import exposures

ROWS = range(500)
Vault = dict[int, bytes]


@pytest.fixture
def world() -> Kms:
    return Kms.fresh(seed=5)


def make_key(world: Kms, alias: str) -> str:
    kms = world.client()
    key: str = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=alias, TargetKeyId=key)
    return key


def make_vault(world: Kms, *, shown: bool = False) -> Vault:
    kms = world.client(fast=True)
    make: Callable[..., Any] = kms.generate_data_key_without_plaintext
    if shown:
        make = kms.generate_data_key
    given = {"KeyId": "alias/old", "KeySpec": "AES_256"}
    return {
        row: make(EncryptionContext={"row": str(row)}, **given)["CiphertextBlob"] for row in ROWS
    }


def move(world: Kms, vault: Vault, *, keep_row: bool = True) -> Vault:
    kms = world.client(fast=True)
    moved = {}
    for row, blob in vault.items():
        bound = {"row": str(row)}
        given = {"DestinationEncryptionContext": bound} if keep_row else {}
        answer = kms.re_encrypt(
            CiphertextBlob=blob,
            SourceEncryptionContext=bound,
            DestinationKeyId="alias/new",
            **given,
        )
        moved[row] = answer["CiphertextBlob"]
    return moved


def make_mover(world: Kms, *actions: str) -> Mapping[str, Any]:
    iam = world.client("iam")
    iam.create_user(UserName="mover")
    row = {"Effect": "Allow", "Action": [f"kms:{action}" for action in actions], "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [row]})
    iam.put_user_policy(UserName="mover", PolicyName="move", PolicyDocument=document)
    keys: Mapping[str, Any] = iam.create_access_key(UserName="mover")
    return keys


def told(name: str, world: Kms, **given: Any) -> str:
    """Return the text of a check that fails, with its hint."""
    outcome = check(name, world, **given)
    assert not outcome.passed, outcome.text
    assert outcome.hint
    return outcome.text


def test_an_empty_world_is_told_what_is_missing(world: Kms) -> None:
    mover = make_mover(world, "ReEncrypt*")
    assert "No key is called alias/old" in told("05.1", world, vault={})
    assert "No key is called alias/new" in told("05.2", world, vault={}, who=mover)
    assert "No key is called alias/old" in told("05.3", world, vault={})


def test_data_keys_are_made_unseen(world: Kms) -> None:
    make_key(world, "alias/old")
    assert "0 of 500" in told("05.1", world, vault={})
    vault = make_vault(world)
    assert "499 of 500" in told("05.1", world, vault={**vault, 7: vault[8]})
    assert check("05.1", world, vault=vault).passed
    make_vault(world, shown=True)
    assert "500 calls showed plaintext" in told("05.1", world, vault=vault)


def test_wrapped_keys_are_moved_unseen(world: Kms) -> None:
    for alias in ("alias/old", "alias/new"):
        make_key(world, alias)
    mover = make_mover(world, "ReEncrypt*")
    vault = make_vault(world)
    assert "0 of 500" in told("05.2", world, vault=vault, who=mover)
    astray = move(world, vault, keep_row=False)
    assert "0 of 500" in told("05.2", world, vault=astray, who=mover)
    moved = move(world, vault)
    assert check("05.2", world, vault=moved, who=mover).passed
    world.client().generate_random(NumberOfBytes=1)
    assert "1 calls showed plaintext" in told("05.2", world, vault=moved, who=mover)


def test_a_mover_who_may_decrypt_is_noticed(world: Kms) -> None:
    for alias in ("alias/old", "alias/new"):
        make_key(world, alias)
    mover = make_mover(world, "ReEncrypt*", "Decrypt")
    moved = move(world, make_vault(world))
    assert "the mover may decrypt" in told("05.2", world, vault=moved, who=mover)


def test_the_old_key_is_retired_and_has_shown_it(world: Kms) -> None:
    kms, old = world.client(), make_key(world, "alias/old")
    make_key(world, "alias/new")
    vault = make_vault(world)
    moved = move(world, vault)
    assert "is Enabled" in told("05.3", world, vault=moved)
    kms.disable_key(KeyId=old)
    assert "refused by it: 0" in told("05.3", world, vault=moved)
    with pytest.raises(kms.exceptions.DisabledException):
        kms.encrypt(KeyId=old, Plaintext=b"x")
    assert check("05.3", world, vault=moved).passed
    assert "0 keys open" in told("05.3", world, vault=vault)


def test_exposures_are_counted_by_direction(world: Kms) -> None:
    kms, key = world.client(), make_key(world, "alias/old")
    start = len(world.trail)
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    kms.decrypt(CiphertextBlob=blob)
    kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=key)
    with pytest.raises(kms.exceptions.InvalidCiphertextException):
        kms.decrypt(CiphertextBlob=b"x")
    kms.describe_key(KeyId=key)
    picture = exposures({"some": list(world.trail)[start:], "none": []})
    assert picture.text.splitlines()[1:] == [
        "some: calls 3, plaintexts out of KMS 1, into it 1",
        "none: calls 0, plaintexts out of KMS 0, into it 0",
    ]
    assert picture.svg.count("h10v10h-10z") == 3
