"""RSA key pairs are made beside the loop: others are answered meanwhile, and order is kept."""

import http.client
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

import boto3
import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key

from kmslab.custody import stock as stocks
from kmslab.custody.stock import KEPT, Stock
from kmslab.kms import Kms
from kmslab.server.ahead import preparing
from kmslab.server.build import administrator_keys
from kmslab.server.connection import Limits
from kmslab.server.http import BackgroundServer
from kmslab.wire.http import HttpRequest, HttpResponse

SECONDS = 20  # how long anything here may take


class Gate(NamedTuple):
    """Work that is under way until it is let go."""

    begun: threading.Event
    let_go: threading.Event

    def pass_through(self) -> None:
        self.begun.set()
        assert self.let_go.wait(SECONDS)


@pytest.fixture
def gate() -> Iterator[Gate]:
    made = Gate(threading.Event(), threading.Event())
    yield made
    made.let_go.set()


def echo(request: HttpRequest) -> HttpResponse:
    return HttpResponse(200, (), request.target.encode())


def slow_before(path: str, work: Callable[[], None]) -> Callable[..., Callable[[], None] | None]:
    return lambda request: work if request.target == path else None


def ask(*targets: str, rest: bytes = b"") -> bytes:
    return b"".join(f"GET {each} HTTP/1.1\r\nHost: a\r\n\r\n".encode() for each in targets) + rest


def read_until(peer: socket.socket, end: bytes) -> bytes:
    got = b""
    while end not in got:
        part = peer.recv(65536)
        assert part, got
        got += part
    return got


def connected(server: BackgroundServer) -> socket.socket:
    parts = urlsplit(server.url)
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=SECONDS)


def test_others_are_answered_while_one_waits(gate: Gate) -> None:
    prepare = slow_before("/slow", gate.pass_through)
    with BackgroundServer(echo, prepare=prepare) as server, connected(server) as slow:
        slow.sendall(ask("/slow"))
        assert gate.begun.wait(SECONDS)
        with connected(server) as other:
            other.sendall(ask("/quick"))
            read_until(other, b"/quick")
        gate.let_go.set()
        read_until(slow, b"/slow")


def test_what_is_pipelined_behind_it_keeps_its_turn(gate: Gate) -> None:
    """RFC 9112, 9.3.2: answers come in the order of the requests."""
    prepare = slow_before("/slow", gate.pass_through)
    with BackgroundServer(echo, prepare=prepare) as server, connected(server) as peer:
        peer.sendall(ask("/first", "/slow", "/second", "/slow", "/third"))
        assert b"/slow" not in read_until(peer, b"/first")
        gate.let_go.set()
        got = read_until(peer, b"/third")
    assert got.count(b"/slow") == 2
    assert got.index(b"/slow") < got.index(b"/second") < got.rindex(b"/slow") < got.index(b"/third")


def test_a_refusal_behind_it_is_the_last_answer(gate: Gate) -> None:
    prepare = slow_before("/slow", gate.pass_through)
    with BackgroundServer(echo, prepare=prepare) as server, connected(server) as peer:
        peer.sendall(ask("/slow", rest=b"no http\r\n\r\n"))
        assert gate.begun.wait(SECONDS)
        gate.let_go.set()
        got = b"".join(iter(lambda: peer.recv(65536), b""))
    assert re.findall(rb"HTTP/1.1 (\d+)", got) == [b"200", b"400"]


def test_after_the_last_request_of_a_connection_nothing_is_answered(gate: Gate) -> None:
    prepare = slow_before("/slow", gate.pass_through)
    last = b"GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    with BackgroundServer(echo, prepare=prepare) as server, connected(server) as peer:
        peer.sendall(last)
        assert gate.begun.wait(SECONDS)
        peer.sendall(ask("/more"))
        gate.let_go.set()
        got = b"".join(iter(lambda: peer.recv(65536), b""))
    assert got.endswith(b"\r\n\r\n/slow")


def test_the_wait_is_nobodys_time_out(gate: Gate) -> None:
    prepare = slow_before("/slow", gate.pass_through)
    limits = Limits(idle_seconds=0.2, request_seconds=0.2, tick_seconds=0.05)
    with (
        BackgroundServer(echo, prepare=prepare, limits=limits) as server,
        connected(server) as peer,
    ):
        peer.sendall(ask("/slow"))
        assert gate.begun.wait(SECONDS)
        threading.Timer(0.6, gate.let_go.set).start()
        read_until(peer, b"/slow")


def test_a_stop_answers_what_waits(gate: Gate) -> None:
    prepare = slow_before("/slow", gate.pass_through)
    with BackgroundServer(echo, prepare=prepare) as server:
        peer = connected(server)
        peer.sendall(ask("/slow"))
        assert gate.begun.wait(SECONDS)
        threading.Timer(0.3, gate.let_go.set).start()
    with peer:
        got = b"".join(iter(lambda: peer.recv(65536), b""))
    assert got.endswith(b"/slow")
    assert b"connection: close\r\n" in got


def test_a_peer_that_has_gone_meanwhile_breaks_nothing(gate: Gate) -> None:
    prepare = slow_before("/slow", gate.pass_through)
    with BackgroundServer(echo, prepare=prepare) as server:
        with connected(server) as peer:
            peer.sendall(ask("/slow"))
            assert gate.begun.wait(SECONDS)
        gate.let_go.set()
        with connected(server) as other:
            other.sendall(ask("/slow", "/after"))
            read_until(other, b"/after")


def test_work_that_fails_leaves_the_request_to_itself() -> None:
    def fail() -> None:
        raise MemoryError

    with BackgroundServer(echo, prepare=slow_before("/slow", fail)) as server:
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=SECONDS)
        connection.request("GET", "/slow")
        assert connection.getresponse().read() == b"/slow"
        connection.close()


@pytest.mark.parametrize(
    ("operation", "body", "made"),
    [
        ("CreateKey", {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}, "RSA_2048"),
        ("CreateKey", {"CustomerMasterKeySpec": "RSA_3072"}, "RSA_3072"),
        ("GenerateDataKeyPair", {"KeyId": "alias/a", "KeyPairSpec": "RSA_4096"}, "RSA_4096"),
        ("CreateKey", {}, None),
        ("CreateKey", {"KeySpec": "ECC_NIST_P256"}, None),
        ("CreateKey", {"KeySpec": "RSA_1024"}, None),
        ("GenerateDataKeyPair", {"KeyPairSpec": "RSA_4096"}, None),  # no KeyId: it is refused
        ("Encrypt", {"KeySpec": "RSA_2048"}, None),
    ],
)
def test_only_who_asks_for_rsa_is_prepared(
    monkeypatch: pytest.MonkeyPatch, operation: str, body: dict[str, str], made: str | None
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(stocks.rsa, "generate", lambda spec, _: asked.append(spec) or b"")
    target = {"x-amz-target": f"TrentService.{operation}"}
    request = HttpRequest("POST", "/", target, json.dumps(body).encode())
    work = preparing(Stock(Kms.fresh().endpoint.engine.entropy))(request)
    if work is not None:
        work()
    assert asked == ([made] if made else [])


def test_requests_that_are_refused_make_no_more_than_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[bytes] = []
    monkeypatch.setattr(
        stocks.rsa, "generate", lambda *_: made.append(b"%d" % len(made)) or made[-1]
    )
    stock = Stock(Kms.fresh().endpoint.engine.entropy)
    for _ in range(100):
        stock.add("RSA_2048")
    assert len(made) == KEPT
    assert [stock.take("RSA_2048") for _ in range(KEPT + 2)] == [b"%d" % n for n in range(KEPT + 2)]


def test_keys_of_a_stock_are_good_and_each_is_used_once() -> None:
    world = Kms.fresh()
    stock = world.endpoint.engine.stock
    with BackgroundServer(world.endpoint.handle, prepare=preparing(stock)) as server:
        key_id, secret = administrator_keys()
        kms = boto3.client(
            "kms",
            endpoint_url=server.url,
            region_name="us-east-1",
            aws_access_key_id=key_id,
            aws_secret_access_key=secret,
        )
        moduli = set()
        for _ in range(3):
            key = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
            public = load_der_public_key(kms.get_public_key(KeyId=key)["PublicKey"])
            assert public.key_size == 2048
            moduli.add(public.public_numbers().n)
    assert len(moduli) == 3
