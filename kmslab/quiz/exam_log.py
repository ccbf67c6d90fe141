"""What happened in an exam, as events, and how a sitting that was broken off is taken up again.

Events are appended to a file beside the student's progress, one for each answer. Before the end
they hold what was given and nothing of a key; the last one, `Sat`, holds the result. Refuses to
know faces, time, and what an answer is worth.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from kmslab.quiz.exam import Question, Sat, Sitting


class Asked(msgspec.Struct, frozen=True, omit_defaults=True):
    """One question of a sitting, by name; `seed` reproduces a family's variant."""

    quiz: str
    item: str
    version: int
    seed: int = 0


class _Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="event"):
    """What every event has; `started` names the sitting."""

    at: dt.datetime
    started: dt.datetime


class Started(_Event, frozen=True, kw_only=True, tag="started"):
    """The time began to run; `seconds` is the whole of it, None is no limit."""

    seed: int
    exam: str
    seconds: float | None
    questions: tuple[Asked, ...]
    student: str = ""


class Given(_Event, frozen=True, kw_only=True, tag="given"):
    """An answer was given to the question at this place."""

    place: int
    answer: Any


class Cleared(_Event, frozen=True, kw_only=True, tag="cleared"):
    """The answer at this place was taken back."""

    place: int


class Flagged(_Event, frozen=True, kw_only=True, tag="flagged"):
    """The flag at this place was set, or taken away."""

    place: int
    is_set: bool


Step = Given | Cleared | Flagged
Event = Started | Step | Sat


def asked(questions: Iterable[Question]) -> tuple[Asked, ...]:
    """Return what names the questions."""
    return tuple(Asked(each.quiz, each.item.id, each.item.version, each.seed) for each in questions)


def unfinished(
    events: Iterable[Event], *, seed: int, exam: str, student: str = ""
) -> Started | None:
    """Return the student's last sitting of this exam that has no end."""
    wanted = (seed, exam, student)
    open_: dict[dt.datetime, Started] = {}
    for event in events:
        if isinstance(event, Started) and (event.seed, event.exam, event.student) == wanted:
            open_[event.started] = event
        elif isinstance(event, Sat):
            open_.pop(event.started, None)
    return list(open_.values())[-1] if open_ else None


_STEPS: Mapping[type, Callable[[Sitting, Any], object]] = {
    Given: lambda sitting, event: sitting.answers.update({event.place: event.answer}),
    Cleared: lambda sitting, event: sitting.answers.pop(event.place, None),
    Flagged: lambda sitting, event: (
        sitting.flags.add(event.place) if event.is_set else sitting.flags.discard(event.place)
    ),
}


def resumed(start: Started, events: Iterable[Event], questions: Sequence[Question]) -> Sitting:
    """Return the sitting as its events left it."""
    limit = None if start.seconds is None else dt.timedelta(seconds=start.seconds)
    sitting = Sitting(questions, started=start.started, limit=limit)
    for event in events:
        if isinstance(event, Given | Cleared | Flagged) and event.started == start.started:
            _STEPS[type(event)](sitting, event)
    return sitting
