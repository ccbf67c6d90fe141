import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from kmslab.model import bootstrap
from kmslab.server.build import administrator_keys

Command = Callable[..., Any]

AWKWARD = 'a\'b "c" $HOME `d` \\e'


def test_json_names_the_endpoint_the_region_and_the_administrator(kmslab_command: Command) -> None:
    variables = json.loads(kmslab_command("env", "--json", "--port", "4777").out)
    assert variables == {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4777",
        "AWS_ACCESS_KEY_ID": bootstrap.ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": bootstrap.SECRET_ACCESS_KEY,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


def test_it_prints_the_credentials_that_the_server_takes(
    kmslab_command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KMSLAB_ACCESS_KEY_ID", "AKIAOTHER")
    monkeypatch.setenv("KMSLAB_SECRET_ACCESS_KEY", "other")
    variables = json.loads(kmslab_command("env", "--json").out)
    assert (variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"]) == (
        "AKIAOTHER",
        "other",
    )
    assert administrator_keys() == ("AKIAOTHER", "other")


@pytest.mark.parametrize("shell", ["sh", "bash", "zsh", "fish"])
def test_a_real_shell_reads_it_back(monkeypatch: pytest.MonkeyPatch, shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed; apt-get install {shell}")
    monkeypatch.setenv("KMSLAB_SECRET_ACCESS_KEY", AWKWARD)
    monkeypatch.setenv("AWS_SESSION_TOKEN", "left over")
    load = f"{sys.executable} -m kmslab env --shell {shell} --region eu-west-1"
    load = f"{load} | source" if shell == "fish" else f'eval "$({load})"'
    show = "import json,os; print(json.dumps({k: v for k, v in os.environ.items() if 'AWS_' in k}))"
    ran = subprocess.run(
        [shell, "-c", f'{load}; {sys.executable} -c "{show}"'],
        capture_output=True,
        text=True,
        check=True,
    )
    seen = json.loads(ran.stdout)
    assert seen["AWS_SECRET_ACCESS_KEY"] == AWKWARD
    assert seen["AWS_REGION"] == seen["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert "AWS_SESSION_TOKEN" not in seen


def test_powershell_doubles_single_quotes(
    kmslab_command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KMSLAB_SECRET_ACCESS_KEY", "it's")
    lines = kmslab_command("env", "--shell", "powershell").out.splitlines()
    assert "$Env:AWS_SECRET_ACCESS_KEY = 'it''s'" in lines
    assert "Remove-Item Env:AWS_PROFILE -ErrorAction SilentlyContinue" in lines


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("sh", "export AWS_SECRET_ACCESS_KEY='it'\"'\"'s'"),
        ("fish", "set -gx AWS_SECRET_ACCESS_KEY 'it\\'s'"),
    ],
)
def test_quotes_are_escaped_as_the_shell_reads_them(
    kmslab_command: Command, monkeypatch: pytest.MonkeyPatch, shell: str, line: str
) -> None:
    monkeypatch.setenv("KMSLAB_SECRET_ACCESS_KEY", "it's")
    printed = kmslab_command("env", "--shell", shell).out.splitlines()
    assert line in printed
    assert printed[0] in ("unset AWS_SESSION_TOKEN", "set -e AWS_SESSION_TOKEN")
