"""Peers that mean harm, at a server of its own: it refuses in the right words, goes on, and stays small.

The statuses are those of RFC 9110, section 15.5, and RFC 9112, sections 3.2, 5.2, 6.3 and 7.1. The default run has a
slice of the hour of `make soak`.
"""

import select
import socket
import struct
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from itertools import chain, repeat
from pathlib import Path
from random import Random
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from kmslab.kms import Kms
from kmslab.model import bootstrap
from kmslab.server.build import administrator_keys
from kmslab.services.clock import TARGET as CLOCK
from kmslab.services.cloudtrail import TARGET as CLOUDTRAIL
from kmslab.services.service_quotas import TARGET as QUOTAS
from kmslab.wire.http import HttpRequest
from tests.cli.serving import served
from tests.fuzzing import SECONDS
from tests.server.test_http import statuses

DEEP = 10_000
HEAD = b"POST / HTTP/1.1\r\nHost: a\r\n"
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n"  # what would be smuggled
# Bytes by which the server may grow: garbage is collected rarely, and after a minute there is hardly more of it.
LIMIT = 40 << 20
PATIENCE = 20  # seconds until a refusal must have come: a slow request has 15
LORISES = 100  # connections that are held open by slow requests

NESTED = {
    "lists": b"[" * DEEP + b"]" * DEEP,
    "objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "in a member": b'{"Unknown":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "without an end": b'{"Unknown":' + b"[" * DEEP,
}
MALFORMED = {
    **NESTED,
    "no UTF-8": b'{"KeyId":"\xff\xfe"}',
    "no UTF-8 in a name": b'{"\xff":1}',
    "half of a pair": b'{"KeyId":"\\ud800"}',
    "any bytes": bytes(range(256)),
    "not a number": b'{"Limit":NaN}',
}


def signed(target: str, service: str, body: bytes, host: str = "a") -> HttpRequest:
    """Sign as the administrator."""
    headers = {"Host": host, "X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"}
    ask = AWSRequest("POST", f"http://{host}/", headers, body)
    SigV4Auth(Credentials(*administrator_keys()), service, bootstrap.REGION).add_auth(ask)
    names = {name.lower(): value for name, value in ask.headers.items()}
    return HttpRequest("POST", "/", names, body, "127.0.0.1")


def raw(ask: HttpRequest) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in ask.headers.items())
    length = f"content-length: {len(ask.body)}\r\n"
    return f"POST / HTTP/1.1\r\n{lines}{length}\r\n".encode("latin-1") + ask.body


# ------------------------------------------------------------------------------------------ bodies


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
@pytest.mark.parametrize(
    ("service", "target"),
    [
        ("kms", "TrentService.Encrypt"),
        ("kms", "TrentService.ListKeys"),
        ("servicequotas", f"{QUOTAS}.ListServiceQuotas"),
        ("cloudtrail", f"{CLOUDTRAIL}.LookupEvents"),
        ("kmslab", f"{CLOCK}.AdvanceClock"),
        ("organizations", "AWSOrganizationsV20161128.DescribeOrganization"),
    ],
)
def test_a_malformed_body_is_refused_by_every_service(
    service: str, target: str, body: bytes
) -> None:
    world = Kms.fresh(quotas="off")
    assert world.endpoint.handle(signed(target, service, body)).status == 400


@pytest.mark.parametrize("token", ["9" * 5000, "-1", "1e3", "\u0661"])
@pytest.mark.parametrize(
    ("service", "target", "more"),
    [
        ("servicequotas", f"{QUOTAS}.ListServiceQuotas", '"ServiceCode": "kms"'),
        ("cloudtrail", f"{CLOUDTRAIL}.LookupEvents", '"MaxResults": 1'),
    ],
)
def test_a_token_that_was_never_given_is_refused(
    service: str, target: str, more: str, token: str
) -> None:
    body = f'{{{more}, "NextToken": "{token}"}}'.encode()
    answer = Kms.fresh().endpoint.handle(signed(target, service, body))
    assert (answer.status, b"Token" in answer.body) == (400, True)


# ------------------------------------------------------------------------------------------ sockets


class Attack(NamedTuple):
    """What is sent, in parts, and the answers that are right."""

    parts: Callable[[], Iterable[bytes]]
    statuses: list[int]


def one(data: bytes) -> Callable[[], Iterable[bytes]]:
    return lambda: (data,)


def endless(begin: bytes, part: bytes) -> Callable[[], Iterable[bytes]]:
    return lambda: chain((begin,), repeat(part))


def signed_and_deep() -> Iterator[bytes]:
    for body in NESTED.values():
        yield raw(signed("TrentService.Encrypt", "kms", body))


ATTACKS = {
    "length beside chunks": Attack(
        one(HEAD + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN), [400]
    ),
    "chunks beside a length": Attack(
        one(HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + HIDDEN), [400]
    ),
    "two lengths": Attack(
        one(HEAD + b"Content-Length: 0\r\nContent-Length: 50\r\n\r\n" + HIDDEN), [400]
    ),
    "a length with a sign": Attack(one(HEAD + b"Content-Length: +0\r\n\r\n" + HIDDEN), [400]),
    "a coding in disguise": Attack(
        one(HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + HIDDEN), [400]
    ),
    "a folded coding": Attack(
        one(HEAD + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" + HIDDEN), [400]
    ),
    "bare line feeds": Attack(one(b"POST / HTTP/1.1\nHost: a\nContent-Length: 0\n\n" + HIDDEN), [400]),
    "two hosts": Attack(one(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), [400]),
    "a body without a length": Attack(one(HEAD + b"\r\n" + b'{"KeyId": "a"}'), [400, 400]),
    "a hello of TLS": Attack(one(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200)), [400]),
    "no UTF-8 in a header": Attack(one(HEAD + b"X-Amz-Target: \xff\xfe\r\n\r\n"), [400]),
    "a huge target": Attack(endless(b"GET /", b"a" * 65_536), [414]),
    "a huge header": Attack(endless(HEAD + b"X: ", b"a" * 65_536), [431]),
    "headers without end": Attack(endless(HEAD, b"X: a\r\n" * 1000), [431]),
    "trailers without end": Attack(
        endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: a\r\n" * 1000), [431]
    ),
    "a gigantic length": Attack(endless(HEAD + b"Content-Length: 999999999999\r\n\r\n", bytes(65_536)), [413]),
    "chunks without end": Attack(
        endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + bytes(65_536) + b"\r\n"), [413]
    ),
    "small chunks without end": Attack(
        endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n" * 10_000), [413]
    ),
    "an extension of a chunk without end": Attack(
        endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"a" * 65_536), [413]
    ),
    "deep JSON, unsigned": Attack(
        one(HEAD + b"X-Amz-Target: TrentService.Encrypt\r\nContent-Length: 20000\r\n\r\n" + NESTED["lists"]),
        [400],
    ),
    "deep JSON, signed": Attack(signed_and_deep, [400] * len(NESTED)),
    "more requests than answers are read": Attack(lambda: (GET * 500 for _ in range(8)), [200] * 4_000),
}  # fmt: skip


def connected(url: str) -> socket.socket:
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE)


def answers(url: str, attack: Attack) -> list[int]:
    """Send until all is sent or an answer comes to what has no end; return the statuses of all answers."""
    with connected(url) as peer:
        with suppress(OSError):
            for part in attack.parts():
                peer.sendall(part)
                if len(attack.statuses) == 1 and select.select([peer], [], [], 0)[0]:
                    break
            peer.shutdown(socket.SHUT_WR)
        received = bytearray()
        with suppress(ConnectionResetError):
            while part := peer.recv(1 << 16):
                received += part
    return statuses(bytes(received))


def hang_up(url: str) -> None:
    """Break off in the middle of a request, by a reset."""
    with connected(url) as peer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.sendall(HEAD + b"Content-Length: 100\r\n\r\nab")


class Lorises:
    """Slow requests, each a byte at a time; who is refused begins anew."""

    def __init__(self, url: str, opened: ExitStack) -> None:
        self._url = url
        self._peers: list[socket.socket] = []
        self._opened = opened
        self.refused: list[int] = []

    def drip(self) -> None:
        if len(self._peers) < LORISES:
            self._peers.append(self._opened.enter_context(connected(self._url)))
            self._peers[-1].sendall(b"POST / HTTP/1.1\r\nX: ")
        for peer in tuple(self._peers):
            if select.select([peer], [], [], 0)[0]:
                self.refused += statuses(peer.recv(1 << 16))
                self._peers.remove(peer)
                peer.close()
                continue
            peer.sendall(b"a")


def resident(pid: int) -> int:
    """Return how many bytes of a process are in memory."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        pytest.skip("this system has no /proc to read the size of a process from")
    found = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS:"))
    return int(found.split()[1]) * 1024


@pytest.mark.parametrize(
    "seconds", [SECONDS, pytest.param(3600, marks=pytest.mark.soak)], ids=["slice", "soak"]
)
def test_a_server_outlives_those_that_mean_harm(seconds: float) -> None:
    chance = Random(seconds)
    with served("--quotas", "off") as server, ExitStack() as opened:
        for name, attack in ATTACKS.items():
            assert answers(server.url, attack) == attack.statuses, name
        before, until = resident(server.process.pid), time.monotonic() + seconds
        for _ in range(50):  # each sends a megabyte before it is refused
            assert answers(server.url, ATTACKS["chunks without end"]) == [413]
        lorises = Lorises(server.url, opened)
        while time.monotonic() < until:
            name = chance.choice(sorted(ATTACKS))
            assert answers(server.url, ATTACKS[name]) == ATTACKS[name].statuses, name
            lorises.drip()
            hang_up(server.url)
        assert answers(server.url, Attack(one(GET), [200])) == [200]
        assert resident(server.process.pid) - before < LIMIT
        assert set(lorises.refused) <= {408}
        assert lorises.refused or seconds < PATIENCE
