"""`kmslab store`: copies of a store that lasts, and a look whether it is sound.

Knows paths and reports; refuses to know what a store is made of.
"""

from pathlib import Path

import click

from kmslab.ambient import ids
from kmslab.ambient.entropy import SystemEntropy
from kmslab.cli.refusals import BadInput
from kmslab.server.stores import SQLITE
from kmslab.server.stores import verify as verify_store
from kmslab.store import files
from kmslab.store.port import StoreError


class StoreFile(click.ParamType[Path]):
    """A path, also in the form that `serve --store` takes."""

    name = "path"

    def convert(self, value: object, *_: object) -> Path:
        """Take ``sqlite:`` off a path."""
        return value if isinstance(value, Path) else Path(str(value).removeprefix(SQLITE))


@click.group()
def store() -> None:
    """Copy a store, bring a copy back, or check that all of it opens."""


@store.command()
@click.argument("path", type=StoreFile())
@click.argument("copy", type=StoreFile())
def backup(path: Path, copy: Path) -> None:
    """Copy the store PATH to COPY, also while it is served. The root key is not in it."""
    try:
        files.backup(path, copy)
    except StoreError as error:
        raise BadInput(str(error)) from None
    click.echo(f"kmslab: {copy} is a copy of {path}; keep its root key in another place")


@store.command()
@click.argument("copy", type=StoreFile())
@click.argument("path", type=StoreFile())
@click.option("--replace", is_flag=True, help="Give up the store that PATH is now.")
def restore(copy: Path, path: Path, *, replace: bool) -> None:
    """Make the store PATH of COPY. It opens with the root key of the original."""
    try:
        files.restore(copy, path, lineage=ids.uuid(SystemEntropy()), replace=replace)
    except StoreError as error:
        raise BadInput(str(error)) from None
    click.echo(f"kmslab: {path} is what {copy} was")


@store.command()
@click.argument("path", type=StoreFile())
def verify(path: Path) -> None:
    """Check every page of PATH, and that every record and key material opens."""
    try:
        found = verify_store(path)
    except StoreError as error:
        raise BadInput(str(error)) from None
    counted = ", ".join(f"{name} {number}" for name, number in sorted(found.items()))
    click.echo(f"kmslab: {path} is sound: {counted}")
