"""`kmslab serve --workers`: one world, one quota, one address, whoever of them answers."""

import json
import os
import re
import signal
import socket
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from kmslab.cli import serve as serve_module
from kmslab.server import address, crew, process
from kmslab.server.metrics import Total
from kmslab.server.readings import Reading, read, requests
from tests.cli.serving import Served, client, served
from tests.postgresql import Server

Command = Callable[..., Any]
SECONDS = 20  # how long anything here may take

pytestmark = pytest.mark.skipif(
    not address.is_shareable(),
    reason="workers need fork and SO_REUSEPORT, which this system has not",
)


def clients(url: str, count: int) -> Iterator[Any]:
    return (client(url) for _ in range(count))


def get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=SECONDS) as answer:
        return bytes(answer.read())


def metrics(url: str) -> Reading:
    return read(get(f"{url}/metrics").decode())


def counted(url: str, operation: str) -> int:
    found: Total | None = metrics(url).totals.get(("kms", operation))
    return requests(found) if found else 0


def workers_of(server: Served) -> list[int]:
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    if not children.exists():
        pytest.skip("this system has no /proc to find the workers in")
    return [int(number) for number in children.read_text().split()]


def wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_world_counts_and_logs_are_those_of_all_workers() -> None:
    log = r'(\{"event":"request".+"worker":[12]\}\n)+'
    with served("--workers", "2", "--log", "json", said=log) as server:
        keys = {each.create_key()["KeyMetadata"]["KeyId"] for each in clients(server.url, 4)}
        for each in clients(server.url, 8):
            assert {key["KeyId"] for key in each.list_keys()["Keys"]} == keys
            each.describe_key(KeyId=min(keys))
        assert [counted(server.url, "DescribeKey") for _ in range(6)] == [8] * 6
        assert metrics(server.url).workers == 2
        health = json.loads(get(f"{server.url}/health"))
        assert health == {"status": "ok", "workers": 2, "ready": 2}


def test_principals_made_at_one_worker_are_known_to_all() -> None:
    with served("--workers", "2") as server:
        iam = client(server.url, "iam")
        iam.create_user(UserName="alice")
        made = iam.create_access_key(UserName="alice")["AccessKey"]
        keys = (made["AccessKeyId"], made["SecretAccessKey"])
        arns = {client(server.url, "sts", keys).get_caller_identity()["Arn"] for _ in range(8)}
        names = [client(server.url, "iam").list_users()["Users"][-1]["UserName"] for _ in range(4)]
    assert arns == {"arn:aws:iam::111122223333:user/alice"}
    assert set(names) == {"alice"}


def created_by(own: list[Any], calls: int) -> tuple[int, float]:
    """Let clients create keys in turn; return how many were made and how long that took."""
    ended: Counter[str] = Counter()
    begun = time.monotonic()
    for number in range(calls):
        try:
            own[number % len(own)].create_key()
            ended["made"] += 1
        except ClientError as refused:
            ended[refused.response["Error"]["Code"]] += 1
    assert set(ended) <= {"made", "ThrottlingException"}
    return ended["made"], time.monotonic() - begun


def test_a_quota_is_one_for_all_workers() -> None:
    """KMS Developer Guide, Request quotas: 5 CreateKey a second."""
    with served("--workers", "2") as server:
        made, passed = created_by(list(clients(server.url, 6)), 30)
    assert 5 <= made <= 5 + 5 * passed + 1


def test_a_killed_worker_is_replaced_and_nothing_is_lost() -> None:
    line = r"kmslab: worker [12] ended by SIGKILL; it is started again\n"
    with served("--workers", "2", said=line) as server:
        kms = client(server.url)
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        blob = kms.encrypt(KeyId=key, Plaintext=b"attack at dawn")["CiphertextBlob"]
        before = workers_of(server)
        os.kill(before[0], signal.SIGKILL)
        wait_until(lambda: len(set(workers_of(server)) - set(before)) == 1)
        wait_until(lambda: metrics(server.url).workers == 2)
        for each in clients(server.url, 6):
            assert each.decrypt(CiphertextBlob=blob)["Plaintext"] == b"attack at dawn"
        assert counted(server.url, "Encrypt") == 1  # whoever it was that counted it


def test_the_log_tells_of_a_killed_worker_as_of_any_problem() -> None:
    line = (
        r'\{"event":"problem","time":"[^"]+Z","logger":"kmslab.server.workers","message":'
        r'"kmslab: worker [12] ended by SIGKILL; it is started again"\}\n'
    )
    with served("--workers", "2", "--log", "json", said=line) as server:
        before = workers_of(server)
        os.kill(before[1], signal.SIGKILL)
        wait_until(lambda: len(set(workers_of(server)) - set(before)) == 1)
        wait_until(lambda: metrics(server.url).workers == 2)


def test_a_stop_answers_what_a_worker_has_begun() -> None:
    with served("--workers", "2") as server:
        parts = urlsplit(server.url)
        with socket.create_connection((parts.hostname, parts.port), timeout=SECONDS) as peer:
            peer.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{")
            time.sleep(0.2)
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.2)
            peer.sendall(b"}")
            answer = b"".join(iter(lambda: peer.recv(1000), b""))
        assert answer.startswith(b"HTTP/1.1 4")
        assert server.process.wait(timeout=SECONDS) == 0


def test_a_file_outlives_the_workers(tmp_path: Path) -> None:
    store = f"sqlite:{tmp_path / 'world.db'}"
    with served("--workers", "2", "--store", store) as server:
        kms = client(server.url)
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        blob = kms.encrypt(KeyId=key, Plaintext=b"attack at dawn")["CiphertextBlob"]
    with served("--store", store) as server:
        found = client(server.url).decrypt(CiphertextBlob=blob)
    assert found["Plaintext"] == b"attack at dawn"


def test_the_memory_of_several_is_private_and_gone_at_the_end() -> None:
    with served("--workers", "2") as server:
        maps = Path(f"/proc/{workers_of(server)[0]}/maps").read_text()
        found = re.search(r"(/\S+/kmslab-[^/\s]+)/tally-\d", maps)
        assert found
        folder = Path(found[1])
        client(server.url).create_key()
        assert folder.stat().st_mode & 0o077 == 0
        assert not list(folder.glob("*root-key*"))
    assert not folder.exists()


def test_over_tls() -> None:
    with served("--workers", "2", "--tls", "self") as server:
        assert server.bundle is not None
        own = [client(server.url, bundle=server.bundle) for _ in range(4)]
        assert [each.list_keys()["Keys"] for each in own] == [[]] * 4


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--seed", "1", "which of them answers is chance"),
        ("--fault", "Encrypt=KMSInternalException", "each would count for itself"),
        ("--store", "nowhere", "there is no store 'nowhere'"),
        ("--store", "sqlite:/nowhere/world.db", "/nowhere/world.db"),
        ("--quotas", "nowhere.toml", "nowhere.toml"),
    ],
)
def test_what_cannot_be_is_said_once(
    kmslab_command: Command, option: str, value: str, told: str
) -> None:
    ended = kmslab_command("serve", "--port", "0", "--workers", "2", option, value)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert told in ended.err


def test_a_system_that_cannot_share_an_address_is_told(
    kmslab_command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(address, "is_shareable", lambda: False)
    ended = kmslab_command("serve", "--workers", "2")
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert "cannot share an address" in ended.err


@pytest.mark.parametrize("is_shared", [True, False])
def test_a_port_that_anyone_listens_on_is_refused(
    kmslab_command: Command, *, is_shared: bool
) -> None:
    """Also one of another crew: the system would give each of them a part of the requests."""
    with closing(socket.socket()) as taken:
        if is_shared:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = kmslab_command("serve", "--workers", "2", "--port", str(port))
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert f"127.0.0.1:{port}" in ended.err


def test_a_claimed_address_is_kept() -> None:
    with address.claimed("127.0.0.1", 0) as port, pytest.raises(OSError, match="in use"):
        socket.create_server(("127.0.0.1", port))


def test_a_folder_is_on_disk_where_memory_is_scarce(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "ENOUGH_BYTES", 1 << 62)
    with crew.own_folder() as folder:
        assert crew.MEMORY not in folder.parents
        assert folder.is_dir()
    assert not folder.exists()


def test_two_servers_with_workers_share_a_world_and_its_quotas(postgresql: Server) -> None:
    """As on two machines: they share the database, and no file or memory."""
    variables = {"KMSLAB_ROOT_KEY": "5e" * 32}
    options = ("--workers", "2", "--store", postgresql.new_database())
    with served(*options, **variables) as one, served(*options, **variables) as other:
        kms = client(one.url)
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        blob = kms.encrypt(KeyId=key, Plaintext=b"attack at dawn")["CiphertextBlob"]
        found = client(other.url).decrypt(CiphertextBlob=blob)
        assert found["Plaintext"] == b"attack at dawn"
        own = [client(server.url) for server in (one, other) for _ in range(3)]
        made, passed = created_by(own, 30)
        assert 4 <= made <= 5 + 5 * passed + 1
        assert counted(one.url, "Decrypt") + counted(other.url, "Decrypt") == 1


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_the_word_is_given_once_and_a_signal_is_the_end(
    kmslab_command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    def announce(_: object, url: str) -> None:
        told.append(url)
        assert json.loads(get(f"{url}/health"))["ready"] == 2
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(serve_module, "_announce", announce)
    ended = kmslab_command("serve", "--port", "0", "--workers", "2")
    assert ended == (0, "", "")
    assert len(told) == 1


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_workers_that_cannot_begin_end_with_bad_input(
    kmslab_command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("no sockets are left")

    monkeypatch.setattr(process, "serve", refuse)
    assert kmslab_command("serve", "--port", "0", "--workers", "2").code == 2


def test_a_clock_that_was_moved_at_one_worker_is_moved_at_all(kmslab_command: Command) -> None:
    with served("--workers", "2", "--clock", "virtual") as server:
        kms = client(server.url)
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
        moved = kmslab_command("clock", "--url", server.url, "advance", "--days", "8")
        assert (moved.code, moved.err) == (0, "")
        for each in clients(server.url, 6):
            assert each.list_keys()["Keys"] == []
            with pytest.raises(ClientError) as refused:
                each.describe_key(KeyId=key)
            assert refused.value.response["Error"]["Code"] == "NotFoundException"
        trail = client(server.url, "cloudtrail")
        found = trail.lookup_events(
            LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "DeleteKey"}]
        )
        assert len(found["Events"]) == 1  # it happened once, whoever let it
