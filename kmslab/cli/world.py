"""`kmslab world`: a look at a world file, and one written from a store.

Knows files and their modes; refuses to know what stands in them.
"""

import os
from pathlib import Path

import click

from kmslab.cli.refusals import BadInput, unreadable
from kmslab.model import bootstrap

SECRET = 0o600  # secrets and key material are for the owner of the file


@click.group()
def world() -> None:
    """Check the file of a start state, or write one from a store."""


@world.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--account", default=bootstrap.ACCOUNT, show_default=True, help="For local-kms.")
@click.option("--region", default=bootstrap.REGION, show_default=True, help="For local-kms.")
def check(file: Path, account: str, region: str) -> int:
    """Make the world of FILE in memory; tell each fault with its line and column."""
    from kmslab.world import load  # noqa: PLC0415 - it brings boto3
    from kmslab.world.read import WorldFileError, read  # noqa: PLC0415 - as above

    try:
        found = read(file, account=account, region=region)
        load.check(found)
    except WorldFileError as error:
        for fault in error.faults:
            click.echo(fault)
        return 1
    accounts = found.file.accounts
    keys = sum(len(each.keys) for each in accounts)
    click.echo(f"kmslab: {file} makes a world: accounts {len(accounts)}, keys {keys}")
    return 0


@world.command()
@click.option("--store", required=True, metavar="sqlite:PATH|postgresql://...")
@click.option(
    "-o",
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where it goes; default: stdout.",
)
@click.option("--with-material", is_flag=True, help="Write key material too, in clear.")
def export(store: str, out: Path | None, *, with_material: bool) -> None:
    """Write what a store holds as a file for `kmslab serve --world`, also while it is served.

    The secrets of access keys are in it, so the file is for its owner only.
    """
    from kmslab.server.stores import look_within  # noqa: PLC0415 - as above
    from kmslab.world.export import looked_at, text, world_of  # noqa: PLC0415 - as above

    try:
        written = text(world_of(looked_at(look_within(store)), with_material=with_material))
    except ValueError as error:
        raise BadInput(str(error)) from None
    if with_material:
        click.echo("kmslab: key material is in it, in clear; treat it as the keys", err=True)
    if out is None:
        click.echo(written, nl=False)
        return
    try:
        _write(out, written)
    except OSError as error:
        raise unreadable(out, error) from None


def _write(path: Path, text: str) -> None:
    """Replace a file by one that only its owner may read."""
    beside = path.with_name(f"{path.name}.new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, SECRET), "w") as file:
        file.write(text)
    beside.replace(path)
