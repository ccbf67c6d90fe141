"""`kmslab top`: what a running server answers at the moment, by operation.

Knows tables and a terminal; refuses to know how a server counts.
"""

import json
import ssl
import sys
from collections.abc import Iterator
from http.client import HTTPException
from threading import Event
from typing import Final
from urllib.error import HTTPError
from urllib.request import urlopen

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.live import Live
from rich.table import Table

from kmslab.ambient.clock import elapsed
from kmslab.cli.operations import PIPED_WIDTH
from kmslab.cli.refusals import BadInput
from kmslab.cli.trust import CA_BUNDLE, URL
from kmslab.server import readings
from kmslab.server.metrics import Total
from kmslab.server.observer import METRICS_PATH
from kmslab.server.readings import Reading

TIMEOUT_SECONDS: Final = 5
COUNTS: Final = {
    "requests": readings.requests,
    "errors": readings.errors,
    "throttles": readings.throttles,
}
QUANTILES: Final = {
    "p50": readings.quantile(0.5),
    "p95": readings.quantile(0.95),
    "p99": readings.quantile(0.99),
}


@click.command()
@URL
@CA_BUNDLE
@click.option(
    "--interval", default=1.0, show_default=True, type=click.FloatRange(0.1, 3600), help="Seconds."
)
@click.option("--once", is_flag=True, help="Print one table of all since the start, and end.")
@click.option("--json", "as_json", is_flag=True, help="Print that as JSON.")
def top(url: str, ca_bundle: str | None, *, interval: float, once: bool, as_json: bool) -> None:
    """Show requests, errors, throttles and latencies of a running server, until Ctrl-C.

    Into a pipe, it prints one table.
    """
    trust = ssl.create_default_context(cafile=ca_bundle) if ca_bundle else None
    console = Console(width=None if sys.stdout.isatty() else PIPED_WIDTH)
    if as_json:
        click.echo(json.dumps(_document(url, _look(url, trust)), indent=2))
    elif once or not console.is_terminal:
        console.print(_table(url, _look(url, trust)))
    else:
        _watch(console, url, trust, interval)


def _watch(console: Console, url: str, trust: ssl.SSLContext | None, interval: float) -> None:
    before, begun = _look(url, trust), elapsed()
    with Live(_table(url, before), console=console, auto_refresh=False, screen=True) as live:
        while not Event().wait(interval):
            now, looked = _look(url, trust), elapsed()
            live.update(_table(url, now.since(before), looked - begun), refresh=True)
            before, begun = now, looked


def _look(url: str, trust: ssl.SSLContext | None) -> Reading:
    if not url.startswith(("http://", "https://")):
        raise BadInput(f"--url {url}: a URL begins with http:// or https://")
    try:
        address = url.rstrip("/") + METRICS_PATH
        with urlopen(address, timeout=TIMEOUT_SECONDS, context=trust) as found:  # noqa: S310 - http or https  # nosec
            return readings.read(found.read().decode())
    except HTTPError as error:
        raise BadInput(f"{url}: answers {error.code}", "name a server of kmslab serve") from None
    except (OSError, HTTPException) as error:
        reason = str(getattr(error, "reason", error)).lower()
        raise BadInput(f"{url}: {reason}", "start one with kmslab serve, or use --url") from None
    except ValueError as error:
        raise BadInput(f"{url}: {error}", "name a server of kmslab serve") from None


def _table(url: str, reading: Reading, seconds: float | None = None) -> Table:
    """Make a table: of counts, or where they came within some seconds, of rates."""
    unit = "" if seconds is None else "/s"
    workers = f"{reading.workers} worker{'s' if reading.workers != 1 else ''}"
    when = "since the start" if seconds is None else f"in the last {seconds:.1f} s"
    table = Table(title=f"{url}  {workers}, {when}", box=SIMPLE_HEAD, title_justify="left")
    table.add_column("operation", no_wrap=True)
    for name in [*(f"{name}{unit}" for name in COUNTS), *(f"{name} ms" for name in QUANTILES)]:
        table.add_column(name, justify="right", no_wrap=True)
    for total in _busiest(reading):
        counts = (_number(count(total), seconds) for count in COUNTS.values())
        latencies = (f"{latency(total) * 1000:.3g}" for latency in QUANTILES.values())
        table.add_row(_name(total), *counts, *latencies)
    return table


def _number(count: int, seconds: float | None) -> str:
    return f"{count:,}" if seconds is None else f"{count / seconds:,.1f}"


def _busiest(reading: Reading) -> list[Total]:
    return sorted(
        reading.totals.values(), key=lambda total: (-readings.requests(total), _name(total))
    )


def _name(total: Total) -> str:
    return total.operation if total.service == "kms" else f"{total.service}:{total.operation}"


def _document(url: str, reading: Reading) -> dict[str, object]:
    return {
        "url": url,
        "workers": reading.workers,
        "operations": [dict(_members(total)) for total in _busiest(reading)],
    }


def _members(total: Total) -> Iterator[tuple[str, object]]:
    yield "service", total.service
    yield "operation", total.operation
    for name, count in COUNTS.items():
        yield name, count(total)
    for name, latency in QUANTILES.items():
        yield f"{name}_seconds", round(latency(total), 6)
