"""`kmslab clock`: the clock of a running server, and what is due next.

Knows a signed call and how a calendar looks in lines; refuses to know what happens as time passes.
"""

import json
import ssl
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import click
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from kmslab.cli.refusals import BadInput
from kmslab.cli.trust import CA_BUNDLE, URL
from kmslab.model import bootstrap
from kmslab.server.build import administrator_keys
from kmslab.services.clock import NAME, TARGET

TIMEOUT_SECONDS = 60  # a server that skips years has something to do


class Server:
    """A server, and how it is called."""

    def __init__(self, url: str, ca_bundle: str | None) -> None:
        self.url = url
        self._trust = ssl.create_default_context(cafile=ca_bundle) if ca_bundle else None

    def call(self, operation: str, **parameters: object) -> dict[str, Any]:
        """Call it as the administrator.

        Raises:
            BadInput: it cannot be reached, or refuses.
        """
        if not self.url.startswith(("http://", "https://")):
            raise BadInput(f"--url {self.url}: a URL begins with http:// or https://")
        body = json.dumps(parameters).encode()
        headers = {
            "X-Amz-Target": f"{TARGET}.{operation}",
            "Content-Type": "application/x-amz-json-1.1",
        }
        asked = AWSRequest("POST", self.url, headers, body)
        SigV4Auth(Credentials(*administrator_keys()), NAME, bootstrap.REGION).add_auth(asked)
        request = Request(self.url, body, dict(asked.headers), method="POST")  # noqa: S310 - http or https
        try:
            with urlopen(request, timeout=TIMEOUT_SECONDS, context=self._trust) as found:  # noqa: S310 - as above  # nosec
                answer: dict[str, Any] = json.load(found)
        except HTTPError as error:
            raise BadInput(f"{self.url}: {_told(error)}") from None
        except (OSError, ValueError) as error:
            reason = str(getattr(error, "reason", error)).lower()
            raise BadInput(
                f"{self.url}: {reason}", "start one with kmslab serve, or use --url"
            ) from None
        return answer


@click.group(invoke_without_command=True)
@URL
@CA_BUNDLE
@click.pass_context
def clock(ctx: click.Context, url: str, ca_bundle: str | None) -> None:
    """Show where the clock of a running server stands and what is due; move it forward."""
    ctx.obj = Server(url, ca_bundle)
    if ctx.invoked_subcommand is None:
        ctx.invoke(show)


@clock.command()
@click.pass_obj
def show(server: Server) -> None:
    """Show where the clock stands, and what happens next by itself."""
    _echo(server.call("GetClock"))


@clock.command()
@click.option("--days", type=click.FloatRange(0, min_open=True), required=True)
@click.pass_obj
def advance(server: Server, days: float) -> None:
    """Move the clock forward; everything that becomes due happens in order."""
    _echo(server.call("AdvanceClock", Days=days))


@clock.command("set")
@click.argument("instant", metavar="ISO")
@click.pass_obj
def set_to(server: Server, instant: str) -> None:
    """Move the clock forward to an instant: 2026-12-31T09:00:00Z."""
    _echo(server.call("AdvanceClock", Instant=instant))


def _echo(answer: dict[str, Any]) -> None:
    click.echo(f"{answer['Now']} ({answer['Clock']} clock)")
    for due in answer["Due"]:
        click.echo(f"{due['At']} {due['What']} {due['Key']}")


def _told(error: HTTPError) -> str:
    try:
        return str(json.load(error)["message"])
    except (ValueError, KeyError):
        return f"answers {error.code}"
