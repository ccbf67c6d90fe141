"""Pictures that a text cannot replace: byte budget, blob anatomy, timeline of calls.

Each is SVG that takes its ink from the page, so it is right in a dark theme, with a title and a
description for a screen reader and the same facts as plain text.
"""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from math import log10
from typing import Any, Final

import msgspec

from kmslab.custody.blob import PARTS

WIDTH: Final = 720
LEFT: Final = 190
ROW: Final = 34
INK: Final = "currentColor"
FILLS: Final = ("#3b7dd8", "#c96f2d", "#2f9e6e", "#a259c4", "#c2405a", "#7a8b2d", "#2f8fa3", "#888")


class Picture(msgspec.Struct, frozen=True):
    """A picture: SVG for the page, text for everything else."""

    svg: str
    text: str

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return {"text/html": self.svg, "text/plain": self.text}


def byte_budget(parts: Mapping[str, int]) -> Picture:
    """Draw how many bytes went where, on a logarithmic scale (each grid line is ten times more)."""
    lines = [f"{name}: {count:,} bytes" for name, count in parts.items()]
    scale = (WIDTH - LEFT - 90) / log10(max(parts.values()) * 10)
    shapes: list[str] = []
    for row, (name, count) in enumerate(parts.items()):
        length = max(2.0, log10(max(count, 1)) * scale)
        shapes.append(_bar(row, name, f"{count:,} B", length=length, fill=FILLS[row % len(FILLS)]))
    return _picture("Where the bytes went", lines, shapes, rows=len(parts))


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
    return _picture("A ciphertext blob", lines, shapes, rows=len(PARTS))


def timeline(events: Iterable[Mapping[str, Any]]) -> Picture:
    """Draw calls in their order: what was asked, and whether it was refused."""
    told = [(str(event["eventName"]), str(event.get("errorCode", ""))) for event in events]
    lines = [f"{number}. {name}{_refusal(error)}" for number, (name, error) in enumerate(told, 1)]
    shapes = [
        _bar(row, name, error or "answered", length=24.0, fill=FILLS[4] if error else FILLS[2])
        for row, (name, error) in enumerate(told)
    ]
    return _picture("What KMS saw", lines, shapes, rows=len(told))


def _refusal(error: str) -> str:
    return f": {error}" if error else ""


def _bar(row: int, name: str, label: str, *, length: float, fill: str) -> str:
    top = 34 + row * ROW
    return (
        f'<text x="{LEFT - 12}" y="{top + 16}" text-anchor="end" fill="{INK}">{escape(name)}</text>'
        f'<rect x="{LEFT}" y="{top}" width="{length:.1f}" height="22" rx="4" fill="{fill}"/>'
        f'<text x="{LEFT + length + 8:.1f}" y="{top + 16}" fill="{INK}">{escape(label)}</text>'
    )


def _picture(title: str, lines: Sequence[str], shapes: Sequence[str], *, rows: int) -> Picture:
    height = 44 + rows * ROW
    described = escape("; ".join(lines))
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" style="max-width:100%;font:13px system-ui,sans-serif">'
        f"<title>{escape(title)}</title><desc>{described}</desc>"
        f'<text x="0" y="18" fill="{INK}" font-weight="600">{escape(title)}</text>'
        f"{''.join(shapes)}</svg>"
    )
    return Picture(svg, "\n".join([title, *lines]))
