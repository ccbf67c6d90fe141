"""`kmslab who-can`: who is able to, out of a store file."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kmslab.kms import Kms

Command = Callable[..., Any]
ROOT = "arn:aws:iam::111122223333:root"
ADMIN = "arn:aws:iam::111122223333:user/kmslab-admin"


@pytest.fixture
def world(tmp_path: Path) -> tuple[str, str]:
    """Return a store's name and the key in it, which is called alias/a."""
    name = f"sqlite:{tmp_path / 'world.db'}"
    with Kms.open(name) as made:
        key = made.client().create_key()["KeyMetadata"]["Arn"]
        made.client().create_alias(AliasName="alias/a", TargetKeyId=key)
    return name, key


# KMS Developer Guide, "Default key policy": the account; and by IAM its administrator.
def test_a_list_for_people(kmslab_command: Command, world: tuple[str, str]) -> None:
    name, key = world
    ended = kmslab_command("who-can", "Decrypt", "alias/a", "--store", name)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines() == [
        f"kms:Decrypt with {key}: 2 can",
        f"├─ {ROOT}",
        '│  └─ Key policy, statement 0 "Enable IAM User Permissions"',
        f"└─ {ADMIN}",
        '   ├─ Key policy, statement 0 "Enable IAM User Permissions"',
        "   └─ Identity-based policies, policy 0, statement 0",
    ]


def test_a_list_for_programs(kmslab_command: Command, world: tuple[str, str]) -> None:
    name, key = world
    told = json.loads(kmslab_command("who-can", "kms:Sign", key, "--store", name, "--json").out)
    assert (told["action"], told["key"], told["is_complete"]) == ("kms:Sign", key, True)
    assert [each["principal"] for each in told["able"]] == [ROOT, ADMIN]
    assert told["able"][0]["ability"]["ways"][0]["layer"] == "key_policy"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("Decrypt", "alias/b"), "is not found"),
        (("Fly", "alias/a"), "kmslab operations lists"),
        (("Decrypt", "alias/a", "--region", "eu-west-1"), "is not found"),
        (("Decrypt", "alias/a", "--account", "444455556666"), "is not found"),
        (("Decrypt", "arn:aws:kms:us-east-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab"), "does not exist"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_line(
    kmslab_command: Command, world: tuple[str, str], arguments: tuple[str, ...], reason: str
) -> None:
    ended = kmslab_command("who-can", *arguments, "--store", world[0])
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert reason in ended.err
