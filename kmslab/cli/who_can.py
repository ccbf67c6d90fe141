"""`kmslab who-can`: every principal that is able to do an action with a key, and why.

Knows a store file and how a tree looks in a terminal; refuses to know how one decides.
"""

import json

import click
import msgspec

from kmslab.authn.directory import Directory
from kmslab.cli.explain import AS_JSON, STORE, echo_tree, seen
from kmslab.cli.refusals import BadInput
from kmslab.engine import who_can as answers
from kmslab.model import bootstrap
from kmslab.model.errors import KmsError
from kmslab.model.principals import Caller, Principal


@click.command("who-can")
@click.argument("action", metavar="ACTION")
@click.argument("key", metavar="KEY")
@STORE
@click.option("--account", help="Where a short name of KEY is meant; default: the store's first.")
@click.option("--region", default=bootstrap.REGION, show_default=True, help="Likewise.")
@AS_JSON
def who_can(
    action: str, key: str, path: str, *, account: str | None, region: str, as_json: bool
) -> None:
    """List who can do ACTION (kms:Decrypt) with KEY, by which statement or grant, and if what."""
    store = seen(path)
    directory = Directory(store)
    home = Caller(Principal(kind="root", account=account or directory.accounts[0]), region)
    try:
        found = answers.who_can(action, key, store, directory, home)
    except KmsError as error:
        raise BadInput(f"{key}: {error.message or error.code}", "give the key ARN") from None
    except ValueError as error:
        raise BadInput(str(error), "kmslab operations lists the permissions") from None
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(found), indent=2))
    else:
        echo_tree(found.tree())
