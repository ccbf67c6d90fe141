"""`kmslab load` and `kmslab bill`: what they print, and the one line that refuses."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kmslab.kms import Kms

Command = Callable[..., Any]
SMALL = ("load", "--seconds", "2", "--scale", "100", "--region", "eu-west-3")


def test_a_load_is_a_table_or_an_object(kmslab_command: Command) -> None:
    ended = kmslab_command(*SMALL, "--rate", "20000", "--concurrency", "5000")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines()[0].split()[:2] == ["second", "offered"]
    assert "throttled by KMS" in ended.out
    ended = kmslab_command(*SMALL, "--cache", "60:10:99999", "--json")
    told = json.loads(ended.out)
    assert told["scenario"]["cache"] == {"max_age": 60, "max_messages": 10, "max_bytes": 99_999}
    assert told["summary"]["offered"] == 20_000
    assert told["summary"]["exposure"]["messages"] == 10


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("--rate", "0"), "--rate: "),
        (("--cache", "soon"), "write AGE"),
        (("--region", "mars"), "--region: 'mars' is none of"),
        (("--quotas", "nothing.toml"), "nothing.toml"),
        (("--other-rate", "-1"), "--other-rate: "),
    ],
)
def test_bad_input_is_one_line(kmslab_command: Command, given: tuple[str, ...], told: str) -> None:
    ended = kmslab_command(*SMALL, *given)
    assert ended.code == 2
    assert told in ended.err
    assert ended.err.count("\n") == 1


def test_a_store_is_billed(kmslab_command: Command, tmp_path: Path) -> None:
    store = f"sqlite:{tmp_path / 'world.db'}"
    with Kms.open(store) as world:
        world.client().create_key()
        world.clock.advance(days=1)
        expected = world.bill().total
    ended = kmslab_command("bill", "--store", store, "--json")
    assert (ended.code, ended.err) == (0, "")
    assert json.loads(ended.out)["total"] == pytest.approx(expected)
    assert "in all" in kmslab_command("bill", "--store", store, "--no-free-tier").out
    ended = kmslab_command("bill", "--store", store, "--account", "999988887777")
    assert ended.code == 2
    assert "use --account 111122223333" in ended.err
