import asyncio
import contextlib
import http.client
import json
import logging
import os
import re
import signal
import socket
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kmslab.server import http as server_http
from kmslab.server.connection import Limits
from kmslab.server.http import BackgroundServer, serve
from kmslab.wire.http import HttpRequest, HttpResponse

VECTORS = Path(__file__).parents[1] / "vectors" / "server"
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\n"
SMALL = Limits(target_bytes=200, head_bytes=500, headers=10, body_bytes=1000)
HASTY = Limits(request_seconds=0.2, idle_seconds=0.2, linger_seconds=0.2, tick_seconds=0.05)


def echo(request: HttpRequest) -> HttpResponse:
    """Answer with what was understood."""
    seen = {"method": request.method, "target": request.target, "headers": request.headers}
    seen |= {"body": request.body.decode("latin-1"), "peer": request.peer}
    return HttpResponse(200, (("content-type", "application/json"),), json.dumps(seen).encode())


def connected(url: str) -> socket.socket:
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname, parts.port), timeout=10)


def until_end(peer: socket.socket) -> bytes:
    parts: list[bytes] = []
    with contextlib.suppress(ConnectionResetError):
        while part := peer.recv(1 << 16):
            parts.append(part)
    return b"".join(parts)


def exchange(url: str, raw: bytes) -> bytes:
    """Send these bytes and the end; return all that comes back."""
    with connected(url) as peer:
        try:
            peer.sendall(raw)
            peer.shutdown(socket.SHUT_WR)
        except OSError:  # refused before all was sent
            pass
        return until_end(peer)


def keep_sending(peer: socket.socket) -> None:
    for _ in range(100):
        peer.sendall(b"more")
        time.sleep(0.02)


def statuses(received: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+) [A-Z]", received)]


def error_of(received: bytes) -> str:
    return str(json.loads(received.rpartition(b"\r\n\r\n")[2])["__type"])


def body_of(received: bytes) -> Any:
    return json.loads(received.partition(b"\r\n\r\n")[2])


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with BackgroundServer(echo) as server:
        yield server.url


@pytest.mark.parametrize(
    "case",
    json.loads((VECTORS / "framing.json").read_text(encoding="utf-8")),
    ids=lambda case: case["name"],
)
@pytest.mark.parametrize("step", [1 << 16, 1])
def test_requests_are_framed_as_the_rfc_says(url: str, case: dict[str, Any], step: int) -> None:
    raw = case["bytes"].encode("latin-1")
    with connected(url) as peer:
        for start in range(0, len(raw), step):
            try:
                peer.sendall(raw[start : start + step])
            except OSError:
                break
        with contextlib.suppress(OSError):
            peer.shutdown(socket.SHUT_WR)
        received = until_end(peer)
    assert statuses(received) == case["statuses"]
    if case["statuses"] and case["statuses"][-1] >= 400:
        assert error_of(received) == "MalformedHttpRequestException"
        assert b"connection: close\r\n" in received


def test_a_request_arrives_as_it_was_sent(url: str) -> None:
    raw = b"PUT /a?b=%20 HTTP/1.1\r\nHOST: h:1\r\nX-Two: 1\r\nx-two:  2 \t\r\nContent-Length: 3\r\n\r\n\xe9ab"
    assert body_of(exchange(url, raw)) == {
        "method": "PUT",
        "target": "/a?b=%20",
        "headers": {"host": "h:1", "x-two": "1,2", "content-length": "3"},
        "body": "\xe9ab",
        "peer": "127.0.0.1",
    }


@pytest.mark.parametrize("value", [b"a", b"a ", b" a\t ", b"", b"a b", bytes(range(0xA0, 0x100))])
def test_a_value_is_the_latin_1_view_of_its_bytes_without_the_blanks_around(
    url: str, value: bytes
) -> None:
    seen = body_of(exchange(url, GET[:-2] + b"X-Value: " + value + b"\r\n\r\n"))
    assert seen["headers"]["x-value"] == value.decode("latin-1").strip(" \t")


def test_a_header_that_comes_again_is_joined(url: str) -> None:
    seen = body_of(exchange(url, GET[:-2] + b"X: 1 \r\nY: 2\r\nx: 3\r\n\r\n"))
    assert (seen["headers"]["x"], seen["headers"]["y"]) == ("1,3", "2")  # RFC 9110, 5.3


def test_chunks_are_joined_and_trailers_are_no_headers(url: str) -> None:
    raw = POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\nHost: b\r\n\r\n"
    seen = body_of(exchange(url, raw))
    assert seen["body"] == "abc"
    assert seen["headers"] == {"host": "a", "transfer-encoding": "chunked"}


def test_head_is_answered_without_the_body(url: str) -> None:
    received = exchange(url, b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
    head, _, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head)
    assert body == b""
    assert length is not None
    assert int(length[1]) > 0


def test_every_answer_says_when_and_how_long(url: str) -> None:
    with urllib.request.urlopen(url) as answer:
        assert int(answer.headers["content-length"]) == len(answer.read())
        assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT", answer.headers["date"])


def test_a_connection_is_kept_for_many_requests(url: str) -> None:
    parts = urlsplit(url)
    client = http.client.HTTPConnection(parts.hostname or "", parts.port)
    client.connect()
    own_port = client.sock.getsockname()[1]
    for number in range(20):
        client.request("POST", f"/{number}", body=b"x" * number)
        answer = client.getresponse()
        assert json.loads(answer.read())["target"] == f"/{number}"
        assert answer.headers["connection"] == "keep-alive"
        assert client.sock.getsockname()[1] == own_port
    client.close()


def test_a_waiting_client_is_told_to_go_on_before_its_body_comes(url: str) -> None:
    with connected(url) as peer:
        peer.sendall(POST + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        assert peer.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        peer.sendall(b"ab")
        assert body_of(peer.recv(1000))["body"] == "ab"


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"GET /" + b"a" * 200 + b" HTTP/1.1\r\n", 414, "MalformedHttpRequestException"),
        (b"GET /" + b"a" * 90000, 414, "MalformedHttpRequestException"),
        (GET[:-2] + b"X: " + b"a" * 500 + b"\r\n\r\n", 431, "MalformedHttpRequestException"),
        (GET[:-2] + b"X: " + b"a" * 90000, 431, "MalformedHttpRequestException"),
        (GET[:-2] + b"a" * 90000, 431, "MalformedHttpRequestException"),
        (GET[:-2] + b"X: a\r\n" * 10 + b"\r\n", 431, "MalformedHttpRequestException"),
        (POST + b"Content-Length: 1001\r\n\r\n", 413, "RequestEntityTooLargeException"),
        (
            POST + b"Content-Length: 99999999999999999\r\n\r\n",
            413,
            "RequestEntityTooLargeException",
        ),
        (
            POST + b"Transfer-Encoding: chunked\r\n\r\n3e9\r\n" + b"a" * 1001,
            413,
            "RequestEntityTooLargeException",
        ),
        (
            POST + b"Transfer-Encoding: chunked\r\n\r\n1;" + b"x" * 90000,
            413,
            "RequestEntityTooLargeException",
        ),
        (
            POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"X: a\r\n" * 10,
            431,
            "MalformedHttpRequestException",
        ),
        (
            POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"X: a\r\n" * 10 + b"\r\n",
            431,
            "MalformedHttpRequestException",
        ),
    ],
)
def test_what_is_too_large_is_refused_with_its_status(raw: bytes, status: int, code: str) -> None:
    with BackgroundServer(echo, limits=SMALL) as server:
        received = exchange(server.url, raw)
        assert statuses(received) == [status]
        assert error_of(received) == code
        assert statuses(exchange(server.url, GET)) == [200]


def test_what_fills_the_limits_is_answered() -> None:
    with BackgroundServer(echo, limits=SMALL) as server:
        body = POST + b"Content-Length: 1000\r\n\r\n" + b"a" * 1000
        target = b"GET /" + b"a" * 199 + b" HTTP/1.1\r\nHost: a\r\n\r\n"
        many = GET[:-2] + b"X: a\r\n" * 9 + b"\r\n"
        assert statuses(exchange(server.url, (body + target + many) * 30)) == [200] * 90


def test_a_refusal_reaches_a_client_that_is_still_sending() -> None:
    with BackgroundServer(echo, limits=SMALL) as server, connected(server.url) as peer:
        peer.sendall(POST + b"Content-Length: 900000\r\n\r\n")
        for _ in range(9):
            peer.sendall(b"a" * 100000)
        assert statuses(until_end(peer)) == [413]


@pytest.mark.parametrize("begun", [b"G", GET[:-2], POST + b"Content-Length: 5\r\n\r\nab"])
def test_a_slow_request_is_refused(begun: bytes) -> None:
    with BackgroundServer(echo, limits=HASTY) as server, connected(server.url) as peer:
        peer.sendall(begun)
        received = until_end(peer)
        assert statuses(received) == [408]
        assert error_of(received) == "RequestTimeoutException"


def test_a_drip_of_bytes_does_not_extend_the_time() -> None:
    with BackgroundServer(echo, limits=HASTY) as server, connected(server.url) as peer:
        peer.settimeout(0.02)
        received = b""
        for byte in POST * 10:
            peer.sendall(bytes([byte]))
            try:
                received = peer.recv(1000)
            except TimeoutError:
                continue
            break
        assert statuses(received) == [408]


def test_an_idle_connection_is_dropped() -> None:
    with BackgroundServer(echo, limits=HASTY) as server, connected(server.url) as peer:
        peer.sendall(GET)
        assert statuses(until_end(peer)) == [200]


def test_a_peer_that_stays_after_the_end_is_dropped() -> None:
    with BackgroundServer(echo, limits=HASTY) as server, connected(server.url) as peer:
        peer.sendall(b"nonsense\r\n\r\n")
        assert statuses(until_end(peer)) == [400]
        with pytest.raises(OSError):  # noqa: PT011 - reset or broken pipe, as the kernel likes
            keep_sending(peer)


def test_no_more_is_read_from_a_peer_that_does_not_read() -> None:
    asked: list[str] = []

    def large(request: HttpRequest) -> HttpResponse:
        asked.append(request.target)
        return HttpResponse(200, (), b"x" * 8_000_000)

    with BackgroundServer(large) as server, connected(server.url) as peer:
        peer.sendall(GET)
        time.sleep(0.2)
        peer.sendall(GET)
        time.sleep(0.2)
        assert len(asked) == 1
        peer.shutdown(socket.SHUT_WR)
        assert len(until_end(peer)) > 16_000_000
        assert len(asked) == 2


def test_an_escaping_exception_is_answered_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    def broken(request: HttpRequest) -> HttpResponse:
        raise RuntimeError(request.target)

    with BackgroundServer(broken) as server, caplog.at_level(logging.ERROR, "kmslab.server"):
        received = exchange(server.url, GET + GET)
    assert statuses(received) == [500, 500]
    assert error_of(received) == "KMSInternalException"
    assert len(caplog.records) == 2


def test_an_answer_that_cannot_be_written_is_an_internal_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def unwritable(_: HttpRequest) -> HttpResponse:
        return HttpResponse(200, (("x", "\u2603"),), b"")

    with BackgroundServer(unwritable) as server, caplog.at_level(logging.ERROR, "kmslab.server"):
        received = exchange(server.url, GET)
    assert statuses(received) == [500]
    assert error_of(received) == "KMSInternalException"
    assert len(caplog.records) == 1


def test_a_stop_answers_what_has_begun() -> None:
    with connected_to_stopping(POST + b"Content-Length: 2\r\n\r\na") as (peer, stop):
        stop()
        peer.sendall(b"b" + GET)
        received = until_end(peer)
        assert statuses(received) == [200]
        assert b"connection: close\r\n" in received


def test_a_stop_ends_idle_connections_at_once() -> None:
    with connected_to_stopping(b"") as (peer, stop):
        begin = time.monotonic()
        stop()
        assert until_end(peer) == b""
        assert time.monotonic() - begin < 2


def test_a_stop_waits_for_nobody_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_http, "GRACE_SECONDS", 0.1)
    with connected_to_stopping(POST) as (peer, stop):
        stop()
        assert until_end(peer) == b""


class connected_to_stopping:  # noqa: N801 - a context manager that is used as a verb
    """A connection that has sent some bytes, and a function that begins the server's stop."""

    def __init__(self, sent: bytes) -> None:
        self._sent = sent
        self._server = BackgroundServer(echo)

    def __enter__(self) -> tuple[socket.socket, Callable[[], None]]:
        self._server.__enter__()
        self._peer = connected(self._server.url)
        self._peer.sendall(self._sent)
        time.sleep(0.1)
        return self._peer, self._stop

    def __exit__(self, *_: object) -> None:
        self._peer.close()
        self._server._thread.join()
        with pytest.raises(OSError):  # noqa: PT011 - nobody listens any more
            connected(self._server.url)

    def _stop(self) -> None:
        self._server._loop.call_soon_threadsafe(self._server._stop.set)
        time.sleep(0.1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("find", [find_spec, lambda _: None], ids=["any-loop", "stdlib-loop"])
def test_serve_runs_until_a_signal_comes(
    number: signal.Signals, find: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_http, "find_spec", find)
    received: list[bytes] = []

    def ask_and_stop(url: str) -> None:
        received.append(exchange(url, GET))
        os.kill(os.getpid(), number)

    def ready(url: str) -> None:
        threading.Thread(target=ask_and_stop, args=(url,)).start()

    serve(echo, host="127.0.0.1", port=0, on_ready=ready)
    assert statuses(received[0]) == [200]


def test_the_url_of_an_ipv6_address_has_brackets() -> None:
    try:
        with BackgroundServer(echo, host="::1") as server:
            assert server.url.startswith("http://[::1]:")
            assert body_of(exchange(server.url, GET))["peer"] == "::1"
    except OSError:
        pytest.skip("this machine has no IPv6")


def test_a_taken_port_is_told_where_the_server_is_started(url: str) -> None:
    port = urlsplit(url).port or 0
    with pytest.raises(OSError, match="in use"), BackgroundServer(echo, port=port):
        pass
    with pytest.raises(OSError, match="in use"):
        serve(echo, host="127.0.0.1", port=port, on_ready=lambda _: None)


def test_a_transport_that_cannot_half_close_is_ended_all_the_same() -> None:
    written: list[bytes] = []

    class Pipe(asyncio.Transport):
        is_aborted = False

        def write(self, data: bytes) -> None:  # type: ignore[override]
            written.append(data)

        def can_write_eof(self) -> bool:
            return False

        def close(self) -> None:
            written.append(b"the end")

        def abort(self) -> None:
            self.is_aborted = True

    async def main() -> bool:
        shared = server_http.Shared(echo, HASTY)
        connection = server_http.Connection(shared)
        pipe = Pipe()
        connection.connection_made(pipe)
        connection.data_received(b"nonsense\r\n\r\n")
        connection.data_received(GET)
        await asyncio.sleep(HASTY.linger_seconds * 2)
        return pipe.is_aborted

    assert asyncio.run(main())
    assert statuses(b"".join(written)) == [400]
    assert written[-1] == b"the end"


LINES = st.sampled_from(
    [
        b"GET / HTTP/1.1\r\n",
        b"POST /a HTTP/1.1\r\n",
        b"Host: a\r\n",
        b"Content-Length: 3\r\n",
        b"Content-Length: -1\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Connection: close\r\n",
        b"Expect: 100-continue\r\n",
        b"Upgrade: h2c\r\nConnection: upgrade\r\n",
        b"\r\n",
        b"\r\n\r\n",
        b"3\r\nabc\r\n",
        b"0\r\n\r\n",
    ]
)


GOOD = POST + b"Content-Type: application/json\r\nContent-Length: 3\r\n\r\nabc" + GET


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A good request with some bytes replaced, added or removed."""
    raw = bytearray(GOOD)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(raw)))
        end = min(len(raw), start + draw(st.integers(0, 3)))
        raw[start:end] = draw(st.binary(max_size=3))
    return bytes(raw)


HOSTILE = st.lists(LINES | st.binary(max_size=30), max_size=12).map(b"".join) | damaged()
FIXTURE_IS_SHARED = [HealthCheck.function_scoped_fixture]


def survives(url: str, raw: bytes) -> None:
    received = exchange(url, raw)
    assert all(status in {100, 200} or 400 <= status < 500 for status in statuses(received))
    assert received == b"" or received.startswith(b"HTTP/1.1 ")
    assert statuses(exchange(url, GET)) == [200]


@settings(max_examples=200, deadline=None, suppress_health_check=FIXTURE_IS_SHARED)
@given(raw=HOSTILE)
def test_no_bytes_end_the_server(url: str, raw: bytes) -> None:
    survives(url, raw)


@pytest.mark.soak
@settings(max_examples=100_000, deadline=None, suppress_health_check=FIXTURE_IS_SHARED)
@given(raw=HOSTILE)
def test_no_bytes_end_the_server_for_long(url: str, raw: bytes) -> None:
    survives(url, raw)
