"""`kmslab quiz lint`: every fault of quiz files, and every writing rule they break, by its place.

Knows the names of the API and the headings of the labs, which the rules are given.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import botocore.session
import click
import msgspec

from kmslab.authz.context_keys import FAMILIES, KEYS
from kmslab.authz.operators import BY_NAME
from kmslab.cli.quiz import chosen
from kmslab.families import grow
from kmslab.lab.askable import wrong_with
from kmslab.lab.course import course_files
from kmslab.lab.misconceptions import registry
from kmslab.model.keys import KeyState
from kmslab.quiz.balance import unbalanced
from kmslab.quiz.catalog import Item, Quiz
from kmslab.quiz.load import quiz_of
from kmslab.quiz.progress import wall_clock
from kmslab.quiz.source import Fault, QuizFileError, Source, read
from kmslab.quiz.writing import Known, broken


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array of faults and advice.")
@click.pass_context
def lint(ctx: click.Context, paths: tuple[Path, ...], *, as_json: bool) -> None:
    """Check quiz files and folders of them; without PATHS, the course's own.

    The exit code is 2 where a file cannot be used, 1 where one breaks a rule of item writing, 0
    otherwise. An item may break a rule on purpose: `despite: {rule: the reason}`.
    """
    files = chosen(paths)
    found = sorted(_found(files))
    faults = sum(not each.rule for each in found)
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(found), indent=2))
    else:
        for each in found:
            click.echo(str(each))
        told = f"files: {len(files)}, faults: {faults}, advice: {len(found) - faults}"
        click.echo(told, err=True)
    ctx.exit(2 if faults else bool(found))


def _found(files: list[Path]) -> Iterator[Fault]:
    """Yield the faults and the advice of each file, then the advice on all of them together."""
    known = known_here()
    items: list[Item] = []
    for path in files:
        try:
            source = read(path)
            quiz = quiz_of(source, grow)
        except QuizFileError as error:
            yield from error.faults
            continue
        items += quiz.items
        yield from advice(source, quiz, known)
    for rule, wrong, right in unbalanced(items):
        yield Fault(str(files[0]), 1, 1, wrong, right, rule)


def advice(source: Source, quiz: Quiz, known: Known) -> Iterator[Fault]:
    """Yield what breaks a rule of item writing in one file."""
    for base, item, _ in quiz.placed():
        for rule, (where, wrong, right) in broken(item, known):
            line, column = source.place(base + where)
            yield Fault(source.path, line, column, wrong, right, rule)


def known_here() -> Known:
    """Return what this course knows: names, headings, misconceptions, and the day."""
    model: Any = botocore.session.get_session().get_service_model("kms")
    shapes = [model.shape_for(name) for name in model.shape_names]
    members = {member for shape in shapes for member in getattr(shape, "members", ())}
    api = {*model.operation_names, *model.shape_names, *members, *get_args(KeyState)}
    operators = {*BY_NAME, *(f"{name}IfExists" for name in BY_NAME)}
    keys = frozenset(re.split("[:/]", key)[1] for key in (*KEYS, *FAMILIES))
    labs = {p.stem: _headings(p) for p in course_files().values() if p.suffix == ".ipynb"}
    return Known(
        names=frozenset({*api, *operators, *_ELSEWHERE}),
        folded=keys,
        sections=labs,
        beliefs=frozenset(registry()),
        unaskable=wrong_with,
        today=wall_clock().date(),
    )


_ELSEWHERE = (  # names that no table of ours holds
    *("AccessDeniedException", "ThrottlingException", "ValidationException"),
    *("ViaService", "ReEncryptFrom", "ReEncryptTo", "ForAllValues", "ForAnyValue"),
    *("CloudTrail", "CloudHSM", "CloudWatch", "JupyterLab"),
)


def _headings(path: Path) -> frozenset[str]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    texts = ("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    return frozenset(
        found for text in texts for found in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    )
