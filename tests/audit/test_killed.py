"""`kill -9` under load: whatever was answered has its event, and one; and no event holds a secret."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from kmslab.audit import log_files
from kmslab.audit.batches import newest_first
from kmslab.audit.event import Event, render
from kmslab.audit.validation import validate
from kmslab.cli import run
from kmslab.custody import root_key
from kmslab.custody.digests import is_signed
from kmslab.model import bootstrap
from kmslab.server import stores
from kmslab.store.records import KEYS, scope
from tests.audit.test_audit import NO_BLOB, forms, found_in, quotas
from tests.cli.serving import client
from tests.postgresql import Server as PostgreSQL

CLIENTS = 3
KEPT = 200_000  # more than any run here has


class Server:
    """`kmslab serve` in a session of its own, to be killed: one of its workers, or all of it."""

    def __init__(self, name: str, workers: int, quotas: str, *more: str) -> None:
        options = ["--workers", str(workers), "--store", name, "--quotas", quotas, *more]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kmslab", "serve", "--port", "0", "--trail-keep", str(KEPT), *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("kmslab: listening on ")
        self.url = line.split()[-1]

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()

    def stop(self) -> None:
        self.process.terminate()
        self.process.communicate()

    def kill_a_worker(self, draw: Random) -> None:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        os.kill(int(draw.choice(children.read_text().split())), signal.SIGKILL)


class Client(threading.Thread):
    """Calls at random, and remembers what was answered, by request ID, and every secret in it."""

    def __init__(self, url: str, seed: int) -> None:
        super().__init__()
        self.kms = client(url)
        self.draw = Random(seed)
        self.answered: dict[str, str] = {}
        self.secrets: set[bytes] = set()
        self.unanswered = 0
        self.key = ""
        self.is_ending = False

    def run(self) -> None:
        while not self.is_ending:
            try:
                self.keep(self.call())
            except ClientError as refused:
                self.keep(refused.response, refused.response["Error"]["Code"])
            except BotoCoreError:  # the server is gone, or this worker of it
                self.unanswered += 1
                time.sleep(0.01)

    def keep(self, answer: Any, code: str = "") -> None:
        self.answered[answer["ResponseMetadata"]["RequestId"]] = code
        for name in {"Plaintext", "CiphertextBlob"} & answer.keys():
            self.secrets |= forms(answer[name])

    def call(self) -> Any:
        """Make one call: of three, two are answered, one is throttled or refused."""
        if not self.key:
            made = self.kms.create_key()
            self.keep(made)
            self.key = made["KeyMetadata"]["KeyId"]
        word = self.draw.randbytes(24)
        self.secrets |= forms(word)
        ways = (
            lambda: self.kms.encrypt(KeyId=self.key, Plaintext=word),
            lambda: self.kms.generate_data_key(KeyId=self.key, KeySpec="AES_256"),
            lambda: self.kms.describe_key(KeyId=self.key),
            lambda: self.kms.update_key_description(KeyId=self.key, Description="d"),
            self.kms.list_keys,
            lambda: self.kms.decrypt(CiphertextBlob=NO_BLOB),
        )
        return self.draw.choice(ways)()


def events_of(name: str) -> list[Event]:
    with stores.journal(name) as journal:
        return list(newest_first(journal))


@pytest.fixture(params=["sqlite", "postgres"])
def name(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "sqlite":
        return f"sqlite:{tmp_path / 'world.db'}"
    server: PostgreSQL = request.getfixturevalue("postgresql")
    monkeypatch.setenv(root_key.KEY, "c0" * 32)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))  # where the slates go
    return server.new_database()


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(
    "calls", [400, pytest.param(50_000, marks=pytest.mark.soak)], ids=["slice", "soak"]
)
def test_what_was_answered_has_its_event_after_kill_9(
    tmp_path: Path, name: str, workers: int, calls: int
) -> None:
    draw, limits = Random(calls), quotas(tmp_path)
    answered: dict[str, str] = {}
    secrets: set[bytes] = set()
    unanswered = 0
    while len(answered) < calls:
        server = Server(name, workers, limits)
        clients = [Client(server.url, draw.getrandbits(32)) for _ in range(CLIENTS)]
        for each in clients:
            each.start()
        for _ in range(workers - 1):
            clients[0].join(draw.uniform(0.2, 1.0))
            server.kill_a_worker(draw)
        clients[0].join(draw.uniform(0.2, 2.0))
        server.kill()
        for each in clients:
            each.is_ending = True
        for each in clients:
            each.join()
            answered |= each.answered
            secrets |= each.secrets
            unanswered += each.unanswered
    assert list(tmp_path.rglob("*.slate-*"))  # which a stop would have taken away
    Server(name, workers, limits).kill()  # which opens the store once
    told = events_of(name)
    made = Counter(event.name for event in told if not event.error_code)["CreateKey"]
    assert made == stores.look(name).count(KEYS, scope(bootstrap.ACCOUNT, bootstrap.REGION))
    codes = {event.request_id: event.error_code for event in told}
    assert len(codes) == len(told)
    assert codes.items() >= answered.items()
    assert len(codes) - len(answered) <= unanswered
    assert {"", "ThrottlingException", "InvalidCiphertextException"} <= set(answered.values())
    for event in told:
        assert not found_in(json.dumps(render(event)).encode(), secrets)


@pytest.mark.parametrize(
    "rounds", [4, pytest.param(100, marks=pytest.mark.soak)], ids=["slice", "soak"]
)
def test_log_files_have_every_event_once_after_kill_9(tmp_path: Path, rounds: int) -> None:
    """Hours pass meanwhile, so some of the kills come while an hour is delivered."""
    name, folder, draw = f"sqlite:{tmp_path / 'world.db'}", tmp_path / "logs", Random(rounds)
    options = (name, 1, quotas(tmp_path), "--trail-dir", str(folder), "--clock", "virtual")
    answered: set[str] = set()
    for _ in range(rounds):
        server = Server(*options)
        each = Client(server.url, draw.getrandbits(32))
        each.start()
        for _ in range(draw.randrange(4)):
            each.join(draw.uniform(0.1, 0.3))
            assert run(["clock", "--url", server.url, "advance", "--days", "0.03"]) == 0
        each.join(draw.uniform(0, 0.3))
        server.kill()
        each.is_ending = True
        each.join()
        answered |= each.answered.keys()
    Server(*options).stop()
    told = Counter(record["requestID"] for record in log_files.records(folder))
    assert told == Counter(event.request_id for event in events_of(name))
    assert answered <= told.keys()
    assert set(told.values()) == {1}
    report = validate(folder, is_signed)
    assert (report.problems, report.events) == ((), len(told))
