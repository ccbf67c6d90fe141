"""One life of a key at the command line of AWS, version 1, in a venv of its own."""

import base64
import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.clients.toolchains import Client, ready

pytestmark = pytest.mark.clients

Aws = Callable[..., Any]


@pytest.fixture
def client() -> Client:
    return ready("aws-cli")


@pytest.fixture
def aws(client: Client, endpoint: str) -> Aws:
    assert endpoint

    def call(*arguments: str) -> Any:
        said = client.run("bin/aws", *arguments, "--output", "json")
        return json.loads(said) if said else None

    return call


def refusal(client: Client, *arguments: str) -> str:
    ran = subprocess.run(
        [client.folder / "bin" / "aws", *arguments], capture_output=True, text=True, check=False
    )
    assert ran.returncode != 0
    return ran.stderr.strip()


def test_the_command_line_leads_a_key_through_its_life(
    aws: Aws, client: Client, tmp_path: Path
) -> None:
    key = aws("kms", "create-key", "--tags", "TagKey=Stage,TagValue=test")["KeyMetadata"]
    assert key["KeyState"] == "Enabled"
    aws("kms", "create-alias", "--alias-name", "alias/life", "--target-key-id", key["KeyId"])
    (plain := tmp_path / "plain").write_bytes(b"attack at dawn")
    context = ("--encryption-context", "Purpose=life,Author=me")

    said = aws(
        "kms", "encrypt", "--key-id", "alias/life", "--plaintext", f"fileb://{plain}", *context
    )
    (blob := tmp_path / "blob").write_bytes(base64.b64decode(said["CiphertextBlob"]))
    opening = ("kms", "decrypt", "--ciphertext-blob", f"fileb://{blob}")
    assert base64.b64decode(aws(*opening, *context)["Plaintext"]) == b"attack at dawn"
    assert "(InvalidCiphertextException)" in refusal(client, *opening)

    aws("kms", "enable-key-rotation", "--key-id", key["KeyId"], "--rotation-period-in-days", "180")
    status = aws("kms", "get-key-rotation-status", "--key-id", key["KeyId"])
    assert (status["KeyRotationEnabled"], status["RotationPeriodInDays"]) == (True, 180)
    tags = aws("kms", "list-resource-tags", "--key-id", key["KeyId"])["Tags"]
    assert tags == [{"TagKey": "Stage", "TagValue": "test"}]

    aws("kms", "disable-key", "--key-id", key["KeyId"])
    assert "(DisabledException)" in refusal(client, *opening, *context)
    days = ("--pending-window-in-days", "7")
    ends = aws("kms", "schedule-key-deletion", "--key-id", key["KeyId"], *days)["DeletionDate"]
    left = datetime.fromtimestamp(ends, UTC) - datetime.now(UTC)
    assert abs(left - timedelta(days=7)) < timedelta(minutes=5)
    state = "KeyMetadata.KeyState"
    assert (
        aws("kms", "describe-key", "--key-id", key["KeyId"], "--query", state) == "PendingDeletion"
    )
    aws("kms", "cancel-key-deletion", "--key-id", key["KeyId"])
    assert aws("kms", "describe-key", "--key-id", key["KeyId"], "--query", state) == "Disabled"


def test_the_command_line_pages_and_asks_iam_and_sts(aws: Aws) -> None:
    made = {aws("kms", "create-key")["KeyMetadata"]["KeyId"] for _ in range(3)}
    listed = aws("kms", "list-keys", "--page-size", "1")["Keys"]
    assert {key["KeyId"] for key in listed} == made
    aws("iam", "create-user", "--user-name", "alice")
    assert aws("iam", "get-user", "--user-name", "alice")["User"]["UserName"] == "alice"
    arn = aws("sts", "get-caller-identity")["Arn"]
    assert arn == "arn:aws:iam::111122223333:user/kmslab-admin"
