"""Latency at a steady load, beside a server in C that does nothing (`null.c`); and whether it lasts."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from shutil import which
from typing import Final

from bench.measure import Row, alternate
from bench.scripts import encrypt_script
from bench.servers import PACED_CONNECTIONS, Server, load, running

ROUNDS: Final = 3
STEADY: Final = 10_000  # requests a second: the quota that most Regions have for symmetric keys
STEADY_SECONDS: Final = 30


def rows(ours: Server, folder: Path) -> Iterator[Row]:
    """Ask for somewhat more than 10,000 Encrypts a second; compare the 99th percentiles, then go on."""
    path = encrypt_script(ours, folder, is_paced=True)
    yield from _late(ours, path, folder)
    seen = load(ours, path, STEADY_SECONDS, PACED_CONNECTIONS)
    figures = f"{seen.rate:,.0f}/s, no error, p99 {seen.p99 / 1000:.2f} ms"
    name = f"Encrypt for {STEADY_SECONDS} s"
    yield Row(name, f"{STEADY:,}/s", seen.rate / STEADY, 1.0, 1.0, True, figures)


def _late(ours: Server, path: Path, folder: Path) -> Iterator[Row]:
    compiler = which("cc") or which("gcc")
    if compiler is None:
        print("p99 beside a C null server: skipped, there is no C compiler")
        return
    program = folder / "null"
    source = Path(__file__).with_name("null.c")
    subprocess.run([compiler, "-O2", "-o", str(program), str(source)], check=True)
    with running(str(program)) as null:
        late, base = alternate(lambda: _p99(ours, path), lambda: _p99(null, path), ROUNDS)
    figures = f"{late / 1000:.2f} ms : {base / 1000:.2f} ms"
    name = f"p99 of Encrypt at {STEADY:,}/s"
    yield Row(name, "C null server", late / base, 4.0, 2.0, False, figures)


def _p99(server: Server, path: Path) -> float:
    return load(server, path, connections=PACED_CONNECTIONS).p99
