"""`kmslab quiz print`: an exam and its key as documents to be printed.

Knows files and where a browser is that makes PDF of them.
"""

import shutil
import subprocess
import tempfile
from pathlib import Path

import click

from kmslab.cli.quiz_ask import LANG, STUDENT
from kmslab.cli.quiz_exam import CODE, ITEMS, SEED, bank_of
from kmslab.cli.quiz_page import write
from kmslab.cli.refusals import BadInput
from kmslab.lab.taker import taker
from kmslab.quiz.exam import draw
from kmslab.quiz.faces import paper

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 60  # seconds for a browser to print


@click.command("print")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--output", "-o", type=click.Path(path_type=Path), required=True, help="The exam.")
@click.option("--key", type=click.Path(path_type=Path), help="The key, in a file of its own.")
@ITEMS
@CODE
@SEED
@LANG
@STUDENT
@click.option("--pdf", is_flag=True, help="Write PDF, through Chromium.")
def print_(  # noqa: PLR0913 - one for each option
    paths: tuple[Path, ...],
    output: Path,
    key: Path | None,
    items: int,
    code: str,
    seed: int,
    lang: str,
    student: str,
    *,
    pdf: bool,
) -> None:
    """Write an exam over the course's quizzes, or those of PATHS, and its key, to be printed.

    `kmslab quiz exam` with the same --seed asks the same questions in the same order.
    """
    whose = taker(student)
    questions = draw(bank_of(paths, lang), seed=seed, length=items, exam=code, **whose)
    if not questions:
        raise BadInput(
            f"no items of {code or 'any exam'} here", "name other quizzes or another exam"
        )
    _put(output, paper.exam(questions, seed=seed, student=whose["student"]), pdf=pdf)
    if key:
        _put(key, paper.key(questions, seed=seed, student=whose["student"]), pdf=pdf)


def _put(path: Path, html: str, *, pdf: bool) -> None:
    if pdf:
        _print(path, html)
    else:
        write(path, html)
    click.echo(str(path))


def _print(path: Path, html: str) -> None:
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise BadInput("Chromium is not here to make a PDF", "leave --pdf out and print the HTML")
    with tempfile.TemporaryDirectory(prefix="kmslab-") as folder:
        page = Path(folder) / "page.html"
        page.write_text(html, encoding="utf-8")
        told = ("--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/profile")
        made = ("--no-pdf-header-footer", f"--print-to-pdf={path.resolve()}", page.as_uri())
        ended = subprocess.run(  # noqa: S603 - the browser of this machine, over a page of ours  # nosec
            (browser, *told, *made), capture_output=True, timeout=PATIENCE, check=False
        )
    if ended.returncode or not path.exists():
        raise BadInput(f"{path} could not be printed", "leave --pdf out and print the HTML")
