"""One HTTP exchange as two values, whoever carries them.

Knows what a request and a response consist of; refuses to know sockets, clients and KMS.
"""

import msgspec


class HttpRequest(msgspec.Struct, frozen=True):
    """A request whose body has arrived.

    `headers` keep order and duplicates, their names in lower case; `target` is the raw request
    target (path and query); `peer` is the caller's IP address as text.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    peer: str = "127.0.0.1"

    def header(self, name: str) -> str:
        """Return the first header of this lower-case name, or ""."""
        for key, value in self.headers:
            if key == name:
                return value
        return ""


class HttpResponse(msgspec.Struct, frozen=True):
    """A complete response; the carrier adds Content-Length, Date and Connection."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
