"""A served world with nothing in it, and the variables that point a client at it; a key there."""

from collections.abc import Iterator

import boto3
import pytest

from kmslab.cli.env import CLEARED, point_at
from tests.cli.serving import serving


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Serve, and say in the environment of this test where."""
    with serving() as url:
        for name in CLEARED:
            monkeypatch.delenv(name, raising=False)
        for name, value in point_at(url, "us-east-1").items():
            monkeypatch.setenv(name, value)
        yield url


@pytest.fixture
def key_arn(endpoint: str) -> str:
    """Make a key in that world."""
    assert endpoint
    return str(boto3.client("kms").create_key()["KeyMetadata"]["Arn"])
