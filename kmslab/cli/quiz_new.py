"""`kmslab quiz new`: a file to start from.

Knows where it lies and which ids are free; what stands in it is the quiz engine's.
"""

from pathlib import Path

import click

from kmslab.cli.quiz import bank
from kmslab.cli.refusals import BadInput, unreadable
from kmslab.families import load_quiz
from kmslab.quiz import template
from kmslab.quiz.progress import wall_clock
from kmslab.quiz.source import QuizFileError


@click.command()
@click.argument("name", metavar="NN-NAME")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Where the file goes; without it, ./quizzes or the working directory.",
)
def new(name: str, folder: Path | None) -> None:
    """Write a commented quiz with one item of each kind, to start from; print its path.

    It lints and proves as it is. A file that exists is left alone.
    """
    if not template.NAME.fullmatch(name):
        raise BadInput(f"{name} is no name of a quiz", "write two digits and words, as 05-grants")
    here = folder or (Path("quizzes") if Path("quizzes").is_dir() else Path())
    path = here / f"{name}.yaml"
    text = template.text(name, day=wall_clock().date(), first_id=_free(here))
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise BadInput(f"{path} exists", "choose another name, or edit it") from None
    except OSError as error:
        raise unreadable(path, error) from None
    click.echo(str(path))


def _free(folder: Path) -> int:
    """Return the first id after those of the bank and of the folder."""
    taken = [0]
    for path in {*bank(), *folder.glob("*.yaml")}:
        try:
            taken += [int(item.id) for item in load_quiz(path).items]
        except QuizFileError:
            continue  # lint names its faults; an id in it may be given twice, which lint names too
    return max(taken) + 1
