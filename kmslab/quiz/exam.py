"""An exam: questions drawn from a bank, a time limit, flags, and a report at the end.

As the exams do it: all or nothing for each item, no penalty for guessing, unanswered is wrong,
and 15 of 65 items are not scored, without saying which. Nothing of a key is told before the
end. Pure: time is handed in. Refuses to know faces, and to say who would pass: how AWS scales a
score is not published, and a short test cannot tell.
"""

import datetime as dt
import math
from collections.abc import Iterable, Sequence

import msgspec

from kmslab.quiz.catalog import Item, Quiz
from kmslab.quiz.exams import ANY, exams
from kmslab.quiz.family import variant_seed
from kmslab.quiz.judge import judge, judge_nothing
from kmslab.quiz.kinds.case import Case
from kmslab.quiz.model import Verdict
from kmslab.quiz.order import shuffled

LENGTH = ANY.length  # items
PACE = dt.timedelta(minutes=2)  # for each item: 130 minutes for 65, the associate exams' time
Z_95 = 1.959963984540054  # the normal quantile of a two-sided interval of 95 %


class Question(msgspec.Struct, frozen=True):
    """One item of an exam; `quiz` is the file it comes from, `seed` that of a family's variant."""

    quiz: str
    item: Item
    scored: bool
    case: Case[Item] | None = None
    seed: int = 0


class TimeUp(Exception):
    """The time is over; nothing is accepted any more."""


def draw(
    bank: Iterable[Quiz],
    *,
    seed: int,
    length: int = LENGTH,
    exam: str = "",
    secret: str = "",
    student: str = "",
) -> list[Question]:
    """Draw an exam from a bank: `length` items or as many as there are, in this seed's order.

    With `exam` ("SCS-C03") only items that name it. Items of a case study stay together, and come
    only where all of them fit. The share that is scored is that exam's, 50 of 65 for most. Tasks are
    not drawn: an exam has no world. All students of a seed are asked the same items; which variant
    of a family follows from the course's `secret` and the `student` too.
    """
    taker = f"{student} {seed}".strip()
    found = _groups(bank, exam, secret or "exam", taker)
    groups = shuffled(found, seed=seed, salt="draw", name=lambda g: g[0].item.id)
    drawn: list[Question] = []
    for group in groups:
        if len(drawn) + len(group) <= length:
            drawn += group
    ids = [question.item.id for question in drawn]
    order = shuffled(ids, seed=seed, salt="scored", name=str)
    plan = exams().get(exam, ANY)
    scored = set(order[: round(len(ids) * plan.scored / plan.length)])
    return [msgspec.structs.replace(q, scored=q.item.id in scored) for q in drawn]


def _groups(bank: Iterable[Quiz], exam: str, secret: str, taker: str) -> list[list[Question]]:
    """Return the items that may be drawn, those of a case study as one group."""
    groups: dict[str, list[Question]] = {}
    for quiz in bank:
        for _, item, case in quiz.worldless().placed():
            if not exam or any(each.split()[0] == exam for each in item.exams):
                name = f"{quiz.quiz} {case.title}" if case else item.id
                question = Question(quiz.quiz, item, scored=False, case=case)
                groups.setdefault(name, []).append(_asked(quiz, question, secret, taker))
    return list(groups.values())


def _asked(quiz: Quiz, question: Question, secret: str, taker: str) -> Question:
    """Return a question as this taker is asked it: of a family, a variant of their own."""
    item = question.item
    if item.id not in quiz.families:
        return question
    seed = variant_seed(secret, student=taker, item=item.id, version=item.version, attempt=1)
    return msgspec.structs.replace(question, item=quiz.variant(item, seed), seed=seed)


class Sitting:
    """One student in one exam, from its start to its end.

    `limit` is the whole time, extra time included; None is no limit. Questions are named by their
    place, from 0.
    """

    def __init__(
        self,
        questions: Sequence[Question],
        *,
        started: dt.datetime,
        limit: dt.timedelta | None = None,
    ) -> None:
        self.questions = tuple(questions)
        self.started = started
        self.limit = limit
        self.answers: dict[int, object] = {}
        self.flags: set[int] = set()

    def left(self, now: dt.datetime) -> dt.timedelta | None:
        """Return how much time is left, never less than none; None where there is no limit."""
        if self.limit is None:
            return None
        return max(dt.timedelta(), self.limit - (now - self.started))

    def check_time(self, now: dt.datetime) -> None:
        """Raise TimeUp where no time is left."""
        if self.left(now) == dt.timedelta():
            raise TimeUp

    def answer(self, place: int, answer: object, now: dt.datetime) -> None:
        """Keep an answer; a later one replaces it. Raises: TimeUp, AnswerError."""
        self.check_time(now)
        judge(self.questions[place].item, answer)  # refuses what is no answer; nobody is told more
        self.answers[place] = answer

    def clear(self, place: int, now: dt.datetime) -> None:
        """Take an answer back. Raises: TimeUp."""
        self.check_time(now)
        self.answers.pop(place, None)

    def flag(self, place: int) -> bool:
        """Flag a question for later, or take the flag away; tell whether it is flagged now."""
        self.flags ^= {place}
        return place in self.flags

    def open(self) -> list[int]:
        """Return the places of unanswered questions."""
        return [n for n in range(len(self.questions)) if n not in self.answers]

    def _verdict(self, place: int) -> Verdict:
        item = self.questions[place].item
        return judge(item, self.answers[place]) if place in self.answers else judge_nothing(item)

    def report(self, *, exam: str = "") -> "Report":
        """Judge everything. For the end only: from here on keys are known."""
        results = tuple(
            Result(question, self.answers.get(n), self._verdict(n))
            for n, question in enumerate(self.questions)
        )
        scored = [result for result in results if result.question.scored]
        names = sorted({domain(result.question.item, exam) for result in scored})
        return Report(
            results=results,
            total=Share.of(scored),
            domains={
                name: Share.of([r for r in scored if domain(r.question.item, exam) == name])
                for name in names
            },
        )


class Result(msgspec.Struct, frozen=True):
    """What came of one question; `answer` is None where there was none."""

    question: Question
    answer: object
    verdict: Verdict


class Share(msgspec.Struct, frozen=True):
    """How many of how many were right, and the interval that this is evidence for."""

    right: int
    total: int

    @classmethod
    def of(cls, results: Sequence[Result]) -> "Share":
        """Count the right ones."""
        return cls(sum(result.verdict.correct for result in results), len(results))

    @property
    def interval(self) -> tuple[float, float]:
        """The Wilson score interval of 95 %."""
        return interval(self.right, self.total)


def interval(right: int, total: int) -> tuple[float, float]:
    """Return the Wilson score interval of 95 % (Wilson 1927), each end from 0.0 to 1.0."""
    if not total:
        return 0.0, 1.0
    n, p, z = total, right / total, Z_95
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


class Report(msgspec.Struct, frozen=True):
    """The end of an exam; only scored questions count."""

    results: tuple[Result, ...]
    total: Share
    domains: dict[str, Share]

    @property
    def misconceptions(self) -> dict[str, int]:
        """The wrong beliefs that answers showed, the most frequent first."""
        shown = [m for result in self.results for m in result.verdict.misconceptions]
        return {m: shown.count(m) for m in sorted(set(shown), key=lambda m: (-shown.count(m), m))}


def domain(item: Item, exam: str = "") -> str:
    """Return the domain an item is reported under: the exam's, where it names one, or its topic."""
    plan = exams().get(exam, ANY)
    for each in item.exams:
        code, _, task = each.partition(" ")
        if code == exam and task in plan.tasks:
            return plan.domain(task)[0]
    return item.topic


class Sat(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="sat"):
    """A finished exam as it is kept: enough to judge it again."""

    at: dt.datetime
    started: dt.datetime
    seed: int
    exam: str
    right: int
    scored: int
    questions: tuple["Kept", ...]


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """One question of a kept exam; `seed` reproduces a family's variant."""

    quiz: str
    item: str
    version: int
    scored: bool
    answer: object
    correct: bool
    seed: int = 0


def kept(report: Report, sitting: Sitting, *, at: dt.datetime, seed: int, exam: str) -> Sat:
    """Return what is kept of a finished exam."""
    return Sat(
        at=at,
        started=sitting.started,
        seed=seed,
        exam=exam,
        right=report.total.right,
        scored=report.total.total,
        questions=tuple(
            Kept(
                r.question.quiz,
                r.question.item.id,
                r.question.item.version,
                r.question.scored,
                r.answer,
                r.verdict.correct,
                r.question.seed,
            )
            for r in report.results
        ),
    )
