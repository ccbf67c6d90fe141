"""`kmslab operations`: what the catalog says of each operation of the API.

Knows columns and formats; refuses to know how operations work.
"""

import json
import sys

import click
import msgspec
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from kmslab.operations.catalog import CATALOG, OWN, Operation
from kmslab.operations.unreached import reached, unreached

PIPED_WIDTH = 200  # where no terminal says how wide a line may be


class Row(msgspec.Struct, frozen=True):
    """One operation as people and machines read it; the field names are the columns."""

    operation: str
    permission: str
    key_usage: str
    refused_in: dict[str, str]  # key state: error
    quota: str
    dry_run: bool
    read_only: bool
    errors: tuple[str, ...]  # of the model's, those that calls meet
    unreached: dict[str, str]  # the others: reason

    def cells(self) -> tuple[str, ...]:
        """Return the row as texts."""
        return (
            self.operation,
            self.permission,
            self.key_usage or "-",
            ", ".join(self.refused_in) or "-",
            self.quota,
            "yes" if self.dry_run else "-",
            "yes" if self.read_only else "-",
            f"{len(self.errors)} of {len(self.errors) + len(self.unreached)}",
        )


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array, one object a row.")
def operations(names: tuple[str, ...], *, as_json: bool) -> None:
    """List the API operations: permission, key usage, key states, quota, dry run, errors reached.

    One operation alone also shows its errors, and why some are never met.
    """
    for name in names:
        if name not in CATALOG:
            raise click.UsageError(f"no operation {name!r} here; kmslab operations lists them")
    rows = [row_of(CATALOG[name]) for name in names or sorted(CATALOG)]
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(rows), indent=2))
    else:
        _print_table(rows)
        if len(rows) == 1:
            _print_errors(rows[0])


def row_of(operation: Operation) -> Row:
    """Return what the catalog says of one operation."""
    return Row(
        operation=operation.name,
        permission=operation.action,
        key_usage=operation.usage,
        refused_in={state: error.__name__ for state, (error, _) in operation.states.items()},
        quota="its own" if operation.rate == OWN else operation.rate,
        dry_run=operation.has_dry_run,
        read_only=operation.is_read_only,
        errors=reached(operation),
        unreached=unreached(operation),
    )


def _print_errors(row: Row) -> None:
    for name in row.errors:
        click.echo(name)
    for name, reason in row.unreached.items():
        click.echo(f"{name}: never; {reason}")


def _print_table(rows: list[Row]) -> None:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in Row.__struct_fields__[:-1]:
        table.add_column(name.replace("_", " "), no_wrap=name in ("operation", "permission"))
    for row in rows:
        table.add_row(*row.cells())
    width = None if sys.stdout.isatty() else PIPED_WIDTH
    Console(markup=False, highlight=False, width=width).print(table)
