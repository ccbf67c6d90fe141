"""`kmslab quiz exam`: an exam in the terminal.

Knows prompts and commands; what is drawn, judged and reported is the quiz engine's.
"""

import datetime as dt
import math
from collections.abc import Callable
from pathlib import Path

import click

from kmslab.cli.quiz import chosen
from kmslab.cli.quiz_ask import explain, show
from kmslab.cli.refusals import BadInput
from kmslab.families import load_quiz
from kmslab.lab.course import progress_log
from kmslab.quiz.catalog import Quiz, kind_of
from kmslab.quiz.exam import LENGTH, PACE, Question, Report, Share, Sitting, TimeUp, draw, kept
from kmslab.quiz.model import AnswerError
from kmslab.quiz.progress import append, wall_clock
from kmslab.quiz.source import QuizFileError

HELP = (
    "Type an answer, or: /next (or Enter), /back, /go 12, /flag, /clear, /review, /end. "
    "The first letter is enough."
)


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--items", default=LENGTH, show_default=True, type=click.IntRange(1), help="At most.")
@click.option("--exam", "code", default="", metavar="CODE", help="Only items of it: SCS-C03.")
@click.option("--seed", default=1, show_default=True, help="Another seed, another exam.")
@click.option(
    "--extra", default=0, show_default=True, type=click.IntRange(0, 900), help="Percent more time."
)
@click.option("--untimed", is_flag=True, help="No time limit.")
def exam(
    paths: tuple[Path, ...], items: int, code: str, seed: int, extra: int, *, untimed: bool
) -> None:
    """Sit an exam over the course's quizzes, or those of PATHS.

    Two minutes an item, 50 of 65 scored, all or nothing, no penalty for guessing. No key is told
    before the end. Inside a course folder the result is kept in .kmslab/exams.jsonl; an exam that
    is broken off (Ctrl-C) is not.
    """
    questions = draw(_bank(paths), seed=seed, length=items, exam=code)
    if not questions:
        raise BadInput(
            f"no items of {code or 'any exam'} here", "name other quizzes or another exam"
        )
    limit = None if untimed else PACE * len(questions) * (100 + extra) / 100
    sitting = Sitting(questions, started=wall_clock(), limit=limit)
    scored = sum(question.scored for question in questions)
    click.echo(f"{len(questions)} items, {scored} of them scored. {HELP}")
    try:
        Terminal(sitting, seed).run()
    except TimeUp:
        click.echo("\nTime is up.")
    report = sitting.report(exam=code)
    if log := progress_log():
        event = kept(report, sitting, at=wall_clock(), seed=seed, exam=code)
        append(log.with_name("exams.jsonl"), event)
    tell(report, seed)


def _bank(paths: tuple[Path, ...]) -> list[Quiz]:
    try:
        return [load_quiz(path) for path in chosen(paths)]
    except QuizFileError as error:
        raise BadInput(str(error.faults[0]), "kmslab quiz lint names the rest") from None


class Terminal:
    """The screens of a sitting: one question at a time, and the review."""

    def __init__(self, sitting: Sitting, seed: int) -> None:
        self.sitting = sitting
        self.seed = seed
        self.place = 0
        self.ended = False

    def run(self) -> None:
        """Show questions and obey commands until the end. Raises: TimeUp."""
        while not self.ended:
            self._show()
            self._obey(click.prompt(self._prompt(), default="", show_default=False))
            if self.place == len(self.sitting.questions):
                self.place -= 1
                self._review("")

    @property
    def _question(self) -> Question:
        return self.sitting.questions[self.place]

    def _show(self) -> None:
        self.sitting.check_time(wall_clock())
        question = self._question
        view = kind_of(question.item).view(question.item, self.seed)
        flagged = "   flagged" if self.place in self.sitting.flags else ""
        answered = "   answered" if self.place in self.sitting.answers else ""
        head = f"Question {self.place + 1} of {len(self.sitting.questions)}"
        click.echo(f"\n{head}{answered}{flagged}   {_left(self.sitting)}")
        show(question.item, view, question.case)

    def _prompt(self) -> str:
        item = self._question.item
        return kind_of(item).ask(kind_of(item).view(item, self.seed))

    def _obey(self, line: str) -> None:
        """Do what a line says: a command, an answer, or nothing, which is the next question."""
        word, _, rest = line.strip().partition(" ")
        commands: dict[str, Callable[[str], None]] = {
            "/next": self._next,
            "/back": self._back,
            "/go": self._go,
            "/flag": self._flag,
            "/clear": self._clear,
            "/review": self._review,
            "/end": self._end,
        }
        if not word.startswith("/"):
            return self._answer(line) if word else self._next("")
        found = [each for name, each in commands.items() if len(word) > 1 and name.startswith(word)]
        return found[0](rest) if found else click.echo(HELP)

    def _answer(self, line: str) -> None:
        item = self._question.item
        try:
            answer = kind_of(item).parse(kind_of(item).view(item, self.seed), line)
            self.sitting.answer(self.place, answer, wall_clock())
        except AnswerError as error:
            return click.echo(str(error))
        return self._next("")

    def _next(self, _: str) -> None:
        self.place += 1

    def _back(self, _: str) -> None:
        self.place = max(0, self.place - 1)

    def _go(self, rest: str) -> None:
        total = len(self.sitting.questions)
        if rest.isdecimal() and 1 <= int(rest) <= total:
            self.place = int(rest) - 1
        else:
            click.echo(f"Questions are numbered from 1 to {total}: /go 3")

    def _flag(self, _: str) -> None:
        click.echo("Flagged." if self.sitting.flag(self.place) else "No longer flagged.")

    def _clear(self, _: str) -> None:
        self.sitting.clear(self.place, wall_clock())

    def _review(self, _: str) -> None:
        """List what is open or flagged, and how the exam is ended."""
        still = self.sitting.open()
        click.echo(f"\nOpen: {_numbers(still)}. Flagged: {_numbers(sorted(self.sitting.flags))}.")
        click.echo(f"{_left(self.sitting)}. /go 3 leads to a question, /end ends the exam.")
        self._obey(click.prompt("Review", default="/review" if still else "/end"))

    def _end(self, _: str) -> None:
        still = len(self.sitting.open())
        ask = (
            f"{still} unanswered, which count as wrong. End the exam?" if still else "End the exam?"
        )
        self.ended = click.confirm(ask)


def _numbers(places: list[int]) -> str:
    return ", ".join(str(place + 1) for place in places) or "none"


def _left(sitting: Sitting) -> str:
    left = sitting.left(wall_clock())
    return "No time limit" if left is None else f"{_minutes(left)} left"


def _minutes(time: dt.timedelta) -> str:
    minutes = math.ceil(time.total_seconds() / 60)
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min"  # noqa: PLR2004 - an hour


def tell(report: Report, seed: int) -> None:
    """Print the report: the score, the domains with their intervals, what to look at again."""
    for result in report.results:
        if not result.verdict.correct:
            item = result.question.item
            click.echo(
                f"\n{item.id}  {item.title}{'' if result.question.scored else '  (not scored)'}"
            )
            explain(item, kind_of(item).view(item, seed), result.verdict)
            click.echo(f"  Lab {item.lab.name}: {item.lab.section}")
    click.echo(f"\n{'Scored items':32}{_share(report.total)}")
    for name, share in report.domains.items():
        click.echo(f"  {name:30}{_share(share)}")
    for name, count in report.misconceptions.items():
        click.echo(f"  believed {count} time(s): {name}")
    click.echo(
        "The interval says where the share of right answers would lie with many more such items. "
        "It is no forecast of an exam."
    )


def _share(share: Share) -> str:
    low, high = share.interval
    return f"{share.right:3} of {share.total:3} right, 95% interval {low:4.0%} to {high:4.0%}"
