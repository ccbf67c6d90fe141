"""`kmslab quiz NAME`: the questions of one quiz in the terminal.

Knows the order of asking; what is asked and judged is the quiz engine's.
"""

from pathlib import Path
from typing import Any

import click

from kmslab.cli.quiz import bank
from kmslab.cli.refusals import BadInput
from kmslab.quiz.catalog import Item, Quiz, kind_of
from kmslab.quiz.judge import judge
from kmslab.quiz.load import load_quiz
from kmslab.quiz.markup import parse, plain
from kmslab.quiz.model import GIVEN, AnswerError, Mark, Verdict
from kmslab.quiz.source import QuizFileError

SIGNS = {Mark.HIT: "right", Mark.WRONG: "wrong", Mark.MISSED: "missed", Mark.PASSED: ""}


@click.command()
@click.argument("name")
@click.option("--seed", default=1, show_default=True, help="Another seed, another order.")
@click.pass_context
def ask(ctx: click.Context, name: str, seed: int) -> None:
    """Ask the questions of the quiz NAME: its number, its name or a path.

    The exit code is 1 where an answer was wrong.
    """
    quiz = _load(name)
    click.echo(f"{quiz.title}\n{plain(parse(quiz.about))}")
    right = sum(_ask(item, seed).correct for item in quiz.items)
    click.echo(f"\n{right} of {len(quiz.items)} right")
    ctx.exit(0 if right == len(quiz.items) else 1)


def _load(name: str) -> Quiz:
    path = _find(name)
    try:
        return load_quiz(path)
    except QuizFileError as error:
        raise BadInput(str(error.faults[0])) from None


def _find(name: str) -> Path:
    if name.endswith(".yaml"):
        return Path(name)
    number = name.zfill(2)
    for path in bank():
        if path.stem == name or path.stem.startswith(f"{number}-"):
            return path
    known = ", ".join(path.stem for path in bank()) or "none"
    raise BadInput(f"no quiz {name!r} in the course", f"it has: {known}")


def _ask(item: Item, seed: int) -> Verdict:
    shown = kind_of(item).view(item, seed)
    click.echo(f"\n{item.id}  {item.title}\n{plain(parse(item.stem))}\n")
    click.echo("\n".join(kind_of(item).lines(shown)))
    while True:
        try:
            verdict = judge(item, _answer(item, shown))
        except AnswerError as error:
            click.echo(str(error))
        else:
            _explain(item, shown, verdict)
            return verdict


def _answer(item: Item, shown: dict[str, Any]) -> object:
    return kind_of(item).parse(shown, click.prompt("Your answer"))


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
