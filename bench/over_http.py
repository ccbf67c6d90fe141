"""Over HTTP: one worker under wrk, beside servers that do nothing, and beside moto's.

The load cycles through differently signed requests, so that nothing can answer from a whole-request memory.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from shutil import which

from bench import local_kms, operations, steady
from bench.measure import Row, alternate
from bench.scripts import encrypt_script
from bench.servers import KMSLAB, Server, cpu_of_a_request, load, running

ROUNDS = 15


def rows() -> Iterator[Row]:
    """Measure kmslab beside a null server of its own stack, uvicorn, and moto's server."""
    if which("wrk") is None:
        print("over HTTP: skipped, wrk is missing (sudo apt-get install wrk)")
        return
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ours = stack.enter_context(running(*KMSLAB))
        null = stack.enter_context(running(sys.executable, "-m", "bench.null_server", "--port"))
        uvicorn = stack.enter_context(running(sys.executable, "-m", "bench.null_uvicorn", "--port"))
        moto = stack.enter_context(
            running(sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p")
        )
        scripts = {server: encrypt_script(server, folder) for server in (ours, moto)}
        scripts |= {null: scripts[ours], uvicorn: scripts[ours]}
        yield _rate_row("null server, same stack", ours, null, scripts, gate=0.25, aim=0.40)
        yield _rate_row("null uvicorn", ours, uvicorn, scripts, gate=0.70, aim=1.0)
        yield _cpu_row("moto server", ours, moto, scripts, gate=1 / 40, aim=1 / 75)
        yield from local_kms.rows(ours, scripts[ours], folder)
        yield from steady.rows(ours, folder)
        yield from operations.rows(null, folder)


def _rate_row(
    name: str, ours: Server, other: Server, scripts: dict[Server, Path], *, gate: float, aim: float
) -> Row:
    rate, base, ratio = alternate(
        lambda: load(ours, scripts[ours]), lambda: load(other, scripts[other]), ROUNDS
    )
    figures = f"{rate:,.0f}/s : {base:,.0f}/s"
    return Row("Encrypt over HTTP", name, ratio, gate, aim, True, figures)


def _cpu_row(
    name: str, ours: Server, other: Server, scripts: dict[Server, Path], *, gate: float, aim: float
) -> Row:
    cost, base, ratio = alternate(
        lambda: cpu_of_a_request(ours, scripts[ours]),
        lambda: cpu_of_a_request(other, scripts[other]),
        rounds=6,
    )
    figures = f"{cost:.0f} µs : {base:.0f} µs"
    return Row("CPU per Encrypt", name, ratio, gate, aim, False, figures)
