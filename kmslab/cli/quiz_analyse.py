"""`kmslab quiz analyse` and `kmslab quiz bank`: what answers say of items, and what a bank holds.

Knows files; the figures are the quiz engine's.
"""

import json
from pathlib import Path

import click
import msgspec

from kmslab.cli.quiz import chosen
from kmslab.cli.quiz_progress import course_bank
from kmslab.cli.quiz_prove import load_file, proofs_of
from kmslab.cli.refusals import BadInput, unreadable
from kmslab.quiz.analytics import face
from kmslab.quiz.analytics.analysis import Analysis
from kmslab.quiz.analytics.analysis import analyse as analysed
from kmslab.quiz.analytics.answers import AnswersError, read
from kmslab.quiz.analytics.bank import parts, spreads
from kmslab.quiz.exams import coverage


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.option("--html", "page", type=click.Path(path_type=Path), help="Write a page with a chart.")
def analyse(path: Path, page: Path | None, *, as_json: bool) -> None:
    """Analyse the answers of many: a folder of logs, one taker each, or a CSV.

    The CSV has a row for each taker: taker,001,002,... with 1 for right, 0 for wrong, or nothing.
    """
    found = _analysis(path)
    if page is not None:
        try:
            page.write_text(face.html(found), encoding="utf-8")
        except OSError as error:
            raise unreadable(page, error) from None
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(found), indent=2))
        return
    for line in face.lines(found):
        click.echo(line)
    if found.lost:
        click.echo(f"{found.lost} unreadable line(s) were skipped.", err=True)


def _analysis(path: Path) -> Analysis:
    known = {
        item.id if item.version == 1 else f"{item.id} v{item.version}": item
        for quiz in course_bank()
        for item in quiz.items
        if item.id not in quiz.families  # each variant has options of its own
    }
    try:
        return analysed(read(path), known)
    except OSError as error:
        raise unreadable(path, error) from None
    except AnswersError as error:
        raise BadInput(f"{path}: {error.wrong}", error.right) from None


@click.command("bank")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def bank_report(paths: tuple[Path, ...], *, as_json: bool) -> None:
    """Report what the quiz files hold: reasons, references, proofs that ran, balance, exam tasks.

    Runs the proofs in them; without PATHS, the course's own.
    """
    loaded = [(path, load_file(path)) for path in chosen(paths)]
    items = [item for _, quiz in loaded for item in quiz.items]
    proofs = [proof for path, quiz in loaded for proof in proofs_of(path, quiz)]
    runnable = [proof for proof in proofs if not proof.unprovable]
    shares = parts(items, proven=sum(p.proven for p in runnable), provable=len(runnable))
    told = {"parts": shares, "keys": spreads(items), "coverage": coverage(items)}
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(told), indent=2))
        return
    for line in (*shares, *spreads(items), *coverage(items)):
        click.echo(str(line))
