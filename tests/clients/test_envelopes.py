"""Software that wraps its data keys with KMS: the AWS Encryption SDK in two languages, and sops."""

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.clients.toolchains import Client, ready

pytestmark = pytest.mark.clients

TEXT = b"attack at dawn, " * 1000  # more than the 4096 bytes that Encrypt takes


def python(what: str, key_arn: str, source: bytes) -> bytes:
    client = ready("encryption-sdk-python")
    return esdk(client, ["bin/python", str(client.take("esdk.py")), what, key_arn], source)


def javascript(what: str, key_arn: str, source: bytes) -> bytes:
    client = ready("encryption-sdk-javascript")
    return esdk(client, ["node", str(client.take("esdk.mjs")), what, key_arn], source)


def esdk(client: Client, command: list[str], source: bytes) -> bytes:
    ran = subprocess.run(
        command, cwd=client.folder, input=base64.b64encode(source), capture_output=True, check=False
    )
    assert ran.returncode == 0, ran.stderr.decode()[-4000:]
    return base64.b64decode(ran.stdout)


@pytest.mark.parametrize(
    ("writer", "reader"),
    [(python, javascript), (javascript, python)],
    ids=["from Python to JavaScript", "from JavaScript to Python"],
)
def test_the_encryption_sdks_read_each_other(writer: Any, reader: Any, key_arn: str) -> None:
    message = writer("encrypt", key_arn, TEXT)
    assert TEXT not in message
    assert message[:3] == b"\x02\x05\x78"  # version 2, suite 0578: signed, with key commitment
    assert reader("decrypt", key_arn, message) == TEXT


@pytest.mark.soak  # its build takes minutes where the cache is cold
def test_sops_keeps_a_file_under_a_key(key_arn: str, tmp_path: Path) -> None:
    client = ready("sops")
    (plain := tmp_path / "settings.json").write_text('{"password": "hunter2"}')
    context = ("--encryption-context", "Stage:test")
    sealed = tmp_path / "sealed.json"
    sealed.write_text(client.run("./sops", "encrypt", "--kms", key_arn, *context, plain))
    assert "hunter2" not in sealed.read_text()
    (wrapped,) = json.loads(sealed.read_text())["sops"]["kms"]
    assert (wrapped["arn"], wrapped["context"]) == (key_arn, {"Stage": "test"})
    assert json.loads(client.run("./sops", "decrypt", sealed)) == {"password": "hunter2"}

    client.run("./sops", "rotate", "--in-place", sealed)
    (rotated,) = json.loads(sealed.read_text())["sops"]["kms"]
    assert rotated["enc"] != wrapped["enc"]
    assert json.loads(client.run("./sops", "decrypt", sealed)) == {"password": "hunter2"}
