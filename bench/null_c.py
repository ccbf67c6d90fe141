"""Latency at a steady load, beside a server in C that does nothing (`null.c`)."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from shutil import which

from bench.measure import Row, alternate
from bench.scripts import encrypt_script
from bench.servers import Server, load, running

ROUNDS = 3


def rows(ours: Server, folder: Path) -> Iterator[Row]:
    """Ask 16 connections for some 10,000 Encrypts a second; compare the 99th percentiles."""
    compiler = which("cc") or which("gcc")
    if compiler is None:
        print("p99 beside a C null server: skipped, there is no C compiler")
        return
    program = folder / "null"
    source = Path(__file__).with_name("null.c")
    subprocess.run([compiler, "-O2", "-o", str(program), str(source)], check=True)
    path = encrypt_script(ours, folder, is_paced=True)
    with running(str(program)) as null:
        late, base = alternate(
            lambda: load(ours, path).p99, lambda: load(null, path).p99, rounds=ROUNDS
        )
    rate = load(ours, path).rate
    figures = f"{late / 1000:.2f} ms : {base / 1000:.2f} ms"
    name = f"p99 of Encrypt at {rate:,.0f}/s"
    yield Row(name, "C null server", late / base, 4.0, 2.0, False, figures)
