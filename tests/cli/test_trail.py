"""`kmslab trail` and `kmslab clock`: what they print, and one line for everything that cannot be."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kmslab import Kms
from tests.cli.serving import serving

Command = Callable[..., Any]


@pytest.fixture
def store(tmp_path: Path) -> str:
    name = f"sqlite:{tmp_path / 'world.db'}"
    with Kms.open(name, seed=1) as world:
        kms = world.client()
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName="alias/one", TargetKeyId=key)
        kms.encrypt(KeyId=key, Plaintext=b"x")
        world.clock.advance(days=1)
        kms.disable_key(KeyId=key)
        with pytest.raises(kms.exceptions.DisabledException):
            kms.encrypt(KeyId=key, Plaintext=b"x")
    return name


def names(out: str) -> list[str]:
    return [line.split()[3] for line in out.splitlines()]


def test_events_are_listed_and_filtered(kmslab_command: Command, store: str) -> None:
    def listed(*options: str) -> list[str]:
        ended = kmslab_command("trail", "events", "--store", store, *options)
        assert ended.code == 0, ended.err
        return names(ended.out)

    everything = ["CreateKey", "CreateAlias", "Encrypt", "DisableKey", "Encrypt"]
    assert listed() == everything
    assert listed("--limit", "2") == everything[-2:]
    assert listed("--name", "Encrypt") == ["Encrypt", "Encrypt"]
    assert listed("--name", "Encrypt", "--errors") == ["Encrypt"]
    assert listed("--key", "alias/one") == ["CreateAlias"]
    assert listed("--user", "kmslab-admin", "--since", "2026-01-06") == everything[-2:]
    assert listed("--until", "2026-01-05T23:59:59Z") == everything[:3]
    assert listed("--user", "nobody") == []


def test_an_event_is_found_by_its_request_and_shown_whole(
    kmslab_command: Command, store: str
) -> None:
    first = kmslab_command("trail", "events", "--store", store).out.split()[1]
    ended = kmslab_command("trail", "events", "--store", store, "--request-id", first, "--json")
    assert json.loads(ended.out)["requestID"] == first


def test_an_instant_that_is_none_is_refused_in_one_line(
    kmslab_command: Command, store: str
) -> None:
    ended = kmslab_command("trail", "events", "--store", store, "--since", "soon")
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert "2026-01-05T09:00:00Z" in ended.err


def test_validate_says_valid_or_names_the_file(kmslab_command: Command, tmp_path: Path) -> None:
    world = Kms.fresh(seed=1)
    world.client().list_keys()
    assert world.deliver(tmp_path) == 1
    assert world.deliver(tmp_path) == 0
    ended = kmslab_command("trail", "validate", str(tmp_path))
    assert ended.code == 0
    assert "is valid: 1 digest files until 2026-01-05T09:00:01Z, 1 log files, 1 events" in ended.out
    log = next(tmp_path.glob("AWSLogs/*/CloudTrail/**/*.gz"))
    log.write_bytes(gzip.compress(b'{"Records":[]}'))
    ended = kmslab_command("trail", "validate", str(tmp_path))
    assert ended.code == 1
    assert ended.out.startswith(f"{log.relative_to(tmp_path)}: is not what its digest has hashed\n")


def test_a_folder_of_something_else_is_refused_in_one_line(
    kmslab_command: Command, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    for place in (tmp_path, tmp_path / "file"):
        ended = kmslab_command("trail", "validate", str(place))
        assert (ended.code, ended.err.count("\n")) == (2, 1)
        assert "serve --trail-dir" in ended.err


def test_a_server_delivers_and_its_clock_is_moved(kmslab_command: Command, tmp_path: Path) -> None:
    lines, folder = tmp_path / "events.jsonl", tmp_path / "logs"
    delivered = ("--trail-jsonl", str(lines), "--trail-dir", str(folder))
    with serving("--clock", "virtual", *delivered) as url:
        shown = kmslab_command("clock", "--url", url)
        assert shown.code == 0
        assert shown.out.endswith("Z (virtual clock)\n")
        moved = kmslab_command("clock", "--url", url, "advance", "--days", "365")
        assert int(moved.out[:4]) == int(shown.out[:4]) + 1
        back = kmslab_command("clock", "--url", url, "set", "2026-01-01")
        assert (back.code, back.err.count("\n")) == (2, 1)
        assert "only moves forward" in back.err
    told = [json.loads(line)["eventName"] for line in lines.read_text().splitlines()]
    assert told == ["GetClock", "AdvanceClock", "AdvanceClock"]
    assert kmslab_command("trail", "validate", str(folder)).code == 0


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "ftp://x"])
def test_a_server_that_is_not_there_is_told_in_one_line(kmslab_command: Command, url: str) -> None:
    ended = kmslab_command("clock", "--url", url)
    assert (ended.code, ended.err.count("\n")) == (2, 1)


def test_a_place_that_cannot_be_written_is_told_in_one_line(
    kmslab_command: Command, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    ended = kmslab_command("serve", "--port", "0", "--trail-dir", str(tmp_path / "file" / "below"))
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    ended = kmslab_command("serve", "--port", "0", "--trail-jsonl", str(tmp_path / "none" / "x"))
    assert (ended.code, ended.err.count("\n")) == (2, 1)
