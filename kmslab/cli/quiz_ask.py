"""`kmslab quiz NAME`: the questions of one quiz in the terminal.

Knows the order of asking; what is asked and judged is the quiz engine's.
"""

from pathlib import Path
from typing import Any

import click

from kmslab.cli.refusals import BadInput
from kmslab.lab.course import find_quiz, progress_log
from kmslab.quiz.catalog import Item, Quiz, kind_of
from kmslab.quiz.load import load_quiz
from kmslab.quiz.markup import parse, plain
from kmslab.quiz.model import GIVEN, AnswerError, Mark, Verdict
from kmslab.quiz.session import Session
from kmslab.quiz.source import QuizFileError

SIGNS = {Mark.HIT: "right", Mark.WRONG: "wrong", Mark.MISSED: "missed", Mark.PASSED: ""}


@click.command()
@click.argument("name")
@click.option("--seed", default=1, show_default=True, help="Another seed, another order.")
@click.pass_context
def ask(ctx: click.Context, name: str, seed: int) -> None:
    """Ask the questions of the quiz NAME: its number, its name or a path.

    Inside a course folder the answers are kept beside those of the notebooks. The exit code is 1
    where an answer was wrong.
    """
    quiz = _load(name)
    session = Session(quiz, progress_log(), seed=seed)
    click.echo(f"{quiz.title}\n{plain(parse(quiz.about))}")
    right = sum(_ask(session, item).correct for item in quiz.items)
    click.echo(f"\n{right} of {len(quiz.items)} right")
    ctx.exit(0 if right == len(quiz.items) else 1)


def _load(name: str) -> Quiz:
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


def _ask(session: Session, item: Item) -> Verdict:
    """Ask once. Where the answer is wrong the key is told, which ends the item."""
    shown = kind_of(item).view(item, session.seed)
    click.echo(f"\n{item.id}  {item.title}\n{plain(parse(item.stem))}\n")
    click.echo("\n".join(kind_of(item).lines(shown)))
    session.restart(item.id)
    verdict = _answer(session, item, shown)
    if not verdict.correct:
        session.reveal(item.id)
    _explain(item, shown, verdict)
    return verdict


def _answer(session: Session, item: Item, shown: dict[str, Any]) -> Verdict:
    while True:
        try:
            return session.answer(item.id, kind_of(item).parse(shown, click.prompt("Your answer")))
        except AnswerError as error:
            click.echo(str(error))


def _explain(item: Item, shown: dict[str, Any], verdict: Verdict) -> None:
    letters = {
        option["id"]: letter for letter, option in zip("abcdefgh", shown["options"], strict=False)
    }
    for remark in verdict.remarks:
        if remark.mark in GIVEN or remark.mark is Mark.MISSED:
            click.echo(
                f"  {letters[remark.part]}) {SIGNS[remark.mark]}: {plain(parse(remark.why))}"
            )
    click.echo(f"{'Right.' if verdict.correct else 'Not yet.'} {plain(parse(item.why))}")
