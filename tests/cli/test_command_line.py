import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

import kmslab.cli
from kmslab.cli import COMMANDS, cli

Command = Callable[..., Any]

KMSLAB = (sys.executable, "-m", "kmslab")
TOO_HEAVY = ("boto3", "botocore", "cryptography", "jupyterlab", "nbclient", "moto", "rich", "yaml")


def test_without_arguments_it_explains_itself(kmslab_command: Command) -> None:
    bare, asked = kmslab_command(), kmslab_command("--help")
    assert bare == asked
    assert bare.code == 0
    assert all(name in bare.out for name in COMMANDS)


def test_it_says_its_version(kmslab_command: Command) -> None:
    assert kmslab_command("--version").out == "kmslab 0.1.0\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_of_the_table_exists_and_has_help(kmslab_command: Command, name: str) -> None:
    assert isinstance(cli.get_command(click.Context(cli), name), click.Command)
    ended = kmslab_command(name, "--help")
    assert ended.code == 0
    assert ended.out.startswith(f"Usage: kmslab {name} ")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["bogus"], "bogus"),
        (["--bogus"], "--bogus"),
        (["serve", "--port", "none"], "--port"),
        (["serve", "--account", "12"], "12 digits"),
        (["serve", "--auth", "maybe"], "lenient"),
        (["env", "--shell", "tcsh"], "fish"),
        (["completion", "tcsh"], "zsh"),
        (["simulate"], "--cases"),
        (["simulate", "--cases", "nowhere.jsonl"], "nowhere.jsonl"),
        (["check-policy", "--documents", "nowhere.jsonl"], "nowhere.jsonl"),
        (["operations", "RotateKey"], "RotateKey"),
        (["lab", "77"], "77"),
        (["lab", "--run", "77"], "77"),
        (["lab", "--run", "nowhere.ipynb"], "nowhere.ipynb"),
    ],
)
def test_bad_input_is_one_line_with_the_place_and_a_remedy(
    kmslab_command: Command, arguments: list[str], named: str
) -> None:
    ended = kmslab_command(*arguments)
    assert ended.code == 2
    assert ended.out == ""
    assert ended.err.startswith("kmslab")
    assert ended.err.count("\n") == 1
    assert named in ended.err


def test_help_stays_within_the_start_up_budget() -> None:
    program = (
        "import sys, kmslab.cli; kmslab.cli.run(['--help'])\n"
        f"print(*({TOO_HEAVY!r} & sys.modules.keys()), file=sys.stderr)".replace(
            repr(TOO_HEAVY), repr(set(TOO_HEAVY))
        )
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ended.stderr == "\n"
    assert min(_seconds_of_help() for _ in range(3)) < 0.15


def _seconds_of_help() -> float:
    """CPU time of one run: what a busy machine does not distort."""
    before = os.times()
    subprocess.run([*KMSLAB, "--help"], capture_output=True, check=True)
    after = os.times()
    return (after.children_user - before.children_user) + (
        after.children_system - before.children_system
    )


def test_a_closed_pipe_is_quiet() -> None:
    with subprocess.Popen(
        [*KMSLAB, "simulate", "--cases", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as command:
        command.stdout.close()
        command.stdin.write(b"{}\n" * 20_000)
        command.stdin.close()
        assert command.stderr.read() == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [*KMSLAB, "completion", "bash"],
            check=False,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
    assert "no space left" in ended.stderr


def test_ctrl_c_is_quiet() -> None:
    with subprocess.Popen(
        [*KMSLAB, "simulate", "--cases", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as command:
        command.stdin.write(b"{}\n")
        command.stdin.flush()
        time.sleep(1.0)
        command.send_signal(2)
        _, errors = command.communicate(timeout=10)
    assert command.returncode == 130
    assert errors.strip() == b""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(kmslab_command: Command, shell: str) -> None:
    ended = kmslab_command("completion", shell)
    assert ended.code == 0
    assert "_KMSLAB_COMPLETE" in ended.out


def test_completion_knows_the_commands_and_imports_none() -> None:
    answered = subprocess.run(
        KMSLAB,
        env={
            **os.environ,
            "_KMSLAB_COMPLETE": "bash_complete",
            "COMP_WORDS": "kmslab s",
            "COMP_CWORD": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert answered.stdout.split() == ["plain,serve", "plain,store", "plain,show", "plain,simulate"]


def test_a_word_is_completed_from_the_table() -> None:
    offered = cli.shell_complete(click.Context(cli), "check")
    assert [(item.value, item.help) for item in offered] == [
        ("check-policy", COMMANDS["check-policy"].help)
    ]
    assert "--version" in {item.value for item in cli.shell_complete(click.Context(cli), "--")}


def test_a_name_that_is_not_in_the_table_is_no_command() -> None:
    assert cli.get_command(click.Context(cli), "bogus") is None


@pytest.mark.parametrize(
    ("ending", "code"), [(KeyboardInterrupt, 130), (click.Abort, 130), (BrokenPipeError, 1)]
)
def test_an_end_from_outside_is_quiet(
    kmslab_command: Command,
    monkeypatch: pytest.MonkeyPatch,
    ending: type[BaseException],
    code: int,
) -> None:
    def end(*_: object, **__: object) -> None:
        raise ending

    monkeypatch.setattr(cli, "main", end)
    monkeypatch.setattr(kmslab.cli, "_forget_standard_output", lambda: None)
    ended = kmslab_command()
    assert (ended.code, ended.out, ended.err) == (code, "", "")
