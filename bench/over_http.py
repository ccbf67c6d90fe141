"""Over HTTP: one worker under wrk, beside servers that do nothing, and beside moto's.

Each server is a process of its own. Requests a second come from wrk, CPU time from /proc. The load
cycles through differently signed requests, so that nothing can answer from a whole-request memory.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from shutil import which
from socket import create_server
from time import monotonic, sleep
from typing import NamedTuple
from urllib.request import urlopen

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from bench.measure import Row, alternate
from kmslab.server.build import administrator_keys

REQUESTS = 500
SECONDS = 2
CONNECTIONS = 16
ROUNDS = 5
REGION = "us-east-1"
START_SECONDS = 20.0
TICKS = os.sysconf("SC_CLK_TCK")
RATE = re.compile(r"requests/second:\s+([0-9.]+).*?errors:\s+(\d+)", re.DOTALL)

LUA = """
local requests = {{}}
{requests}
local at = 0
function request()
  at = at % #requests + 1
  return requests[at]
end
function done(summary, latency, _)
  local e = summary.errors
  local rate = summary.requests / (summary.duration / 1000000)
  io.write(string.format("requests/second: %.1f\\n", rate))
  io.write(string.format("errors: %d\\n", e.status + e.read + e.write + e.connect + e.timeout))
end
"""


class Server(NamedTuple):
    """A running server."""

    url: str
    pid: int


def rows() -> Iterator[Row]:
    """Measure kmslab beside a null server of its own stack, uvicorn, and moto's server."""
    if which("wrk") is None:
        print("over HTTP: skipped, wrk is missing (sudo apt-get install wrk)")
        return
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ours = stack.enter_context(_running("-m", "kmslab", "serve", "--port"))
        null = stack.enter_context(_running("-m", "bench.null_server", "--port"))
        uvicorn = stack.enter_context(_running("-m", "bench.null_uvicorn", "--port"))
        moto = stack.enter_context(_running("-m", "moto.server", "-H", "127.0.0.1", "-p"))
        loads = {server: _load(server, folder) for server in (ours, moto)}
        loads |= {null: loads[ours], uvicorn: loads[ours]}
        yield _rate_row("null server, same stack", ours, null, loads, gate=0.25, aim=0.40)
        yield _rate_row("null uvicorn", ours, uvicorn, loads, gate=0.70, aim=1.0)
        cost, base = alternate(
            lambda: _cpu(ours, loads[ours]), lambda: _cpu(moto, loads[moto]), rounds=3
        )
        figures = f"{cost:.0f} µs : {base:.0f} µs"
        yield Row("CPU per Encrypt", "moto server", cost / base, 1 / 40, 1 / 75, False, figures)


def _rate_row(
    name: str, ours: Server, other: Server, loads: dict[Server, Path], *, gate: float, aim: float
) -> Row:
    rate, base = alternate(
        lambda: _rate(ours, loads[ours]), lambda: _rate(other, loads[other]), ROUNDS
    )
    figures = f"{rate:,.0f}/s : {base:,.0f}/s"
    return Row("Encrypt over HTTP", name, rate / base, gate, aim, True, figures)


@contextmanager
def _running(*arguments: str) -> Iterator[Server]:
    port = _free_port()
    process = subprocess.Popen(
        [sys.executable, *arguments, str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}/")
        yield Server(f"http://127.0.0.1:{port}", process.pid)
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
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
            sleep(0.05)
        else:
            return
    raise RuntimeError(f"{url} did not answer within {START_SECONDS:.0f} s")


def _load(server: Server, folder: Path) -> Path:
    """Write wrk's script: signed Encrypt requests under four keys, each with its own context."""
    access_key_id, secret = administrator_keys()
    client = boto3.client(
        "kms",
        region_name=REGION,
        endpoint_url=server.url,
        aws_access_key_id=access_key_id,
        aws_secret_access_key=secret,
    )
    keys = [client.create_key()["KeyMetadata"]["KeyId"] for _ in range(4)]
    signer = SigV4Auth(Credentials(access_key_id, secret), "kms", REGION)
    lines = [_lua(signer, server.url, keys[n % len(keys)], n) for n in range(REQUESTS)]
    script = folder / f"{server.pid}.lua"
    script.write_text(LUA.format(requests="\n".join(lines)))
    return script


def _lua(signer: SigV4Auth, url: str, key_id: str, number: int) -> str:
    body = json.dumps(
        {
            "KeyId": key_id,
            "Plaintext": "cHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHA=",
            "EncryptionContext": {"purpose": "bench", "number": str(number)},
        }
    )
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "TrentService.Encrypt",
        "User-Agent": "bench",
        "Host": url.removeprefix("http://"),
    }
    request = AWSRequest("POST", url + "/", headers=headers, data=body)
    signer.add_auth(request)
    table = ", ".join(f"[{json.dumps(k)}] = {json.dumps(v)}" for k, v in request.headers.items())
    return f'requests[#requests + 1] = wrk.format("POST", "/", {{{table}}}, {json.dumps(body)})'


def _rate(server: Server, script: Path) -> float:
    """Return requests a second.

    Raises:
        RuntimeError: a request was not answered with 200.
    """
    output = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", str(script), server.url],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = RATE.search(output)
    if found is None or int(found[2]):
        raise RuntimeError(f"{server.url}: {output}")
    return float(found[1])


def _cpu(server: Server, script: Path) -> float:
    """Return the server's CPU time for a request, in microseconds."""
    before = _ticks(server.pid)
    requests = _rate(server, script) * SECONDS
    return (_ticks(server.pid) - before) / TICKS / requests * 1e6


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])
