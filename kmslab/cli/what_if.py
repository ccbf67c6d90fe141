"""`kmslab what-if`: which verdicts an edit of policies or requests would turn, in a file of cases or in a trail.

Knows files and how a tree looks in a terminal; refuses to know how one decides.
"""

import json
from typing import Any, BinaryIO, Final

import click

from kmslab.audit.trail import ALL, Trail
from kmslab.authz.what_if import WhatIf
from kmslab.cli.explain import AS_JSON, echo_tree, seen
from kmslab.cli.refusals import BadInput
from kmslab.cli.store import StoreName
from kmslab.engine.what_if import what_if_recorded
from kmslab.server.stores import shown
from kmslab.simulate import what_if_cases

LINES: Final = click.File("rb")


@click.command("what-if")
@click.option("--edit", "edit_file", type=LINES, required=True, help="A JSON object; - is stdin.")
@click.option("--cases", type=LINES, help="Cases as simulate reads them, one a line.")
@click.option("--store", "path", type=StoreName(), help="sqlite:PATH: the recorded calls.")
@click.option("--event", "event_id", default="", help="Of the store, this event alone.")
@click.option("--key", default="", help="Of the store, calls on this key (ARN, ID or alias).")
@click.option("--caller", default="", help="Of the store, calls of this user, role or service.")
@AS_JSON
def what_if(
    edit_file: BinaryIO,
    cases: BinaryIO | None,
    path: str | None,
    *,
    event_id: str,
    key: str,
    caller: str,
    as_json: bool,
) -> None:
    """List the verdicts that an edit turns, with the reasons of both.

    The edit has fields of a case: key_policy, identity_policies, permission_boundary, session_policy, scps, rcps,
    vpc_endpoint_policy, context. What it names is replaced; keys of the context are set, or taken away with null.
    """
    if (cases is None) == (path is None):
        raise BadInput("name the cases or the store", "use either --cases or --store")
    edit = _edit(edit_file)
    try:
        if cases is not None:
            found = what_if_cases(edit, cases)
        else:
            found = _in_store(edit, path or "", event_id, key=key, caller=caller)
    except ValueError as error:
        raise BadInput(f"{edit_file.name}: {error}") from None
    if as_json:
        click.echo(json.dumps(found.as_json(), indent=2))
    else:
        echo_tree(found.tree())


def _edit(file: BinaryIO) -> dict[str, Any]:
    try:
        found = json.load(file)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{file.name}: this is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise BadInput(f"{file.name}: this is no JSON object", "an edit has fields of a case")
    return found


def _in_store(edit: dict[str, Any], path: str, event_id: str, *, key: str, caller: str) -> WhatIf:
    trail = Trail(ALL, seen(path).journal)
    event = trail.find(event_id) if event_id else None
    if event_id and event is None:
        raise BadInput(f"{shown(path)}: the trail has no event {event_id}")
    events = trail.kept() if event is None else (event,)
    return what_if_recorded(edit, events, key=key, caller=caller)
