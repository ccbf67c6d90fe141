"""One student in one exam, from its first screen to its report: the verbs that a face can ask for.

Every answer is on the disk before it is acknowledged, so a crash costs nothing but the time that
runs on. Refuses to know faces; time is handed in.
"""

import datetime as dt
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kmslab.quiz.catalog import Quiz
from kmslab.quiz.exam import LENGTH, PACE, Report, Sitting, TimeUp, draw, kept
from kmslab.quiz.exam_log import (
    Cleared,
    Event,
    Flagged,
    Given,
    Started,
    asked,
    resumed,
    unfinished,
)
from kmslab.quiz.progress import Now, append, read, wall_clock


class Exam:
    """An exam over a bank of quizzes: drawn, sat, reported.

    With a `log_path` each step is kept there, and a sitting of the same seed and exam that was
    broken off is taken up again while its time lasts. Variants of families follow from the seed,
    from the course's `secret` and from the `student`, where they are told. `sitting` is None before
    the start, `report` until the end; `notice` is what a student has to be told of what happened
    in between.
    """

    def __init__(
        self,
        bank: Iterable[Quiz],
        log_path: str | Path | None = None,
        *,
        seed: int = 1,
        length: int = LENGTH,
        exam: str = "",
        now: Now = wall_clock,
        secret: str = "",
        student: str = "",
    ) -> None:
        self.questions = draw(
            bank, seed=seed, length=length, exam=exam, secret=secret, student=student
        )
        self.seed = seed
        self._student = student
        self.exam = exam
        self.sitting: Sitting | None = None
        self.report: Report | None = None
        self.notice = ""
        self._path = Path(log_path) if log_path else None
        self._now = now
        self._resume()

    @property
    def time(self) -> dt.timedelta:
        """The time that an exam of this length has, without any extra."""
        return PACE * len(self.questions)

    @property
    def left(self) -> dt.timedelta | None:
        """The time that is left; None where there is no limit, or no sitting."""
        return self.sitting.left(self._now()) if self.sitting else None

    def start(self, extra: int | None = 0) -> None:
        """Let the time run, with so many percent more of it; None is no limit."""
        if self.sitting:
            return
        limit = None if extra is None else self.time * (100 + extra) / 100
        self.sitting = Sitting(self.questions, started=self._now(), limit=limit)
        self._record(
            Started,
            seed=self.seed,
            exam=self.exam,
            seconds=None if limit is None else limit.total_seconds(),
            questions=asked(self.questions),
            student=self._student,
        )

    def answer(self, place: int, answer: object) -> None:
        """Keep an answer. Raises: AnswerError where it is none, IndexError where no question is."""
        if sitting := self._running(place):
            sitting.answer(place, answer, self._now())
            self._record(Given, place=place, answer=answer)

    def clear(self, place: int) -> None:
        """Take an answer back."""
        if (sitting := self._running(place)) and place in sitting.answers:
            sitting.clear(place, self._now())
            self._record(Cleared, place=place)

    def flag(self, place: int) -> None:
        """Flag a question for later, or take the flag away."""
        if sitting := self._running(place):
            self._record(Flagged, place=place, is_set=sitting.flag(place))

    def look(self) -> None:
        """See whether the time is over, which ends the exam."""
        if self.questions:
            self._running()

    def end(self) -> None:
        """End the exam and judge it; a second end changes nothing."""
        if self.sitting and not self.report:
            self.report = self.sitting.report(exam=self.exam)
            self._append(
                kept(self.report, self.sitting, at=self._now(), seed=self.seed, exam=self.exam)
            )

    def _running(self, place: int = 0) -> Sitting | None:
        """Return the sitting while it takes answers. Raises: IndexError."""
        if place not in range(len(self.questions)):
            raise IndexError(place)
        if self.report or not self.sitting:
            return None
        try:
            self.sitting.check_time(self._now())
        except TimeUp:
            self.notice = "Time is up."
            self.end()
            return None
        return self.sitting

    def _resume(self) -> None:
        events, lost = read(self._path, Event)
        start = unfinished(events, seed=self.seed, exam=self.exam, student=self._student)
        if start and start.questions == asked(self.questions):
            self.sitting = resumed(start, events, self.questions)
            self.notice = "Taken up again where it was broken off; the time has run on."
        elif start:
            self.notice = "The questions have changed since an exam was broken off; it is left."
        if lost:
            self.notice = f"{self.notice} {lost} unreadable line(s) were skipped.".strip()
        self.look()

    def _record(self, event: type[Any], **rest: object) -> None:
        if self.sitting:
            self._append(event(at=self._now(), started=self.sitting.started, **rest))

    def _append(self, event: Event) -> None:
        if self._path:
            append(self._path, event)
