"""What every picture is: SVG that takes its ink from the page, and the same facts as text.

It is right in a dark theme, has a title and a description for a screen reader, and is the same,
byte for byte, for the same facts.
"""

from collections.abc import Sequence
from html import escape
from typing import Any, Final

import msgspec

WIDTH: Final = 720
INK: Final = "currentColor"
FILLS: Final = ("#3b7dd8", "#c96f2d", "#2f9e6e", "#a259c4", "#c2405a", "#7a8b2d", "#2f8fa3", "#888")


class Picture(msgspec.Struct, frozen=True):
    """A picture: SVG for the page, text for everything else."""

    svg: str
    text: str

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return {"text/html": self.svg, "text/plain": self.text}


def picture(title: str, lines: Sequence[str], shapes: Sequence[str], *, height: float) -> Picture:
    """Put shapes below a title; `lines` say in words what they show.

    `height` is that of the whole, in pixels at the full width of 720.
    """
    described = escape("; ".join(lines))
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {WIDTH} {height:g}" '
        f'width="{WIDTH}" style="max-width:100%;font:13px system-ui,sans-serif">'
        f"<title>{escape(title)}</title><desc>{described}</desc>"
        f'<text x="0" y="18" fill="{INK}" font-weight="600">{escape(title)}</text>'
        f"{''.join(shapes)}</svg>"
    )
    return Picture(svg, "\n".join([title, *lines]))


def label(x: float, y: float, text: str, **how: str) -> str:
    """Write a text in the page's ink; `how` are attributes, with ``_`` for their hyphens."""
    more = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in how.items())
    return f'<text x="{x:g}" y="{y:g}" fill="{INK}"{more}>{escape(text)}</text>'
