"""A change and its event are one commit: wherever a process ends, both are there, or neither."""

import shutil
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg
import pytest
from botocore.exceptions import ClientError

from kmslab import Kms
from kmslab.audit.batches import newest_first
from kmslab.custody import root_key
from kmslab.model import bootstrap
from kmslab.model.keys import KmsKey
from kmslab.server import stores
from kmslab.store.port import StoreError
from kmslab.store.records import KEYS, scope
from tests.postgresql import Server as PostgreSQL

HOME = scope(bootstrap.ACCOUNT, bootstrap.REGION)
CHANGES = ["CreateKey", "CreateKey", "EnableKeyRotation", "ScheduleKeyDeletion", "DeleteKey", "RotateKey"]  # fmt: skip

Seen = tuple[tuple[KmsKey, ...], tuple[str, ...]]


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(root_key.KEY, "c0" * 32)
    return tmp_path / "world.db"


@pytest.fixture
def world(path: Path) -> Iterator[Kms]:
    with Kms.open(f"sqlite:{path}") as opened:
        yield opened


def live(world: Kms) -> None:
    """Make two keys and read of them; one is rotated, the other deleted, as time passes."""
    kms = world.client()
    kept, doomed = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
    kms.describe_key(KeyId=kept)
    kms.enable_key_rotation(KeyId=kept, RotationPeriodInDays=90)
    kms.schedule_key_deletion(KeyId=doomed, PendingWindowInDays=7)
    world.clock.advance(days=91)
    kms.describe_key(KeyId=kept)


def copied_at_each_statement(world: Kms, path: Path, act: Callable[[Kms], None]) -> list[Path]:
    """Copy the store before each statement of its database.

    What a process has written is the system's, so a copy of the files is what `kill -9` would leave.
    """
    copies: list[Path] = []

    def copy(_: str) -> None:
        copies.append(path.with_name(f"copy-{len(copies)}.db"))
        for suffix in ("", "-wal"):
            shutil.copy(f"{path}{suffix}", f"{copies[-1]}{suffix}")

    store: Any = world.endpoint.engine.store
    store._db._db.set_trace_callback(copy)
    act(world)
    store._db._db.set_trace_callback(None)
    return copies


def seen(path: Path) -> Seen:
    """Return the keys of a store, and what its journal tells of changes, the oldest first."""
    store = stores.look(f"sqlite:{path}")
    assert store.journal is not None
    told = [event.name for event in newest_first(store.journal) if not event.is_read_only]
    return tuple(store.page(KEYS, HOME, after="", limit=9)), tuple(reversed(told))


def test_wherever_a_process_ends_a_change_is_there_with_its_event_or_neither_is(
    world: Kms, path: Path
) -> None:
    copies = copied_at_each_statement(world, path, live)
    found = [*map(seen, copies), seen(path)]
    told = list(dict.fromkeys(told for _, told in found))
    assert told == [tuple(CHANGES[:number]) for number in range(len(CHANGES) + 1)]
    for one, after in pairwise(found):
        assert (one[0] == after[0]) == (one[1] == after[1])
    assert len(copies) > 5 * len(CHANGES)  # a change is some statements


def test_where_the_commit_fails_there_is_neither(
    world: Kms, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kms = world.client()
    store: Any = world.endpoint.engine.store

    def fail(*_: object, **__: object) -> None:
        raise StoreError("the database is gone")

    with monkeypatch.context() as patched:
        patched.setattr(store, "_write", fail)
        with pytest.raises(ClientError, match="KMSInternal"):
            kms.create_key()
    assert seen(path) == ((), ())  # the refusal waits for what comes next
    kms.create_key()
    keys, told = seen(path)
    assert (len(keys), told) == (1, ("CreateKey", "CreateKey"))
    assert [bool(event.get("errorCode")) for event in world.trail] == [True, False]


def test_where_the_answer_of_a_commit_is_lost_the_call_has_one_event(
    postgresql: PostgreSQL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(root_key.KEY, "c0" * 32)
    execute = psycopg.Connection.execute

    def lose(db: Any, statement: Any, *values: Any, **how: Any) -> Any:
        answer = execute(db, statement, *values, **how)
        if statement == "COMMIT":
            db.close()
            raise psycopg.OperationalError("the server closed the connection unexpectedly")
        return answer

    with Kms.open(postgresql.new_database(), quotas="off") as world:
        kms = world.client()
        kms.list_keys()
        with monkeypatch.context() as losing:
            losing.setattr(psycopg.Connection, "execute", lose)
            with pytest.raises(ClientError, match="KMSInternal"):
                kms.create_key()
        assert len(kms.list_keys()["Keys"]) == 1
        told = [(event["eventName"], event.get("errorCode")) for event in world.trail]
        assert told == [("ListKeys", None), ("CreateKey", None), ("ListKeys", None)]


def test_what_a_lost_power_leaves_of_a_change_has_its_event(world: Kms) -> None:
    store: Any = world.endpoint.engine.store
    said: list[str] = []
    store._db._db.set_trace_callback(said.append)
    world.client().create_key()
    store._db._db.set_trace_callback(None)
    assert [text for text in said if text in {"BEGIN IMMEDIATE", "COMMIT"}] == [
        "BEGIN IMMEDIATE",
        "COMMIT",
    ]
    assert not any("synchronous" in text for text in said)  # which is FULL
