"""TLS for a server: from ``self`` or ``CERT,KEY`` to what the loop listens with.

A certificate of our own lives as long as the server; its private key is in a file of mode 0600 for
the moment in which OpenSSL reads it. Refuses to know X.509 (custody makes it) and sockets.
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from kmslab.ambient.clock import SystemClock
from kmslab.ambient.entropy import SystemEntropy

SELF: Final = "self"
LOCAL_NAMES: Final = ("localhost", "127.0.0.1", "::1")
EVERY_ADDRESS: Final = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - compared, not listened on  # nosec


class TlsError(ValueError):
    """The option, or a file that it names, cannot be used; the message says why."""


class Tls(NamedTuple):
    """How to listen, and the file of the authority that clients have to trust, if it is ours."""

    context: ssl.SSLContext
    bundle: Path | None = None


@contextmanager
def opened(option: str, host: str) -> Iterator[Tls]:
    """Give what ``self`` or ``CERT,KEY`` asks for; a bundle of ours is gone at the end.

    Raises:
        TlsError: the option has another form, or its files hold no certificate with its key.
    """
    if option == SELF:
        with TemporaryDirectory(prefix="kmslab-tls-") as folder:
            yield _own(Path(folder), host)
        return
    certificate, comma, key = option.partition(",")
    if not (comma and certificate and key):
        raise TlsError(f"{option!r}: write self, or the files CERT,KEY")
    yield Tls(_context(Path(certificate), Path(key)))


def _own(folder: Path, host: str) -> Tls:
    from kmslab.custody import certificates  # noqa: PLC0415  X.509 for who speaks TLS alone

    names = LOCAL_NAMES if host in {*LOCAL_NAMES, *EVERY_ADDRESS} else (*LOCAL_NAMES, host)
    issued = certificates.issue(names, now=SystemClock().now(), entropy=SystemEntropy())
    bundle, chain, key = (folder / name for name in ("ca.pem", "chain.pem", "key.pem"))
    bundle.write_bytes(issued.authority)
    chain.write_bytes(issued.chain)
    key.touch(mode=0o600)
    key.write_bytes(issued.private_key)
    context = _context(chain, key)
    key.unlink()
    return Tls(context, bundle)


def _context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Speak TLS 1.2 and 1.3, as the endpoints of AWS KMS do, and HTTP/1.1."""
    for path in (certificate, key):
        if not path.is_file():
            raise TlsError(f"{path}: there is no such file")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except (ssl.SSLError, OSError) as error:
        raise TlsError(
            f"{certificate}, {key}: no certificate with its key in PEM ({error})"
        ) from None
    return context


def _no_password() -> str:
    raise TlsError("the private key is encrypted; hand in one that is not")
