"""Rows of bars: where bytes went, what a blob is made of, which calls came in which order."""

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from math import log10
from typing import Any, Final

from kmslab.custody.blob import PARTS
from kmslab.lab.pictures.frame import FILLS, INK, WIDTH, Picture, label, picture

LEFT: Final = 190
ROW: Final = 34


def byte_budget(parts: Mapping[str, int]) -> Picture:
    """Draw how many bytes went where, on a logarithmic scale (each line of the grid is ten times more)."""
    lines = [f"{name}: {count:,} bytes" for name, count in parts.items()]
    most = max(parts.values())
    scale = (WIDTH - LEFT - 90) / log10(most * 10)
    floor = 40 + len(parts) * ROW
    shapes = [*_grid(most, scale, floor)]
    for row, (name, count) in enumerate(parts.items()):
        length = max(2.0, log10(max(count, 1)) * scale)
        shapes.append(_bar(row, name, f"{count:,} B", length=length, fill=FILLS[row % len(FILLS)]))
    return picture("Where the bytes went", lines, shapes, height=floor + 22)


def _grid(most: int, scale: float, floor: float) -> Iterator[str]:
    for power in range(len(str(most))):
        x = LEFT + power * scale
        yield f'<path d="M{x:.1f} 30V{floor}" stroke="{INK}" stroke-opacity="0.3"/>'
        if power % 3 == 0:
            yield label(x, floor + 15, f"{10**power:,} B", text_anchor="middle", font_size="11")


def blob_anatomy(blob: bytes) -> Picture:
    """Draw the parts of a ciphertext blob, each with its bytes in hexadecimal."""
    lines: list[str] = []
    shapes: list[str] = []
    for row, (name, start, end) in enumerate(PARTS):
        part = blob[start:end]
        shown = part.hex(" ", 4) if len(part) <= 16 else f"{part[:12].hex(' ', 4)} …"  # noqa: PLR2004
        lines.append(f"{name} ({len(part)} bytes): {shown}")
        length = max(6.0, len(part) * 6.0)
        told = f"{len(part)} B  {shown}"
        shapes.append(_bar(row, name, told, length=length, fill=FILLS[row % len(FILLS)]))
    return picture("A ciphertext blob", lines, shapes, height=44 + len(PARTS) * ROW)


def timeline(events: Iterable[Mapping[str, Any]]) -> Picture:
    """Draw calls in their order: what was asked, and whether it was refused."""
    told = [(str(event["eventName"]), str(event.get("errorCode", ""))) for event in events]
    lines = [f"{number}. {name}{_refusal(error)}" for number, (name, error) in enumerate(told, 1)]
    shapes = [
        _bar(row, name, error or "answered", length=24.0, fill=FILLS[4] if error else FILLS[2])
        for row, (name, error) in enumerate(told)
    ]
    return picture("What KMS saw", lines, shapes, height=44 + len(told) * ROW)


def _refusal(error: str) -> str:
    return f": {error}" if error else ""


def _bar(row: int, name: str, told: str, *, length: float, fill: str) -> str:
    top = 34 + row * ROW
    return (
        f'<text x="{LEFT - 12}" y="{top + 16}" text-anchor="end" fill="{INK}">{escape(name)}</text>'
        f'<rect x="{LEFT}" y="{top}" width="{length:.1f}" height="22" rx="4" fill="{fill}"/>'
        f'<text x="{LEFT + length + 8:.1f}" y="{top + 16}" fill="{INK}">{escape(told)}</text>'
    )
