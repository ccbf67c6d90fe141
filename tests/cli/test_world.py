"""`kmslab world` and `kmslab serve --world`: faults by line, and a file that only its owner may read."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kmslab.kms import Kms
from kmslab.server import address
from tests.cli.serving import client, serving

Command = Callable[..., Any]

KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"
GOOD = f"""\
World: 1
Accounts:
- AccountId: "111122223333"
  Keys:
  - Region: us-east-1
    KeyId: {KEY}
    Aliases: [alias/app]
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
    assert [line.split(": ")[0] for line in told] == [f"{file}:8:5", f"{file}:9:32"]


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


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_server_begins_as_the_file_says_and_goes_on(
    kmslab_command: Command, file: Path, tmp_path: Path, workers: str
) -> None:
    if workers != "1" and not address.is_shareable():
        pytest.skip("workers need fork and SO_REUSEPORT, which this system has not")
    store = f"sqlite:{tmp_path / 'world.db'}"
    options = ("--workers", workers, "--store", store, "--world", str(file))
    with serving(*options) as url:
        kms = client(url)
        assert kms.encrypt(KeyId="alias/app", Plaintext=b"x")["KeyId"].endswith(KEY)
        kms.update_key_description(KeyId=KEY, Description="changed")
    with serving(*options) as url:
        for each in (client(url) for _ in range(4)):  # connections that workers share among them
            assert each.describe_key(KeyId=KEY)["KeyMetadata"]["Description"] == "changed"
    file.write_text(GOOD + "\n")
    ended = kmslab_command("serve", "--port", "0", *options)
    assert (ended.code, ended.out) == (2, "")
    told = "the store has another world already; use a new store, or go without the file"
    assert ended.err == f"kmslab: {file}:1:1: {told}\n"


def test_material_that_is_left_to_chance_is_drawn_once_for_all_workers(file: Path) -> None:
    if not address.is_shareable():
        pytest.skip("workers need fork and SO_REUSEPORT, which this system has not")
    with serving("--workers", "2", "--world", str(file)) as url:
        blobs = [client(url).encrypt(KeyId=KEY, Plaintext=b"x") for _ in range(4)]
        for each in (client(url) for _ in range(4)):
            for blob in blobs:
                assert each.decrypt(CiphertextBlob=blob["CiphertextBlob"])["Plaintext"] == b"x"
