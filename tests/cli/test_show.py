"""`kmslab show`, out of a store file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from kmslab.kms import Kms

Command = Callable[..., Any]


def test_a_key_is_shown_by_its_alias(kmslab_command: Command, tmp_path: Path) -> None:
    store = f"sqlite:{tmp_path / 'world.db'}"
    with Kms.open(store) as world:
        key = world.client().create_key()["KeyMetadata"]["Arn"]
        world.client().create_alias(AliasName="alias/a", TargetKeyId=key)
    ended = kmslab_command("show", "alias/a", "--store", store)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines()[:3] == [
        f"alias/a: another name of {key}",
        f"└─ {key}: Enabled",
        "   ├─ is for: ENCRYPT_DECRYPT with SYMMETRIC_DEFAULT",
    ]
    for wrong, told in (
        ("alias/b", "alias/b is not found"),
        (key.replace("1111", "2222"), "no such"),
    ):
        ended = kmslab_command("show", wrong, "--store", store)
        assert ended.code == 2
        assert told in ended.err
