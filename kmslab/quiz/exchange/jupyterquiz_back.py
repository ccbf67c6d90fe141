"""A question of JupyterQuiz as the plain item that it carries. Refuses to know files."""

import math
from collections.abc import Callable
from html import unescape

from kmslab.quiz.exchange.carried import option
from kmslab.quiz.exchange.plain import Plain

_REASON = "No reason was given."


def question(told: Plain) -> Plain:
    """Return what the question carries. Raises: KeyError, ValueError."""
    kind = told["type"]
    if kind not in KINDS:
        raise ValueError(f"there is no kind {kind!r}; the kinds are {', '.join(KINDS)}")
    stem = unescape(told["question"])
    return {"title": stem[:60], "stem": stem} | KINDS[kind](told)


def _choice(told: Plain) -> Plain:
    offered = [
        option(n, unescape(str(each["answer"])), _why(each, ""), correct=each["correct"])
        for n, each in enumerate(told["answers"])
    ]
    several = told["type"] == "many_choice"
    return {"type": "multiple" if several else "single", "options": offered}


def _why(each: Plain, otherwise: str = _REASON) -> str:
    return unescape(each.get("feedback") or otherwise)


def _numeric(told: Plain) -> Plain:
    out: Plain = {"type": "numeric"}
    if digits := told.get("precision"):
        out["tolerance"] = {"digits": digits}
    for each in told["answers"]:
        if each.get("correct") and "answer" not in out:
            out |= _right(each)
        elif "range" in each and not each["correct"]:
            low, high = each["range"]
            bounds: Plain = {"low": low, "high": math.nextafter(high, -math.inf)}
            out.setdefault("ranges", []).append(bounds | {"why": _why(each)})
    return out


def _right(each: Plain) -> Plain:
    why = {"why": _why(each)} if each.get("feedback") else {}
    if "value" in each:
        return {"answer": float(each["value"])} | why
    low, high = each["range"]
    half = (high - low) / 2
    return {"answer": low + half, "tolerance": {"absolute": half}} | why


def _string(told: Plain) -> Plain:
    rows = [each for each in told["answers"] if "answer" in each]
    wrong = [{"text": each["answer"], "why": _why(each)} for each in rows if not each["correct"]]
    out: Plain = {"type": "short"}
    out["accepted"] = [each["answer"] for each in rows if each["correct"]]
    out |= {"wrong": wrong} if wrong else {}
    return out | ({"case": "keep"} if any(each.get("match_case") for each in rows) else {})


KINDS: dict[str, Callable[[Plain], Plain]] = {
    "multiple_choice": _choice,
    "many_choice": _choice,
    "numeric": _numeric,
    "string": _string,
}
