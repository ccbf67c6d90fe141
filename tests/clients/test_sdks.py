"""One life of a key, told by each AWS SDK in its own language."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kmslab.cli.env import point_at
from tests.cli.serving import served
from tests.clients.toolchains import TO_RUN_ONCE, Client, ready

pytestmark = pytest.mark.clients

VECTORS = Path(__file__).parents[1] / "vectors" / "clients" / "life.json"
LIFE: dict[str, Any] = json.loads(VECTORS.read_text(encoding="utf-8"))[0]["expect"]


def javascript(client: Client, _: str) -> str:
    return client.run("node", client.take("life.mjs"))


def go(client: Client, _: str) -> str:
    client.take("life.go", "main.go")
    client.run("go", "build", *TO_RUN_ONCE["go"], "-o", "life", ".")
    return client.run("./life")


def java(client: Client, endpoint: str) -> str:
    path = ["-cp", f"jars/*{os.pathsep}."]
    client.run("javac", *TO_RUN_ONCE["javac"], *path, client.take("Life.java"))
    return client.run("java", *TO_RUN_ONCE["java"], *path, "Life", endpoint)


def rust(client: Client, _: str) -> str:
    client.take("life.rs", "src/main.rs")
    client.run("cargo", "build", "--quiet")
    return client.run("target/debug/client")


@pytest.mark.parametrize("tell", [javascript, go])
def test_an_sdk_trusts_the_authority_that_the_server_made(
    tell: Callable[[Client, str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = ready(tell.__name__)
    with served("--tls", "self") as server:
        for name, value in point_at(server.url, "us-east-1", server.bundle).items():
            monkeypatch.setenv(name, value)
        assert json.loads(tell(client, server.url)) == LIFE


SLOW = {rust: [pytest.mark.soak]}  # minutes of compiling where the cache is cold


@pytest.mark.parametrize(
    "tell",
    [
        pytest.param(tell, id=tell.__name__, marks=SLOW.get(tell, []))
        for tell in (javascript, go, java, rust)
    ],
)
def test_an_sdk_leads_a_key_through_its_life(
    tell: Callable[[Client, str], str], endpoint: str
) -> None:
    assert json.loads(tell(ready(tell.__name__), endpoint)) == LIFE
