"""What only a store on a server has to do: come back when the server does, and never speak half."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psycopg
import pytest

from kmslab.ambient.entropy import SystemEntropy
from kmslab.custody.root_key import Sealing
from kmslab.store import postgres, schema
from kmslab.store.port import Change, Kind, StoreError, StoreFullError
from kmslab.store.shared import SharedStore
from kmslab.store.slate import FileSlate
from tests.postgresql import Server

SECRET = "the horse eats cucumber salad"
KEY = bytes(range(32))
LONG = 60_000  # milliseconds; no test takes as long


class Note(msgspec.Struct, frozen=True):
    """A record with a name and a text."""

    name: str
    text: str = ""


NOTES = Kind("note", Note, partition=lambda _: "all", sort=lambda note: note.name)


@pytest.fixture
def url(postgresql: Server) -> str:
    return postgresql.new_database()


@pytest.fixture
def made() -> Iterator[list[SharedStore]]:
    stores: list[SharedStore] = []
    yield stores
    for each in stores:
        each.close()


def opened(
    url: str, made: list[SharedStore], key: bytes = KEY, slates: Path | None = None
) -> SharedStore:
    sealing = Sealing(key, SystemEntropy())
    made.append(postgres.open_shared(url, (NOTES,), lambda _: (b"here", sealing), slates))
    return made[-1]


def put(name: str, text: str = "") -> Change:
    return Change(NOTES, "all", name, Note(name, text))


def names(store: SharedStore) -> list[str]:
    return [note.name for note in store.page(NOTES, "all", after="", limit=100)]


def refusal(url: str, made: list[SharedStore], key: bytes = KEY) -> str:
    with pytest.raises(StoreError) as refused:
        opened(url, made, key)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def sql(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as db:
        for statement in statements:
            db.execute(statement)  # type: ignore[arg-type]


def slate_of(store: SharedStore) -> FileSlate:
    assert isinstance(store.slate, FileSlate)
    return store.slate


# -------------------------------------------------------------------- its slates, on this machine


def test_a_slate_is_taken_over_by_the_next_process_of_its_store_alone(
    url: str, postgresql: Server, made: list[SharedStore], tmp_path: Path
) -> None:
    killed = slate_of(opened(url, made, slates=tmp_path / "state"))
    assert killed.note(b"one")
    killed.close()  # as the system does
    made[-1].slate = None
    other = postgresql.new_database()
    assert slate_of(opened(other, made, slates=tmp_path / "state")).left == []
    assert slate_of(opened(url, made, slates=tmp_path / "state")).left == [[b"one"]]
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700


def test_where_there_is_no_place_for_a_slate_the_store_is_served_without(
    url: str, made: list[SharedStore], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "state").write_text("a file")
    store = opened(url, made, slates=tmp_path / "state")
    assert store.slate is None
    assert "kill -9 takes the last reads" in caplog.text
    store.commit([put("a")])


def test_who_needs_a_store_alone_waits_until_slates_are_taken_over(
    url: str, made: list[SharedStore], tmp_path: Path
) -> None:
    store = opened(url, made, slates=tmp_path)
    slate_of(store).note(b"one")
    made.pop().close()
    with pytest.raises(StoreError, match="open it once"), postgres.alone(url, slates=tmp_path):
        pass
    later = opened(url, made, slates=tmp_path)
    slate_of(later).forget_left()
    made.pop().close()
    with postgres.alone(url, slates=tmp_path):
        pass


def test_a_store_is_closed_without_its_server_and_leaves_what_waits(
    postgresql: Server, made: list[SharedStore], tmp_path: Path
) -> None:
    store = opened(postgresql.new_database(), made, slates=tmp_path)
    slate_of(store).note(b"one")
    postgresql.stop("immediate")
    try:
        made.pop().close()
    finally:
        postgresql.start()
    assert len(list(tmp_path.iterdir())) == 1


# ------------------------------------------------------------------------------ it comes back


def test_a_server_that_starts_again_is_found_again(
    postgresql: Server, made: list[SharedStore]
) -> None:
    store = opened(postgresql.new_database(), made)
    store.commit([put("a")])
    postgresql.stop("immediate")
    try:
        for act in (store.refresh, lambda: store.commit([put("b")])):
            with pytest.raises(
                StoreError, match=r"check that the server runs|there is no connection"
            ):
                act()
        assert names(store) == ["a"]
    finally:
        postgresql.start()
    store._db._retry_at = 0.0  # type: ignore[attr-defined]
    store.commit([put("c")])
    store.refresh()
    assert names(store) == ["a", "c"]


def test_a_lost_connection_is_not_tried_at_every_request(url: str, made: list[SharedStore]) -> None:
    store = opened(url, made)
    store._db.close()
    with pytest.raises(StoreError, match="there is no connection; it is tried again each second"):
        store.refresh()


def test_what_is_lost_in_the_middle_fails_as_a_whole(url: str, made: list[SharedStore]) -> None:
    store, other = opened(url, made), opened(url, made)
    with store.writing():
        other._db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        with pytest.raises(StoreError):
            store.commit([put("a")])
    assert names(store) == []
    other.commit([put("b")])  # the turn has come back
    store.refresh()
    assert names(store) == ["b"]


def test_a_commit_whose_answer_is_lost_is_seen_later(
    url: str, made: list[SharedStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened(url, made)
    execute = psycopg.Connection.execute

    def lose_answer(self: object, query: object, *values: object, **more: object) -> object:
        done = execute(self, query, *values, **more)  # type: ignore[arg-type, call-overload]
        if query == "COMMIT":
            raise psycopg.OperationalError("server closed the connection unexpectedly")
        return done

    with monkeypatch.context() as broken:
        broken.setattr(psycopg.Connection, "execute", lose_answer)
        with pytest.raises(StoreError, match="closed the connection unexpectedly"):
            store.commit([put("a")])
    store.commit([put("b")])
    assert names(store) == ["a", "b"]


@pytest.mark.parametrize("name", ["check", "lineage"])
def test_another_store_is_not_taken_for_the_one_that_was_lost(
    url: str, made: list[SharedStore], name: str
) -> None:
    store = opened(url, made)
    sql(
        url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()",
        f"INSERT INTO kmslab.fact VALUES ('{name}', 'x')"
        " ON CONFLICT (name) DO UPDATE SET value = 'x'",
    )
    with pytest.raises(StoreError, match="terminating connection"):
        store.refresh()
    with pytest.raises(StoreError, match="another store is there now; start kmslab again"):
        store.refresh()


def test_a_database_that_was_made_read_only_is_served(url: str, made: list[SharedStore]) -> None:
    before = opened(url, made)
    before.commit([put("a")])
    sql(url, f"ALTER DATABASE {url[14:].partition('?')[0]} SET default_transaction_read_only = on")
    store = opened(url, made)
    assert store.life.startswith("uncounted ")
    with pytest.raises(StoreFullError, match="is read-only; make it writable"):
        store.commit([put("b")])
    before.commit([put("c")])  # its session began earlier
    store.refresh()
    assert names(store) == ["a", "c"]


# --------------------------------------------------------------------------- how old an answer is


def test_within_the_bound_only_a_notification_leads_to_a_look(
    url: str, made: list[SharedStore]
) -> None:
    bounded = f"{url}&staleness_ms={LONG}"
    store, other = opened(bounded, made), opened(url, made)
    store.refresh()
    db = store._db
    assert isinstance(db, postgres.PostgresDatabase)
    assert not db.is_past(0)
    other.commit([put("a")])
    assert db._listening.select(5)  # the server's word, on its way
    store.refresh()
    assert names(store) == ["a"]
    assert not db.is_past(0)


def test_after_the_bound_it_looks_unasked(url: str, made: list[SharedStore]) -> None:
    store, other = opened(f"{url}&staleness_ms={LONG}", made), opened(url, made)
    db = store._db
    assert isinstance(db, postgres.PostgresDatabase)
    db.execute("UNLISTEN *")
    store.refresh()
    other.commit([put("a")])
    store.refresh()
    assert names(store) == []
    db._look_at -= LONG / 1000
    store.refresh()
    assert names(store) == ["a"]


def test_a_bound_is_a_number(url: str, made: list[SharedStore]) -> None:
    assert "number of milliseconds" in refusal(f"{url}&staleness_ms=soon", made)


# ------------------------------------------------------------------------------ what it refuses


def test_another_root_key_is_one_line(url: str, made: list[SharedStore]) -> None:
    opened(url, made).commit([put("a", SECRET)])
    assert "this is not the root key it was made with" in refusal(url, made, bytes(32))
    with psycopg.connect(url) as db:
        rows = db.execute("SELECT sealed FROM kmslab.record").fetchall()
    assert len(rows) == 1
    assert SECRET.encode() not in rows[0][0]


def test_a_row_that_was_moved_is_noticed(url: str, made: list[SharedStore]) -> None:
    opened(url, made).commit([put("a", "1"), put("b", "2")])
    sql(url, "UPDATE kmslab.record SET sort = 'c' WHERE sort = 'a'")
    assert "does not open" in refusal(url, made)


def test_a_newer_schema_is_refused(url: str, made: list[SharedStore]) -> None:
    opened(url, made)
    later = str(len(schema.MIGRATIONS) + 1)
    sql(url, f"UPDATE kmslab.fact SET value = '{later}' WHERE name = 'schema'")
    assert "newer kmslab" in refusal(url, made)


def test_an_older_schema_is_brought_forward(
    url: str, made: list[SharedStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(url, made).commit([put("a")])
    later = (*schema.MIGRATIONS, ("CREATE TABLE later (x INTEGER)", "INSERT INTO later VALUES (7)"))
    monkeypatch.setattr(schema, "MIGRATIONS", later)
    store = opened(url, made)
    assert store._db.execute("SELECT x FROM later") == [(7,)]
    assert names(opened(url, made)) == ["a"]


def test_a_database_of_another_encoding_is_refused(
    postgresql: Server, made: list[SharedStore]
) -> None:
    assert "not UTF8" in refusal(postgresql.new_database("LATIN1"), made)


def test_a_server_that_is_not_there_is_one_line_without_the_password(
    made: list[SharedStore], tmp_path: Path
) -> None:
    text = refusal(f"postgresql://ann:{KEY.hex()}@/world?host={tmp_path}", made)
    assert text.startswith("postgresql://")
    assert "check that the server runs" in text
    assert KEY.hex() not in text


def test_without_psycopg_it_says_what_to_install() -> None:
    script = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from kmslab.cli import run\n"
        "sys.exit(run(['serve', '--port', '0', '--store', 'postgresql://h/d']))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
    assert "pip install 'kmslab[postgres]'" in ended.stderr
