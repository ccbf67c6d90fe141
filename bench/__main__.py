"""``python -m bench``: measure everything and print the table of the README."""

import os
import platform
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from bench import (
    authz,
    click,
    footprint,
    in_process,
    listing,
    load,
    over_http,
    quiz,
    trail,
    workers,
)
from bench.measure import Row


def main() -> int:
    """Print the table; exit 1 where a gate is not held."""
    print(f"{datetime.now(UTC):%Y-%m-%d}, {_machine()}, Python {platform.python_version()}\n")
    print("| what | beside | ratio | gate | aim | figures |")
    print("|---|---|---:|---:|---:|---|")
    rows = []
    for row in _rows():
        rows.append(row)
        print(_line(row), flush=True)
    missed = [row.name for row in rows if not row.holds]
    if missed:
        print(f"\ngates not held: {', '.join(missed)}")
    return 1 if missed else 0


def _rows() -> Iterator[Row]:
    yield in_process.engine()
    yield in_process.faithful_client()
    yield load.row()
    yield from over_http.rows()
    yield from workers.rows()
    yield from footprint.rows()
    yield from authz.measure()
    yield from listing.rows()
    yield from trail.rows()
    yield from quiz.rows()
    yield from click.rows()


def _line(row: Row) -> str:
    gate = _number(row.gate) if row.holds else f"{_number(row.gate)}, missed"
    numbers = f"{_number(row.ratio)} | {gate} | {_number(row.aim)}"
    return f"| {row.name} | {row.beside} | {numbers} | {row.figures} |"


def _number(value: float) -> str:
    return f"1/{1 / value:.0f}" if 0 < value < 0.1 else f"{value:.2f}"  # noqa: PLR2004 - reads better


def _machine() -> str:
    model = "unknown processor"
    path = Path("/proc/cpuinfo")
    if path.exists():
        names = [line for line in path.read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    return f"{model}, {os.cpu_count()} cores"


if __name__ == "__main__":
    sys.exit(main())
