"""`kmslab quiz page`: practice as one HTML file.

Knows files and what cannot be in the page; what the page is, is the quiz engine's.
"""

from pathlib import Path

import click

from kmslab.cli.quiz_ask import LANG, load
from kmslab.cli.refusals import BadInput, unreadable
from kmslab.quiz.faces.static import html, left_out
from kmslab.quiz.languages import spoken


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option("--output", "-o", type=click.Path(path_type=Path), required=True, help="The file.")
@click.option("--seed", default=1, show_default=True, help="Another seed, another order.")
@LANG
def page(names: tuple[str, ...], output: Path, seed: int, lang: str) -> None:
    """Write the quizzes NAME as one HTML file, to practise in any browser without kmslab.

    It grades by itself and asks no network, so the keys are in it. Items for exams only stay out.
    """
    quizzes = [spoken(load(name), lang) for name in names]
    out = [(quiz, item) for quiz in quizzes for item in left_out(quiz)]
    if len(out) == sum(len(quiz.items) for quiz in quizzes):
        raise BadInput("nothing here can be practised on a page", "name other quizzes")
    write(output, html(quizzes, seed=seed))
    for quiz, item in out:
        click.echo(f"left out: {quiz.quiz} {item.id} {item.title}", err=True)
    click.echo(str(output))


def write(path: Path, text: str) -> None:
    """Write a file. Raises: BadInput."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise unreadable(path, error) from None
