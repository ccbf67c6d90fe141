"""When a skill is due again: the scheduler FSRS-6, with its published parameters, over skills.

A round with an item is one review of each of its skills; the first answer of the round counts. What
it is worth is a written rule (`rating`). Refuses to know faces; time and the plan are handed in.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec
from fsrs import Card, Rating, Scheduler

from kmslab.quiz.progress import Answered, Confidence, Event, Hinted, Restarted, Revealed

Grade = Literal["again", "hard", "good", "easy"]
Level = Literal["new", "shaky", "growing", "firm"]

_RATINGS: Mapping[Grade, Rating] = {
    "again": Rating.Again,
    "hard": Rating.Hard,
    "good": Rating.Good,
    "easy": Rating.Easy,
}
SHAKY = 0.8  # below this probability of recall a skill is shaky
FIRM = dt.timedelta(days=21)  # from this stability on it is firm


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is aimed at: to recall with this probability, and by which day."""

    retention: float = 0.9
    exam: dt.date | None = None

    def scheduler(self, now: dt.datetime) -> Scheduler:
        """Return a scheduler; before an exam no interval leads beyond its day."""
        longest = 36_500 if self.exam is None else max(1, (self.exam - now.date()).days)
        return Scheduler(
            desired_retention=self.retention, maximum_interval=longest, enable_fuzzing=False
        )


class Review(msgspec.Struct, frozen=True):
    """One round with an item, as the scheduler sees it."""

    at: dt.datetime
    quiz: str
    item: str
    grade: Grade


def rating(*, correct: bool, hints: int, confidence: Confidence | None) -> Grade:
    """Grade a first answer.

    wrong: again. Right with a hint, or as a guess: hard. Right and sure: easy. Else good.
    """
    if not correct:
        return "again"
    if hints or confidence == "guess":
        return "hard"
    return "easy" if confidence == "sure" else "good"


def reviews(events: Iterable[Event]) -> list[Review]:
    """Return the rounds of a log, in its order; to ask for the answer first is to have forgotten."""
    hints: dict[tuple[str, str], int] = {}
    done: set[tuple[str, str]] = set()
    found: list[Review] = []
    for event in events:
        round_ = (event.quiz, event.item)
        if isinstance(event, Restarted):
            done.discard(round_)
            hints.pop(round_, None)
        elif isinstance(event, Hinted):
            hints[round_] = hints.get(round_, 0) + 1
        elif isinstance(event, Answered | Revealed) and round_ not in done:
            done.add(round_)
            found.append(Review(event.at, *round_, _grade(event, hints.get(round_, 0))))
    return found


def _grade(event: Answered | Revealed, hints: int) -> Grade:
    if isinstance(event, Revealed):
        return "again"
    return rating(correct=event.correct, hints=hints, confidence=event.confidence)


class Memory(msgspec.Struct, frozen=True):
    """How a skill stands: `recall` is the probability of remembering it now, `then` at the exam."""

    skill: str
    reviews: int
    recall: float
    then: float | None
    due: dt.datetime | None
    level: Level


def unknown(skill: str) -> Memory:
    """Return how a skill stands that was never asked."""
    return Memory(skill, 0, 0.0, None, None, "new")


def memories(
    found: Iterable[Review],
    skills: Mapping[tuple[str, str], tuple[str, ...]],
    *,
    plan: Plan,
    now: dt.datetime,
) -> dict[str, Memory]:
    """Return how every reviewed skill stands; `skills` are those of (quiz, item)."""
    cards: dict[str, Card] = {}
    count: dict[str, int] = {}
    for review in sorted(found, key=lambda each: each.at):
        for skill in skills.get((review.quiz, review.item), ()):
            card = cards.get(skill) or Card(card_id=len(cards) + 1, due=review.at)
            scheduler = plan.scheduler(review.at)
            cards[skill], _ = scheduler.review_card(card, _RATINGS[review.grade], review.at)
            count[skill] = count.get(skill, 0) + 1
    return {skill: _memory(skill, card, count[skill], plan, now) for skill, card in cards.items()}


def _memory(skill: str, card: Card, count: int, plan: Plan, now: dt.datetime) -> Memory:
    scheduler = plan.scheduler(now)
    recall = scheduler.get_card_retrievability(card, now)
    then = None
    if plan.exam is not None:
        day = dt.datetime.combine(plan.exam, dt.time(12), dt.UTC)
        then = scheduler.get_card_retrievability(card, max(day, now))
    return Memory(skill, count, recall, then, card.due, _level(card, recall))


def _level(card: Card, recall: float) -> Level:
    if recall < SHAKY:
        return "shaky"
    return "firm" if dt.timedelta(days=card.stability or 0) >= FIRM else "growing"
