"""The command line as a user meets it: arguments in; exit code, output and errors out."""

from collections.abc import Callable
from typing import NamedTuple

import pytest

import kmslab.cli


class Ended(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def kmslab_command(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    def call(*arguments: str) -> Ended:
        try:
            code = kmslab.cli.run(arguments)
        except SystemExit as ended:
            code = ended.code
        return Ended(code, *capsys.readouterr())

    return call
