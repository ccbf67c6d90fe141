"""`kmslab world` and `kmslab serve --world`: faults by line, and a file that only its owner may read."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kmslab.kms import Kms

Command = Callable[..., Any]

KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"
GOOD = f"""\
World: 1
Accounts:
- AccountId: "111122223333"
  Keys:
  - Region: us-east-1
    KeyId: {KEY}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "team.yaml"
    path.write_text(GOOD)
    return path


@pytest.fixture
def store(tmp_path: Path) -> str:
    name = f"sqlite:{tmp_path / 'world.db'}"
    with Kms.open(name) as made:
        made.client().create_key(Description="kept")
    return name


def test_a_good_file_is_counted(kmslab_command: Command, file: Path) -> None:
    ended = kmslab_command("world", "check", str(file))
    assert ended == (0, f"kmslab: {file} makes a world: accounts 1, keys 1\n", "")


def test_each_fault_is_a_line(kmslab_command: Command, file: Path) -> None:
    file.write_text(GOOD + "    Colour: red\n  - {Region: us-east-1, KeyId: 7}\n")
    ended = kmslab_command("world", "check", str(file))
    assert (ended.code, ended.err) == (1, "")
    told = ended.out.splitlines()
    assert [line.split(": ")[0] for line in told] == [f"{file}:7:5", f"{file}:8:32"]


def test_a_server_refuses_a_bad_file_in_one_line(kmslab_command: Command, file: Path) -> None:
    file.write_text(GOOD.replace("us-east-1", "us-east-9"))
    ended = kmslab_command("serve", "--port", "0", "--world", str(file))
    assert (ended.code, ended.out) == (2, "")
    assert re.fullmatch(rf"kmslab: {file}:5:13: there is no Region us-east-9; [^\n]+\n", ended.err)


def test_an_export_is_for_its_owner(kmslab_command: Command, store: str, tmp_path: Path) -> None:
    out = tmp_path / "out.yaml"
    ended = kmslab_command("world", "export", "--store", store, "-o", str(out))
    assert ended == (0, "", "")
    assert out.stat().st_mode & 0o777 == 0o600
    assert "Description: kept" in out.read_text()
    assert "Base64" not in out.read_text()
    assert kmslab_command("world", "check", str(out)).code == 0


def test_key_material_is_written_with_a_warning(kmslab_command: Command, store: str) -> None:
    ended = kmslab_command("world", "export", "--store", store, "--with-material")
    assert ended.code == 0
    assert "Base64: " in ended.out
    assert ended.err == "kmslab: key material is in it, in clear; treat it as the keys\n"


@pytest.mark.parametrize("name", ["sqlite:none.db", "mysql://here"])
def test_what_is_no_store_is_one_line(
    kmslab_command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = kmslab_command("world", "export", "--store", name)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
