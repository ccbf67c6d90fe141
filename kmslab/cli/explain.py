"""`kmslab explain`: why a recorded call was allowed or denied.

Knows a store file and how a tree looks in a terminal; refuses to know how one decides.
"""

import json
from typing import Final

import click

from kmslab.audit.trail import ALL, Trail
from kmslab.authn.directory import Directory
from kmslab.authz.render import Bearing, Node, lines
from kmslab.cli.refusals import BadInput
from kmslab.cli.store import StoreName
from kmslab.engine.review import review_of
from kmslab.server.stores import look, shown
from kmslab.store.port import Store, StoreError

COLOURS: Final[dict[Bearing, str | None]] = {"for": "green", "against": "red", "none": None}
STORE: Final = click.option(
    "--store",
    "path",
    type=StoreName(),
    required=True,
    help="sqlite:PATH or postgresql://..., also while it is served.",
)
AS_JSON: Final = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.command()
@click.argument("event_id", metavar="EVENT-ID")
@STORE
@AS_JSON
def explain(event_id: str, path: str, *, as_json: bool) -> None:
    """Decide a recorded call again: its reasons, what would turn it, what has changed since.

    EVENT-ID is the eventID or requestID of an event in the trail of the store.
    """
    store = seen(path)
    try:
        found = review_of(event_id, Trail(ALL, store.journal), store, Directory(store))
    except LookupError as error:
        raise BadInput(
            f"{shown(path)}: {error.args[0]}", "a server writes the last ones when it ends"
        ) from None
    if as_json:
        click.echo(json.dumps(found.as_json(), indent=2))
    else:
        echo_tree(found.tree())


def seen(path: str) -> Store:
    """Read a store file.

    Raises:
        BadInput: it cannot be used.
    """
    try:
        return look(path)
    except StoreError as error:
        raise BadInput(str(error)) from None


def echo_tree(root: Node) -> None:
    """Print a tree; its colours are left out where no terminal shows them."""
    for line in lines(root):
        click.echo(line.branches + click.style(str(line.node), fg=COLOURS[line.node.bearing]))
