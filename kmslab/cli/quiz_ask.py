"""`kmslab quiz NAME`: the questions of one quiz in the terminal.

Knows the order of asking; what is asked and judged is the quiz engine's.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from kmslab.cli.quiz_world import in_a_world
from kmslab.cli.refusals import BadInput
from kmslab.families import load_quiz
from kmslab.lab.course import find_quiz, progress_log
from kmslab.lab.taker import taker
from kmslab.quiz.catalog import Item, Quiz, kind_of
from kmslab.quiz.judge import judge_nothing
from kmslab.quiz.kinds.case import Case
from kmslab.quiz.kinds.kind import View
from kmslab.quiz.languages import spoken
from kmslab.quiz.looking import Look, NoWorldError
from kmslab.quiz.markup import parse, plain
from kmslab.quiz.model import GIVEN, AnswerError, Mark, Verdict
from kmslab.quiz.progress import Confidence
from kmslab.quiz.session import Session
from kmslab.quiz.source import QuizFileError

SIGNS = {Mark.HIT: "right", Mark.WRONG: "wrong", Mark.MISSED: "missed", Mark.PASSED: ""}


PLAIN = click.option("--plain", is_flag=True, help="Lines instead of the full screen.")
LANG = click.option(
    "--lang", default="", metavar="CODE", help="A language, where there is one: de."
)
STUDENT = click.option(
    "--student",
    default="",
    metavar="NAME",
    help="Whose variants; also from KMSLAB_STUDENT, with the course's KMSLAB_COURSE_SECRET.",
)


@click.command()
@click.argument("name")
@click.option("--seed", default=1, show_default=True, help="Another seed, another order.")
@click.option("--sure", is_flag=True, help="Ask, line by line, how sure you are before a verdict.")
@LANG
@STUDENT
@in_a_world
@PLAIN
@click.pass_context
def ask(
    ctx: click.Context,
    name: str,
    seed: int,
    lang: str,
    look: Look,
    student: str,
    *,
    sure: bool,
    plain: bool,
) -> None:
    """Ask the questions of the quiz NAME: its number, its name or a path.

    In a full screen, where there is a terminal. Inside a course folder the answers are kept beside
    those of the notebooks. The exit code is 1 where an answer was wrong.
    """
    asked = spoken(load(name), lang)
    session = Session(asked, progress_log(), seed=seed, look=look, **taker(student))
    if is_full_screen(plain=plain or sure):
        from kmslab.quiz.screen.practice import Practice  # noqa: PLC0415 - textual is needed here only

        ctx.exit(Practice(session).run() or 0)
    ctx.exit(0 if _in_lines(session, sure=sure) else 1)


def is_full_screen(*, plain: bool) -> bool:
    """Tell whether there is a screen to fill: a terminal on both sides that can be painted."""
    return (
        not plain
        and sys.stdin.isatty()
        and sys.stdout.isatty()
        and os.environ.get("TERM") != "dumb"
    )


def _in_lines(session: Session, *, sure: bool) -> bool:
    """Ask line by line; tell whether everything was right."""
    quiz = session.quiz
    click.echo(f"{quiz.title}\n{plain(parse(quiz.about))}")
    right = sum(ask_once(session, item, case, sure=sure).correct for item, case in _opening(quiz))
    click.echo(f"\n{right} of {len(quiz.items)} right")
    return right == len(quiz.items)


def load(name: str) -> Quiz:
    """Return the quiz of this number, name or path. Raises: BadInput."""
    path = _find(name)
    try:
        return load_quiz(path)
    except QuizFileError as error:
        raise BadInput(str(error.faults[0])) from None


def _find(name: str) -> Path:
    try:
        return Path(name) if name.endswith(".yaml") else find_quiz(name)
    except LookupError as error:
        raise BadInput(*str(error).split("; ")) from None


def _opening(quiz: Quiz) -> Iterator[tuple[Item, Case[Item] | None]]:
    """Yield each item, with the case study that begins with it."""
    before = None
    for _, item, case in quiz.placed():
        yield item, case if case is not before else None
        before = case


def ask_once(
    session: Session, item: Item, case: Case[Item] | None, *, sure: bool = False
) -> Verdict:
    """Ask once. Where the answer is wrong the key is told, which ends the item."""
    session.restart(item.id)
    item = session.item(item.id)
    shown = kind_of(item).view(item, session.seed_of(item.id))
    show(item, shown, case)
    try:
        verdict = _answer(session, item, shown, sure=sure)
    except NoWorldError as error:
        click.echo(f"{error} It is passed over.")
        return judge_nothing(item)
    if not verdict.correct:
        session.reveal(item.id)
    explain(item, shown, verdict)
    return verdict


def show(item: Item, shown: View, case: Case[Item] | None) -> None:
    """Print a question, below the scenario of the case study that it opens."""
    if case is not None:
        click.echo(f"\n{case.title}\n{plain(parse(case.scenario))}")
    click.echo(f"\n{item.id}  {item.title}\n{plain(parse(item.stem))}\n")
    if lines := kind_of(item).lines(shown):
        click.echo("\n".join(lines))


def _answer(session: Session, item: Item, shown: View, *, sure: bool) -> Verdict:
    kind = kind_of(item)
    while True:
        try:
            answer = kind.parse_line(shown, click.prompt(kind.ask(shown)))
            confidence = _confidence() if sure else None
            return session.answer(item.id, answer, confidence)
        except NoWorldError:
            raise
        except AnswerError as error:
            click.echo(str(error))


def _confidence() -> Confidence:
    words: dict[str, Confidence] = {"g": "guess", "u": "unsure", "s": "sure"}
    choice = click.Choice(list(words), case_sensitive=False)
    return words[click.prompt("How sure are you: (g)uess, (u)nsure, (s)ure", type=choice)]


def explain(item: Item, shown: View, verdict: Verdict) -> None:
    """Print what is to be said of each part, and the idea to take away."""
    names = kind_of(item).names(shown)
    for remark in verdict.remarks:
        if remark.mark in GIVEN or remark.mark is Mark.MISSED:
            key = "" if remark.mark is Mark.HIT else remark.key
            words = " ".join(plain(parse(text)) for text in (remark.why, key) if text)
            click.echo(f"  {names[remark.part]} {SIGNS[remark.mark]}: {words}".rstrip(": "))
    click.echo(f"{_headline(verdict)} {plain(parse(item.why))}")


def _headline(verdict: Verdict) -> str:
    if verdict.correct:
        return "Right."
    return f"Not yet, worth {verdict.credit:.0%} in practice." if verdict.credit else "Not yet."
