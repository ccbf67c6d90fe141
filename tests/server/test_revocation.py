"""A revocation holds from its acknowledgement on, whichever worker is asked; under load, without a gap.

What is asked after PutKeyPolicy was answered is decided by that policy or a newer one. That is more
than AWS promises (KMS Developer Guide, "AWS KMS eventual consistency").
"""

import json
import os
import re
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab import client as clients
from kmslab.custody import root_key
from kmslab.server import address
from kmslab.server.build import administrator_keys, build_endpoint
from kmslab.server.endpoint import Endpoint
from kmslab.server.stores import open_store
from kmslab.server.tally import Tally
from kmslab.store.turns import LOOK_SECONDS, FileTurns
from tests.cli.serving import Served, client, served, serving
from tests.postgresql import Server as PostgreSQL

pytestmark = pytest.mark.skipif(
    not address.is_shareable(),
    reason="workers need fork and SO_REUSEPORT, which this system has not",
)

ACCOUNT = "111122223333"
ASKER = f"arn:aws:iam::{ACCOUNT}:user/kmslab-admin"
ASKED = 4  # connections that are asked after each flip; the system spreads them over the workers
PROCESSES = get_context("spawn")


def policy(*, allows: bool) -> str:
    """Let the account do everything, but its administrator encrypt or not."""
    statements = [
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "kms:*",
            "Resource": "*",
        },
        {
            "Effect": "Allow" if allows else "Deny",
            "Principal": {"AWS": ASKER},
            "Action": "kms:Encrypt",
            "Resource": "*",
        },
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def may_encrypt(kms: Any, key: str) -> bool:
    try:
        kms.encrypt(KeyId=key, Plaintext=b"attack at dawn")
    except ClientError as refused:
        if refused.response["Error"]["Code"] != "AccessDeniedException":
            raise
        return False
    return True


@contextmanager
def loaded(url: str, key: str) -> Iterator[None]:
    """Let others ask the same all the while."""
    is_over = threading.Event()

    def ask() -> None:
        kms = client(url)
        while not is_over.is_set():
            may_encrypt(kms, key)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


def asked_of_each_worker(server: Served) -> list[int]:
    """Count the Encrypts that each of two workers has answered."""
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    if not children.exists():
        return [1, 1]
    maps = Path(f"/proc/{children.read_text().split()[0]}/maps").read_text()
    folder = Path(re.findall(r"(/\S+/kmslab-[^/\s]+)/tally-\d", maps)[0])
    tallies = [Tally(folder / f"tally-{number}") for number in (1, 2)]
    return [sum(tally.row("kms", "Encrypt")) for tally in tallies]


def flip(count: int, *urls: str, bound: float = 0) -> int:
    """Flip the policy; so long after each acknowledgement ask every connection. Return how many were stale."""
    stale = 0
    writers = [client(url) for url in urls * 3]
    readers = [client(url) for url in urls * (ASKED // len(urls))]
    key = writers[0].create_key()["KeyMetadata"]["KeyId"]
    with loaded(urls[0], key):
        for number in range(count):
            allows = number % 2 == 0
            writers[number % 3].put_key_policy(KeyId=key, Policy=policy(allows=allows))
            time.sleep(bound)
            stale += sum(may_encrypt(reader, key) != allows for reader in readers)
    return stale


@pytest.mark.parametrize(
    "count", [200, pytest.param(3000, marks=pytest.mark.soak)], ids=["slice", "soak"]
)
def test_no_answer_is_older_than_an_acknowledged_policy(count: int) -> None:
    with served("--workers", "2", "--quotas", "off") as server:
        assert flip(count, server.url) == 0
        assert all(asked_of_each_worker(server))


@pytest.mark.parametrize(
    "count", [40, pytest.param(3000, marks=pytest.mark.soak)], ids=["slice", "soak"]
)
@pytest.mark.parametrize("bound_ms", [0, 50])
def test_servers_on_one_database_are_no_older_than_their_bound(
    postgresql: PostgreSQL, monkeypatch: pytest.MonkeyPatch, bound_ms: int, count: int
) -> None:
    monkeypatch.setenv(root_key.KEY, "5e" * 32)
    name = f"{postgresql.new_database()}&staleness_ms={bound_ms}"
    options = ("--store", name, "--quotas", "off")
    with serving(*options) as one, serving(*options) as other:
        assert flip(count, one, other, bound=bound_ms / 1000) == 0


def client_of(endpoint: Endpoint) -> Any:
    return clients.client(endpoint, "kms", credentials=administrator_keys(), region="us-east-1")


def die_before_the_word(name: str, key: str) -> None:
    """Take the permission away, and die when that is in the file and nobody has been told."""
    endpoint = build_endpoint(store=open_store(name, shared=True))
    FileTurns.announce = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[method-assign]
    client_of(endpoint).put_key_policy(KeyId=key, Policy=policy(allows=False))


def test_a_change_whose_process_dies_before_it_tells_is_seen_within_50_ms(tmp_path: Path) -> None:
    assert LOOK_SECONDS <= 0.05
    name = f"sqlite:{tmp_path / 'world.db'}"
    with closing(build_endpoint(store=open_store(name, shared=True))) as endpoint:
        kms = client_of(endpoint)
        key = kms.create_key(Policy=policy(allows=True))["KeyMetadata"]["KeyId"]
        assert may_encrypt(kms, key)
        dying = PROCESSES.Process(target=die_before_the_word, args=(name, key))
        dying.start()
        dying.join()
        assert dying.exitcode == -signal.SIGKILL
        time.sleep(LOOK_SECONDS)
        assert not may_encrypt(kms, key)
