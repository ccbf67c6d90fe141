"""What a face may know of an exam, as JSON values: the questions, the sitting, and then the report.

Before the end there is nothing of a key: no title of an item (it may name the idea), no reason, no
misconception, and not which questions are scored. Refuses to know any particular face.
"""

import math
from typing import Any

from kmslab.quiz.catalog import kind_of
from kmslab.quiz.exam import LENGTH, Question, Result, Share
from kmslab.quiz.exam_session import Exam
from kmslab.quiz.markup import parse
from kmslab.quiz.page import Page, item_page, kind_name
from kmslab.quiz.progress import Attempt

EXTRAS = (0, 25, 50, 100, None)  # percent; None is no limit


def paper(exam: Exam) -> Page:
    """Return what never changes: the questions, how many count, how long it takes."""
    total = len(exam.questions)
    return {
        "title": f"Exam {exam.exam}".strip(),
        "total": total,
        "scored": sum(question.scored for question in exam.questions),
        "whole": LENGTH,
        "extras": [{"percent": extra, "words": _time(exam, extra)} for extra in EXTRAS],
        "questions": [question_page(each, exam.seed) for each in exam.questions],
    }


def _time(exam: Exam, extra: int | None) -> str:
    if extra is None:
        return "No time limit"
    minutes = math.ceil(exam.time.total_seconds() * (100 + extra) / 6000)
    return f"{minutes} minutes" + (f" ({extra} % more)" if extra else "")


def question_page(question: Question, seed: int) -> Page:
    """Return one question as it is asked."""
    item, case = question.item, question.case
    return {
        "kind": kind_name(item),
        "case": case and {"title": case.title, "scenario": parse(case.scenario)},
        "stem": parse(item.stem),
        "body": kind_of(item).view(item, seed),
    }


def sitting(exam: Exam) -> Page:
    """Return where the student stands: phase, answers, flags, and the seconds that are left."""
    now = exam.sitting
    left = exam.left
    return {
        "phase": "ended" if exam.report else "running" if now else "ready",
        "answers": {str(place): answer for place, answer in now.answers.items()} if now else {},
        "flags": sorted(now.flags) if now else [],
        "left": None if left is None else left.total_seconds(),
        "notice": exam.notice,
    }


def report(exam: Exam) -> Page:
    """Return the report, or nothing before the end."""
    told = exam.report
    if told is None:
        return {}
    return {
        "total": _share("Scored questions", told.total),
        "domains": [_share(name, share) for name, share in told.domains.items()],
        "beliefs": [{"name": name, "count": n} for name, n in told.misconceptions.items()],
        "unscored": len(told.results) - told.total.total,
        "items": [_result(each, exam.seed) for each in told.results],
    }


def _share(name: str, share: Share) -> dict[str, Any]:
    low, high = share.interval
    return {"name": name, "right": share.right, "of": share.total, "low": low, "high": high}


def _result(result: Result, seed: int) -> Page:
    given = result.answer is not None
    attempt = Attempt(
        tries=int(given),
        answer=result.answer,
        is_right=result.verdict.correct,
        is_revealed=True,
    )
    shown = item_page(result.question.item, attempt, seed=seed, case=result.question.case)
    shown["feedback"]["headline"] = _headline(result)
    return shown | {"scored": result.question.scored}


def _headline(result: Result) -> str:
    if result.verdict.correct:
        return "Right."
    return "Not right." if result.answer is not None else "Not answered, which counts as wrong."
