"""One student at one quiz: what they do becomes an event, and the page follows.

The four verbs are all that a face can ask for. Refuses to know faces; time is handed in.
"""

from pathlib import Path

from kmslab.quiz.catalog import Item, Quiz
from kmslab.quiz.family import variant_seed
from kmslab.quiz.judge import judge
from kmslab.quiz.looking import Look, nowhere, seen
from kmslab.quiz.model import Verdict
from kmslab.quiz.page import Page, page
from kmslab.quiz.progress import (
    Answered,
    Attempt,
    Confidence,
    Event,
    EventLog,
    Hinted,
    Now,
    Restarted,
    Revealed,
    attempt,
    rounds,
    wall_clock,
)


class Session:
    """A quiz and what one student made of it so far.

    With a `log_path` the progress is kept there and taken up again; `seed` orders the options. An
    item of a family is another variant after each restart: which one follows from the course's
    `secret`, the `student` (without one, the seed), the item, its version and the round; what was done with a variant
    of another student or secret is no part of this one. Items that are kept for exams are not asked. `look` looks at the
    student's world for tasks.
    """

    def __init__(
        self,
        quiz: Quiz,
        log_path: str | Path | None = None,
        *,
        seed: int = 1,
        now: Now = wall_clock,
        secret: str = "",
        student: str = "",
        look: Look = nowhere,
    ) -> None:
        self.quiz = quiz.practice()
        self.log = EventLog(Path(log_path) if log_path else None)
        self.seed = seed
        self._now = now
        self._secret = secret
        self._look = look
        self._student = student or str(seed)
        self._grown: dict[tuple[str, int], Item] = {}

    def item(self, item_id: str) -> Item:
        """Return the item as it is asked now. Raises: KeyError."""
        item, seed = self.quiz.item(item_id), self.seed_of(item_id)
        if item_id not in self.quiz.families:
            return item
        if (item_id, seed) not in self._grown:
            self._grown[item_id, seed] = self.quiz.variant(item, seed)
        return self._grown[item_id, seed]

    def seed_of(self, item_id: str) -> int:
        """Return the seed by which the item is asked now. Raises: KeyError."""
        item = self.quiz.item(item_id)
        if item_id not in self.quiz.families:
            return self.seed
        number = rounds(self.log.events, quiz=self.quiz.quiz, item=item_id, version=item.version)
        return variant_seed(
            self._secret, student=self._student, item=item_id, version=item.version, attempt=number
        )

    def attempt(self, item_id: str) -> Attempt:
        """Return where the student stands with an item as it is asked now. Raises: KeyError."""
        return attempt(
            self.log.events,
            quiz=self.quiz.quiz,
            item=item_id,
            version=self.quiz.item(item_id).version,
            variant=self.seed_of(item_id) if item_id in self.quiz.families else None,
        )

    def page(self) -> Page:
        """Return what a face may show now."""
        attempts = {item.id: self.attempt(item.id) for item in self.quiz.items}
        asked = {name: (self.item(name), self.seed_of(name)) for name in self.quiz.families}
        return page(self.quiz, attempts, seed=self.seed, lost=self.log.lost, asked=asked)

    def answer(self, item_id: str, answer: object, confidence: Confidence | None = None) -> Verdict:
        """Judge an answer and keep it; `confidence` was told before. Raises: AnswerError, KeyError.

        The answer to a task is what is seen now, whatever was given.
        """
        item = self.item(item_id)
        answer = seen(item, answer, self._look)
        verdict = judge(item, answer)
        self._record(
            Answered,
            item_id,
            seed=self.seed_of(item_id),
            answer=answer,
            correct=verdict.correct,
            credit=self._credit(item_id, verdict),
            confidence=confidence,
        )
        return verdict

    def _credit(self, item_id: str, verdict: Verdict) -> float:
        """Take what the hints cost from the credit."""
        cost = self.quiz.hint_cost * self.attempt(item_id).hints
        return max(0.0, round(verdict.credit - cost, 6))

    def hint(self, item_id: str) -> None:
        """Take one more hint, where there is one left."""
        if self.attempt(item_id).hints < len(self.quiz.item(item_id).hints):
            self._record(Hinted, item_id, seed=self.seed_of(item_id))

    def reveal(self, item_id: str) -> None:
        """Show the answer and end the item."""
        self._record(Revealed, item_id, seed=self.seed_of(item_id))

    def restart(self, item_id: str) -> None:
        """Clear the item, to answer it afresh; an untouched one is left alone."""
        if self.attempt(item_id) != Attempt():
            self._record(Restarted, item_id)

    def _record(self, event: type[Event], item_id: str, **rest: object) -> None:
        item = self.quiz.item(item_id)
        if self.attempt(item_id).is_closed and event is not Restarted:
            return
        head = {"at": self._now(), "quiz": self.quiz.quiz, "item": item.id, "version": item.version}
        self.log.append(event(**head, **rest))  # type: ignore[arg-type]  # the verbs above
