"""The Markdown subset of quiz texts, parsed once into values that every face can show.

Paragraphs, fenced code, bullet lists; `code`, **strong** and *emphasis* inside them. Refuses to
know HTML: there is none, so `<script>` in a text is eight letters and two signs. Shapes:
see Block and Inline.
"""

import re
from collections.abc import Iterable, Iterator
from typing import TypedDict


class Inline(TypedDict):
    """A run of text in one style: "" (none), "code", "strong" or "em"."""

    style: str
    text: str


class Block(TypedDict):
    """A paragraph ("p", one line), a list ("ul", a line per bullet) or "code" (a line per line)."""

    kind: str
    lines: list[list[Inline]]


_INLINE = re.compile(r"`(?P<code>[^`]+)`|\*\*(?P<strong>[^*]+)\*\*|\*(?P<em>[^*\s][^*]*)\*")


def parse(text: str) -> list[Block]:
    """Parse a text into blocks; there is no text that cannot be parsed."""
    return [_block(chunk) for chunk in _chunks(text.strip("\n").splitlines())]


def _chunks(lines: Iterable[str]) -> Iterator[list[str]]:
    """Split at blank lines, but not inside a fence."""
    chunk: list[str] = []
    fenced = False
    for line in lines:
        fence = line.strip().startswith("```")
        starts = (fence and not fenced) or (not fenced and not line.strip())
        if starts and chunk:
            yield chunk
            chunk = []
        fenced ^= fence
        if line.strip() or fenced:
            chunk.append(line.rstrip())
        if fence and not fenced:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _block(chunk: list[str]) -> Block:
    if chunk[0].strip().startswith("```"):
        body = chunk[1:-1] if chunk[-1].strip() == "```" and len(chunk) > 1 else chunk[1:]
        return {"kind": "code", "lines": [[{"style": "", "text": line}] for line in body]}
    if all(line.lstrip().startswith("- ") for line in chunk):
        return {"kind": "ul", "lines": [_inlines(line.lstrip()[2:]) for line in chunk]}
    return {"kind": "p", "lines": [_inlines(" ".join(line.strip() for line in chunk))]}


def _inlines(text: str) -> list[Inline]:
    out: list[Inline] = []
    end = 0
    for match in _INLINE.finditer(text):
        out.append({"style": "", "text": text[end : match.start()]})
        out.append({"style": match.lastgroup or "", "text": match[match.lastgroup or 0]})
        end = match.end()
    out.append({"style": "", "text": text[end:]})
    return [inline for inline in out if inline["text"]]


_BULLETS = {"p": "", "ul": "- ", "code": "    "}


def plain(blocks: Iterable[Block]) -> str:
    """Return the blocks as plain text: a line per line, blocks a newline apart."""
    return "\n".join(
        _BULLETS[block["kind"]] + "".join(inline["text"] for inline in line)
        for block in blocks
        for line in block["lines"]
    )
