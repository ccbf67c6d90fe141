"""The fixtures as another project sees them: its tests in a folder of its own, run by pytester."""

import re
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
ENTRY_POINTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]
PLUGIN = ("--disable-plugin-autoload", "-p", "kmslab.pytest_plugin")

PROJECT = """
import json, os, subprocess, sys
import boto3, pytest

def encrypt():
    client = boto3.client("kms")  # the software under test: it names no endpoint
    key = client.create_key()["KeyMetadata"]["Arn"]
    return key, client.encrypt(KeyId=key, Plaintext=b"attack at dawn")["CiphertextBlob"]

seen = []

@pytest.mark.parametrize("time", [1, 2])
def test_a_world_of_its_own(kms, time):
    client = kms.client()
    assert client.list_keys()["Keys"] == []
    seen.append(client.create_key()["KeyMetadata"]["Arn"])
    assert seen[0] == seen[-1]  # the same seed

@pytest.mark.kmslab(seed=7, account="444455556666")
def test_a_world_as_marked(kms):
    arn = kms.client().create_key()["KeyMetadata"]["Arn"]
    assert arn not in seen
    assert ":444455556666:" in arn

@pytest.mark.parametrize("time", [1, 2])
def test_software_is_pointed_at_the_server(kms, kmslab_server, time):
    key, blob = encrypt()
    assert kms.client().decrypt(CiphertextBlob=blob)["Plaintext"] == b"attack at dawn"
    assert kmslab_server.world is kms
    assert [event["eventName"] for event in kms.trail] == ["CreateKey", "Encrypt", "Decrypt"]

def test_a_process_inherits_the_environment(kmslab_server):
    program = "import boto3; print(boto3.client('sts').get_caller_identity()['Account'])"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ran.stdout == "111122223333\\n", ran.stderr
    assert kmslab_server.environment["AWS_ENDPOINT_URL"] == kmslab_server.url
    assert "AWS_PROFILE" not in os.environ

def test_the_environment_is_as_it_was():
    assert "AWS_ENDPOINT_URL" not in os.environ
    assert os.environ["AWS_PROFILE"] == "real"
"""


def test_another_project_uses_the_fixtures(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "real")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    pytester.makepyfile(PROJECT)
    ran = pytester.runpytest_inprocess(*PLUGIN, "--strict-markers", "-W", "error")
    ran.assert_outcomes(passed=7)


def test_the_example_of_the_readme_runs(pytester: pytest.Pytester) -> None:
    (example,) = re.findall(r"```python\n(def test_mine.+?)```", README, re.DOTALL)
    software = """
        import boto3

        def encrypt_the_report(key):
            boto3.client("kms").generate_data_key(KeyId=key, KeySpec="AES_256")
    """
    pytester.makepyfile(textwrap.dedent(software) + example)
    pytester.runpytest_inprocess(*PLUGIN, "-W", "error").assert_outcomes(passed=1)


def test_the_fixtures_explain_themselves(pytester: pytest.Pytester) -> None:
    ran = pytester.runpytest_inprocess(*PLUGIN, "--fixtures")
    ran.stdout.fnmatch_lines(["kms -- *", "kmslab_server -- *"])
    ran = pytester.runpytest_inprocess(*PLUGIN, "--markers")
    ran.stdout.fnmatch_lines(["@pytest.mark.kmslab(?*options): *"])


def test_pytest_finds_the_plugin_by_the_entry_point(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that says what an installed kmslab says: `pip install` writes it from pyproject."""
    installed = pytester.mkdir("installed") / "of_kmslab-1.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: of-kmslab\nVersion: 1\n")
    lines = [f"{name} = {module}" for name, module in ENTRY_POINTS["pytest11"].items()]
    (installed / "entry_points.txt").write_text("\n".join(["[pytest11]", *lines, ""]))
    monkeypatch.setenv("PYTHONPATH", f"{installed.parent}:{ROOT}")
    pytester.makepyfile("def test_one(kms): assert kms.account == '111122223333'")
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


def test_who_does_not_use_it_pays_nothing() -> None:
    """Loading it may import the two modules that it consists of, and nothing that pytest has not."""
    program = (
        "import pytest, sys; before = set(sys.modules); import kmslab.pytest_plugin;"
        "print(*sorted(set(sys.modules) - before))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert loaded.stdout.split() == ["kmslab", "kmslab.pytest_plugin"]
