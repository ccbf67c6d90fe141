"""`kmslab load`: a function called very often, against the real engine, in virtual time.

Knows options and how a result looks in a terminal; refuses to know what a simulation is.
"""

import json
import re
from typing import Any

import click

from kmslab.cli.refusals import BadInput
from kmslab.lab.load.result import Result
from kmslab.lab.load.scenario import CHOICES, Scenario, ScenarioError, scenario
from kmslab.lab.load.simulation import run
from kmslab.lab.progress import part_done

DEFAULTS = Scenario()
_CACHE = re.compile(r"(\d+(?:\.\d+)?)(?::(\d+))?(?::(\d+))?")


def _cache(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> Any:  # noqa: ANN401 - limits or None
    """Read ``AGE[:MESSAGES[:BYTES]]``."""
    if value is None:
        return None
    found = _CACHE.fullmatch(value)
    if found is None:
        raise click.BadParameter(f"{value!r}: write AGE, AGE:MESSAGES or AGE:MESSAGES:BYTES")
    age, messages, size = found.groups()
    limits = {"max_messages": messages, "max_bytes": size}
    return {"max_age": float(age), **{name: int(n) for name, n in limits.items() if n}}


@click.command()
@click.option("--rate", default=DEFAULTS.rate, show_default=True, help="Invocations a second.")
@click.option("--seconds", default=DEFAULTS.seconds, show_default=True, help="Of virtual time.")
@click.option(
    "--arrivals",
    type=click.Choice(CHOICES["arrivals"]),
    default=DEFAULTS.arrivals,
    show_default=True,
    help="How the invocations come.",
)
@click.option(
    "--operation",
    type=click.Choice(CHOICES["operation"]),
    default=DEFAULTS.operation,
    show_default=True,
    help="What each invocation asks KMS for.",
)
@click.option(
    "--region",
    default=DEFAULTS.region,
    show_default=True,
    metavar="REGION",
    help="Whose quotas and prices.",
)
@click.option(
    "--quotas",
    default=DEFAULTS.quotas,
    show_default=True,
    metavar="aws|seed-era|off|FILE",
    help="As kmslab serve takes them.",
)
@click.option(
    "--other-rate",
    default=DEFAULTS.other_rate,
    show_default=True,
    help="Requests a second of the rest of the account.",
)
@click.option(
    "--concurrency",
    default=DEFAULTS.concurrency,
    show_default=True,
    help="Execution environments at most.",
)
@click.option(
    "--retry",
    type=click.Choice(CHOICES["retry"]),
    default=DEFAULTS.retry,
    show_default=True,
    help="How the function calls again.",
)
@click.option("--attempts", type=int, help="Instead of the retry mode's own number.")
@click.option(
    "--cache",
    callback=_cache,
    metavar="AGE[:MESSAGES[:BYTES]]",
    help="Let each environment use a data key again: for so many seconds, messages, bytes.",
)
@click.option(
    "--message-bytes",
    default=DEFAULTS.message_bytes,
    show_default=True,
    help="What an invocation encrypts or opens.",
)
@click.option(
    "--scale", default=DEFAULTS.scale, show_default=True, help="Run a model so many times smaller."
)
@click.option("--seed", default=DEFAULTS.seed, show_default=True, help="Another seed, another run.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
def load(*, as_json: bool, **given: Any) -> None:  # noqa: ANN401 - members of a scenario
    """Send a load to KMS and see what is throttled, how long it takes, and what it costs.

    Every request is answered by the real engine; only time is simulated.
    """
    try:
        wanted = scenario(**given)
        with part_done("simulating") as reached:
            result = run(wanted, reached)
    except ScenarioError as error:
        raise BadInput(f"--{str(error).replace('_', '-', 1)}") from None
    except ValueError as error:  # a quota file
        raise BadInput(str(error)) from None
    click.echo(json.dumps(result.as_json(), indent=2) if as_json else _told(result))


def _told(result: Result) -> str:
    head = "second  offered  to KMS  admitted  throttled  failed  p99 ms"
    rows = [
        f"{each.second:6}  {each.offered:7,}  {each.calls:6,}  {each.admitted:8,}"
        f"  {each.throttled:9,}  {each.failed:6,}  {each.p99_ms:6,.0f}"
        for each in result.seconds
    ]
    return "\n".join([head, *rows, "", str(result)])
