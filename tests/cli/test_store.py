"""`kmslab store` and `kmslab serve --store`: one line and exit code 2 for whatever cannot be."""

import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from kmslab.client import client
from kmslab.custody import root_key
from kmslab.kms import Kms
from kmslab.server.build import administrator_keys, build_endpoint
from tests.postgresql import Server

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


def test_a_file_moves_to_a_server_and_back(
    kmslab_command: Command,
    world: Path,
    tmp_path: Path,
    postgresql: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(root_key.KEY_FILE, str(world.with_name("world.db.root-key")))
    url, copy, other = postgresql.new_database(), tmp_path / "copy.db", tmp_path / "other.db"
    kmslab_command("store", "backup", str(world), str(copy))
    assert "is what" in kmslab_command("store", "restore", str(copy), url).out
    again = kmslab_command("store", "restore", str(copy), url)
    assert (again.code, again.err.count("\n")) == (2, 1)
    assert "--replace" in again.err
    assert kmslab_command("store", "restore", str(copy), url, "--replace").code == 0
    before = kmslab_command("store", "verify", str(world)).out.partition(" is sound: ")[2]
    assert kmslab_command("store", "verify", url).out.partition(" is sound: ")[2] == before
    with closing(build_endpoint(store=url)) as served:
        assert kmslab_command("store", "backup", url, str(other)).code == 0
        refused = kmslab_command("store", "restore", str(copy), url, "--replace")
        assert "another process has this store open" in refused.err
        assert "another process has this store open" in kmslab_command("store", "rekey", url).err
        served.engine.store.refresh()
    with Kms.open(f"sqlite:{other}") as back:
        assert len(back.client().list_keys()["Keys"]) == 1


def test_an_empty_database_is_no_store(kmslab_command: Command, postgresql: Server) -> None:
    url = postgresql.new_database()
    for command in (("verify", url), ("rekey", url), ("backup", url, "copy.db")):
        ended = kmslab_command("store", *command)
        assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
        assert "no store yet" in ended.err


@pytest.mark.parametrize("is_file", [True, False], ids=["sqlite", "postgres"])
def test_another_root_key_takes_the_place_of_the_first(
    kmslab_command: Command,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    is_file: bool,  # noqa: FBT001 - a parameter
) -> None:
    old, new = "0d" * 32, "ee" * 32
    path = f"sqlite:{tmp_path / 'world.db'}"
    name = path if is_file else request.getfixturevalue("postgresql").new_database()
    monkeypatch.setenv(root_key.KEY, old)
    with closing(build_endpoint(store=name)) as endpoint:
        kms = client(endpoint, "kms", credentials=administrator_keys(), region="us-east-1")
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
        kms.rotate_key_on_demand(KeyId=key)
    missing = kmslab_command("store", "rekey", name)
    monkeypatch.setenv("KMSLAB_NEW_ROOT_KEY", new)
    if not is_file:
        assert "set KMSLAB_NEW_ROOT_KEY_FILE, KMSLAB_NEW_ROOT_KEY" in missing.err
        assert "opens with KMSLAB_ROOT_KEY now" in kmslab_command("store", "rekey", name).out
    else:  # a new file was made beside it
        file = tmp_path / "world.db.root-key-2"
        assert f"opens with {file} now" in missing.out
        monkeypatch.delenv(root_key.KEY)
        assert "opens with KMSLAB_ROOT_KEY now" in kmslab_command("store", "rekey", name).out
    monkeypatch.setenv(root_key.KEY, old)
    refused = kmslab_command("store", "verify", name)
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert "not the root key it was made with" in refused.err
    assert "not the root key it was made with" in kmslab_command("store", "rekey", name).err
    monkeypatch.setenv(root_key.KEY, new)
    assert "key material 2" in kmslab_command("store", "verify", name).out
    with closing(build_endpoint(store=name)) as endpoint:
        kms = client(endpoint, "kms", credentials=administrator_keys(), region="us-east-1")
        assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
        assert endpoint.engine.trail.events(name="RotateKeyOnDemand")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("backup", "WORLD", "WORLD"), "is there already"),
        (("backup", "nowhere.db", "copy.db"), "there is no such store"),
        (("restore", "nowhere.db", "WORLD"), "there is no such store"),
        (("restore", "WORLD", "WORLD"), "use --replace"),
        (("verify", "nowhere.db"), "there is no such store"),
        (("rekey", "nowhere.db"), "there is no such store"),
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
