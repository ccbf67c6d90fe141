"""`kmslab quiz`: questions in the terminal, and what their authors need.

Knows paths and reports; refuses to know kinds of questions and how they are judged.
"""

from pathlib import Path

import click

from kmslab.cli.lazy import Entry, LazyGroup
from kmslab.cli.refusals import BadInput
from kmslab.lab.course import course_files

COMMANDS = {
    "analyse": Entry(
        "kmslab.cli.quiz_analyse:analyse", "Say what the answers of many tell of items."
    ),
    "ask": Entry("kmslab.cli.quiz_ask:ask", "Answer the questions of a quiz (the default)."),
    "bank": Entry("kmslab.cli.quiz_analyse:bank_report", "Count what the quizzes hold."),
    "exam": Entry("kmslab.cli.quiz_exam:exam", "Sit an exam: timed, with flags, keys at the end."),
    "export": Entry(
        "kmslab.cli.quiz_exchange:export", "Write a quiz as GIFT, Moodle XML, QTI, CSV, Anki."
    ),
    "import": Entry(
        "kmslab.cli.quiz_exchange:import_", "Read a quiz from GIFT, Moodle XML, QTI or CSV."
    ),
    "lint": Entry("kmslab.cli.quiz_lint:lint", "Check quiz files: faults and rules of writing."),
    "new": Entry("kmslab.cli.quiz_new:new", "Write a commented quiz to start from."),
    "page": Entry("kmslab.cli.quiz_page:page", "Write practice as one HTML file for any browser."),
    "preview": Entry(
        "kmslab.cli.quiz_preview:preview", "Show a quiz in the browser while it is being written."
    ),
    "print": Entry("kmslab.cli.quiz_print:print_", "Write an exam and its key, to be printed."),
    "progress": Entry(
        "kmslab.cli.quiz_progress:progress", "Show your map: what is firm, what is due."
    ),
    "prove": Entry("kmslab.cli.quiz_prove:prove", "Run the proof of every answer key."),
    "regrade": Entry("kmslab.cli.quiz_progress:regrade", "Judge kept answers by today's keys."),
    "review": Entry("kmslab.cli.quiz_review:review", "Ask what is due today, as new variants."),
}


@click.group(cls=LazyGroup, entries=COMMANDS, default="ask", invoke_without_command=True)
@click.pass_context
def quiz(ctx: click.Context) -> None:
    """Answer questions in the terminal: kmslab quiz 04. Without a name, list the quizzes."""
    if ctx.invoked_subcommand is None:
        for path in bank():
            click.echo(path.stem)


def bank() -> list[Path]:
    """Return the quiz files of the course."""
    return [path for name, path in course_files().items() if name.endswith(".yaml")]


def chosen(paths: tuple[Path, ...]) -> list[Path]:
    """Return the quiz files that were named, those of named folders, or the whole bank.

    Raises: BadInput where a folder holds none.
    """
    return [file for path in paths for file in _files(path)] or bank()


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(path.glob("*.yaml"))
    if not found:
        raise BadInput(f"{path}: no quiz (*.yaml) in this folder", "name another, or a file")
    return found
