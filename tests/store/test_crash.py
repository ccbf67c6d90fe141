"""`kill -9` under load: whatever was acknowledged is there after the next start."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from kmslab.model import bootstrap
from kmslab.server import stores

ROOT = f"arn:aws:iam::{bootstrap.ACCOUNT}:root"
ADMIN = f"arn:aws:iam::{bootstrap.ACCOUNT}:user/{bootstrap.USER}"
WORKERS = 3


class Server:
    """`kmslab serve` on one file, to be killed."""

    def __init__(self, path: Path) -> None:
        command = ["serve", "--port", "0", "--quotas", "off", "--store", f"sqlite:{path}"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kmslab", *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("kmslab: listening on "), self.process.communicate()[1]
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

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.communicate()


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

    def run(self) -> None:
        try:
            while True:
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
    for blob, plaintext in worker.blobs:
        assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == plaintext


@pytest.mark.parametrize(
    "rounds", [3, pytest.param(200, marks=pytest.mark.soak)], ids=["slice", "soak"]
)
def test_what_was_acknowledged_survives_kill_9(tmp_path: Path, rounds: int) -> None:
    path = tmp_path / "world.db"
    chance = random.Random(rounds)
    done: Counter[str] = Counter()
    server = Server(path)
    for _ in range(rounds):
        workers = [Worker(server.kms) for _ in range(WORKERS)]
        for worker in workers:
            worker.start()
        workers[0].join(chance.uniform(0.1, 0.5))
        server.kill()
        for worker in workers:
            worker.join()
            done += worker.done
        server = Server(path)
        for worker in workers:
            need_everything(server.kms, worker)
    server.kill()
    assert done["kept"] > rounds
    assert stores.verify(str(path))["key"] >= done["lives"]


def test_a_user_survives_kill_9(tmp_path: Path) -> None:
    server = Server(tmp_path / "world.db")
    iam = server.client("iam")
    iam.create_user(UserName="ann")
    iam.attach_user_policy(
        UserName="ann", PolicyArn="arn:aws:iam::aws:policy/AWSKeyManagementServicePowerUser"
    )
    made = iam.create_access_key(UserName="ann")["AccessKey"]
    server.kill()
    server = Server(tmp_path / "world.db")
    kms = server.client("kms", made["AccessKeyId"], made["SecretAccessKey"])
    assert kms.list_keys()["Keys"] == []
    listed = server.client("iam").list_attached_user_policies(UserName="ann")["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in listed] == ["AWSKeyManagementServicePowerUser"]
    server.kill()
