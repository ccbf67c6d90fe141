"""One process of a server: an endpoint behind an observer, on a socket, until it is told to stop.

The only one, or one of several. Refuses to know what the endpoint answers.
"""

import ssl
import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import NamedTuple

from kmslab.server.ahead import preparing
from kmslab.server.crew import Member
from kmslab.server.endpoint import Endpoint
from kmslab.server.http import OnReady, serve
from kmslab.server.log import Log
from kmslab.server.observer import Observer


class Place(NamedTuple):
    """Where to serve and how to tell of it."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    has_log: bool = False  # requests and problems as JSON lines on standard error

    @property
    def scheme(self) -> str:
        """How its URLs begin."""
        return "https" if self.tls else "http"


def run(
    build: Callable[[], Endpoint], place: Place, on_ready: OnReady, member: Member | None = None
) -> None:
    """Build an endpoint and serve it; close it at the end. `on_ready` is called with the URL.

    Raises:
        OSError: the address cannot be listened on.
        ValueError: what `build` raises.
    """
    with ExitStack() as stack:
        lines = None
        if place.has_log:
            lines = Log(sys.stderr, worker=member.number if member else 0)
            stack.enter_context(lines.taking_problems())
        endpoint = build()
        stack.callback(endpoint.close)
        serve(
            Observer(endpoint.handle, lines, member).respond,
            host=place.host,
            port=place.port,
            on_ready=on_ready,
            prepare=preparing(endpoint.engine.stock),
            tls=place.tls,
            lifeline=member.lifeline if member else None,
        )
