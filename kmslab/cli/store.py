"""`kmslab store`: copies of a store that lasts, a look whether it is sound, and another root key.

Knows names and reports; refuses to know what a store is made of.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from kmslab.ambient import ids
from kmslab.ambient.entropy import SystemEntropy
from kmslab.cli.refusals import BadInput
from kmslab.server import stores
from kmslab.server.stores import SQLITE
from kmslab.store.port import StoreError


class StoreFile(click.ParamType[Path]):
    """A path, also in the form that `serve --store` takes."""

    name = "path"

    def convert(self, value: object, *_: object) -> Path:
        """Take ``sqlite:`` off a path."""
        return value if isinstance(value, Path) else Path(str(value).removeprefix(SQLITE))


class StoreName(click.ParamType[str]):
    """The name of a store, as `serve --store` takes it, or the path of its file alone."""

    name = "store"

    def convert(self, value: object, *_: object) -> str:
        """Take ``sqlite:`` off a path."""
        return str(value).removeprefix(SQLITE)


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except StoreError as error:
        raise BadInput(str(error)) from None


@click.group()
def store() -> None:
    """Copy a store, bring a copy back, check that all of it opens, or change its root key.

    STORE is the path of a file, or the URL of a database: postgresql://USER:PASSWORD@HOST/DATABASE.
    """


@store.command()
@click.argument("name", metavar="STORE", type=StoreName())
@click.argument("copy", type=StoreFile())
def backup(name: str, copy: Path) -> None:
    """Copy STORE to the file COPY, also while it is served. The root key is not in it."""
    with _refusing():
        stores.backup(name, copy)
    click.echo(
        f"kmslab: {copy} is a copy of {stores.shown(name)}; keep its root key in another place"
    )


@store.command()
@click.argument("copy", type=StoreFile())
@click.argument("name", metavar="STORE", type=StoreName())
@click.option("--replace", is_flag=True, help="Give up the store that is there now.")
def restore(copy: Path, name: str, *, replace: bool) -> None:
    """Make STORE of COPY. It opens with the root key of the original, whichever sort that was of."""
    with _refusing():
        stores.restore(copy, name, lineage=ids.uuid(SystemEntropy()), replace=replace)
    click.echo(f"kmslab: {stores.shown(name)} is what {copy} was")


@store.command()
@click.argument("name", metavar="STORE", type=StoreName())
def verify(name: str) -> None:
    """Check every page of STORE, and that every record and key material opens."""
    with _refusing():
        found = stores.verify(name)
    counted = ", ".join(f"{what} {number}" for what, number in sorted(found.items()))
    click.echo(f"kmslab: {stores.shown(name)} is sound: {counted}")


@store.command()
@click.argument("name", metavar="STORE", type=StoreName())
def rekey(name: str) -> None:
    """Seal STORE under another root key, all of it or nothing, while nobody serves it.

    The new key is in KMSLAB_NEW_ROOT_KEY, KMSLAB_NEW_ROOT_KEY_FILE or KMSLAB_NEW_ROOT_PASSPHRASE;
    for a file without any of these a new one is made beside it. Import tokens made before end.
    """
    with _refusing():
        where = stores.rekey(name)
    click.echo(
        f"kmslab: {stores.shown(name)} opens with {where} now; older copies with the old one"
    )
