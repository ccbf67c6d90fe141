"""`kmslab quiz exam`: an exam in the terminal.

Knows prompts and commands; what is drawn, judged and reported is the quiz engine's.
"""

import datetime as dt
import math
from collections.abc import Callable
from pathlib import Path

import click

from kmslab.cli.quiz import chosen
from kmslab.cli.quiz_ask import LANG, PLAIN, STUDENT, explain, is_full_screen, show
from kmslab.cli.refusals import BadInput
from kmslab.families import load_quiz
from kmslab.lab.course import exam_log
from kmslab.lab.taker import taker
from kmslab.quiz.catalog import Quiz, kind_of
from kmslab.quiz.exam import LENGTH, Question, Report, Share, Sitting
from kmslab.quiz.exam_session import Exam
from kmslab.quiz.languages import spoken
from kmslab.quiz.model import AnswerError
from kmslab.quiz.progress import wall_clock
from kmslab.quiz.source import QuizFileError

HELP = (
    "Type an answer, or: /next (or Enter), /back, /go 12, /flag, /clear, /review, /end. "
    "The first letter is enough."
)

ITEMS = click.option(
    "--items", default=LENGTH, show_default=True, type=click.IntRange(1), help="At most."
)
CODE = click.option("--exam", "code", default="", metavar="CODE", help="Only items of it: SCS-C03.")
SEED = click.option("--seed", default=1, show_default=True, help="Another seed, another exam.")


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@ITEMS
@CODE
@SEED
@click.option(
    "--extra", default=0, show_default=True, type=click.IntRange(0, 900), help="Percent more time."
)
@click.option("--untimed", is_flag=True, help="No time limit.")
@LANG
@STUDENT
@PLAIN
def exam(  # noqa: PLR0913 - one for each option
    paths: tuple[Path, ...],
    items: int,
    code: str,
    seed: int,
    extra: int,
    lang: str,
    student: str,
    *,
    untimed: bool,
    plain: bool,
) -> None:
    """Sit an exam over the course's quizzes, or those of PATHS.

    Two minutes an item, 50 of 65 scored, all or nothing, no penalty for guessing. No key is told
    before the end. Inside a course folder every answer is kept in .kmslab/exams.jsonl: an exam
    that was broken off (Ctrl-C) is taken up again by the same command while its time lasts.
    """
    bank = bank_of(paths, lang)
    sat = Exam(
        bank, exam_log(), seed=seed, length=items, exam=code, now=wall_clock, **taker(student)
    )
    if not sat.questions:
        raise BadInput(
            f"no items of {code or 'any exam'} here", "name other quizzes or another exam"
        )
    sat.start(None if untimed else extra)
    if is_full_screen(plain=plain):
        from kmslab.quiz.screen.exam import Sitting  # noqa: PLC0415 - only here textual is needed

        Sitting(sat).run()
    else:
        scored = sum(question.scored for question in sat.questions)
        click.echo(f"{len(sat.questions)} items, {scored} of them scored. {HELP}")
        Terminal(sat).run()
    if sat.report:
        tell(sat.report, seed)


def bank_of(paths: tuple[Path, ...], lang: str) -> list[Quiz]:
    """Return the quizzes of these files and folders, or the course's, in a language. Raises: BadInput."""
    try:
        return [spoken(load_quiz(path), lang) for path in chosen(paths)]
    except QuizFileError as error:
        raise BadInput(str(error.faults[0]), "kmslab quiz lint names the rest") from None


class Terminal:
    """The lines of a sitting: one question at a time, and the review."""

    def __init__(self, exam: Exam) -> None:
        self.exam = exam
        self.place = 0

    def run(self) -> None:
        """Show questions and obey commands until the end."""
        self._say(self.exam.notice)
        while not self.exam.report:
            self._show()
            self._obey(click.prompt(self._prompt(), default="", show_default=False))
            self.exam.look()
            if self.place == len(self.exam.questions):
                self.place -= 1
                self._review("")
        self._say("Time is up." if self.exam.notice.endswith("Time is up.") else "")

    def _say(self, words: str) -> None:
        if words:
            click.echo(f"\n{words}")

    @property
    def _sitting(self) -> Sitting:
        sitting = self.exam.sitting
        assert sitting is not None, "the command starts the exam"  # noqa: S101
        return sitting

    @property
    def _question(self) -> Question:
        return self.exam.questions[self.place]

    def _show(self) -> None:
        question = self._question
        view = kind_of(question.item).view(question.item, self.exam.seed)
        flagged = "   flagged" if self.place in self._sitting.flags else ""
        answered = "   answered" if self.place in self._sitting.answers else ""
        head = f"Question {self.place + 1} of {len(self.exam.questions)}"
        click.echo(f"\n{head}{answered}{flagged}   {_left(self.exam.left)}")
        show(question.item, view, question.case)

    def _prompt(self) -> str:
        item = self._question.item
        return kind_of(item).ask(kind_of(item).view(item, self.exam.seed))

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
            answer = kind_of(item).parse_line(kind_of(item).view(item, self.exam.seed), line)
            self.exam.answer(self.place, answer)
        except AnswerError as error:
            return click.echo(str(error))
        return self._next("")

    def _next(self, _: str) -> None:
        self.place += 1

    def _back(self, _: str) -> None:
        self.place = max(0, self.place - 1)

    def _go(self, rest: str) -> None:
        total = len(self.exam.questions)
        if rest.isdecimal() and 1 <= int(rest) <= total:
            self.place = int(rest) - 1
        else:
            click.echo(f"Questions are numbered from 1 to {total}: /go 3")

    def _flag(self, _: str) -> None:
        self.exam.flag(self.place)
        click.echo("Flagged." if self.place in self._sitting.flags else "No longer flagged.")

    def _clear(self, _: str) -> None:
        self.exam.clear(self.place)

    def _review(self, _: str) -> None:
        """List what is open or flagged, and how the exam is ended."""
        still = self._sitting.open()
        if self.exam.report:
            return
        click.echo(f"\nOpen: {_numbers(still)}. Flagged: {_numbers(sorted(self._sitting.flags))}.")
        click.echo(f"{_left(self.exam.left)}. /go 3 leads to a question, /end ends the exam.")
        self._obey(click.prompt("Review", default="/review" if still else "/end"))

    def _end(self, _: str) -> None:
        still = len(self._sitting.open())
        ask = (
            f"{still} unanswered, which count as wrong. End the exam?" if still else "End the exam?"
        )
        if click.confirm(ask):
            self.exam.end()


def _numbers(places: list[int]) -> str:
    return ", ".join(str(place + 1) for place in places) or "none"


def _left(left: dt.timedelta | None) -> str:
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
