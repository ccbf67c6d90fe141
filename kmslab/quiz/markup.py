"""The Markdown subset of quiz texts, parsed once into values that every face can show.

Paragraphs, fenced code, bullet lists; `code`, **strong** and *emphasis* inside them. Refuses to
know HTML: there is none, so `<script>` in a text is eight letters and two signs. Shapes:
see Block and Inline. A text in another language than the quiz was written in knows which (Spoken),
and its blocks say so to the faces.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NotRequired, Self, TypedDict


class Inline(TypedDict):
    """A run of text in one style: "" (none), "code", "strong" or "em"."""

    style: str
    text: str


class Block(TypedDict):
    """A paragraph ("p", one line), a list ("ul", a line per bullet) or "code" (a line per line).

    `lang` is there where it is not the language that quizzes are written in.
    """

    kind: str
    lines: list[list[Inline]]
    lang: NotRequired[str]


WRITTEN = "en"  # the language of quizzes, unless a text is Spoken, and of what faces say


class Spoken(str):
    """A text in another language than WRITTEN, as it was translated."""

    __slots__ = ("lang",)
    lang: str

    def __new__(cls, text: str, lang: str) -> Self:
        """Mark a text."""
        spoken = super().__new__(cls, text)
        spoken.lang = lang
        return spoken


def lang_of(text: str) -> str | None:
    """Return the language of a text, or None where it is the one that quizzes are written in."""
    return text.lang if isinstance(text, Spoken) else None


def alike(made: str, of: str) -> str:
    """Return a text that was made of another one, in the language of that one."""
    return Spoken(made, of.lang) if isinstance(of, Spoken) else made


_INLINE = re.compile(r"`(?P<code>[^`]+)`|\*\*(?P<strong>[^*]+)\*\*|\*(?P<em>[^*\s][^*]*)\*")


def parse(text: str) -> list[Block]:
    """Parse a text into blocks; there is no text that cannot be parsed."""
    parsed = [_block(chunk) for chunk in _chunks(text.strip("\n").splitlines())]
    lang = lang_of(text)
    return [{**block, "lang": lang} for block in parsed] if lang else parsed


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
    parsed = list(blocks)
    text = "\n".join(
        _BULLETS[block["kind"]] + "".join(inline["text"] for inline in line)
        for block in parsed
        for line in block["lines"]
    )
    lang = parsed[0].get("lang") if parsed else None
    return Spoken(text, lang) if lang else text
