"""`--url` and `--ca-bundle`: the server that a command calls, and whom it trusts over HTTPS.

Knows what a file of authorities has to hold; refuses to know what is called.
"""

import click


class CaBundle(click.Path):
    """A file of certificates in PEM."""

    name = "file"

    def __init__(self) -> None:
        super().__init__(exists=True, dir_okay=False)

    def convert(
        self,
        value: object,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str:
        """Return the path of a file that holds authorities."""
        import ssl  # noqa: PLC0415 - only who names a file needs it

        path = str(super().convert(value, param, ctx))  # type: ignore[arg-type]  # click says str or os.PathLike
        try:
            ssl.create_default_context(cafile=path)
        except OSError:  # of which SSLError is one
            self.fail(f"{path}: no certificate in PEM is in it", param, ctx)
        return path


CA_BUNDLE = click.option(
    "--ca-bundle",
    type=CaBundle(),
    envvar="AWS_CA_BUNDLE",
    help="The authority to trust, for kmslab serve --tls.",
)
URL = click.option(
    "--url",
    default="http://127.0.0.1:4566",
    show_default=True,
    envvar="AWS_ENDPOINT_URL",
    help="The server; also from AWS_ENDPOINT_URL.",
)
