"""The map of a bank: how each skill stands, which wrong beliefs were shown, how sure was right.

A fold over a student's events and the bank; it can fall as well as rise. Refuses to know faces, and
to forecast an exam.
"""

import datetime as dt
from collections.abc import Iterable, Sequence

import msgspec

from kmslab.quiz.catalog import Item, Quiz
from kmslab.quiz.exam import interval
from kmslab.quiz.judge import judge
from kmslab.quiz.memory import Level, Memory, Plan, memories, reviews, unknown
from kmslab.quiz.model import AnswerError, Verdict, beliefs_of
from kmslab.quiz.progress import Answered, Confidence, Event


class Row(msgspec.Struct, frozen=True):
    """One skill of the map, and where the course teaches it."""

    topic: str
    skill: str
    level: Level
    recall: float
    then: float | None
    reviews: int
    due: dt.datetime | None
    lab: str
    section: str
    beliefs: tuple[str, ...]


class Held(msgspec.Struct, frozen=True):
    """A wrong belief: how often it was shown, and whether the last word on it was right."""

    misconception: str
    shown: int
    mended: bool


class Sure(msgspec.Struct, frozen=True):
    """Answers of one confidence: how many were right, and the interval that is evidence for."""

    confidence: Confidence
    right: int
    total: int
    interval: tuple[float, float]


def rows(
    bank: Sequence[Quiz], events: Sequence[Event], *, plan: Plan, now: dt.datetime
) -> list[Row]:
    """Return the map: every skill of the bank, those that are due longest first."""
    known = memories(reviews(events), _skills(bank), plan=plan, now=now)
    held = {each.misconception for each in profile(bank, events) if not each.mended}
    found = [
        _row(skill, items, known.get(skill, unknown(skill)), held)
        for skill, items in _by_skill(bank).items()
    ]
    late = dt.datetime.max.replace(tzinfo=dt.UTC)
    return sorted(found, key=lambda row: (row.due or late, row.topic, row.skill))


def due(found: Iterable[Row], now: dt.datetime) -> list[Row]:
    """Return the skills that are due by the end of today; new ones are not."""
    end = dt.datetime.combine(now.date() + dt.timedelta(days=1), dt.time(), dt.UTC)
    return [row for row in found if row.due is not None and row.due < end]


def choose(
    bank: Sequence[Quiz], skill: str, events: Sequence[Event], beliefs: Iterable[str]
) -> tuple[Quiz, Item]:
    """Choose what to ask of a skill: what tests a belief that is held, then the least asked.

    Raises: LookupError where the bank asks nothing of it.
    """
    wanted = set(beliefs)
    asked = [(event.quiz, event.item) for event in events if isinstance(event, Answered)]
    found = [(quiz, item) for quiz in bank for item in quiz.items if skill in item.skills]
    if not found:
        raise LookupError(skill)
    return min(
        found,
        key=lambda pair: (
            not wanted & set(beliefs_of(pair[1])),
            pair[1].id not in pair[0].families,
            asked.count((pair[0].quiz, pair[1].id)),
            pair[1].id,
        ),
    )


def profile(bank: Sequence[Quiz], events: Iterable[Event]) -> list[Held]:
    """Return the wrong beliefs that answers showed, the most frequent first.

    A belief counts as mended when an item that would show it was answered right since.
    """
    shown: dict[str, int] = {}
    mended: dict[str, bool] = {}
    for item, verdict in _judged(bank, events):
        for belief in verdict.misconceptions:
            shown[belief] = shown.get(belief, 0) + 1
            mended[belief] = False
        if verdict.correct:
            mended |= dict.fromkeys(set(beliefs_of(item)) & set(shown), True)
    found = [Held(belief, count, mended[belief]) for belief, count in shown.items()]
    return sorted(found, key=lambda each: (each.mended, -each.shown, each.misconception))


def calibration(events: Iterable[Event]) -> list[Sure]:
    """Return for each confidence that was told how often the answer was right."""
    told = [e for e in events if isinstance(e, Answered) and e.confidence is not None]
    found = []
    for confidence in ("guess", "unsure", "sure"):
        answers = [event.correct for event in told if event.confidence == confidence]
        if answers:
            right, total = sum(answers), len(answers)
            found.append(Sure(confidence, right, total, interval(right, total)))
    return found


def _judged(bank: Sequence[Quiz], events: Iterable[Event]) -> Iterable[tuple[Item, Verdict]]:
    """Judge every kept answer again, each on the variant it was given to."""
    items = {(q.quiz, item.id, item.version): (q, item) for q in bank for item in q.items}
    for event in events:
        found = items.get((event.quiz, event.item, event.version))
        if found is None or not isinstance(event, Answered):
            continue
        item = found[0].variant(found[1], event.seed)
        try:
            yield item, judge(item, event.answer)
        except AnswerError:
            continue  # the item no longer knows such an answer


def _row(skill: str, items: Sequence[Item], memory: Memory, held: set[str]) -> Row:
    first = items[0]
    beliefs = {belief for item in items for belief in beliefs_of(item)} & held
    return Row(
        topic=first.topic,
        skill=skill,
        level=memory.level,
        recall=memory.recall,
        then=memory.then,
        reviews=memory.reviews,
        due=memory.due,
        lab=first.lab.name,
        section=first.lab.section,
        beliefs=tuple(sorted(beliefs)),
    )


def _skills(bank: Iterable[Quiz]) -> dict[tuple[str, str], tuple[str, ...]]:
    return {(quiz.quiz, item.id): item.skills for quiz in bank for item in quiz.items}


def _by_skill(bank: Iterable[Quiz]) -> dict[str, list[Item]]:
    found: dict[str, list[Item]] = {}
    for quiz in bank:
        for item in quiz.items:
            for skill in item.skills:
                found.setdefault(skill, []).append(item)
    return found
