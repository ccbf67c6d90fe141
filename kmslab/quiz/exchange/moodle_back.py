"""A question of Moodle XML as the plain item that it carries.

Refuses to know files and comments (`moodle.py`). HTML in a foreign file stays as it stands, which
our faces show as text.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

from kmslab.quiz.exchange.carried import letter, option
from kmslab.quiz.exchange.inert import alive
from kmslab.quiz.exchange.plain import Plain

Node = ET.Element
_REASON = "No reason was given."
WHOLE = 100  # percent, of a right answer


def question(node: Node) -> Plain:
    """Return what the question carries."""
    out: Plain = {
        "id": node.findtext("idnumber"),
        "title": _text(node.find("name")),
        "stem": _text(node.find("questiontext")),
        "why": _text(node.find("generalfeedback")),
        "hints": [_text(hint) for hint in node.findall("hint")],
    }
    body = KINDS[node.get("type", "")](node)
    return {name: value for name, value in out.items() if value} | body


def _text(node: Node | None) -> str:
    if node is None:
        return ""
    text = node.findtext("text") or ""
    return alive(text) if node.get("format") == "markdown" else text


def _answers(node: Node) -> list[tuple[Node, str, str, float]]:
    """Return (node, text, reason, percent) of each answer."""
    return [
        (each, _text(each), _text(each.find("feedback")), float(each.get("fraction", "0")))
        for each in node.findall("answer")
    ]


def _choice(node: Node) -> Plain:
    rows = _answers(node)
    offered = [
        option(n, text, why, correct=percent > 0) for n, (_, text, why, percent) in enumerate(rows)
    ]
    several = node.findtext("single") in ("false", "0")
    return {"type": "multiple" if several else "single", "options": offered}


def _truth(node: Node) -> Plain:
    right = max(_answers(node), key=lambda row: row[3])
    return {"type": "true-false", "truth": right[1].strip().lower() == "true"}


def _numeric(node: Node) -> Plain:
    out: Plain = {"type": "numeric"}
    for each, text, why, percent in _answers(node):
        number, room = float(text), float(each.findtext("tolerance") or 0)
        if percent >= WHOLE:
            out |= {"answer": number} | ({"tolerance": {"absolute": room}} if room else {})
        else:
            told: Plain = {"low": number - room, "high": number + room, "why": why or _REASON}
            told |= {"credit": percent / 100} if percent else {}
            out.setdefault("ranges", []).append(told)
    sizes = {
        each.findtext("unit_name") or "": 1 / float(each.findtext("multiplier") or 1)
        for each in node.iterfind("units/unit")
    }
    own = next((name for name, size in sizes.items() if size == 1), None)
    others = {name: size for name, size in sizes.items() if name != own}
    return out | ({"unit": own} if own else {}) | ({"units": others} if own and others else {})


def _short(node: Node) -> Plain:
    rows = _answers(node)
    out: Plain = {"type": "short", "accepted": [text for _, text, _, p in rows if p >= WHOLE]}
    wrong = [_wrong(text, why, p) for _, text, why, p in rows if p < WHOLE]
    out |= {"wrong": wrong} if wrong else {}
    return out | ({"case": "keep"} if node.findtext("usecase") == "1" else {})


def _wrong(text: str, why: str, percent: float) -> Plain:
    return {"text": text, "why": why or _REASON} | ({"credit": percent / 100} if percent else {})


def _matching(node: Node) -> Plain:
    pairs = [(_text(part), _text(part.find("answer"))) for part in node.findall("subquestion")]
    responses = list(dict.fromkeys(response for _, response in pairs))
    ids = {text: letter(n) for n, text in enumerate(reversed(responses))}
    asked = [(prompt, response) for prompt, response in pairs if prompt]
    return {
        "type": "matching",
        "prompts": [
            {"id": letter(n), "text": prompt, "match": ids[response], "why": _REASON}
            for n, (prompt, response) in enumerate(asked)
        ],
        "responses": [{"id": ids[text], "text": text, "why": _REASON} for text in responses],
    }


def _ordering(node: Node) -> Plain:
    rows = sorted(_answers(node), key=lambda row: row[3])
    last = len(rows) - 1  # letters may not spell the order
    return {
        "type": "ordering",
        "steps": [
            {"id": letter(last - n), "text": text, "why": _REASON}
            for n, (_, text, _, _) in enumerate(rows)
        ],
    }


_GAP = re.compile(r"\{\d*:(MULTICHOICE\w*|MC\w*|SHORTANSWER\w*|SA\w*):((?:\\.|[^}\\])*)\}")
_ROW = re.compile(r"(?:%(-?[\d.]+)%|(=))?((?:\\.|[^#~\\])*)(?:#((?:\\.|[^~\\])*))?(?:~|$)")


def _cloze(node: Node) -> Plain:
    text = _text(node.find("questiontext"))
    gaps = [_gap(f"gap{n}", match) for n, match in enumerate(_GAP.finditer(text), 1)]
    names = iter(gap["id"] for gap in gaps)
    out: Plain = {"type": "cloze", "stem": "Fill the gaps.", "gaps": gaps}
    return out | {"text": _GAP.sub(lambda _: f"{{{{{next(names)}}}}}", text)}


def _gap(name: str, match: re.Match[str]) -> Plain:
    rows = [
        (float(percent) if percent else 100.0 if sure else 0.0, _bare(text), _bare(why))
        for percent, sure, text, why in _ROW.findall(match[2])
        if text
    ]
    if match[1].startswith("M"):
        offered = [
            option(n, text, why, correct=percent >= WHOLE)
            for n, (percent, text, why) in enumerate(rows)
        ]
        return {"id": name, "options": offered}
    out: Plain = {"id": name, "accepted": [text for percent, text, _ in rows if percent >= WHOLE]}
    wrong = [_wrong(text, why, percent) for percent, text, why in rows if percent < WHOLE]
    why = next((why for percent, _, why in rows if percent >= WHOLE and why), "")
    return out | ({"wrong": wrong} if wrong else {}) | ({"why": why} if why else {})


def _bare(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


KINDS: dict[str, Callable[[Node], Plain]] = {
    "multichoice": _choice,
    "truefalse": _truth,
    "numerical": _numeric,
    "shortanswer": _short,
    "matching": _matching,
    "ordering": _ordering,
    "cloze": _cloze,
}
