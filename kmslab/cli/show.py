"""`kmslab show`: what there is to know of a key, an alias or a grant.

Knows a store file and how a tree looks in a terminal; refuses to know what keys are.
"""

import click

from kmslab.authn.directory import Directory
from kmslab.cli.explain import STORE, echo_tree, seen
from kmslab.cli.refusals import BadInput
from kmslab.engine.portrait import portrait
from kmslab.model import bootstrap
from kmslab.model.errors import KmsError
from kmslab.model.principals import Caller, Principal
from kmslab.operations.names import Unreachable


@click.command()
@click.argument("name", metavar="NAME")
@STORE
@click.option("--account", help="Where a short NAME is meant; default: the store's first.")
@click.option("--region", default=bootstrap.REGION, show_default=True, help="Likewise.")
def show(name: str, path: str, *, account: str | None, region: str) -> None:
    """Show a key with its materials, aliases and grants.

    NAME is a key ID, key ARN, alias name, alias ARN or grant ID.
    """
    store = seen(path)
    home = Caller(Principal(kind="root", account=account or Directory(store).accounts[0]), region)
    try:
        echo_tree(portrait(name, store, home))
    except KmsError as error:
        raise BadInput(f"{name}: {error.message or error.code}", "give the ARN") from None
    except Unreachable:
        raise BadInput(f"{name}: there is no such key", "give another ARN") from None
