"""Texts of a quiz as XHTML, and XHTML as texts of a quiz: for formats that have no Markdown."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator

from kmslab.quiz.faces.fallback import blocks
from kmslab.quiz.markup import parse

Node = ET.Element
NOTHING = "nothing"  # the tag of what stands in a text, and is no part of it


def html(text: str) -> str:
    """Return a text as escaped HTML."""
    return blocks(parse(text))


def shown(text: str) -> list[Node]:
    """Return a text as XHTML blocks."""
    return list(ET.fromstring(f"<div>{html(text)}</div>"))  # noqa: S314 - our own HTML  # nosec


def written(node: Node) -> str:
    """Return the content of an element as a text; what the Markdown subset lacks loses its tags."""
    return "\n\n".join(_blocks(node))


def _blocks(node: Node) -> Iterator[str]:
    loose = node.text or ""
    for child in node:
        if child.tag in _BLOCKS:
            yield from _paragraph(loose)
            yield from _block(child)
            loose = child.tail or ""
        else:
            loose += _styled(child) + (child.tail or "")
    yield from _paragraph(loose)


_BLOCKS = frozenset({"p", "div", "pre", "ul", "ol", "blockquote", "contentBody", NOTHING})


def _paragraph(loose: str) -> Iterator[str]:
    if text := " ".join(loose.split()):
        yield text


def _block(node: Node) -> Iterator[str]:
    if node.tag in ("ul", "ol"):
        yield "\n".join(f"- {' '.join(_blocks(row))}" for row in node.iter("li"))
    elif node.tag == "pre":
        yield "```\n" + "".join(node.itertext()).strip("\n") + "\n```"
    elif node.tag != NOTHING:
        yield from _blocks(node)


_SIGNS = {"code": "`", "strong": "**", "b": "**", "em": "*", "i": "*"}


def _styled(node: Node) -> str:
    sign = _SIGNS.get(str(node.tag), "")
    inner = (node.text or "") + "".join(_styled(each) + (each.tail or "") for each in node)
    return f"{sign}{inner}{sign}" if node.tag != "br" else " "
