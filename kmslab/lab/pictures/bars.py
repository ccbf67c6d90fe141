"""Rows of bars: where bytes went, what a blob is made of, which calls came in which order."""

from collections.abc import Iterable, Mapping
from html import escape
from math import log10
from typing import Any, Final

from kmslab.custody.blob import PARTS
from kmslab.lab.pictures.frame import FILLS, INK, WIDTH, Picture, picture

LEFT: Final = 190
ROW: Final = 34


def byte_budget(parts: Mapping[str, int]) -> Picture:
    """Draw how many bytes went where, on a logarithmic scale (each grid line is ten times more)."""
    lines = [f"{name}: {count:,} bytes" for name, count in parts.items()]
    scale = (WIDTH - LEFT - 90) / log10(max(parts.values()) * 10)
    shapes: list[str] = []
    for row, (name, count) in enumerate(parts.items()):
        length = max(2.0, log10(max(count, 1)) * scale)
        shapes.append(_bar(row, name, f"{count:,} B", length=length, fill=FILLS[row % len(FILLS)]))
    return picture("Where the bytes went", lines, shapes, height=44 + len(parts) * ROW)


def blob_anatomy(blob: bytes) -> Picture:
    """Draw the parts of a ciphertext blob, each with its bytes in hexadecimal."""
    lines: list[str] = []
    shapes: list[str] = []
    for row, (name, start, end) in enumerate(PARTS):
        part = blob[start:end]
        shown = part.hex(" ", 4) if len(part) <= 16 else f"{part[:12].hex(' ', 4)} …"  # noqa: PLR2004
        lines.append(f"{name} ({len(part)} bytes): {shown}")
        length = max(6.0, len(part) * 6.0)
        label = f"{len(part)} B  {shown}"
        shapes.append(_bar(row, name, label, length=length, fill=FILLS[row % len(FILLS)]))
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


def _bar(row: int, name: str, label: str, *, length: float, fill: str) -> str:
    top = 34 + row * ROW
    return (
        f'<text x="{LEFT - 12}" y="{top + 16}" text-anchor="end" fill="{INK}">{escape(name)}</text>'
        f'<rect x="{LEFT}" y="{top}" width="{length:.1f}" height="22" rx="4" fill="{fill}"/>'
        f'<text x="{LEFT + length + 8:.1f}" y="{top + 16}" fill="{INK}">{escape(label)}</text>'
    )
