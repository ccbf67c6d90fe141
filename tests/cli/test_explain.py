"""`kmslab explain`: a recorded call out of a store file, for people and for programs."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kmslab.kms import Kms

Command = Callable[..., Any]


@pytest.fixture
def world(tmp_path: Path) -> tuple[str, str]:
    """Return a store's name and the ID of the last event in it."""
    name = f"sqlite:{tmp_path / 'world.db'}"
    with Kms.open(name) as made:
        made.client().create_key()
        return name, made.trail.last["eventID"]


def test_the_tree_of_an_event(kmslab_command: Command, world: tuple[str, str]) -> None:
    name, event_id = world
    ended = kmslab_command("explain", event_id, "--store", name)
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[0].startswith("CreateKey at ")
    assert lines[1] == "└─ ALLOWED: kms:CreateKey"
    assert lines[-1] == "   └─ Since then: nothing of this has changed"
    assert "\x1b" not in ended.out


def test_json(kmslab_command: Command, world: tuple[str, str]) -> None:
    name, event_id = world
    told = json.loads(kmslab_command("explain", event_id, "--store", name, "--json").out)
    assert told["event"]["eventID"] == event_id
    assert told["checks"][0]["decision"] == {"allowed": True, "kind": "allow", "layers": []}


def test_a_store_that_is_open_can_be_looked_at(
    kmslab_command: Command, world: tuple[str, str]
) -> None:
    name, event_id = world
    with Kms.open(name) as served:
        ended = kmslab_command("explain", event_id, "--store", name)
        assert served.client().list_keys()["Keys"]
    assert (ended.code, ended.err) == (0, "")


@pytest.mark.parametrize("given", ["NOWHERE", "WORLD"])
def test_what_cannot_be_is_one_line(
    kmslab_command: Command, world: tuple[str, str], tmp_path: Path, given: str
) -> None:
    name = world[0] if given == "WORLD" else str(tmp_path / "nowhere.db")
    ended = kmslab_command("explain", "none", "--store", name)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert ("no event none" if given == "WORLD" else "there is no such store") in ended.err
    assert not (tmp_path / "nowhere.db").exists()
