"""`kmslab quiz lint`: every fault of quiz files, by file, line and column."""

import json
from pathlib import Path

import click
import msgspec

from kmslab.cli.quiz import chosen
from kmslab.cli.refusals import unreadable
from kmslab.quiz.load import load_quiz
from kmslab.quiz.source import Fault, QuizFileError


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array of the faults.")
@click.pass_context
def lint(ctx: click.Context, paths: tuple[Path, ...], *, as_json: bool) -> None:
    """Check quiz files and folders of them; without PATHS, the course's own.

    The exit code is 0 where nothing is wrong, 2 otherwise.
    """
    files = chosen(paths)
    faults = [fault for path in files for fault in faults_of(path)]
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(faults), indent=2))
    else:
        for fault in faults:
            click.echo(str(fault))
        click.echo(f"{len(files)} files, {len(faults)} faults", err=True)
    ctx.exit(2 if faults else 0)


def faults_of(path: Path) -> tuple[Fault, ...]:
    """Return everything that is wrong in one quiz file."""
    try:
        load_quiz(path)
    except QuizFileError as error:
        return error.faults
    except OSError as error:
        raise unreadable(path, error) from None
    return ()
