"""`kmslab store` and `kmslab serve --store`: one line and exit code 2 for whatever cannot be."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kmslab.kms import Kms

Command = Callable[..., Any]


@pytest.fixture
def world(tmp_path: Path) -> Path:
    path = tmp_path / "world.db"
    with Kms.open(f"sqlite:{path}") as made:
        made.client().create_key()
    return path


def test_a_copy_is_made_checked_and_brought_back(
    kmslab_command: Command, world: Path, tmp_path: Path
) -> None:
    copy, other = tmp_path / "copy.db", tmp_path / "other.db"
    assert kmslab_command("store", "backup", f"sqlite:{world}", str(copy))[::2] == (0, "")
    assert kmslab_command("store", "restore", str(copy), str(other))[::2] == (0, "")
    (tmp_path / "other.db.root-key").write_bytes((tmp_path / "world.db.root-key").read_bytes())
    (tmp_path / "other.db.root-key").chmod(0o600)
    ended = kmslab_command("store", "verify", str(other))
    assert (ended.code, ended.err) == (0, "")
    assert re.search(r"is sound: .*\bkey 1, key material 1\b", ended.out)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("backup", "WORLD", "WORLD"), "is there already"),
        (("backup", "nowhere.db", "copy.db"), "there is no such store"),
        (("restore", "nowhere.db", "WORLD"), "there is no such store"),
        (("restore", "WORLD", "WORLD"), "use --replace"),
        (("verify", "nowhere.db"), "there is no such store"),
        (("verify", __file__), "no kmslab store"),
    ],
)
def test_what_cannot_be_is_one_line(
    kmslab_command: Command, world: Path, arguments: tuple[str, ...], reason: str
) -> None:
    named = [str(world) if each == "WORLD" else each for each in arguments]
    ended = kmslab_command("store", *named)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert reason in ended.err


def test_a_second_server_on_the_file_is_refused(kmslab_command: Command, world: Path) -> None:
    with Kms.open(f"sqlite:{world}"):
        ended = kmslab_command("serve", "--port", "0", "--store", f"sqlite:{world}")
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert "another process has this store open" in ended.err


def test_a_root_key_for_everyone_is_refused(kmslab_command: Command, world: Path) -> None:
    world.with_name("world.db.root-key").chmod(0o644)
    ended = kmslab_command("serve", "--port", "0", "--store", f"sqlite:{world}")
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert "chmod 600" in ended.err


def test_a_server_that_is_stopped_lets_go_of_the_file(world: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "kmslab", "serve", "--port", "0", "--store", f"sqlite:{world}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert "listening" in process.stdout.readline()
        process.terminate()
        assert process.communicate(timeout=20) == ("", "")
    assert process.returncode == 0
    assert {file.name for file in world.parent.iterdir()} == {
        "world.db",
        "world.db.lock",
        "world.db.root-key",
    }
