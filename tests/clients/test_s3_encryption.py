"""The Amazon S3 Encryption Client in two languages: objects in moto's S3, their data keys under a KMS key.

Contexts and refusals: Amazon S3 Encryption Client Developer Guide, "Concepts", and the specification in the clients'
repositories, materials/s3-kms-keyring.md: 115 is the algorithm suite with key commitment, the default of version 4.
"""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import MotoRequestHandler, ThreadedMotoServer

from tests.clients.toolchains import TO_RUN_ONCE, Client, ready

pytestmark = pytest.mark.clients

Speaker = Callable[..., bytes]  # put|get, key ARN, purpose

TEXT = b"attack at dawn, " * 1000
TAG = 16  # bytes that AES-GCM adds
BUCKET, KEY = "plans", "dawn"


@pytest.fixture(scope="module")
def s3_url() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    with pytest.MonkeyPatch.context() as patch:
        # werkzeug says "100 Continue" itself; a second one is the answer for Java
        patch.setattr(MotoRequestHandler, "handle_expect_100", lambda _: True)
        server.start()
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
        server.stop()


@pytest.fixture
def s3(s3_url: str, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a client that sees what lies in the bucket; say to others where S3 is."""
    assert endpoint
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", s3_url)
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    return s3


def java(*arguments: str, source: bytes = b"") -> bytes:
    client = ready("s3-encryption-java")
    path = ["-cp", "jars/*:."]
    program = client.take("S3Encryption.java")
    if not is_newer(program.with_suffix(".class"), program):
        client.run("javac", *TO_RUN_ONCE["javac"], *path, program)
    return said(client, ["java", *TO_RUN_ONCE["java"], *path, "S3Encryption", *arguments], source)


def python(*arguments: str, source: bytes = b"") -> bytes:
    client = ready("s3-encryption-python")
    return said(client, ["bin/python", str(client.take("s3ec.py")), *arguments], source)


def is_newer(made: Path, source: Path) -> bool:
    return made.exists() and made.stat().st_mtime >= source.stat().st_mtime


def said(client: Client, command: list[str], source: bytes) -> bytes:
    ran = subprocess.run(command, cwd=client.folder, input=source, capture_output=True, check=False)
    if ran.returncode:
        raise RuntimeError(ran.stderr.decode()[-4000:])
    return ran.stdout


def trail() -> list[tuple[str, dict[str, str], str | None]]:
    """Return what the trail says of data keys, the oldest first: operation, context, error."""
    found = boto3.client("cloudtrail").lookup_events()["Events"]
    events = [json.loads(each["CloudTrailEvent"]) for each in reversed(found)]
    return [
        (
            event["eventName"],
            event["requestParameters"]["encryptionContext"],
            event.get("errorCode"),
        )
        for event in events
        if event["eventName"] in {"GenerateDataKey", "Decrypt"}
    ]


def context(purpose: str) -> dict[str, str]:
    return {"Purpose": purpose, "aws:x-amz-cek-alg": "115"}


@pytest.mark.parametrize(
    ("writer", "reader"),
    [(python, java), (java, python)],
    ids=["from Python to Java", "from Java to Python"],
)
def test_one_client_reads_the_objects_of_the_other(
    writer: Speaker, reader: Speaker, key_arn: str, s3: Any
) -> None:
    writer("put", key_arn, "battle", source=TEXT)
    stored = s3.get_object(Bucket=BUCKET, Key=KEY)["Body"].read()
    assert len(stored) == len(TEXT) + TAG
    assert b"attack" not in stored
    assert reader("get", key_arn, "battle") == TEXT
    battle = context("battle")
    assert trail() == [("GenerateDataKey", battle, None), ("Decrypt", battle, None)]


@pytest.mark.parametrize("reader", [java, python])
def test_another_context_is_refused_by_the_client_and_a_forged_one_by_kms(
    reader: Speaker, key_arn: str, s3: Any
) -> None:
    python("put", key_arn, "battle", source=TEXT)
    with pytest.raises(RuntimeError, match="encryption context does not match"):
        reader("get", key_arn, "theft")  # what is stored with the object is another
    assert trail() == [("GenerateDataKey", context("battle"), None)]

    forge(s3, "battle", "theft")
    with pytest.raises(RuntimeError, match="InvalidCiphertextException"):
        reader("get", key_arn, "theft")
    assert trail()[1:] == [("Decrypt", context("theft"), "InvalidCiphertextException")]


def forge(s3: Any, was: str, becomes: str) -> None:
    """Change the context in the metadata of the object, as anybody can who may write to the bucket."""
    found = s3.head_object(Bucket=BUCKET, Key=KEY)["Metadata"]
    forged = {name: value.replace(was, becomes) for name, value in found.items()}
    assert forged != found
    s3.copy_object(
        Bucket=BUCKET,
        Key=KEY,
        CopySource=f"{BUCKET}/{KEY}",
        Metadata=forged,
        MetadataDirective="REPLACE",
    )
