"""Servers as processes of their own, and what a load does to them.

Requests a second come from wrk, CPU time and memory from /proc.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import create_server
from time import monotonic, perf_counter, sleep
from typing import Final, NamedTuple
from urllib.request import urlopen

SECONDS: Final = 1
CONNECTIONS: Final = 16
START_SECONDS: Final = 20.0
TICKS: Final = os.sysconf("SC_CLK_TCK")
MEBIBYTE: Final = 1 << 20
SAID: Final = re.compile(r"requests/second: ([0-9.]+)\nerrors: (\d+)")
KMSLAB: Final = (sys.executable, "-m", "kmslab", "serve", "--port")


class Server(NamedTuple):
    """A running server."""

    url: str
    pid: int


@contextmanager
def running(*arguments: str, **variables: str) -> Iterator[Server]:
    """Start a program whose last argument, and variable PORT, is a port; wait until it answers."""
    port = str(free_port())
    process = subprocess.Popen(
        [*arguments, port],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PORT": port, **variables},
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}/")
        yield Server(f"http://127.0.0.1:{port}", process.pid)
    finally:
        process.terminate()
        process.wait()


def seconds_to_answer(*arguments: str) -> float:
    """Return how long a program takes from its start to its first answer."""
    begun = perf_counter()
    with running(*arguments):
        return perf_counter() - begun


def load(server: Server, script: Path) -> float:
    """Let wrk run a script against a server; return the requests that it answered in a second.

    Raises:
        RuntimeError: a request was not answered with 200.
    """
    output = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", str(script), server.url],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = SAID.search(output)
    if found is None or int(found[2]):
        raise RuntimeError(f"{server.url}: {output}")
    return float(found[1])


def cpu_of_a_request(server: Server, script: Path) -> float:
    """Return the CPU time of a server and its workers for one request, in microseconds."""
    before = _ticks(server.pid)
    requests = load(server, script) * SECONDS
    return (_ticks(server.pid) - before) / TICKS / requests * 1e6


def resident_mebibytes(server: Server) -> float:
    """Return the resident memory of a server."""
    status = Path(f"/proc/{server.pid}/status").read_text()
    found = re.search(r"^VmRSS:\s+(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) * 1024 / MEBIBYTE if found else 0.0


def _ticks(pid: int) -> int:
    """Sum the CPU time of a process and of its children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(fields[11]) + int(fields[12]) + sum(_ticks(int(child)) for child in children)


def free_port() -> int:
    """Return a port of loopback on which nobody listens now."""
    with create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _wait_for(url: str) -> None:
    deadline = monotonic() + START_SECONDS
    while monotonic() < deadline:
        try:
            urlopen(url, timeout=1).close()
        except OSError as error:
            if hasattr(error, "code"):  # an HTTP status is an answer
                return
            sleep(0.005)
        else:
            return
    raise RuntimeError(f"{url} did not answer within {START_SECONDS:.0f} s")
