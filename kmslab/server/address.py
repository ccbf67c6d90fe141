"""One address for several processes: it is claimed first, then each listens on it by itself.

The system spreads connections over all that listen (SO_REUSEPORT). Refuses to know who they are.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager


def is_shareable() -> bool:
    """Return if this system has what several processes behind one address need."""
    return hasattr(os, "fork") and hasattr(socket, "SO_REUSEPORT")


@contextmanager
def claimed(host: str, port: int) -> Iterator[int]:
    """Hold an address that nobody else listens on; give its port, which for 0 is a free one.

    Raises:
        OSError: the address cannot be listened on.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    with socket.socket(family, kind, protocol) as alone:  # refused where anyone listens
        alone.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        alone.bind(address)
        address = (address[0], alone.getsockname()[1], *address[2:])
    with socket.socket(family, kind, protocol) as shared:
        shared.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        shared.bind(address)
        yield int(address[1])
