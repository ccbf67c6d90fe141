"""Kept answers judged again, after a key has changed; the log is added to and never rewritten.

Refuses to know faces and files; time is handed in.
"""

from collections.abc import Iterator, Sequence

from kmslab.quiz.catalog import Quiz
from kmslab.quiz.judge import judge
from kmslab.quiz.model import AnswerError
from kmslab.quiz.progress import Answered, Event, Now, Regraded


def regraded(bank: Sequence[Quiz], events: Sequence[Event], now: Now) -> Iterator[Regraded]:
    """Yield an event for each last answer that the bank of today judges otherwise.

    An answer to an older version of an item is carried over to the present one.
    """
    items = {(quiz.quiz, item.id): (quiz, item) for quiz in bank for item in quiz.items}
    for key, last in _last_answers(events).items():
        if key not in items:
            continue
        quiz, item = items[key]
        try:
            verdict = judge(quiz.variant(item, last.seed), last.answer)
        except AnswerError:
            continue  # the item no longer knows such an answer
        if (verdict.correct, item.version) != (last.correct, last.version):
            yield Regraded(
                at=now(),
                quiz=quiz.quiz,
                item=item.id,
                version=item.version,
                seed=last.seed,
                answer=last.answer,
                correct=verdict.correct,
                credit=verdict.credit,
                answered=last.at,
                was=last.correct,
            )


def _last_answers(events: Sequence[Event]) -> dict[tuple[str, str], Answered | Regraded]:
    return {
        (event.quiz, event.item): event
        for event in events
        if isinstance(event, Answered | Regraded)
    }
