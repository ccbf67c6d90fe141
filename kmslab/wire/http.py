"""One HTTP exchange as two values, whoever carries them.

Knows what a request and a response consist of; refuses to know sockets, clients and KMS.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from kmslab.model.requests import Tls

BLANKS: Final = " \t"  # optional white space (RFC 9110, 5.6.3)
REMEMBERED: Final = 256  # names of headers
REMEMBERED_BYTES: Final = 128  # in each; longer ones are some stranger's


class HttpRequest(msgspec.Struct, frozen=True, gc=False):
    """A request whose body has arrived.

    `headers` have their names in lower case and no blanks around their values; what came several
    times is joined by commas, in order (RFC 9110, 5.3), and named in `repeated`. `target` is the
    raw request target (path and query); `peer` is the caller's IP address as text; `tls` is what
    carried it, if TLS did. `told` are condition keys that only the carrier can vouch for; a socket
    vouches for none.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    peer: str = "127.0.0.1"
    repeated: tuple[str, ...] = ()
    tls: Tls | None = None
    told: Mapping[str, str | tuple[str, ...]] | None = None


class HttpResponse(msgspec.Struct, frozen=True, gc=False):
    """A complete response; the carrier adds Content-Length, Date and Connection."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def joined(lines: Iterable[tuple[str, str]]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return header lines by name, those of one name joined, and the names that came again."""
    values: dict[str, list[str]] = {}
    for name, value in lines:
        values.setdefault(name, []).append(value.strip(BLANKS))
    headers = {name: ",".join(several) for name, several in values.items()}
    return headers, tuple(name for name, several in values.items() if len(several) > 1)


class _Names(dict[bytes, str]):
    """Names in lower case by their bytes; few are ever new.

    A call of a function for each, even one with an `lru_cache`, costs more than all the values.
    """

    def __missing__(self, raw: bytes) -> str:
        """Read a name that is new."""
        name = raw.decode("latin-1").lower()
        if len(raw) <= REMEMBERED_BYTES:
            if len(self) >= REMEMBERED:
                self.clear()
            self[raw] = name
        return name


HEADER_NAMES: Final[Mapping[bytes, str]] = _Names()


def request_of(
    method: str, target: str, lines: Iterable[tuple[str, str]], body: bytes, peer: str = "127.0.0.1"
) -> HttpRequest:
    """Make a request of its header lines, in whatever case their names are."""
    headers, repeated = joined((name.lower(), value) for name, value in lines)
    return HttpRequest(method, target, headers, body, peer, repeated)
