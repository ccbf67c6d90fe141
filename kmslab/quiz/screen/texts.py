"""Parsed text as a terminal shows it, and the words that a judge's marks have.

Refuses to know what is asked.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from textual.content import Content
from textual.widgets import Static

from kmslab.quiz.markup import Block, Inline

MARKS = {"hit": "✓ Right", "wrong": "✗ Not this one", "missed": "✓ Belongs to the answer"}
COLOURS = {"hit": "$text-success", "wrong": "$text-error", "missed": "$text-success"}
_STYLES = {
    "code": "bold $text-accent",
    "strong": "bold",
    "em": "italic",
    "gap": "bold $text-warning",
}


def content(blocks: Iterable[Block], between: str = "\n\n") -> Content:
    """Return blocks as styled text; nothing in them is taken as markup."""
    return Content(between).join([_block(block) for block in blocks])


def _block(block: Block) -> Content:
    bullet = {"ul": "• ", "code": "  "}.get(block["kind"], "")
    lines = [Content.assemble(bullet, *map(_run, line)) for line in block["lines"]]
    return Content("\n").join(lines)


def _run(run: Inline) -> tuple[str, str] | str:
    style = _STYLES.get(run["style"], "")
    return (run["text"], style) if style else run["text"]


def said(remark: Mapping[str, Any] | None) -> Content:
    """Return what is to be said of one part: its mark, the reason, and what would be right."""
    if not remark:
        return Content("")
    return Content("  ").join(_words(remark))


def _words(remark: Mapping[str, Any]) -> Iterator[Content]:
    if mark := MARKS.get(remark["mark"]):
        yield Content.styled(mark, f"bold {COLOURS[remark['mark']]}")
    for text in (remark["why"], remark.get("key")):
        if text:
            yield content(text, between=" ")


def put(widget: Static, text: Content) -> None:
    """Show a text; a widget without one takes no room."""
    widget.update(text)
    widget.set_class(not text.plain, "none")


def remarks_of(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the remarks of an item's page by their parts."""
    feedback = item.get("feedback") or {"remarks": []}
    return {remark["part"]: remark for remark in feedback["remarks"]}


def is_closed(item: Mapping[str, Any]) -> bool:
    """Tell whether nothing more is to be answered."""
    return item["status"] in ("right", "shown")
