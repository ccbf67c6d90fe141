"""`kmslab trail`: the events of a store, and whether delivered files are what they were.

Knows filters and how a line looks; refuses to know where events are kept and how files are signed.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TypedDict, Unpack

import click
import msgspec

from kmslab.audit.batches import newest_first
from kmslab.audit.event import Event, instant, render
from kmslab.audit.index import error_code, username
from kmslab.audit.validation import validate as validate_files
from kmslab.cli.explain import STORE
from kmslab.cli.refusals import BadInput
from kmslab.custody.digests import is_signed
from kmslab.server import stores
from kmslab.store.port import Batches, Span, StoreError


class _Instant(click.ParamType[float]):
    """An instant in ISO 8601; without an offset it is UTC."""

    name = "instant"

    def convert(self, value: object, *_: object) -> float:
        """Read ``2026-01-05`` or ``2026-01-05T09:00:00Z``."""
        if isinstance(value, float):
            return value
        try:
            found = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no instant: write 2026-01-05 or 2026-01-05T09:00:00Z")
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


class Asked(TypedDict):
    """The options that single events are held against."""

    name: str | None
    user: str | None
    key: str | None
    errors: bool
    request_id: str | None


class Filter(msgspec.Struct, frozen=True):
    """What events have to be, beside in time."""

    name: str | None
    user: str | None
    key: str | None
    errors: bool
    request_id: str | None

    @property
    def mention(self) -> str:
        """The rarest text that every such event has in it."""
        return self.request_id or self.user or self.name or ""

    def lets(self, event: Event) -> bool:
        """Tell whether an event is wanted."""
        return (
            self.name in {None, event.name}
            and self.user in {None, username(event)}
            and self.request_id in {None, event.request_id}
            and (self.key is None or any(_is_of(self.key, arn) for _, _, arn in event.resources))
            and (not self.errors or bool(event.error_code))
        )


@click.group()
def trail() -> None:
    """List the events of a store, or check the log files that were delivered."""


@trail.command()
@STORE
@click.option("--name", help="Of this operation: Decrypt.")
@click.option("--user", help="Of this user, or session of a role.")
@click.option("--key", help="About this key (ID or ARN), or this alias.")
@click.option(
    "--since",
    type=_Instant(),
    default=0.0,
    show_default=False,
    metavar="ISO",
    help="Not before: 2026-01-05, or 2026-01-05T09:00:00Z.",
)
@click.option(
    "--until",
    type=_Instant(),
    default=float("inf"),
    show_default=False,
    metavar="ISO",
    help="Not after.",
)
@click.option("--errors", is_flag=True, help="Only those that were refused.")
@click.option("--request-id", help="That of an answer.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1), help="The newest.")
@click.option("--json", "as_json", is_flag=True, help="Print CloudTrail's form, one in a line.")
def events(
    path: str,
    *,
    since: float,
    until: float,
    limit: int,
    as_json: bool,
    **asked: Unpack[Asked],
) -> None:
    """List events, the newest last: time, request ID, user, operation, key, error."""
    wanted = Filter(**asked)
    with _journal(path) as journal:
        happened = newest_first(journal, Span(since, until), mention=wanted.mention)
        newest = list(islice(filter(wanted.lets, happened), limit))
    for event in reversed(newest):
        click.echo(json.dumps(render(event)) if as_json else _line(event))


@trail.command(short_help="Check log files and digests that were delivered.")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--fingerprint", default="", help="Trust this public key alone.")
@click.option("--until", default="", metavar="ISO", help="There has to be a digest that ends then.")
@click.pass_context
def validate(ctx: click.Context, folder: Path, *, fingerprint: str, until: str) -> None:
    """Check all log files and digests of FOLDER; name each that was removed, reordered or altered.

    Exit code 1: something is wrong.
    """
    try:
        report = validate_files(folder, is_signed, fingerprint=fingerprint, until=until)
    except ValueError as error:
        raise BadInput(str(error), "kmslab serve --trail-dir makes one") from None
    for problem in report.problems:
        click.echo(str(problem))
    verdict = "not valid" if report.problems else "valid"
    click.echo(
        f"kmslab: {folder} is {verdict}: {report.digests} digest files until {report.until},"
        f" {report.logs} log files, {report.events} events; {len(report.problems)} problems"
    )
    ctx.exit(1 if report.problems else 0)


@contextmanager
def _journal(path: str) -> Iterator[Batches]:
    try:
        with stores.journal(path) as found:
            yield found
    except StoreError as error:
        raise BadInput(str(error)) from None


def _is_of(key: str, arn: str) -> bool:
    return key in {arn, arn.rpartition("/")[2], arn.rpartition(":")[2]}


def _line(event: Event) -> str:
    key = event.resources[-1][2].rpartition(":")[2] if event.resources else "-"
    error = f" {error_code(event)}" if event.error_code else ""
    return f"{instant(event.time)} {event.request_id} {username(event) or '-'} {event.name} {key}{error}"
