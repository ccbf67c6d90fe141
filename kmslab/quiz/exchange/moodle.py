"""Moodle XML: a question for each item, what it lacks in comments.

After Moodle's documentation, "Moodle XML format", and its question types multichoice, truefalse,
numerical, shortanswer, matching, ordering (core since 4.5) and cloze. Texts are Markdown, which
Moodle renders itself.
"""

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable
from typing import Any

from kmslab.quiz.catalog import Item, Quiz
from kmslab.quiz.exchange.carried import assembled, head_of
from kmslab.quiz.exchange.comments import comment, of_comment, parsed
from kmslab.quiz.exchange.inert import inert
from kmslab.quiz.exchange.moodle_back import question as read_question
from kmslab.quiz.exchange.plain import Plain, items_of
from kmslab.quiz.exchange.rest import rest
from kmslab.quiz.exchange.stems import stem_of
from kmslab.quiz.kinds.case import Case
from kmslab.quiz.kinds.choice import Multiple, Option, Single
from kmslab.quiz.kinds.cloze import GAP, Cloze, Gap
from kmslab.quiz.kinds.hotspot import Hotspot, options
from kmslab.quiz.kinds.matching import Matching
from kmslab.quiz.kinds.numeric import Numeric
from kmslab.quiz.kinds.ordering import Ordering
from kmslab.quiz.kinds.short import Short
from kmslab.quiz.kinds.truth import TrueFalse

Node = ET.Element


def write(quiz: Quiz) -> bytes:
    """Return the file."""
    root = Node("quiz")
    root.append(comment("quiz", head_of(quiz)))
    for (_, item, case), whole in zip(quiz.placed(), items_of(quiz), strict=True):
        if type(item) not in QUESTIONS:
            root.append(comment("item", json.dumps(whole, ensure_ascii=False)))
            continue
        node = question(item, case)
        seen = ET.fromstring(ET.tostring(node, encoding="utf-8"))  # noqa: S314 - our own  # nosec
        lacks = rest(whole, read_question(seen))
        root.append(comment("item", json.dumps(lacks, ensure_ascii=False)))
        root.append(node)
    ET.indent(root)
    raw: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return raw + b"\n"


def question(item: Item, case: Case[Item] | None) -> Node:
    """Return the question of one item."""
    name, fill = QUESTIONS[type(item)]
    node = Node("question", type=name)
    _text(node, "name", item.title)
    _text(node, "questiontext", _stem(item, case), markdown=True)
    _text(node, "generalfeedback", item.why, markdown=True)
    _plain(node, idnumber=item.id, defaultgrade="1", penalty="0.3333333", hidden="0")
    fill(node, item)
    for hint in item.hints:
        _text(node, "hint", hint, markdown=True)
    tags = ET.SubElement(node, "tags")
    for tag in (item.topic, *item.exams):
        _text(tags, "tag", tag)
    return node


def _stem(item: Item, case: Case[Item] | None) -> str:
    stem = stem_of(item, case)
    if isinstance(item, Cloze):
        gaps = {gap.id: _gap(gap, item.case) for gap in item.gaps}
        return f"{stem.rstrip()}\n\n{GAP.sub(lambda match: gaps[match[1]], item.text)}"
    return stem


def _text(parent: Node, name: str, text: str, *, markdown: bool = False) -> Node:
    node = ET.SubElement(parent, name, {"format": "markdown"} if markdown else {})
    ET.SubElement(node, "text").text = inert(text) if markdown else text
    return node


def _plain(parent: Node, **values: str) -> None:
    for name, value in values.items():
        ET.SubElement(parent, name).text = value


def _answer(parent: Node, text: str, why: str, percent: float, *, markdown: bool = False) -> Node:
    """Add an answer; one that is compared with what is typed is no Markdown."""
    node = _text(parent, "answer", text, markdown=markdown)
    node.set("fraction", f"{percent:.5f}".rstrip("0").rstrip("."))
    _text(node, "feedback", why, markdown=True)
    return node


def _choice(node: Node, item: Single | Multiple | Hotspot) -> None:
    offered: Iterable[Option] = options(item) if isinstance(item, Hotspot) else item.options
    right = sum(each.correct for each in offered)
    _plain(node, single=str(right == 1).lower(), shuffleanswers="true", answernumbering="abc")
    for each in offered:
        wrong = 0 if right == 1 else -100 / right
        percent = 100 / right if each.correct else wrong
        _answer(node, each.text, each.why, percent, markdown=True)


def _truth(node: Node, item: TrueFalse) -> None:
    for word in (True, False):
        _answer(node, str(word).lower(), "", 100 if word == item.truth else 0)


def _numeric(node: Node, item: Numeric) -> None:
    room = item.tolerance.absolute or abs(item.answer) * (item.tolerance.relative or 0)
    _plain(_answer(node, f"{item.answer:.15g}", "", 100), tolerance=f"{room:.15g}")
    for each in item.ranges:
        if each.low is not None and each.high is not None:
            middle, half = (each.low + each.high) / 2, (each.high - each.low) / 2
            answer = _answer(node, f"{middle:.15g}", each.why, each.credit * 100)
            _plain(answer, tolerance=f"{half:.15g}")
    if item.unit:
        units = ET.SubElement(node, "units")
        for name, size in {item.unit: 1.0, **item.units}.items():
            _plain(ET.SubElement(units, "unit"), multiplier=f"{1 / size:.15g}", unit_name=name)
        _plain(node, unitgradingtype="0", showunits="0", unitsleft="0")


def _short(node: Node, item: Short) -> None:
    _plain(node, usecase=str(int(item.case == "keep")))
    for form in item.accepted:
        _answer(node, form, "", 100)
    for each in item.wrong:
        _answer(node, each.text, each.why, each.credit * 100)


def _matching(node: Node, item: Matching) -> None:
    _plain(node, shuffleanswers="true")
    texts = {each.id: each.text for each in item.responses}
    used = {prompt.match for prompt in item.prompts}
    pairs = [(prompt.text, texts[prompt.match]) for prompt in item.prompts]
    pairs += [("", text) for name, text in texts.items() if name not in used]
    for prompt, response in pairs:
        part = _text(node, "subquestion", prompt, markdown=True)
        _text(part, "answer", response)


def _ordering(node: Node, item: Ordering) -> None:
    """Write the steps; the fraction of an answer is its place."""
    _plain(node, layouttype="VERTICAL", selecttype="ALL", selectcount=str(len(item.steps)))
    _plain(node, gradingtype="RELATIVE_ALL_PREVIOUS_AND_NEXT", showgrading="SHOW")
    for place, step in enumerate(item.steps, 1):
        _text(node, "answer", step.text, markdown=True).set("fraction", str(place))


def _cloze(_: Node, __: Cloze) -> None:
    """Add nothing: gaps stand in the question's text."""


def _gap(gap: Gap, case: str) -> str:
    """Return a gap as Moodle embeds it; its signs are escaped with a backslash."""
    if gap.options:
        kind = "MULTICHOICE"
        rows = [(100.0 if o.correct else 0.0, o.text, o.why) for o in gap.options]
    else:
        kind = "SHORTANSWER_C" if case == "keep" else "SHORTANSWER"
        rows = [(100.0, form, gap.why or "") for form in gap.accepted]
        rows += [(each.credit * 100, each.text, each.why) for each in gap.wrong]
    told = (f"%{percent:g}%{_escaped(text)}#{_escaped(why)}" for percent, text, why in rows)
    return f"{{1:{kind}:{'~'.join(told)}}}"


def _escaped(text: str) -> str:
    return "".join(f"\\{sign}" if sign in '}#~/"\\' else sign for sign in text)


QUESTIONS: dict[type, tuple[str, Callable[[Node, Any], None]]] = {
    Single: ("multichoice", _choice),
    Multiple: ("multichoice", _choice),
    Hotspot: ("multichoice", _choice),
    TrueFalse: ("truefalse", _truth),
    Numeric: ("numerical", _numeric),
    Short: ("shortanswer", _short),
    Matching: ("matching", _matching),
    Ordering: ("ordering", _ordering),
    Cloze: ("cloze", _cloze),
}


def read(raw: bytes) -> Quiz:
    """Read a file, ours or another's. Raises: ValueError."""
    head: Plain = {}
    lacks: Plain = {}
    pairs: list[tuple[Plain, Plain]] = []
    for node in parsed(raw):
        what, told = of_comment(node)
        head = told if what == "quiz" else head
        if what == "item":
            pairs += [({}, lacks)] if lacks else []  # it had no question of its own
            lacks = told
        elif node.get("type") in {name for name, _ in QUESTIONS.values()}:
            pairs.append((read_question(node), lacks))
            lacks = {}
    return assembled(head, [*pairs, ({}, lacks)] if lacks else pairs)
