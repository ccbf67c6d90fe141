"""`kmslab what-if`: an edit against a file of cases, or against the trail of a store."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kmslab import Kms
from tests.authz.cases import ANYTHING, whole

Command = Callable[..., Any]
CASE = whole({"action": "kms:Decrypt", "key_policy": {"Principal": {"AWS": "111122223333"}}})


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "cases.jsonl").write_text(json.dumps(CASE | {"id": "one"}) + "\n")
    (tmp_path / "edit.json").write_text(json.dumps({"identity_policies": [ANYTHING]}))
    with Kms.open(f"sqlite:{tmp_path / 'world.db'}") as world:
        world.client().create_key()
        world.client().list_keys()
    return tmp_path


def test_cases(kmslab_command: Command, files: Path) -> None:
    ended = kmslab_command(
        "what-if", "--edit", f"{files}/edit.json", "--cases", f"{files}/cases.jsonl"
    )
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[0] == "With the edit: 1 of 1 verdicts turn"
    assert lines[1] == "└─ one: ALLOWED; was DENIED because nothing allows it"


def test_a_trail(kmslab_command: Command, files: Path) -> None:
    store = ("--store", f"sqlite:{files}/world.db")
    (files / "edit.json").write_text(json.dumps({"identity_policies": []}))
    asked = (
        "what-if",
        "--edit",
        f"{files}/edit.json",
        *store,
        "--caller",
        "kmslab-admin",
        "--json",
    )
    told = json.loads(kmslab_command(*asked).out)
    assert (told["asked"], told["turned"][0]["after"]["decision"]["allowed"]) == (2, False)
    event = told["turned"][0]["name"].rpartition(", ")[2]
    told = json.loads(kmslab_command(*asked[:-3], "--event", event, "--json").out)
    assert told["asked"] == 1


@pytest.mark.parametrize(
    ("edit", "arguments", "words"),
    [
        ("{", ["--cases", "cases.jsonl"], "this is no JSON"),
        ("[]", ["--cases", "cases.jsonl"], "no JSON object"),
        ('{"x": 1}', ["--cases", "cases.jsonl"], "not x"),
        ('{"context": {}}', [], "either --cases or --store"),
        ('{"context": {}}', ["--cases", "edit.json"], "line 1: 'caller' is missing"),
        ('{"context": {}}', ["--store", "sqlite:world.db", "--event", "no"], "no event no"),
        ('{"scps": []}', ["--store", "sqlite:world.db"], "say which caller"),
    ],
)
def test_refusals_are_one_line(
    kmslab_command: Command,
    files: Path,
    monkeypatch: pytest.MonkeyPatch,
    edit: str,
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(files)
    (files / "edit.json").write_text(edit)
    ended = kmslab_command("what-if", "--edit", "edit.json", *arguments)
    assert ended.code == 2
    assert words in ended.err
    assert ended.err.count("\n") == 1
