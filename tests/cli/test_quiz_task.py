"""Live-state tasks from the command line: the world is a store or a server that is named."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from kmslab import Kms
from kmslab.server.build import administrator_keys
from tests.cli.serving import served

Command = Callable[..., Any]
SPECIMEN = Path(__file__).parents[1] / "vectors/quiz/00-task.yaml"


@pytest.fixture
def store(tmp_path: Path) -> str:
    place = f"sqlite:{tmp_path / 'world.db'}"
    with Kms.open(place) as world:
        kms = world.client()
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName="alias/notes", TargetKeyId=key)
        kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=180)
    return place


def test_a_task_is_graded_on_the_store_that_was_named(
    kmslab_command: Command, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("done\ncheck\n"))
    ended = kmslab_command("quiz", str(SPECIMEN), "--store", store)
    assert ended.code == 1
    assert "Type check when your world is as it should be." in ended.out
    assert "a) wrong: Seen: Enabled." in ended.out
    assert "worth 67% in practice" in ended.out
    with Kms.open(store) as world:
        world.client().disable_key(
            KeyId=world.client().describe_key(KeyId="alias/notes")["KeyMetadata"]["KeyId"]
        )
    monkeypatch.setattr("sys.stdin", io.StringIO("check\n"))
    ended = kmslab_command("quiz", str(SPECIMEN), "--store", store)
    assert (ended.code, "1 of 1 right" in ended.out) == (0, True)
    monkeypatch.setattr("sys.stdin", io.StringIO("check\n"))
    ended = kmslab_command("quiz", str(SPECIMEN), "--store", store, "--region", "eu-west-1")
    assert (ended.code, "a) wrong: Seen: NotFoundException." in ended.out) == (1, True)


def test_a_task_is_graded_over_https_in_the_region_that_was_named(
    kmslab_command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served("--tls", "self") as server:
        assert server.bundle is not None
        trusted = {"endpoint_url": server.url, "verify": server.bundle}
        key_id, secret = administrator_keys()
        kms = boto3.client(
            "kms", region_name="eu-west-1", aws_access_key_id=key_id, aws_secret_access_key=secret, **trusted
        )  # fmt: skip
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName="alias/notes", TargetKeyId=key)
        kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=180)
        kms.disable_key(KeyId=key)
        asked = ("quiz", str(SPECIMEN), "--url", server.url, "--ca-bundle", server.bundle)
        for region, code in (("eu-west-1", 0), ("us-east-1", 1)):
            monkeypatch.setattr("sys.stdin", io.StringIO("check\n"))
            assert kmslab_command(*asked, "--region", region).code == code


def test_without_a_world_a_task_is_passed_over(
    kmslab_command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("check\n"))
    ended = kmslab_command("quiz", str(SPECIMEN))
    assert ended.code == 1
    assert "--store sqlite:PATH or --url URL. It is passed over." in ended.out


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--store", "x.db", "--url", "http://127.0.0.1:1"], "two worlds"),
        (["--url", "127.0.0.1:4566"], "a URL begins with http"),
        (["--store", "sqlite:nowhere.db"], "nowhere.db"),
        (["--url", "http://127.0.0.1:1", "--region", "mars-north-1"], "no such Region"),
        (["--store", "x.db", "--region", "mars-north-1"], "no such Region"),
        (["--url", "https://127.0.0.1:1", "--ca-bundle", str(SPECIMEN)], "no certificate in PEM"),
    ],
)
def test_a_world_that_is_none_is_refused_before_anything_is_asked(
    kmslab_command: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    told: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = kmslab_command("quiz", str(SPECIMEN), *options)
    assert (ended.code, ended.out) == (2, "")
    assert told in ended.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("kms.disable_key(KeyId=key)", "pass", "expectation a wants 'Disabled'"),
        ("is: Disabled", "is: NotFoundException", "expectation a wants"),
        ("", "", ""),
    ],
)
def test_a_task_is_proven_by_making_its_world(
    kmslab_command: Command, tmp_path: Path, old: str, new: str, told: str
) -> None:
    path = tmp_path / "00-task.yaml"
    path.write_text(SPECIMEN.read_text().replace(old, new, 1) if old else SPECIMEN.read_text())
    ended = kmslab_command("quiz", "prove", str(path))
    assert (ended.code, told in ended.out) == (1 if told else 0, True)


def test_a_task_that_asks_for_nothing_is_not_proven(
    kmslab_command: Command, tmp_path: Path
) -> None:
    head, _, rest = SPECIMEN.read_text().partition("    expect:\n")
    _, _, tail = rest.partition("    lab:")
    expect = "    expect: [{id: a, ask: ListGrants, with: {KeyId: alias/x}, field: Truncated, is: NotFoundException, why: None.}]\n"
    path = tmp_path / "00-task.yaml"
    path.write_text(f"{head}{expect}    lab:{tail}")
    ended = kmslab_command("quiz", "prove", str(path))
    assert ended.code == 1
    assert "a world in which nothing was done is right already" in ended.out
