"""`kill -9` under load, a database that goes away: what was acknowledged is there."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from kmslab.custody import root_key
from kmslab.model import bootstrap
from kmslab.server import stores
from tests.operations.importing import wrap
from tests.postgresql import Server as PostgreSQL

ROOT = f"arn:aws:iam::{bootstrap.ACCOUNT}:root"
ADMIN = f"arn:aws:iam::{bootstrap.ACCOUNT}:user/{bootstrap.USER}"
WORKERS = 3
PATIENCE = 60  # seconds until a client has changed something, however busy the machine is


# One process of several in a world: what a worker of `kmslab serve` is.
SHARING = """
import sys
from kmslab.server.build import build_endpoint
from kmslab.server.http import serve
from kmslab.server.stores import open_store

endpoint = build_endpoint(quotas="off", store=open_store(sys.argv[1], shared=True))
ready = lambda url: print("kmslab: listening on", url, flush=True)
serve(endpoint.handle, host="127.0.0.1", port=0, on_ready=ready)
"""


class Server:
    """`kmslab serve` on one store, or a process that shares it with others; to be killed."""

    def __init__(self, name: str, *, shared: bool = False) -> None:
        command = ["-m", "kmslab", "serve", "--port", "0", "--quotas", "off", "--store"]
        # not a pipe: one that nobody reads is full after a hundred crashes, and the server waits
        self._log = TemporaryFile("w+")  # noqa: SIM115 - until `kill`
        self.process = subprocess.Popen(
            [sys.executable, *(["-c", SHARING] if shared else command), name],
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("kmslab: listening on "), self._said()
        self.url = line.split()[-1]
        self.kms = self.client("kms")

    def client(
        self,
        service: str,
        access_key_id: str = bootstrap.ACCESS_KEY_ID,
        secret: str = bootstrap.SECRET_ACCESS_KEY,
    ) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=access_key_id,
            aws_secret_access_key=secret,
            config=Config(retries={"total_max_attempts": 1}, max_pool_connections=WORKERS),
        )

    def kill(self) -> str:
        """Kill it; return what it has said on standard error."""
        os.kill(self.process.pid, signal.SIGKILL)
        return self._said()

    def _said(self) -> str:
        self.process.communicate()
        with self._log:
            self._log.seek(0)
            return self._log.read()


class Worker(threading.Thread):
    """One client that remembers what was acknowledged, and what it had last begun."""

    def __init__(self, kms: Any) -> None:
        super().__init__()
        self.kms = kms
        self.done: Counter[str] = Counter()
        self.policies: dict[str, str] = {}
        self.begun: dict[str, str] = {}
        self.doomed: dict[str, Any] = {}
        self.grants: dict[str, set[str]] = {}
        self.revoked: set[str] = set()
        self.blobs: list[tuple[bytes, bytes]] = []
        self.imported: list[str] = []
        self.is_ending = False
        self.has_kept = threading.Event()

    def run(self) -> None:
        try:
            while not self.is_ending:
                self.live()
        except (BotoCoreError, ClientError, OSError):
            return  # the server is gone

    def live(self) -> None:
        """Make a key and do to it all that has to last."""
        text = policy("made")
        key = self.kms.create_key(Policy=text)["KeyMetadata"]["KeyId"]
        self.policies[key] = self.begun[key] = text
        self.grants[key] = set()
        for number in range(3):
            self.encrypt(key)
            self.begun[key] = policy(f"put {number}")
            self.kms.put_key_policy(KeyId=key, Policy=self.begun[key])
            self.policies[key] = self.begun[key]
            grant = self.kms.create_grant(
                KeyId=key, GranteePrincipal=ADMIN, Operations=["Decrypt"], Name=str(number)
            )["GrantId"]
            self.grants[key].add(grant)
            self.done["kept"] += 1
            self.has_kept.set()
        self.revoked.add(grant)  # from now on it may be gone
        self.kms.revoke_grant(KeyId=key, GrantId=grant)
        self.grants[key].discard(grant)
        doomed = self.kms.create_key()["KeyMetadata"]["KeyId"]
        answer = self.kms.schedule_key_deletion(KeyId=doomed, PendingWindowInDays=7)
        self.doomed[doomed] = answer["DeletionDate"]
        self.done["lives"] += 1

    def encrypt(self, key: str) -> None:
        for _ in range(5):
            plaintext = os.urandom(8)
            blob = self.kms.encrypt(KeyId=key, Plaintext=plaintext)["CiphertextBlob"]
            self.blobs.append((blob, plaintext))


class Importer(Worker):
    """One client that brings key material of its own."""

    def live(self) -> None:
        """Make a key, bring its material, and use it."""
        key = self.kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
        given = self.kms.get_parameters_for_import(
            KeyId=key, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048"
        )
        self.kms.import_key_material(
            KeyId=key,
            ImportToken=given["ImportToken"],
            EncryptedKeyMaterial=wrap(given["PublicKey"], os.urandom(32)),
            ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE",
        )
        self.imported.append(key)
        self.encrypt(key)
        self.done["imported"] += 1
        self.has_kept.set()


def let_work(workers: list[Worker], seconds: float) -> None:
    """Wait until each had something acknowledged, then so long."""
    for worker in workers:
        assert worker.has_kept.wait(PATIENCE)
    workers[0].join(seconds)


def policy(name: str) -> str:
    statement = {
        "Sid": name.replace(" ", ""),
        "Effect": "Allow",
        "Principal": {"AWS": ROOT},
        "Action": "kms:*",
        "Resource": "*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def need_everything(kms: Any, worker: Worker) -> None:
    for key, acknowledged in worker.policies.items():
        found = kms.get_key_policy(KeyId=key)["Policy"]
        assert found in {acknowledged, worker.begun[key]}
        grants = {each["GrantId"] for each in kms.list_grants(KeyId=key)["Grants"]}
        assert worker.grants[key] - worker.revoked <= grants
        assert len(grants - worker.grants[key] - worker.revoked) <= 1  # begun, not answered
        if not worker.grants[key] & worker.revoked:
            assert not grants & worker.revoked
    for key, date in worker.doomed.items():
        metadata = kms.describe_key(KeyId=key)["KeyMetadata"]
        assert (metadata["KeyState"], metadata["DeletionDate"]) == ("PendingDeletion", date)
    for key in worker.imported:
        assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled"
    for blob, plaintext in worker.blobs:
        assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == plaintext


@pytest.mark.parametrize(
    "rounds", [3, pytest.param(200, marks=pytest.mark.soak)], ids=["slice", "soak"]
)
def test_what_was_acknowledged_survives_kill_9(tmp_path: Path, rounds: int) -> None:
    path = tmp_path / "world.db"
    chance = random.Random(rounds)
    done: Counter[str] = Counter()
    name = f"sqlite:{path}"
    server = Server(name)
    for _ in range(rounds):
        workers = [*(Worker(server.kms) for _ in range(WORKERS)), Importer(server.kms)]
        for worker in workers:
            worker.start()
        let_work(workers, chance.uniform(0, 0.4))
        server.kill()
        for worker in workers:
            worker.join()
            done += worker.done
        server = Server(name)
        for worker in workers:
            need_everything(server.kms, worker)
    server.kill()
    assert done["kept"] >= rounds * WORKERS
    assert done["imported"] >= rounds
    assert stores.verify(name)["key"] >= done["lives"] + done["imported"]


@pytest.fixture(params=["sqlite", "postgres"])
def shared_name(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    if request.param == "sqlite":
        return f"sqlite:{tmp_path / 'world.db'}"
    monkeypatch.setenv(root_key.KEY, "c0" * 32)
    return request.getfixturevalue("postgresql").new_database()


@pytest.mark.parametrize(
    "rounds", [2, pytest.param(100, marks=pytest.mark.soak)], ids=["slice", "soak"]
)
def test_what_a_killed_process_acknowledged_is_seen_by_the_others(
    shared_name: str, rounds: int
) -> None:
    chance = random.Random(rounds)
    done: Counter[str] = Counter()
    killed, other = (Server(shared_name, shared=True) for _ in range(2))
    for _ in range(rounds):
        doomed = [Worker(killed.kms), Importer(killed.kms)]
        living = [Worker(other.kms)]
        for worker in (*doomed, *living):
            worker.start()
        let_work([*doomed, *living], chance.uniform(0, 0.5))
        killed.kill()
        for worker in doomed:
            worker.join()
            need_everything(other.kms, worker)
        living[0].is_ending = True
        living[0].join()
        killed, other = other, Server(shared_name, shared=True)
        for worker in (*doomed, *living):
            done += worker.done
            need_everything(other.kms, worker)
    killed.kill()
    other.kill()
    assert done["kept"] >= rounds * 2  # by each of the two processes
    assert done["imported"] >= rounds
    assert stores.verify(shared_name)["key"] >= done["lives"] + done["imported"]


@pytest.mark.parametrize(
    "rounds", [1, pytest.param(50, marks=pytest.mark.soak)], ids=["slice", "soak"]
)
def test_a_database_that_goes_away_loses_nothing(
    postgresql: PostgreSQL, monkeypatch: pytest.MonkeyPatch, rounds: int
) -> None:
    monkeypatch.setenv(root_key.KEY, "c0" * 32)
    name = postgresql.new_database()
    servers = [Server(name) for _ in range(2)]
    try:
        for mode in ("immediate", "fast") * rounds:
            workers = [Worker(server.kms) for server in servers]
            for worker in workers:
                worker.start()
            let_work(workers, 0.3)
            postgresql.stop(mode)
            for worker in workers:
                worker.join()  # the API's error has ended it
            with pytest.raises(ClientError) as refused:
                servers[0].kms.list_keys()
            answer = refused.value.response
            assert answer["Error"]["Code"] == "KMSInternalException"
            assert answer["ResponseMetadata"]["HTTPStatusCode"] == 500
            postgresql.start()
            for server in servers:
                need_soon(server.kms)
                for worker in workers:
                    need_everything(server.kms, worker)
    finally:
        for server in servers:
            server.kill()


def need_soon(kms: Any) -> None:
    """Wait until a process has its connection again: it tries once a second."""
    for _ in range(50):
        try:
            kms.list_keys()
        except ClientError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("no connection was made again")


def test_a_user_survives_kill_9(tmp_path: Path) -> None:
    name = f"sqlite:{tmp_path / 'world.db'}"
    server = Server(name)
    iam = server.client("iam")
    iam.create_user(UserName="ann")
    iam.attach_user_policy(
        UserName="ann", PolicyArn="arn:aws:iam::aws:policy/AWSKeyManagementServicePowerUser"
    )
    made = iam.create_access_key(UserName="ann")["AccessKey"]
    server.kill()
    server = Server(name)
    kms = server.client("kms", made["AccessKeyId"], made["SecretAccessKey"])
    assert kms.list_keys()["Keys"] == []
    listed = server.client("iam").list_attached_user_policies(UserName="ann")["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in listed] == ["AWSKeyManagementServicePowerUser"]
    server.kill()
