"""`kmslab quiz export` and `kmslab quiz import`: quizzes in the formats of others.

Knows files; formats and what they lose are the quiz engine's.
"""

from pathlib import Path

import click
import msgspec

from kmslab.cli.quiz_ask import load
from kmslab.cli.refusals import BadInput, unreadable
from kmslab.quiz.exchange.formats import FORMATS, losses
from kmslab.quiz.exchange.plain import yaml_of
from kmslab.quiz.family import FIRST

_BACK = [name for name, form in FORMATS.items() if form.read]


@click.command()
@click.argument("name")
@click.option("--format", "form", required=True, type=click.Choice(list(FORMATS)))
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Without it: NN-name.SUFFIX.")
@click.option("--seed", default=FIRST, show_default=True, help="Which variants of its families.")
def export(name: str, form: str, output: Path | None, seed: int) -> None:
    """Write the quiz NAME in another format, with its keys; name what the format cannot carry.

    The report on standard error lists, item by item, the fields that others will not see. A family
    goes as one variant, and the quiz's `about` says of which seed.
    """
    whole = load(name)
    quiz = whole.fixed(seed)
    row = FORMATS[form]
    path = output or Path(f"{quiz.quiz}{row.suffix}")
    try:
        path.write_bytes(row.write(quiz))
    except OSError as error:
        raise unreadable(path, error) from None
    for family in whole.families.values():
        click.echo(f"item {family.id} (family) goes as its variant of seed {seed}", err=True)
    found = list(losses(row, quiz))
    for loss in found:
        click.echo(f"not in {form}: {loss}", err=True)
    back = "and comes back whole" if row.read else "and there is no way back"
    click.echo(f"{len(quiz.items)} items, {len(found)} with losses in {form}, {back}", err=True)
    click.echo(str(path))


@click.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--format", "form", required=True, type=click.Choice(_BACK))
def import_(path: Path, form: str) -> None:
    """Print the file PATH as a quiz in YAML; `kmslab quiz lint` names what it still needs."""
    read = FORMATS[form].read
    try:
        quiz = read(path.read_bytes()) if read else None
    except OSError as error:
        raise unreadable(path, error) from None
    except (ValueError, KeyError, msgspec.ValidationError) as error:
        raise BadInput(
            f"{path} is no {form} that can be read: {error}", "repair it there"
        ) from None
    if quiz is not None:
        click.echo(yaml_of(quiz), nl=False)
