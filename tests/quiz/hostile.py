"""Quizzes whose every text is hostile, and what a face made of them."""

import json
from pathlib import Path
from typing import Any

from lxml import html as parser

from kmslab.quiz import Quiz, load_quiz
from kmslab.quiz.exchange.plain import items_of, plain_of, quiz_from

VECTORS = Path(__file__).parents[1] / "vectors/quiz"
KINDS = load_quiz(VECTORS / "00-kinds.yaml")
HOSTILE = json.loads((VECTORS / "hostile.json").read_text())
ALL = " ".join(case["text"] for case in HOSTILE if "\n" not in case["text"])
FREE = frozenset({"why", "title", "stem", "statement", "scenario", "text", "about"})
HARMLESS = "Nothing but words"
# What the Markdown subset of quizzes makes, and what every Markdown makes of lines.
MARKED = {"p", "code", "pre", "em", "strong", "ul", "li", "br", "table", "thead", "tbody", "tr", "th", "td"}  # fmt: skip


def worded(told: Any, text: str, free: frozenset[str] = FREE) -> Any:
    """The same values with this text wherever a text is shown; gaps stay in theirs."""
    if isinstance(told, list):
        return [worded(each, text, free) for each in told]
    if not isinstance(told, dict):
        return told
    out = {}
    for name, value in told.items():
        if name == "text" and "gaps" in told:
            out[name] = f"{text}\n\n{value.partition(chr(10) * 2)[2]}"
        elif name in free and isinstance(value, str):
            out[name] = text
        else:  # what is compared with a typed answer is not shown
            out[name] = worded(value, text, free - {"text"} if name == "wrong" else free)
    return out


def quiz_with(text: str) -> Quiz:
    head = worded(plain_of(KINDS), text)
    return quiz_from(head, [worded(item, text) for item in items_of(KINDS)])


def elements(shown: str) -> set[tuple[str, tuple[tuple[str, str], ...]]]:
    """Every element with its attributes; of what only names things the name is enough."""
    found = set()
    for node in parser.fromstring(f"<main>{shown}</main>").iter(tag=parser.etree.Element):
        kept = [(k, v if k in ("href", "src") else "") for k, v in node.attrib.items()]
        found.add((str(node.tag), tuple(sorted(kept))))
    return found


def strangers(show: Any, text: str) -> set[Any]:
    """What a face shows of a quiz of this text, and of no other: nothing but what the subset makes."""
    allowed = elements(show(quiz_with(HARMLESS))) | {(tag, ()) for tag in MARKED}
    allowed |= {("code", (("class", ""),))}  # the word behind a fence, as a class
    return elements(show(quiz_with(text))) - allowed
