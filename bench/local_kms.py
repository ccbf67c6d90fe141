"""CPU time of an Encrypt beside local-kms, a KMS in Go that checks no signature and decides nothing."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from shutil import which
from typing import Final

from bench.measure import Row, alternate
from bench.scripts import REGION, encrypt_script
from bench.servers import Server, cpu_of_a_request, running

MODULE: Final = "github.com/nsmithuk/local-kms@v0.0.0-20260228092603-2a5e92d09ab6"
BUILD_SECONDS: Final = 300
CACHE: Final = Path(__file__).parent.parent / ".cache"


def rows(ours: Server, path: Path, folder: Path) -> Iterator[Row]:
    """Compare where a Go toolchain can build it."""
    program = CACHE / "bin" / "local-kms"
    reason = "" if program.exists() else _built(program.parent)
    if reason:
        print(f"CPU per Encrypt beside local-kms: skipped, {reason}")
        return
    with running(str(program), KMS_DATA_PATH=str(folder), KMS_REGION=REGION) as theirs:
        their_path = encrypt_script(theirs, folder)
        cost, base, ratio = alternate(
            lambda: cpu_of_a_request(ours, path),
            lambda: cpu_of_a_request(theirs, their_path),
            rounds=6,
        )
    figures = f"{cost:.0f} µs : {base:.0f} µs"
    yield Row("CPU per Encrypt", "local-kms, no checks", ratio, 2.0, 1.0, False, figures)


def _built(folder: Path) -> str:
    """Build it; return why that cannot be."""
    go = which("go")
    if go is None:
        return "there is no Go toolchain"
    try:
        subprocess.run(
            [go, "install", MODULE],
            env={**os.environ, "GOBIN": str(folder)},
            capture_output=True,
            check=True,
            timeout=BUILD_SECONDS,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return f"go install {MODULE} failed"
    return ""
