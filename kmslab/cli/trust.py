"""`--ca-bundle`: whom a command trusts that calls a server over HTTPS.

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
