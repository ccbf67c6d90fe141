"""What tests of several folders need: a PostgreSQL server, children that hear Ctrl-C, and patience."""

import signal
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings

from tests.postgresql import Server, installed


def pytest_configure() -> None:
    """Hear SIGINT, so that what tests start does: a shell's background job inherits deafness to it.

    Hypothesis waits for a machine that does other things besides.
    """
    settings.register_profile(
        "patient", deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.load_profile("patient")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """Start a server in a folder that goes with it; skip where there is none to start."""
    found = installed()
    with TemporaryDirectory(prefix="kmslab-pg-") as folder, pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_STATE_HOME", folder)
        server = Server(found, Path(folder))
        server.start()
        yield server
        server.stop()
