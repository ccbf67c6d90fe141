"""One connection: bytes to `HttpRequest` values, `HttpResponse` values to bytes (RFC 9112).

Knows framing, keep-alive, pipelining and limits, and answers what breaks them itself; refuses to
know KMS, and which socket and loop carry the bytes.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from functools import partial
from http import HTTPStatus
from typing import Final, cast

import httptools
import msgspec

from kmslab.model import messages
from kmslab.model.errors import (
    KmsError,
    KMSInternalException,
    MalformedHttpRequestException,
    RequestEntityTooLargeException,
    RequestTimeoutException,
)
from kmslab.model.requests import Tls
from kmslab.server.turns import Turns
from kmslab.wire import codec
from kmslab.wire.http import HEADER_NAMES, HttpRequest, HttpResponse, joined

Respond = Callable[[HttpRequest], HttpResponse]
Prepare = Callable[[HttpRequest], Callable[[], None] | None]  # work for a thread, if any

CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
CHUNKED: Final = "chunked"
FRAMING: Final = frozenset({"connection", "proxy-connection", "transfer-encoding"})
VERSIONS: Final = frozenset({"1.0", "1.1"})
SINGLE_HEADERS: Final = frozenset({"host", "content-length", "transfer-encoding", "expect"})
STATUS_LINES: Final = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}" for status in HTTPStatus
}

_LOG = logging.getLogger("kmslab.server")


def nothing(_: HttpRequest) -> None:
    """Prepare no request."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one connection may ask for; beyond it stands the status that says so."""

    target_bytes: int = 8 * 1024  # 414
    head_bytes: int = 32 * 1024  # 431
    headers: int = 100  # 431
    body_bytes: int = 1024 * 1024  # 413
    request_seconds: float = 15  # 408: from the first byte of a request to its last
    idle_seconds: float = 75
    linger_seconds: float = 2  # how long a peer may take to read the last answer
    tick_seconds: float = 1  # how often the above are looked at


class Refusal(Exception):
    """A request that is answered here, with this status and error, and ends its connection."""

    def __init__(self, status: int, error: KmsError) -> None:
        super().__init__(status, error)
        self.status = status
        self.error = error


class Shared:
    """What the connections of one server have in common."""

    def __init__(self, respond: Respond, limits: Limits, prepare: Prepare = nothing) -> None:
        self.respond = respond
        self.limits = limits
        self.prepare = prepare
        self.pool = ThreadPoolExecutor(1, "kmslab-prepare")
        self.connections: set[Connection] = set()
        self.is_stopping = False
        self.is_empty = asyncio.Event()
        self.now = 0.0
        self.head_ends = {True: "", False: ""}  # by whether the connection is kept

    def tick(self, now: float, wall_clock: float) -> None:
        """Take the loop's time and the wall clock's, both in seconds; end what has run out of time."""
        self.now = now
        date = formatdate(wall_clock, usegmt=True)
        for keeps, after in ((True, "keep-alive"), (False, "close")):
            self.head_ends[keeps] = f"date: {date}\r\nconnection: {after}\r\n\r\n"
        for connection in tuple(self.connections):
            connection.end_if_late(now)

    def stop(self) -> None:
        """Let every connection end, after the answer to what it has begun."""
        self.is_stopping = True
        for connection in tuple(self.connections):
            connection.end_if_idle()
        self._note_empty()

    def forget(self, connection: "Connection") -> None:
        """Take a connection off the list; after the last one of a stop, `is_empty` is set."""
        self.connections.discard(connection)
        self._note_empty()

    def _note_empty(self) -> None:
        if self.is_stopping and not self.connections:
            self.is_empty.set()


class Connection(asyncio.Protocol):
    """The protocol object that a loop makes for each connection."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._limits = shared.limits
        self._parser = httptools.HttpRequestParser(self)
        self._is_ending = False  # the last answer is given; what still comes is ignored
        self._completed = 0  # requests answered out of the bytes at hand
        self._unaccounted = 0  # bytes that came since the last complete request
        self._may_be_large = False  # they are more than a head may have
        self._answers: list[bytes] = []
        self._turns = Turns(shared.pool, self._resume)
        self.on_message_begin()
        self._is_open = False

    # -- what the loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start; `transport` is a socket's."""
        self._transport = cast("asyncio.Transport", transport)
        peer, session = map(transport.get_extra_info, ("peername", "ssl_object"))
        self._peer = str(peer[0]) if peer else ""
        self._tls = session and Tls(session.version(), session.cipher()[0])
        self._shared.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the loop's signature
        """Forget the connection, and what it holds: it and its parser hold each other, so it would linger."""
        self._shared.forget(self)
        self._drop()
        self._parser = None

    def data_received(self, data: bytes) -> None:
        """Answer the requests that these bytes complete, in one write."""
        if self._is_ending:
            return
        self._completed = 0
        self._may_be_large = self._unaccounted + len(data) > self._limits.head_bytes
        try:
            self._parser.feed_data(data)
            if self._completed:
                self._unaccounted = 0
            else:
                self._account(len(data))
        except Refusal as refusal:
            self._refuse(refusal)
        except httptools.HttpParserError as problem:
            self._refuse(_refusal_of(problem))
        if self._turns.waiting:
            self._transport.pause_reading()
        self._flush()

    def pause_writing(self) -> None:
        """Read no more requests while the peer does not read its answers."""
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Read on."""
        self._transport.resume_reading()

    # -- what the server calls

    def end_if_late(self, now: float) -> None:
        """Refuse a request that takes too long to arrive; drop a connection that lies idle."""
        waited = now - self._since
        if self._is_ending or self._turns.waiting:
            return
        if self._is_open and waited > self._limits.request_seconds:
            self._refuse(Refusal(408, RequestTimeoutException(messages.REQUEST_TIMEOUT)))
            self._flush()
        elif not self._is_open and waited > self._limits.idle_seconds:
            self._transport.abort()

    def end_if_idle(self) -> None:
        """Close the connection unless a request has begun."""
        if not (self._is_open or self._is_ending or self._turns.waiting):
            self._transport.close()

    def abort(self) -> None:
        """Drop the connection at once."""
        self._transport.abort()

    # -- what the parser calls

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._is_open = True  # it has begun and is not complete
        self._since = self._shared.now
        self._target = b""
        self._lines: list[tuple[str, str]] = []
        self._headers: dict[str, str] = {}
        self._repeated: tuple[str, ...] = ()
        self._has_head = False
        self._body = bytearray()  # not a list of parts: chunks may be of a byte each

    def on_url(self, part: bytes) -> None:
        """Take a part of the request target."""
        self._target += part
        if len(self._target) > self._limits.target_bytes:
            text = messages.TARGET_TOO_LONG.format(self._limits.target_bytes)
            raise _malformed(414, text)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; trailers count for the limit and are not kept (RFC 9110, 6.5.1)."""
        # the parser has refused other white space than blanks, and passed over those before a value
        self._lines.append((HEADER_NAMES[name], value.rstrip().decode("latin-1")))

    def on_headers_complete(self) -> None:
        """Check the framing before any body is read."""
        self._has_head = True
        self._check_lines()
        headers = dict(self._lines)
        if len(headers) != len(self._lines):
            headers, self._repeated = joined(self._lines)
            _refuse_repeated(self._repeated)
        self._headers = headers
        parser = self._parser
        is_plain = parser.should_keep_alive() and not parser.should_upgrade() and "host" in headers
        if not (is_plain and FRAMING.isdisjoint(headers)):  # else the length alone frames it
            self._check_framing(parser.get_http_version())
        if int(headers.get("content-length", "0")) > self._limits.body_bytes:
            raise _body_too_large(self._limits)
        if "expect" in headers and parser.get_http_version() != "1.0":
            self._meet(headers["expect"])

    def on_body(self, part: bytes) -> None:
        """Take a part of the body."""
        self._body += part
        if len(self._body) > self._limits.body_bytes:
            raise _body_too_large(self._limits)

    def on_message_complete(self) -> None:
        """Answer the request."""
        if "transfer-encoding" in self._headers:  # else nothing comes behind the body
            self._check_lines()
        self._is_open = False
        self._since = self._shared.now
        self._completed += 1
        method = self._parser.get_method().decode()
        target, body = self._target.decode("latin-1"), bytes(self._body)
        request = HttpRequest(
            method, target, self._headers, body, self._peer, self._repeated, self._tls
        )
        is_kept = self._parser.should_keep_alive()
        before = self._shared.prepare(request)
        if before is None and not self._turns.waiting:
            self._complete(request, is_kept=is_kept)
        else:
            self._turns.take(partial(self._complete, request, is_kept=is_kept), before)

    # -- own steps

    def _drop(self) -> None:
        """Give back what had come."""
        self._lines, self._headers, self._body = [], {}, bytearray()

    def _check_framing(self, version: str) -> None:
        """Refuse what two readers could frame differently (RFC 9112, 3.2, 6.1, 6.3 and 9.3)."""
        headers = self._headers
        coding = headers.get("transfer-encoding")
        problems = {
            "HTTP version": version not in VERSIONS,
            "Host": "host" not in headers and version == "1.1",
            "Transfer-Encoding": coding is not None
            and (coding.lower() != CHUNKED or version == "1.0"),
            "Content-Length": coding is not None and "content-length" in headers,
            "Upgrade": self._parser.should_upgrade(),
        }
        for name, is_problem in problems.items():
            if is_problem:
                raise _malformed(400, messages.MALFORMED_HTTP.format(name))

    def _check_lines(self) -> None:
        """Bound how many header lines came and, where they could be too large, their bytes."""
        lines, limits = self._lines, self._limits
        if len(lines) > limits.headers or (
            self._may_be_large
            and sum(len(name) + len(value) for name, value in lines) > limits.head_bytes
        ):
            raise _head_too_large(limits)

    def _meet(self, expectation: str) -> None:
        """Ask for the body of a client that waits for leave to send it (RFC 9110, 10.1.1)."""
        if expectation.lower() != "100-continue":
            raise _malformed(417, messages.UNKNOWN_EXPECTATION)
        self._turns.take(lambda: self._answers.append(CONTINUE))

    def _account(self, count: int) -> None:
        """Bound what a request may cost before the parser shows it: long names, chunk extensions."""
        self._unaccounted += count
        self._check_lines()
        head = self._limits.head_bytes + self._limits.target_bytes
        if self._is_open and self._unaccounted > head and not self._has_head:
            raise _head_too_large(self._limits)
        if self._unaccounted > head + 2 * self._limits.body_bytes:
            raise _body_too_large(self._limits)

    def _complete(self, request: HttpRequest, *, is_kept: bool) -> None:
        if self._is_ending:
            return
        try:
            response = self._shared.respond(request)
        except Exception:  # noqa: BLE001 - a bug in one answer must not end the server
            _LOG.exception("a request was answered with KMSInternalException")
            response = _error_response(500, KMSInternalException())
        keeps = is_kept and not self._shared.is_stopping
        self._answer(response, keeps=keeps, has_body=request.method != "HEAD")

    def _resume(self) -> None:
        """Send the answers that had to wait, and read on."""
        self._since = self._shared.now
        if not self._transport.is_closing():
            self._flush()
            self._transport.resume_reading()

    def _refuse(self, refusal: Refusal) -> None:
        self._is_open = False
        self._drop()
        response = _error_response(refusal.status, refusal.error)
        self._turns.take(lambda: self._end_with(response))

    def _end_with(self, response: HttpResponse) -> None:
        if not self._is_ending:
            self._answer(response, keeps=False, has_body=True)

    def _answer(self, response: HttpResponse, *, keeps: bool, has_body: bool) -> None:
        lines = "\r\n".join((STATUS_LINES[response.status], *map(": ".join, response.headers)))
        length, end = len(response.body), self._shared.head_ends[keeps]
        head = f"{lines}\r\ncontent-length: {length}\r\n{end}".encode("latin-1")
        self._answers.append(head + response.body if has_body else head)
        self._is_ending = not keeps

    def _flush(self) -> None:
        if self._answers:
            self._transport.write(b"".join(self._answers))
            self._answers.clear()
        if self._is_ending:
            self._end()

    def _end(self) -> None:
        """Send the end, then wait for the peer's (RFC 9112, 9.6): a reset could eat the answer.

        TLS has no half of an end; there the transport itself sends one and waits for the other.
        """
        if self._transport.can_write_eof():
            self._transport.write_eof()
        else:
            self._transport.close()
        loop = asyncio.get_running_loop()
        loop.call_later(self._limits.linger_seconds, self._transport.abort)


def _error_response(status: int, error: KmsError) -> HttpResponse:
    content_type = ("content-type", "application/x-amz-json-1.1")
    return HttpResponse(status, (content_type,), codec.encode_error(error))


def _refuse_repeated(names: Iterable[str]) -> None:
    for name in names:
        if name in SINGLE_HEADERS:
            raise _malformed(400, messages.REPEATED_HEADER.format(name))


def _refusal_of(problem: Exception) -> Refusal:
    """Return what a callback raised, or say what the parser could not read."""
    if isinstance(problem.__context__, Refusal):
        return problem.__context__
    if isinstance(problem, httptools.HttpParserCallbackError):
        _LOG.error("an answer could not be written", exc_info=problem.__context__)
        return Refusal(500, KMSInternalException())
    return _malformed(400, messages.MALFORMED_HTTP.format(problem))


def _malformed(status: int, text: str) -> Refusal:
    return Refusal(status, MalformedHttpRequestException(text))


def _head_too_large(limits: Limits) -> Refusal:
    return _malformed(431, messages.HEAD_TOO_LARGE.format(limits.head_bytes))


def _body_too_large(limits: Limits) -> Refusal:
    text = messages.BODY_TOO_LARGE.format(limits.body_bytes)
    return Refusal(413, RequestEntityTooLargeException(text))
