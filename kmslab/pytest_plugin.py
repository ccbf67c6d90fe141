"""pytest fixtures for projects that use KMS: `kms`, a world, and `kmslab_server`, that world served.

pytest finds them by the entry point of the package. Loading this imports nothing of kmslab's
that is heavy; a test that asks for a fixture does.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from kmslab.kms import Kms

MARKER = "kmslab(**options): arguments of Kms.fresh for the world of this test, such as seed=7"


class ServedWorld(NamedTuple):
    """A world behind a socket of this machine, for as long as one test runs."""

    url: str
    environment: dict[str, str]  # what an AWS SDK or the AWS CLI reads; already set in os.environ
    world: "Kms"


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, for projects with strict ones."""
    config.addinivalue_line("markers", MARKER)


@pytest.fixture
def kms(request: pytest.FixtureRequest) -> "Iterator[Kms]":
    """Give a fresh world, the same for every run: clients of it, its clock, its trail.

    ``@pytest.mark.kmslab(seed=7, quotas="off")`` chooses how it is made.
    """
    from kmslab import Kms  # noqa: PLC0415 - it brings boto3

    marker = request.node.get_closest_marker("kmslab")
    with Kms.fresh(**(marker.kwargs if marker else {})) as world:
        yield world


@pytest.fixture
def kmslab_server(kms: "Kms", monkeypatch: pytest.MonkeyPatch) -> Iterator[ServedWorld]:
    """Serve the world of `kms` on a free port, and point the SDKs of this test at it.

    The environment holds endpoint, Region and the administrator's credentials until the test ends,
    so the software under test needs no argument.
    """
    from kmslab.cli.env import CLEARED, point_at  # noqa: PLC0415 - as in kms
    from kmslab.server.http import BackgroundServer  # noqa: PLC0415 - as in kms

    with BackgroundServer(kms.endpoint.handle) as server:
        environment = point_at(server.url, kms.region)
        for name in CLEARED:
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield ServedWorld(server.url, environment, kms)
