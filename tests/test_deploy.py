"""The files for running kmslab: they parse, and every command in them is one that exists."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from kmslab.cli import cli

DEPLOY = Path(__file__).parent.parent / "deploy"
UNIT = (DEPLOY / "kmslab.service").read_text()
SERVICE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["kmslab"]
CONTAINER = (DEPLOY / "Containerfile").read_text()


def started() -> str:
    found = re.search(r"^ExecStart=(.+)$", UNIT, re.MULTILINE)
    assert found
    return found[1]


def in_container() -> list[str]:
    found = re.search(r"^CMD (.+)$", CONTAINER, re.MULTILINE)
    assert found
    return list(yaml.safe_load(found[1]))


@pytest.mark.parametrize(
    "words",
    [
        shlex.split(started())[1:],
        SERVICE["command"],
        SERVICE["healthcheck"]["test"][2:],
        in_container(),
    ],
    ids=["systemd", "compose", "healthcheck", "container"],
)
def test_every_option_exists(words: list[str]) -> None:
    """click parses them all, and refuses what it does not know."""
    name, *options = words
    command = cli.get_command(cli.make_context("kmslab", []), name)
    assert command is not None
    assert command.make_context(name, options)


def test_the_paths_of_the_compose_file_exist() -> None:
    folder = DEPLOY / SERVICE["build"]["context"]
    assert (folder / SERVICE["build"]["dockerfile"]).is_file()
    assert {"requirements.lock", "pyproject.toml"} <= {path.name for path in folder.iterdir()}


def test_the_world_is_where_it_lasts() -> None:
    state = "sqlite:/var/lib/kmslab/world.db"
    assert f"--store {state}" in started()
    assert "StateDirectory=kmslab\n" in UNIT
    assert f"--store={state}" in SERVICE["command"]
    assert SERVICE["volumes"] == ["world:/var/lib/kmslab"]
    assert state in in_container()


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed; apt-get install systemd")
    unit = tmp_path / "kmslab.service"
    program = shutil.which("true") or "/bin/true"  # of the program it wants to see the file
    unit.write_text(UNIT.replace("/opt/kmslab/bin/kmslab", program))
    said = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (said.returncode, said.stdout + said.stderr) == (0, "")
