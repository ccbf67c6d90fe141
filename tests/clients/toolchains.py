"""Real clients, each fetched once into `.cache/clients` of the checkout by its own tool.

Knows how a tool fetches packages of a pinned version; refuses to know what a client does. The
registries are the tools' own defaults. What cannot be had skips, and says what would help.
"""

import fcntl
import json
import os
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache" / "clients"
PROGRAMS = Path(__file__).parent / "programs"
VERSIONS: dict[str, dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "versions.toml").read_text()
)
PATIENCE = 1800  # seconds, for a cold compile on a busy machine
# What keeps a compiler from optimizing a program that runs once: a third less of its time for Go's, half for Java's.
TO_RUN_ONCE = {
    "go": ["-gcflags=all=-N -l"],
    "java": ["-XX:TieredStopAtLevel=1"],
    "javac": ["-J-XX:TieredStopAtLevel=1"],
}

POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>kmslab</groupId><artifactId>client</artifactId><version>1</version>
<dependencies>{}</dependencies></project>
"""
DEPENDENCY = (
    "<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></dependency>"
)
CARGO = '[package]\nname = "client"\nversion = "1.0.0"\nedition = "2021"\n\n[dependencies]\n'

Command = Sequence[str | Path]


class Client(NamedTuple):
    """A client that is ready: the folder with its packages, and the environment of its tools."""

    name: str
    folder: Path

    def run(self, *command: str | Path, **variables: str) -> str:
        """Run a command in the folder, and return what it printed; that it fails fails the test."""
        ran = _ran(command, self.folder, variables)
        assert ran.returncode == 0, f"{shlex.join(map(str, command))}:\n{ran.stderr[-4000:]}"
        return ran.stdout

    def take(self, program: str, name: str | None = None) -> Path:
        """Copy one of our programs beside the packages, if it has changed; return its path."""
        to = self.folder / (name or program)
        text = (PROGRAMS / program).read_bytes()
        if not to.exists() or to.read_bytes() != text:  # a compiler looks at the time
            to.parent.mkdir(exist_ok=True)
            to.write_bytes(text)
        return to


def ready(name: str) -> Client:
    """Fetch what the table names, unless it is there; skip the test where that is not possible."""
    row = VERSIONS[name]
    for tool in row["tools"]:
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed; apt-get install {row['debian']}")
    folder, mark, wanted = CACHE / name, CACHE / name / ".ready", json.dumps(row)
    with _one_at_a_time(name):
        if not mark.exists() or mark.read_text() != wanted:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            for command in FETCHERS[row["fetch"]](folder, row["packages"]):
                _fetch(name, command, folder)
            mark.write_text(wanted)
    return Client(name, folder)


@contextmanager
def _one_at_a_time(name: str) -> Iterator[None]:
    """Let one test fetch a client, and others that want it wait."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch(name: str, command: Command, folder: Path) -> None:
    ran = _ran(command, folder, {})
    if ran.returncode:
        said = (ran.stderr.strip() or ran.stdout.strip() or "nothing").splitlines()[-1]
        line = shlex.join(map(str, command))
        pytest.skip(
            f"{name} cannot be fetched ({said[:200]}); with a network: make clients ({line})"
        )


def _ran(
    command: Command, folder: Path, variables: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    tools = {
        "GOMODCACHE": str(CACHE / "go-modules"),
        "GOCACHE": str(CACHE / "go-builds"),
        "GOFLAGS": f"{os.environ.get('GOFLAGS', '')} -modcacherw",
        "GOBIN": str(folder),
        "CGO_ENABLED": "0",
        "MAVEN_OPTS": " ".join(TO_RUN_ONCE["java"]),
        "CARGO_HOME": os.environ.get("CARGO_HOME", str(CACHE / "cargo")),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    return subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env={**os.environ, **tools, **variables},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


# ---------------------------------------------------------------------------------------- fetchers


def _pip(folder: Path, packages: list[str]) -> list[Command]:
    pip = [sys.executable, "-m", "pip", "--python", folder / "bin" / "python"]
    return [
        [sys.executable, "-m", "venv", "--without-pip", folder],
        [*pip, "install", "--quiet", "--cache-dir", CACHE / "pip", *packages],
    ]


def _npm(folder: Path, packages: list[str]) -> list[Command]:
    (folder / "package.json").write_text('{"private": true, "type": "module"}\n')
    quiet = ["--no-audit", "--no-fund", "--save-exact", "--cache", CACHE / "npm"]
    return [["npm", "install", *quiet, *packages]]


def _go(folder: Path, packages: list[str]) -> list[Command]:
    (folder / "go.mod").write_text("module client\n")
    return [["go", "get", *packages]]


def _go_install(_: Path, packages: list[str]) -> list[Command]:
    return [["go", "install", *packages]]


def _maven(folder: Path, packages: list[str]) -> list[Command]:
    rows = "".join(DEPENDENCY.format(*package.split(":")) for package in packages)
    (folder / "pom.xml").write_text(POM.format(rows))
    local = f"-Dmaven.repo.local={folder / 'repository'}"  # no two at once may write to one
    return [["mvn", "-q", "-B", local, "dependency:copy-dependencies", "-DoutputDirectory=jars"]]


def _cargo(folder: Path, packages: list[str]) -> list[Command]:
    (folder / "src").mkdir()
    (folder / "src" / "main.rs").write_text("fn main() {}\n")
    pairs = (package.split("@") for package in packages)
    rows = {name: f'{name} = {{ version = "={version}" }}\n' for name, version in pairs}
    rows["tokio"] = rows["tokio"].replace(" }", ', features = ["macros", "rt"] }')
    (folder / "Cargo.toml").write_text(CARGO + "".join(rows.values()))
    return [["cargo", "fetch", "--quiet"]]


FETCHERS: dict[str, Callable[[Path, list[str]], list[Command]]] = {
    "pip": _pip,
    "npm": _npm,
    "go": _go,
    "go-install": _go_install,
    "maven": _maven,
    "cargo": _cargo,
}
