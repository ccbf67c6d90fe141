"""JupyterQuiz's JSON, after the schemas of jmshea/jupyterquiz.

It has choices, numbers and strings. Numbers are compared by ranges whose upper end is left out.
There is no way back: it keeps neither titles nor reasons for whole questions.
"""

import json
import math
from collections.abc import Callable
from typing import Any

from kmslab.quiz.catalog import Quiz
from kmslab.quiz.exchange.plain import Plain
from kmslab.quiz.exchange.stems import stem_of
from kmslab.quiz.kinds.choice import Multiple, Option, Single
from kmslab.quiz.kinds.hotspot import Hotspot, options
from kmslab.quiz.kinds.numeric import Numeric
from kmslab.quiz.kinds.short import Short
from kmslab.quiz.kinds.truth import TrueFalse


def write(quiz: Quiz) -> bytes:
    """Return the file."""
    told = []
    for _, item, case in quiz.placed():
        if body := QUESTIONS.get(type(item)):
            told.append({"question": stem_of(item, case), **body(item)})
    return (json.dumps(told, indent=2, ensure_ascii=False) + "\n").encode()


def _choice(item: Single | Multiple | Hotspot) -> Plain:
    offered = options(item) if isinstance(item, Hotspot) else item.options
    several = sum(option.correct for option in offered) > 1
    return {
        "type": "many_choice" if several else "multiple_choice",
        "answers": [_option(option) for option in offered],
    }


def _option(option: Option) -> Plain:
    return {"answer": option.text, "correct": option.correct, "feedback": option.why}


def _truth(item: TrueFalse) -> Plain:
    """Ask for the reason of the truth, and offer the opposite among the reasons."""
    side, other = ("True", "False") if item.truth else ("False", "True")
    answers = [
        {"answer": f"{side}: {each.text}", "correct": each.correct, "feedback": each.why}
        for each in item.reasons
    ]
    opposite = {"answer": f"{other}.", "correct": False, "feedback": item.why}
    return {"type": "multiple_choice", "answers": [*answers, opposite]}


def _numeric(item: Numeric) -> Plain:
    room = item.tolerance.absolute or abs(item.answer) * (item.tolerance.relative or 0)
    right: Plain = {"correct": True, "feedback": item.why}
    if room:
        right |= {"type": "range", "range": _range(item.answer - room, item.answer + room)}
    else:
        right |= {"type": "value", "value": item.answer}
    wrong = [
        {
            "type": "range",
            "range": _range(_bound(each.low, -1e300), _bound(each.high, 1e300)),
            "correct": False,
            "feedback": each.why,
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
        {"answer": form, "correct": True, "feedback": item.why, "match_case": case}
        for form in item.accepted
    ]
    wrong = [
        {"answer": each.text, "correct": False, "feedback": each.why, "match_case": case}
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
