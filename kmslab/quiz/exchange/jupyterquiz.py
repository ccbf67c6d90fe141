"""JupyterQuiz's JSON, after the schemas of jmshea/jupyterquiz.

It has choices, numbers and strings. Numbers are compared by ranges whose upper end is left out.
Its page takes texts as HTML, so all are escaped but those that are compared with what is typed.
What a question lacks stands in a field `kmslab` of its own, which JupyterQuiz passes over; the
first question also keeps the items that JupyterQuiz cannot ask.
"""

import json
import math
from collections.abc import Callable
from html import escape
from typing import Any

from kmslab.quiz.catalog import Quiz
from kmslab.quiz.exchange.carried import assembled, head_of
from kmslab.quiz.exchange.jupyterquiz_back import question
from kmslab.quiz.exchange.plain import Plain, items_of
from kmslab.quiz.exchange.rest import rest
from kmslab.quiz.exchange.stems import stem_of
from kmslab.quiz.kinds.choice import Multiple, Option, Single
from kmslab.quiz.kinds.hotspot import Hotspot, options
from kmslab.quiz.kinds.numeric import Numeric
from kmslab.quiz.kinds.short import Short
from kmslab.quiz.kinds.truth import TrueFalse


def write(quiz: Quiz) -> bytes:
    """Return the file."""
    told: list[Plain] = []
    unasked: dict[str, Plain] = {}
    for place, ((_, item, case), whole) in enumerate(
        zip(quiz.placed(), items_of(quiz), strict=True)
    ):
        if body := QUESTIONS.get(type(item)):
            asked = {"question": escaped(stem_of(item, case)), **body(item)}
            told.append(asked | {_OURS: {"item": rest(whole, question(asked))}})
        else:
            unasked[str(place)] = whole
    if told:
        told[0][_OURS] |= {"quiz": json.loads(head_of(quiz)), "unasked": unasked}
    return (json.dumps(told, indent=2, ensure_ascii=False) + "\n").encode()


_OURS = "kmslab"


def escaped(text: str) -> str:
    """Return a text as HTML."""
    return escape(text, quote=False)


def read(raw: bytes) -> Quiz:
    """Read a file, ours or another's. Raises: ValueError."""
    told = json.loads(raw)
    if not isinstance(told, list) or not told or not all(isinstance(q, dict) for q in told):
        raise ValueError("it has to be a list of questions, and to hold one")
    pairs = [(_asked(each), each.get(_OURS, {}).get("item", {})) for each in told]
    first = told[0].get(_OURS, {})
    for place, whole in first.get("unasked", {}).items():
        pairs.insert(int(place), ({}, whole))
    return assembled(first.get("quiz", {}), pairs)


def _asked(told: Plain) -> Plain:
    try:
        return question(told)
    except (LookupError, TypeError, AttributeError) as error:
        kind = type(error).__name__
        raise ValueError(f"question {told.get('question')!r}: {kind} {error}") from None


def _choice(item: Single | Multiple | Hotspot) -> Plain:
    offered = options(item) if isinstance(item, Hotspot) else item.options
    several = sum(option.correct for option in offered) > 1
    return {
        "type": "many_choice" if several else "multiple_choice",
        "answers": [_option(option) for option in offered],
    }


def _option(option: Option) -> Plain:
    return {
        "answer": escaped(option.text),
        "correct": option.correct,
        "feedback": escaped(option.why),
    }


def _truth(item: TrueFalse) -> Plain:
    """Ask for the reason of the truth, and offer the opposite among the reasons."""
    side, other = ("True", "False") if item.truth else ("False", "True")
    answers = [
        {
            "answer": f"{side}: {escaped(each.text)}",
            "correct": each.correct,
            "feedback": escaped(each.why),
        }
        for each in item.reasons
    ]
    opposite = {"answer": f"{other}.", "correct": False, "feedback": escaped(item.why)}
    return {"type": "multiple_choice", "answers": [*answers, opposite]}


def _numeric(item: Numeric) -> Plain:
    room = item.tolerance.absolute or abs(item.answer) * (item.tolerance.relative or 0)
    right: Plain = {"correct": True, "feedback": escaped(item.why)}
    if room:
        right |= {"type": "range", "range": _range(item.answer - room, item.answer + room)}
    else:
        right |= {"type": "value", "value": item.answer}
    wrong = [
        {
            "type": "range",
            "range": _range(_bound(each.low, -1e300), _bound(each.high, 1e300)),
            "correct": False,
            "feedback": escaped(each.why),
        }
        for each in item.ranges
    ]
    digits = {"precision": item.tolerance.digits} if item.tolerance.digits else {}
    return {"type": "numeric", **digits, "answers": [right, *wrong]}


def _bound(bound: float | None, otherwise: float) -> float:
    return otherwise if bound is None else bound


def _range(low: float, high: float) -> list[float]:
    """Return a range that holds its upper end too, though the format leaves it out."""
    return [low, math.nextafter(high, math.inf)]


def _short(item: Short) -> Plain:
    case = item.case == "keep"
    right = [
        {"answer": form, "correct": True, "feedback": escaped(item.why), "match_case": case}
        for form in item.accepted
    ]
    wrong = [
        {"answer": each.text, "correct": False, "feedback": escaped(each.why), "match_case": case}
        for each in item.wrong
    ]
    return {"type": "string", "answers": [*right, *wrong]}


QUESTIONS: dict[type, Callable[[Any], Plain]] = {
    Single: _choice,
    Multiple: _choice,
    Hotspot: _choice,
    TrueFalse: _truth,
    Numeric: _numeric,
    Short: _short,
}
