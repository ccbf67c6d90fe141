"""A full disk, under a file and under PostgreSQL: nothing is lost, and the errors are the API's."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab.custody import root_key
from tests.postgresql import USER, installed
from tests.postgresql import Server as PostgreSQL
from tests.store.test_crash import Server, need_soon

ROOM = 512 * 1024  # bytes that are left when keys begin to fill a disk


@pytest.fixture
def small_disk() -> Iterator[Path]:
    with TemporaryDirectory(prefix="kmslab-disk-") as folder:
        disk = Path(folder) / "disk"
        disk.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk]
        mount = shutil.which("mount")
        if mount is None or subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("no small disk can be mounted here; root can")
        try:
            yield disk
        finally:
            subprocess.run(["umount", disk], check=True)


def resize(disk: Path, size: str) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", disk], check=True)


def use_up(disk: Path, *, but: int = 0) -> None:
    """Leave not one byte, or so many."""
    with (disk / "filler").open("ab", buffering=0) as filler:
        with suppress(OSError):
            while True:
                filler.write(bytes(512))
        filler.truncate(max(filler.tell() - but, 0))


def fill(kms: Any, made: list[str]) -> None:
    """Make keys until none can be made; the error is the API's."""
    keys = iter(lambda: kms.create_key(Description="x" * 8192)["KeyMetadata"]["KeyId"], None)
    with pytest.raises(ClientError) as refused:
        made.extend(keys)
    assert refused.value.response["Error"]["Code"] == "KMSInternalException"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500


def need_keys(kms: Any, made: list[str], blob: bytes) -> None:
    pages = kms.get_paginator("list_keys").paginate()
    assert {key["KeyId"] for page in pages for key in page["Keys"]} == set(made)
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


@pytest.mark.parametrize("shared", [False, True], ids=["alone", "shared"])
def test_a_disk_that_is_full_loses_nothing(small_disk: Path, shared: bool) -> None:  # noqa: FBT001 - a parameter
    name = f"sqlite:{small_disk / 'world.db'}"
    server = Server(name, shared=shared)
    try:
        made = [server.kms.create_key()["KeyMetadata"]["KeyId"]]
        blob = server.kms.encrypt(KeyId=made[0], Plaintext=b"x")["CiphertextBlob"]
        fill(server.kms, made)
        need_keys(server.kms, made, blob)
        server.kill()
        use_up(small_disk)
        server = Server(name, shared=shared)
        need_keys(server.kms, made, blob)
        fill(server.kms, made)
        resize(small_disk, "8m")
        made.append(server.kms.create_key()["KeyMetadata"]["KeyId"])
        need_keys(server.kms, made, blob)
    finally:
        server.kill()


# ------------------------------------------------------------------------------------- PostgreSQL


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(root_key.KEY, "c0" * 32)


@contextmanager
def postgresql_on(disk: Path, *options: str) -> Iterator[PostgreSQL]:
    """Start a server whose rows lie on a small disk."""
    found = installed()
    resize(disk, "64m")
    if os.geteuid() == 0:
        shutil.chown(disk.parent, USER)
    server = PostgreSQL(found, disk, "--wal-segsize=1", *options)
    server.start()
    try:
        yield server
    finally:
        server.stop("immediate")


@pytest.mark.usefixtures("root")
def test_a_disk_that_is_full_under_postgresql_loses_nothing(small_disk: Path) -> None:
    with postgresql_on(small_disk, f"--waldir={small_disk.parent / 'log'}") as database:
        name = database.url("postgres")
        server = Server(name)
        try:
            made = [server.kms.create_key()["KeyMetadata"]["KeyId"]]
            blob = server.kms.encrypt(KeyId=made[0], Plaintext=b"x")["CiphertextBlob"]
            use_up(small_disk, but=ROOM)
            fill(server.kms, made)
            need_keys(server.kms, made, blob)
            assert "the disk is full; make room on it" in server.kill()
            use_up(small_disk)
            server = Server(name)
            need_keys(server.kms, made, blob)
            fill(server.kms, made)
            resize(small_disk, "96m")
            made.append(server.kms.create_key()["KeyMetadata"]["KeyId"])
            need_keys(server.kms, made, blob)
        finally:
            server.kill()


@pytest.mark.usefixtures("root")
def test_a_database_that_a_full_disk_ends_has_lost_nothing(small_disk: Path) -> None:
    with postgresql_on(small_disk) as database:  # with its log, which it does not live without
        server = Server(database.url("postgres"))
        try:
            made = [server.kms.create_key()["KeyMetadata"]["KeyId"]]
            blob = server.kms.encrypt(KeyId=made[0], Plaintext=b"x")["CiphertextBlob"]
            use_up(small_disk, but=ROOM)
            fill(server.kms, made)
            resize(small_disk, "96m")
            database.start_again()
            need_soon(server.kms)
            need_keys(server.kms, made, blob)
            made.append(server.kms.create_key()["KeyMetadata"]["KeyId"])
            need_keys(server.kms, made, blob)
        finally:
            server.kill()
