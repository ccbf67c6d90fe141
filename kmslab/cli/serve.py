"""`kmslab serve`: the endpoint on a socket of this machine.

Knows options and the line that says it is ready; refuses to know HTTP and KMS.
"""

import re

import click

from kmslab.cli.refusals import BadInput
from kmslab.model import bootstrap
from kmslab.server.build import AuthMode, build_endpoint
from kmslab.server.endpoint import Endpoint
from kmslab.server.http import serve as serve_http

_ACCOUNT = re.compile(r"\d{12}")
_FAULT = re.compile(r"(\w+)=(\w+)(?::(\d{1,6}))?")


def _account(_ctx: click.Context, _parameter: click.Parameter, value: str) -> str:
    if _ACCOUNT.fullmatch(value) is None:
        raise click.BadParameter(f"{value!r} is no AWS account ID: use 12 digits")
    return value


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=4566, show_default=True, type=click.IntRange(0, 65535), help="0 picks one."
)
@click.option("--account", default=bootstrap.ACCOUNT, show_default=True, callback=_account)
@click.option(
    "--auth",
    type=click.Choice(["strict", "lenient"]),
    default="strict",
    show_default=True,
    help="lenient takes any signature; a 12-digit access key names the account.",
)
@click.option("--quotas", default="aws", show_default=True, metavar="aws|off|FILE")
@click.option("--seed", type=int, help="Make the same keys, blobs and ids in every run.")
@click.option(
    "--store",
    default="memory",
    show_default=True,
    metavar="memory|sqlite:PATH",
    help="memory forgets everything when the server stops; a file does not.",
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="OPERATION=FAULT[:TIMES]",
    help="Let the next calls of an operation fail: Decrypt=KMSInternalException:2.",
)
def serve(
    host: str,
    port: int,
    *,
    account: str,
    auth: AuthMode,
    quotas: str,
    seed: int | None,
    store: str,
    faults: tuple[str, ...],
) -> None:
    """Serve KMS, IAM and STS over HTTP until Ctrl-C.

    Prints one line on standard output when it is ready.
    """
    try:
        endpoint = build_endpoint(account=account, auth=auth, quotas=quotas, seed=seed, store=store)
    except ValueError as error:  # a quota file or a store, or what stands in it
        raise BadInput(str(error)) from None
    _plan(faults, endpoint)
    try:
        serve_http(endpoint.handle, host=host, port=port, on_ready=_announce)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise BadInput(f"{host}:{port}: {reason}", "--port 0 picks a free port") from None
    finally:
        endpoint.close()


def _plan(faults: tuple[str, ...], endpoint: Endpoint) -> None:
    for text in faults:
        found = _FAULT.fullmatch(text)
        if found is None:
            raise BadInput(f"--fault {text}: write OPERATION=FAULT or OPERATION=FAULT:TIMES")
        operation, fault, times = found.groups()
        try:
            endpoint.engine.faults.plan(operation, fault, int(times or 1))
        except ValueError as error:
            raise BadInput(f"--fault {text}: {error}") from None


def _announce(url: str) -> None:
    click.echo(f"kmslab: listening on {url}")
