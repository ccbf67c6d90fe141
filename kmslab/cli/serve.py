"""`kmslab serve`: the endpoint on a socket of this machine.

Knows options and the line that says it is ready; refuses to know HTTP and KMS.
"""

import errno
import os
import re
import socket
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TypedDict, Unpack

import click

from kmslab.audit.delivery import Delivery, JsonLines
from kmslab.audit.trail import CAPACITY
from kmslab.cli.refusals import BadInput
from kmslab.custody.digests import DigestSigner
from kmslab.engine.pipeline import Engine
from kmslab.model import bootstrap
from kmslab.quota.levels import Levels
from kmslab.server.build import AuthMode, ClockKind, build_endpoint
from kmslab.server.endpoint import Endpoint
from kmslab.server.http import OnReady
from kmslab.server.process import Place, run
from kmslab.server.stores import Opened
from kmslab.server.tls import Tls
from kmslab.server.tls import opened as opened_tls

_REMEDIES = {
    **dict.fromkeys((errno.EADDRINUSE, errno.EACCES), "--port 0 picks a free port"),
    **dict.fromkeys((errno.EADDRNOTAVAIL, socket.EAI_NONAME), "--host has to be of this machine"),
}
_ACCOUNT = re.compile(r"\d{12}")
_FAULT = re.compile(r"(\w+)=(\w+)(?::(\d{1,6}))?")


class World(TypedDict):
    """The options that a world is made with."""

    account: str
    auth: AuthMode
    quotas: str
    seed: int | None
    store: str | Opened
    clock: ClockKind
    trail_keep: int | None


def _account(_ctx: click.Context, _parameter: click.Parameter, value: str) -> str:
    if _ACCOUNT.fullmatch(value) is None:
        raise click.BadParameter(f"{value!r} is no AWS account ID: use 12 digits")
    return value


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=4566, show_default=True, type=click.IntRange(0, 65535), help="0 picks one."
)
@click.option(
    "--account",
    default=bootstrap.ACCOUNT,
    show_default=True,
    callback=_account,
    help="The administrator's.",
)
@click.option(
    "--auth",
    type=click.Choice(["strict", "lenient"]),
    default="strict",
    show_default=True,
    help="lenient takes any signature; a 12-digit access key names the account.",
)
@click.option(
    "--quotas",
    default="aws",
    show_default=True,
    metavar="aws|seed-era|off|FILE",
    help="seed-era is what older courses teach; a file (TOML or YAML) changes some.",
)
@click.option("--seed", type=int, help="Make the same keys, blobs and ids in every run.")
@click.option(
    "--store",
    default="memory",
    show_default=True,
    metavar="memory|sqlite:PATH|postgresql://...",
    help="memory forgets everything when the server stops; a file and a database do not.",
)
@click.option(
    "--world",
    "start",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Begin with the accounts, users and keys of this file, in a store without any.",
)
@click.option(
    "--clock",
    type=click.Choice(["machine", "virtual"]),
    default="machine",
    show_default=True,
    help="virtual can be moved forward with kmslab clock.",
)
@click.option(
    "--trail-keep",
    type=click.IntRange(1),
    metavar="N",
    help="Keep the newest N events, in memory and in a store that lasts.  [default: what the store was"
    f" told before, or {CAPACITY}]",
)
@click.option(
    "--trail-jsonl",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Append every event to this file, one JSON object in a line.",
)
@click.option(
    "--trail-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Deliver CloudTrail log files and signed digests to this folder, hour by hour.",
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="OPERATION=FAULT[:TIMES]",
    help="Let the next calls of an operation fail: Decrypt=KMSInternalException:2.",
)
@click.option(
    "--tls",
    metavar="self|CERT,KEY",
    help="Speak HTTPS: with a certificate made now, or with this one and its private key.",
)
@click.option(
    "--log",
    type=click.Choice(["problems", "json"]),
    default="problems",
    show_default=True,
    help="json tells every request and problem on standard error, one object in a line.",
)
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1, 64),
    help="Processes that answer; they share the world (memory: in a file that is gone at the end).",
)
def serve(  # noqa: PLR0913 - one for each option
    host: str,
    port: int,
    *,
    faults: tuple[str, ...],
    tls: str | None,
    log: str,
    workers: int,
    start: Path | None,
    trail_jsonl: Path | None,
    trail_dir: Path | None,
    **world: Unpack[World],
) -> int:
    """Serve KMS and its neighbours over HTTP until Ctrl-C.

    The neighbours are IAM, STS, Organizations, Service Quotas and CloudTrail, in the same world.

    Prints a line on standard output when it is ready; before it, with --tls self, what to trust.
    """
    with ExitStack() as stack:
        try:
            secured = stack.enter_context(opened_tls(tls, host)) if tls else None
            context = secured.context if secured else None
            place = Place(host, port, context, has_log=log == "json")
            announce = partial(_announce, secured)
            if workers > 1:
                delivered = {"trail-jsonl": trail_jsonl, "trail-dir": trail_dir}
                return _serve_several(workers, place, faults, delivered, announce, world, start)

            def build() -> Endpoint:
                endpoint = _planned(faults, _begun(start, build_endpoint(**world), world))
                _deliver(stack, endpoint.engine, trail_jsonl, trail_dir)
                return endpoint

            run(build, place, announce)
        except OSError as error:
            code = error.errno or 0  # below 0 it is the resolver's
            reason = (os.strerror(code) if code > 0 else error.strerror or str(error)).lower()
            raise BadInput(f"{host}:{port}: {reason}", _REMEDIES.get(code, "")) from None
        except ValueError as error:  # a certificate, a quota file, a store; or what stands in it
            raise BadInput(str(error)) from None
    return 0


def _deliver(stack: ExitStack, engine: Engine, lines: Path | None, folder: Path | None) -> None:
    """Let a trail tell what happens, until the stack is left; and what a killed process could not."""
    trail, journal = engine.trail, engine.store.journal
    try:
        if lines is not None:
            trail.tell(JsonLines(stack.enter_context(lines.open("a", encoding="utf-8"))).take)
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            delivery = Delivery(folder, DigestSigner())
            if journal is not None:
                delivery.resume(journal, engine.clock.now())
            stack.callback(delivery.close)
            trail.tell(delivery.take)
    except OSError as error:
        raise BadInput(f"{error.filename}: {(error.strerror or str(error)).lower()}") from None


def _serve_several(
    workers: int,
    place: Place,
    faults: tuple[str, ...],
    delivered: Mapping[str, object],
    announce: OnReady,
    world: World,
    start: Path | None,
) -> int:
    from kmslab.cli import serve_workers  # noqa: PLC0415 - not every system can import it

    serve_workers.need_fit(workers, {"seed": world["seed"], "fault": faults, **delivered})

    def build(opened: Opened, levels: Levels | None) -> Endpoint:
        shared: World = {**world, "store": opened}
        return _begun(start, build_endpoint(**shared, levels=levels), world)

    return serve_workers.serve_with(
        workers, place, store=str(world["store"]), build=build, on_ready=announce
    )


def _begun(start: Path | None, endpoint: Endpoint, world: World) -> Endpoint:
    if start is not None:
        from kmslab.world.load import begin  # noqa: PLC0415 - it brings boto3

        begin(endpoint, start, account=world["account"], region=bootstrap.REGION)
    return endpoint


def _planned(faults: tuple[str, ...], endpoint: Endpoint) -> Endpoint:
    """Let calls fail as was asked; an endpoint of which that cannot be asked is closed."""
    try:
        for text in faults:
            _plan(text, endpoint)
    except BadInput:
        endpoint.close()
        raise
    return endpoint


def _plan(text: str, endpoint: Endpoint) -> None:
    found = _FAULT.fullmatch(text)
    if found is None:
        raise BadInput(f"--fault {text}: write OPERATION=FAULT or OPERATION=FAULT:TIMES")
    operation, fault, times = found.groups()
    try:
        endpoint.engine.faults.plan(operation, fault, int(times or 1))
    except ValueError as error:
        raise BadInput(f"--fault {text}: {error}") from None


def _announce(secured: Tls | None, url: str) -> None:
    if secured and secured.bundle:
        click.echo(f"kmslab: clients trust AWS_CA_BUNDLE={secured.bundle}")
    click.echo(f"kmslab: listening on {url}")
