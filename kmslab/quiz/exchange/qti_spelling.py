"""QTI 3.0's spelling of what QTI 2.1 says: `qti-choice-interaction` for `choiceInteraction`.

After "QTI 3.0: Best Practices and Implementation Guide" (1EdTech, 2022): elements have the prefix
`qti-`, elements and attributes are in lower case with hyphens, XHTML stays as it is, feedback has
a body. Both ways, so that one writer and one reader serve both versions.
"""

import re
import xml.etree.ElementTree as ET

Node = ET.Element
XHTML = frozenset({"p", "pre", "code", "ul", "ol", "li", "strong", "em", "b", "i", "br", "div"})
_PREFIX = "qti-"
_BODIED = "modalFeedback"


def spelled(node: Node) -> Node:
    """Return a tree of QTI 2.1 as QTI 3.0 spells it; comments stay."""
    if _is_comment(node):
        return node
    tag = node.tag if node.tag in XHTML else _PREFIX + _hyphened(node.tag)
    out = Node(tag, {_hyphened(name): value for name, value in node.attrib.items()})
    out.text, out.tail = node.text, node.tail
    inner = out
    if node.tag == _BODIED:
        inner = ET.SubElement(out, _PREFIX + "content-body")
        inner.text, out.text = out.text, None
    inner.extend(spelled(child) for child in node)
    return out


def bare(node: Node) -> Node:
    """Return a tree of either version in the words of 2.1, without its namespace."""
    if _is_comment(node):
        return node
    tag = node.tag.rpartition("}")[2]
    tag = _camel(tag.removeprefix(_PREFIX)) if tag.startswith(_PREFIX) else tag
    out = Node(tag, {_camel(name): value for name, value in node.attrib.items()})
    out.text, out.tail = node.text, node.tail
    out.extend(bare(child) for child in node)
    return out


def _is_comment(node: Node) -> bool:
    tag: object = node.tag
    return tag is ET.Comment


def _hyphened(name: str) -> str:
    return re.sub(r"[A-Z]", lambda match: f"-{match[0].lower()}", name)


def _camel(name: str) -> str:
    return re.sub(r"-([a-z])", lambda match: match[1].upper(), name)
