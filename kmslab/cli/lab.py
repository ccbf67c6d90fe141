"""`kmslab lab`: the course in JupyterLab, or one lab run in the terminal.

Knows how runs are shown; refuses to know Jupyter and what a check checks.
"""

import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kmslab.cli.refusals import BadInput, unreadable
from kmslab.lab import launch
from kmslab.lab.course import Copied, Fate, copy_course, find_lab

if TYPE_CHECKING:
    from kmslab.lab.run import Run

REPORTED: dict[Fate, str] = {
    "new": "{} files copied to {}",
    "updated": "{} files brought up to date in {}",
    "kept": "{} files of yours left as they are in {}",
}


@click.command()
@click.argument("number", required=False, metavar="[NN]")
@click.option(
    "--run", "wanted", metavar="NN|FILE", help="Run a solved lab, or your notebook, here."
)
@click.option("--no-browser", is_flag=True, help="Print the URL and open nothing.")
@click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="KMSLAB_COURSE",
    default=Path("~/kmslab-course"),
    show_default=True,
    help="Your folder; also from KMSLAB_COURSE.",
)
@click.option("--json", "as_json", is_flag=True, help="With --run: print the checks as JSON.")
def lab(number: str | None, wanted: str | None, folder: Path, **flags: bool) -> None:
    """Copy the course into your folder and open it in JupyterLab, at lab NN if given.

    With --run, run a lab without a browser and print its checks; the exit code is 0 only if all
    of them passed.
    """
    if wanted is not None:
        sys.exit(0 if _run(_notebook(wanted), as_json=flags["as_json"]) else 1)
    if flags["as_json"]:
        raise BadInput("--json is for the checks of a run", "name the lab: --run NN")
    opening = f"labs/{_found(number).name}" if number else "labs/README.md"
    folder = folder.expanduser().resolve()
    try:
        _report(copy_course(folder), folder)
        browser = not flags["no_browser"] and launch.has_browser(os.environ)
        launch.start(folder, opening=opening, browser=browser)
    except OSError as error:
        raise unreadable(error.filename or folder, error) from None


def _found(number: str) -> Path:
    try:
        return find_lab(number)
    except LookupError as error:
        raise BadInput(str(error.args[0])) from None


def _notebook(wanted: str) -> Path:
    return Path(wanted) if wanted.endswith(".ipynb") else _found(wanted)


# ------------------------------------------------------------------------------------- the course


def _report(outcome: list[Copied], folder: Path) -> None:
    fates = Counter(each.fate for each in outcome)
    for fate, text in REPORTED.items():
        if fates[fate]:
            click.echo(f"kmslab: {text.format(fates[fate], folder)}", err=True)
    for each in outcome:
        if each.fate == "beside":
            click.echo(f"kmslab: you changed {each.name}; new edition: {each.path}", err=True)
    click.echo("kmslab: starting JupyterLab; Ctrl-C stops it", err=True)


# ------------------------------------------------------------------------------------------- a run


def _run(notebook: Path, *, as_json: bool) -> bool:
    from kmslab.lab.run import Lab  # noqa: PLC0415  only a run needs Jupyter's client

    try:
        ready = Lab(notebook)
    except OSError as error:
        raise unreadable(notebook, error) from None
    except ValueError as error:
        raise BadInput(f"{notebook}: {error}", "give a notebook (.ipynb) of format 4") from None
    with (
        tempfile.TemporaryDirectory(prefix="kmslab-") as folder,
        _progress(notebook.stem, ready.code_cells) as on_cell,
    ):
        run = ready.run(Path(folder), on_cell=on_cell)
    _print_run(run, as_json=as_json)
    return run.passed


@contextmanager
def _progress(title: str, cells: int) -> Iterator[Callable[[], None]]:
    """Show a bar on standard error while cells run; nothing where that is no terminal."""
    from rich.console import Console  # noqa: PLC0415  opening the course needs no rich
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn  # noqa: PLC0415

    console = Console(stderr=True)
    columns = (title, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(title, total=cells)
        yield lambda: bar.advance(task)


def _print_run(run: "Run", *, as_json: bool) -> None:
    if as_json:
        import msgspec  # noqa: PLC0415

        click.echo(json.dumps(msgspec.to_builtins(run) | {"passed": run.passed}, indent=2))
        return
    for check in run.checks:
        click.echo(f"{'passed' if check.passed else 'FAILED'}  {check.name}  {check.text}".rstrip())
    if run.failure:
        click.echo(f"stopped: {run.failure}")
    passed = sum(check.passed for check in run.checks)
    click.echo(f"{run.notebook}: {passed} of {len(run.checks)} checks passed")
