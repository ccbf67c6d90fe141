"""`kmslab top`: the table of a running server, for eyes, for pipes and as JSON."""

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from rich.console import Console

from kmslab.cli import top as top_module
from kmslab.kms import Kms
from kmslab.server import metrics, readings
from kmslab.server.http import BackgroundServer
from kmslab.server.metrics import Series
from kmslab.server.observer import Observer
from kmslab.server.tally import Tally
from kmslab.wire.http import HttpRequest, HttpResponse

Command = Callable[..., Any]


@pytest.fixture
def url() -> Iterator[str]:
    """Serve a world that was asked twice without a signature."""
    observer = Observer(Kms.fresh().endpoint.handle)
    for _ in range(2):
        observer.respond(HttpRequest("POST", "/", {"x-amz-target": "TrentService.Encrypt"}, b"{}"))
    with BackgroundServer(observer.respond) as server:
        yield server.url


def test_a_pipe_gets_one_table(kmslab_command: Command, url: str) -> None:
    ended = kmslab_command("top", "--url", url)
    assert (ended.code, ended.err) == (0, "")
    assert "1 worker, since the start" in ended.out
    (row,) = [line.split() for line in ended.out.splitlines() if "Encrypt" in line]
    assert row[:4] == ["Encrypt", "2", "2", "0"]
    assert kmslab_command("top", "--url", url, "--once").out == ended.out


def test_json(kmslab_command: Command, url: str) -> None:
    told = json.loads(kmslab_command("top", "--url", url, "--json").out)
    (operation,) = told.pop("operations")
    assert told == {"url": url, "workers": 1}
    assert 0 < operation.pop("p50_seconds") <= operation.pop("p95_seconds")
    assert operation.pop("p99_seconds") > 0
    assert operation == {
        "service": "kms",
        "operation": "Encrypt",
        "requests": 2,
        "errors": 2,
        "throttles": 0,
    }


def test_a_terminal_shows_rates_until_it_is_interrupted(
    kmslab_command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    tally, screen = Tally(), io.StringIO()

    def look(*_: object) -> readings.Reading:
        if "in the last" in screen.getvalue():
            raise KeyboardInterrupt
        Series(tally, "iam", "CreateUser").add(0.01, "")
        return readings.read(metrics.text([tally], 2).decode())

    monkeypatch.setattr(top_module, "_look", look)
    monkeypatch.setattr(
        top_module, "Console", lambda **_: Console(file=screen, force_terminal=True, width=120)
    )
    assert kmslab_command("top", "--interval", "0.1").code == 130
    assert "2 workers" in screen.getvalue()
    assert "requests/s" in screen.getvalue()
    assert "iam:CreateUser" in screen.getvalue()


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://127.0.0.1:1", "start one with kmslab serve"),
        ("ftp://127.0.0.1:1", "begins with http"),
    ],
)
def test_where_nobody_answers_one_line_says_so(
    kmslab_command: Command, url: str, told: str
) -> None:
    ended = kmslab_command("top", "--url", url)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert told in ended.err


@pytest.mark.parametrize("command", [["top", "--once"], ["clock"]])
def test_a_file_without_certificates_is_refused(
    kmslab_command: Command, command: list[str]
) -> None:
    ended = kmslab_command(*command, "--ca-bundle", __file__)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert "no certificate in PEM" in ended.err


@pytest.mark.parametrize("status", [200, 404])
def test_where_another_server_answers_one_line_says_so(
    kmslab_command: Command, status: int
) -> None:
    with BackgroundServer(lambda _: HttpResponse(status, (), b"<html>")) as server:
        ended = kmslab_command("top", "--url", server.url)
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert "name a server of kmslab serve" in ended.err
