"""`kmslab env`: the variables that point the AWS CLI and every SDK at a kmslab server.

Knows shells and variable names; refuses to know whether a server runs.
"""

import json
import os
import shlex
from collections.abc import Callable

import click

from kmslab.model import bootstrap

# Left over from real work, each of these would outweigh or contradict the ones that are set.
CLEARED = ("AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_ENDPOINT_URL_KMS")

TRUST = ("AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")


def _posix(name: str, value: str | None) -> str:
    return f"unset {name}" if value is None else f"export {name}={shlex.quote(value)}"


def _fish(name: str, value: str | None) -> str:
    if value is None:
        return f"set -e {name}"
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"set -gx {name} '{escaped}'"


def _powershell(name: str, value: str | None) -> str:
    if value is None:
        return f"Remove-Item Env:{name} -ErrorAction SilentlyContinue"
    return "$Env:{} = '{}'".format(name, value.replace("'", "''"))


SHELLS: dict[str, Callable[[str, str | None], str]] = {
    "sh": _posix,
    "bash": _posix,
    "zsh": _posix,
    "fish": _fish,
    "powershell": _powershell,
}


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Where the server listens.")
@click.option(
    "--port", default=4566, show_default=True, type=click.IntRange(1, 65535), help="Its port."
)
@click.option("--region", default=bootstrap.REGION, show_default=True, help="Default Region.")
@click.option(
    "--shell",
    type=click.Choice(list(SHELLS)),
    default="sh",
    show_default=True,
    help="Which shell is to read it.",
)
@click.option(
    "--ca-bundle",
    type=click.Path(exists=True, dir_okay=False, resolve_path=True),
    help="For kmslab serve --tls: HTTPS, and the authority to trust.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object of the variables.")
def env(
    host: str, port: int, *, region: str, shell: str, ca_bundle: str | None, as_json: bool
) -> None:
    r"""Print the variables that point the AWS CLI and the SDKs at kmslab.

    \b
    sh, bash, zsh: eval "$(kmslab env)"
    fish:          kmslab env --shell fish | source
    powershell:    kmslab env --shell powershell | Out-String | Invoke-Expression
    """
    scheme = "https" if ca_bundle else "http"
    variables = point_at(f"{scheme}://{host}:{port}", region, ca_bundle)
    if as_json:
        click.echo(json.dumps(variables, indent=2))
        return
    for name in CLEARED:
        click.echo(SHELLS[shell](name, None))
    for name, value in variables.items():
        click.echo(SHELLS[shell](name, value))


def point_at(url: str, region: str, ca_bundle: str | None = None) -> dict[str, str]:
    """Return the variables for a server at this URL, with the administrator's credentials.

    `ca_bundle` is a file of authorities to trust, which Node.js wants to be told by another name.
    """
    trust = dict.fromkeys(TRUST, ca_bundle) if ca_bundle else {}
    return trust | {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": os.environ.get("KMSLAB_ACCESS_KEY_ID", bootstrap.ACCESS_KEY_ID),
        "AWS_SECRET_ACCESS_KEY": os.environ.get(
            "KMSLAB_SECRET_ACCESS_KEY", bootstrap.SECRET_ACCESS_KEY
        ),
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
    }
