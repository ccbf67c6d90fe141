"""What XML of others does not hold, in comments beside it: `<!-- kmslab item {...} -->`."""

import json
import xml.etree.ElementTree as ET
from typing import cast

from kmslab.quiz.exchange.plain import Plain

Node = ET.Element


def comment(what: str, told: str) -> Node:
    """Return a comment; two hyphens may not stand in one (XML 1.0, section 2.5)."""
    safe = told.replace("--", r"-\u002d")
    return cast("Node", ET.Comment(f" kmslab {what} {safe} "))  # its tag is a function


def of_comment(node: Node) -> tuple[str, Plain]:
    """Return what our comment tells of ("quiz", "item") and what it tells; ("", {}) of all else."""
    tag: object = node.tag
    text = (node.text or "").strip()
    if tag is not ET.Comment or not text.startswith("kmslab "):
        return "", {}
    what, _, told = text.removeprefix("kmslab ").partition(" ")
    return what, json.loads(told)


class _Builder(ET.TreeBuilder):
    """Refuses a document type where it begins, in whatever encoding: entities are declared in there."""

    def doctype(self, *_: str | None) -> None:
        """Take the name, the public and the system identifier. Raises: ValueError."""
        raise ValueError("a document type is not read; remove it")


def parsed(raw: bytes) -> Node:
    """Parse XML with its comments. Raises: ValueError."""
    builder = _Builder(insert_comments=True)
    try:
        return ET.fromstring(raw, ET.XMLParser(target=builder))  # noqa: S314 - without entities  # nosec
    except (ET.ParseError, LookupError) as error:  # the latter for an encoding that is none
        raise ValueError(f"not XML: {error}") from None
