"""A PostgreSQL server of the tests' own: in a folder, on a socket there, with no port."""

import os
import pwd
import shutil
import subprocess
from itertools import count
from pathlib import Path

import psycopg
import pytest

USER = "postgres"  # the server refuses to run as root; Debian's package makes this one


def binaries() -> Path | None:
    """Return the folder of initdb and pg_ctl, if PostgreSQL is installed and can be run."""
    on_path = shutil.which("initdb")
    folders = [Path(on_path).parent] if on_path else []
    if pg_config := shutil.which("pg_config"):
        said = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        folders.append(Path(said.stdout.strip()))
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = [each for each in folders if (each / "initdb").exists() and (each / "pg_ctl").exists()]
    return found[0] if found and _user() is not False else None


def installed() -> Path:
    """Return where PostgreSQL's programs are; skip the test where they are not."""
    found = binaries()
    if found is None:
        pytest.skip("PostgreSQL is not installed; the remedy on Debian: apt-get install postgresql")
    return found


class Server:
    """One cluster that can be stopped and started."""

    def __init__(self, bin_folder: Path, folder: Path, *options: str) -> None:
        self._bin = bin_folder
        self.folder = folder
        self._numbers = count(1)
        user = _user()
        self._as_user = {"user": user} if isinstance(user, str) else {}
        if self._as_user:
            shutil.chown(folder, user)
        self._run("initdb", "-U", "kmslab", "-A", "trust", "-E", "UTF8", "--no-sync", *options)

    def start(self) -> None:
        options = f"-k {self.folder} -c listen_addresses= -c max_connections=60 -c fsync=off"
        self._run("pg_ctl", "-w", "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop it; "immediate" is a crash: nothing is written any more."""
        self._run("pg_ctl", "-w", "-m", mode, "stop")

    def start_again(self) -> None:
        """Start it, whatever has become of it."""
        self._run("pg_ctl", "-w", "-m", "immediate", "-l", str(self.folder / "log"), "restart")

    def new_database(self, encoding: str = "UTF8") -> str:
        """Make an empty database; return its URL."""
        name = f"world{next(self._numbers)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as db:
            db.execute(
                f"CREATE DATABASE {name} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0"
            )
        return self.url(name)

    def emptied(self) -> str:
        """Return the URL of a database that is always the same, with no store in it."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as db:
            db.execute("DROP SCHEMA IF EXISTS kmslab CASCADE")
        return self.url("postgres")

    def url(self, name: str) -> str:
        return f"postgresql:///{name}?host={self.folder}&user=kmslab"

    def _run(self, command: str, *arguments: str) -> None:
        subprocess.run(
            [self._bin / command, "-D", self.folder / "data", *arguments],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            check=True,
            **self._as_user,
        )


def _user() -> str | bool | None:
    """Return whom to run as: nobody else (None), USER, or False where root finds nobody."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(USER).pw_name
    except KeyError:
        return False
