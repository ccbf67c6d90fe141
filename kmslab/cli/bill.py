"""`kmslab bill`: what the calls and keys of a store would have cost on AWS.

Knows a store file and how a bill is asked for; refuses to know prices.
"""

import json

import click

from kmslab.audit.trail import ALL, Trail
from kmslab.authn.directory import Directory
from kmslab.billing.bill import bill as billed
from kmslab.billing.usage import stored_keys, usage_of
from kmslab.cli.explain import AS_JSON, STORE, seen
from kmslab.cli.refusals import BadInput
from kmslab.server.stores import shown
from kmslab.store.records import INSTANTS


@click.command()
@STORE
@click.option("--account", help="Who pays; default: the store's first account.")
@click.option("--no-free-tier", is_flag=True, help="As if the free requests were used up.")
@AS_JSON
def bill(path: str, *, account: str | None, no_free_tier: bool, as_json: bool) -> None:
    """Estimate what a store's keys and requests would have cost on AWS until its last instant."""
    store = seen(path)
    accounts = Directory(store).accounts
    if account is not None and account not in accounts:
        raise BadInput(
            f"{shown(path)}: no account {account}", f"use --account {', '.join(accounts)}"
        )
    payer = account or accounts[0]
    trail = Trail(ALL, store.journal)
    kept = store.page(INSTANTS, "clock", after="", limit=1)
    now = max(trail.last_instant or 0.0, kept[0].at if kept else 0.0)
    usage = usage_of(payer, trail, stored_keys(store, payer))
    made = billed(usage, now, free_tier=not no_free_tier)
    click.echo(json.dumps(made.as_json(), indent=2) if as_json else str(made))
