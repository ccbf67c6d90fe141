"""`kmslab serve` as a process: ready line, road, bad input, end."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from kmslab.server import process
from tests.cli.serving import client, served, serving

Command = Callable[..., Any]


def test_boto3_encrypts_through_the_socket() -> None:
    with serving() as url:
        kms = client(url)
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        blob = kms.encrypt(KeyId=key, Plaintext=b"attack at dawn")["CiphertextBlob"]
        assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"attack at dawn"


def test_the_environment_names_the_administrator() -> None:
    with serving(KMSLAB_ACCESS_KEY_ID="AKIAOTHER", KMSLAB_SECRET_ACCESS_KEY="other") as url:
        assert client(url, keys=("AKIAOTHER", "other")).list_keys()["Keys"] == []
        with pytest.raises(ClientError) as refused:
            client(url).list_keys()
    assert refused.value.response["Error"]["Code"] == "UnrecognizedClientException"


def test_lenient_takes_any_signature_and_an_account_for_an_access_key() -> None:
    with serving("--auth", "lenient") as url:
        made = client(url, keys=("444455556666", "any")).create_key()["KeyMetadata"]
    assert made["Arn"].startswith("arn:aws:kms:us-east-1:444455556666:key/")


def test_the_same_seed_makes_the_same_key() -> None:
    made = []
    for _ in range(2):
        with serving("--seed", "7", "--account", "444455556666") as url:
            made.append(client(url).create_key()["KeyMetadata"]["Arn"])
    assert made[0] == made[1]
    assert ":444455556666:" in made[0]


def test_an_address_that_is_not_of_this_machine_is_named(kmslab_command: Command) -> None:
    ended = kmslab_command("serve", "--host", "203.0.113.9", "--port", "0")  # RFC 5737: of nobody
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert "203.0.113.9:0" in ended.err
    assert ended.err.endswith("; --host has to be of this machine\n")


def test_a_port_that_is_taken_is_named(kmslab_command: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = kmslab_command("serve", "--port", str(port))
    assert ended.code == 2
    assert ended.out == ""
    assert ended.err.count("\n") == 1
    assert f"127.0.0.1:{port}" in ended.err
    assert ended.err.endswith("; --port 0 picks a free port\n")


def test_a_quota_file_that_is_not_there_is_named(kmslab_command: Command) -> None:
    ended = kmslab_command("serve", "--quotas", "nowhere.toml")
    assert ended.code == 2
    assert ended.err.count("\n") == 1
    assert "nowhere.toml" in ended.err


def test_the_ready_line(kmslab_command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def be_ready(
        _: object, *, host: str, port: int, on_ready: Callable[[str], None], **others: object
    ) -> None:
        assert others["tls"] is None
        on_ready(f"http://{host}:{port}")

    monkeypatch.setattr(process, "serve", be_ready)
    ended = kmslab_command("serve", "--port", "4777")
    assert ended == (0, "kmslab: listening on http://127.0.0.1:4777\n", "")


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("Encrypt", "write OPERATION=FAULT"),
        ("Encrypt=DisabledException", "not with 'DisabledException'"),
    ],
)
def test_a_fault_that_cannot_be_is_named(kmslab_command: Command, fault: str, told: str) -> None:
    ended = kmslab_command("serve", "--fault", fault)
    assert ended.code == 2
    assert told in ended.err


def test_a_planned_fault_reaches_the_client() -> None:
    with serving("--fault", "CreateKey=KMSInternalException:1") as url:
        kms = client(url)
        with pytest.raises(ClientError) as failed:
            kms.create_key()
        assert failed.value.response["Error"]["Code"] == "KMSInternalException"
        kms.create_key()


def test_tls_with_a_certificate_of_its_own_and_the_variables_of_env() -> None:
    with served("--tls", "self") as server:
        assert server.bundle is not None
        port = server.url.rpartition(":")[2]
        said = subprocess.run(
            [
                sys.executable,
                "-m",
                "kmslab",
                "env",
                "--port",
                port,
                "--ca-bundle",
                server.bundle,
                "--json",
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        variables = json.loads(said.stdout)
        assert variables["AWS_ENDPOINT_URL"] == server.url
        assert variables["NODE_EXTRA_CA_CERTS"] == server.bundle
        program = "import boto3; print(len(boto3.client('kms').list_keys()['Keys']))"
        ran = subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.stdout == "0\n", ran.stderr
    assert not Path(server.bundle).exists()


def test_tls_without_its_files_is_refused(kmslab_command: Command) -> None:
    ended = kmslab_command("serve", "--tls", "cert.pem,key.pem")
    assert ended == (2, "", "kmslab: cert.pem: there is no such file\n")


def test_a_stop_answers_the_request_that_has_begun() -> None:
    """As an orchestrator stops a container: SIGTERM, with a request half sent."""
    with served() as server:
        parts = urlsplit(server.url)
        with socket.create_connection((parts.hostname, parts.port), timeout=10) as peer:
            peer.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{")
            time.sleep(0.2)
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.2)
            peer.sendall(b"}")
            answer = b"".join(iter(lambda: peer.recv(1000), b""))
        assert answer.startswith(b"HTTP/1.1 4")
        assert b"connection: close\r\n" in answer
        assert server.process.wait(timeout=10) == 0


def test_the_log_as_json_is_on_standard_error() -> None:
    line = r'\{"event":"request","time":"[^"]+Z","request_id":"[^"]+","service":"kms",.+\}\n'
    with served("--log", "json", said=line) as server:
        client(server.url).list_keys()
        with urllib.request.urlopen(f"{server.url}/metrics") as answer:
            assert b'kmslab_requests_total{service="kms",operation="ListKeys"} 1\n' in answer.read()
