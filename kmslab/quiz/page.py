"""What a face may know of a quiz at this moment, as one JSON value.

Everything that would give a key away (which options are right, reasons, misconceptions,
references, the idea to take away) enters the page when the item is closed, reasons of given
parts when they are judged. Refuses to know any particular face.
"""

from collections.abc import Mapping
from typing import Any

from kmslab.quiz.catalog import Item, Quiz, kind_of
from kmslab.quiz.judge import judge, judge_nothing
from kmslab.quiz.kinds.case import Case
from kmslab.quiz.markup import lang_of, parse
from kmslab.quiz.model import GIVEN, AnswerError, Mark, Remark, Verdict
from kmslab.quiz.progress import Attempt

Page = dict[str, Any]


Asked = Mapping[str, tuple[Item, int]]  # the variants that are asked, each with its seed


def page(
    quiz: Quiz,
    attempts: Mapping[str, Attempt],
    *,
    seed: int,
    lost: int = 0,
    asked: Asked | None = None,
) -> Page:
    """Return the whole page; `lost` is how many lines of the student's log were unreadable."""
    asked = asked or {}
    return {
        "quiz": quiz.quiz,
        "title": quiz.title,
        "about": parse(quiz.about),
        "notice": f"{lost} unreadable line(s) of your progress were skipped." if lost else "",
        "right": sum(attempt.is_right for attempt in attempts.values()),
        "first": sum(a.is_right and a.tries == 1 and not a.hints for a in attempts.values()),
        "items": [
            item_page(shown, attempts.get(item.id, Attempt()), seed=order, case=case)
            for _, item, case in quiz.placed()
            for shown, order in [asked.get(item.id, (item, seed))]
        ],
    }


def item_page(item: Item, attempt: Attempt, *, seed: int, case: Case[Item] | None = None) -> Page:
    """Return one item, of a case study or not, as it may be shown after this attempt."""
    return {
        "id": item.id,
        "kind": kind_name(item),
        "title": item.title,
        "title_lang": lang_of(item.title),
        "case": case and {"title": case.title, "scenario": parse(case.scenario)},
        "stem": parse(item.stem),
        "body": kind_of(item).view(item, seed),
        "status": _status(attempt),
        "tries": attempt.tries,
        "answer": attempt.answer,
        "hints": [parse(hint) for hint in item.hints[: attempt.hints]],
        "hints_left": max(0, len(item.hints) - attempt.hints),
        "feedback": _feedback(item, attempt),
    }


def kind_name(item: Item) -> str:
    """Return the name of the item's kind, as `type:` spells it in YAML."""
    return str(item.__struct_config__.tag)


def _status(attempt: Attempt) -> str:
    if attempt.is_right:
        return "right"
    if attempt.is_revealed:
        return "shown"
    return "wrong" if attempt.tries else "open"


def _feedback(item: Item, attempt: Attempt) -> Page | None:
    if not attempt.tries and not attempt.is_closed:
        return None
    verdict = _verdict(item, attempt)
    remarks = [r for r in verdict.remarks if attempt.is_closed or r.mark in GIVEN]
    out: Page = {
        "headline": _headline(attempt, verdict),
        "remarks": [_remark(remark, told=attempt.is_closed) for remark in remarks],
        "lab": {"name": item.lab.name, "section": item.lab.section},
    }
    if attempt.is_closed:
        out |= {
            "why": parse(item.why),
            "refs": [{"title": ref.title, "url": ref.url} for ref in item.refs],
        }
    return out


def _remark(remark: Remark, *, told: bool) -> Page:
    """Return a remark; what would be right is told of a closed item only."""
    key = remark.key if told and remark.mark is not Mark.HIT else ""
    return {
        "part": remark.part,
        "mark": remark.mark.value,
        "why": parse(remark.why),
        "key": parse(key),
    }


def _verdict(item: Item, attempt: Attempt) -> Verdict:
    """Judge the kept answer again; one that the item no longer knows counts as none."""
    try:
        return judge(item, attempt.answer) if attempt.tries else judge_nothing(item)
    except AnswerError:
        return judge_nothing(item)


def _headline(attempt: Attempt, verdict: Verdict) -> str:
    if attempt.is_right:
        return "Right." if attempt.tries == 1 else f"Right, at try {attempt.tries}."
    if attempt.is_revealed:
        return "This is the answer."
    if verdict.credit:
        return f"Not yet: worth {verdict.credit:.0%} in practice, nothing in an exam."
    return "Not yet."
