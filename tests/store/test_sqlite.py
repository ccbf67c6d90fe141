"""What only a store in a file has to do: last, stay whole, hide, and refuse what it cannot read."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from math import inf
from pathlib import Path

import msgspec
import pytest

from kmslab.ambient.entropy import SystemEntropy
from kmslab.custody.root_key import Sealing
from kmslab.store import files, schema
from kmslab.store.lasting import LastingStore
from kmslab.store.port import Change, Kind, Span, StoreError
from kmslab.store.sqlite import open_alone

SECRET = "the horse eats cucumber salad"
KEY = bytes(range(32))


class Note(msgspec.Struct, frozen=True):
    """A record with a name and a text."""

    name: str
    text: str = ""


NOTES = Kind(
    "note",
    Note,
    partition=lambda _: "all",
    sort=lambda note: note.name,
    indexes={"text": lambda note: note.text or None},
)

Open = Callable[..., LastingStore]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "notes.db"


@pytest.fixture
def opening(path: Path) -> Iterator[Open]:
    made: list[LastingStore] = []

    def open_again(key: bytes = KEY, at: Path = path, kinds: object = (NOTES,)) -> LastingStore:
        while made:
            made.pop().close()
        made.append(open_alone(at, kinds, lambda _: (b"here", Sealing(key, SystemEntropy()))))
        return made[0]

    yield open_again
    while made:
        made.pop().close()


def put(name: str, text: str = "") -> Change:
    return Change(NOTES, "all", name, Note(name, text))


def names(store: LastingStore) -> list[str]:
    return [note.name for note in store.page(NOTES, "all", after="", limit=100)]


def sql(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        for statement in statements:
            db.execute(statement)
        db.commit()


def refusal(opening: Open, **more: object) -> str:
    with pytest.raises(StoreError) as refused:
        opening(**more)
    assert "\n" not in str(refused.value)
    return str(refused.value)


# -------------------------------------------------------------------------------------- it lasts


def test_records_and_indexes_are_there_again(opening: Open) -> None:
    store = opening()
    store.commit([put("a", "x"), put("b", "x"), put("c")])
    store.commit([Change(NOTES, "all", "b", None), put("c", "y")])
    again = opening()
    assert again.get(NOTES, "all", "a") == Note("a", "x")
    assert names(again) == ["a", "c"]
    assert [each.name for each in again.page(NOTES, "x", after="", limit=9, index="text")] == ["a"]
    assert again.get(NOTES, "all", "c") == Note("c", "y")


def test_commits_are_synced_and_the_journal_does_not_leave_that_off(opening: Open) -> None:
    store = opening()
    store.append(b"batch", 1, keep=9)
    assert store._db.execute("PRAGMA synchronous")[0] == (2,)  # FULL
    assert store._db.execute("PRAGMA journal_mode")[0] == ("wal",)


def test_each_life_has_its_own_name(opening: Open, path: Path, tmp_path: Path) -> None:
    lives = [opening().life for _ in range(3)]
    copy, other = tmp_path / "copy.db", tmp_path / "other.db"
    files.backup(path, copy)
    files.restore(copy, other, lineage="ab12")
    lives += [opening().life, opening(at=other).life, opening(at=other).life]
    assert lives[0] == ""
    assert len(set(lives)) == 6


def test_the_journal_keeps_its_newest_entries(opening: Open) -> None:
    store = opening()
    for number in range(6):
        store.append(b"%d" % number, 10, keep=25)
    assert [batch for _, batch in store.batches()] == [b"3", b"4", b"5"]
    again = opening()
    again.append(b"6", 1, keep=25)
    assert again.batches() == ((40, b"3"), (50, b"4"), (60, b"5"), (61, b"6"))


def test_the_journal_opens_batches_of_the_time_that_is_asked_for(opening: Open, path: Path) -> None:
    store = opening()
    for hour in range(5):
        store.append(b"%d" % hour, 1, keep=99, span=Span(hour, hour + 0.5))
    store.append(b"of any time", 1, keep=99)
    assert list(store.between(Span(1.5, 3))) == [b"3", b"2", b"1", b"of any time"]
    assert list(store.between(Span(4.6, inf))) == [b"of any time"]
    assert next(store.between(Span(-inf, inf))) == b"4"
    sql(path, "UPDATE journal SET sealed = x'00' WHERE last = 1")
    assert list(store.between(Span(1, inf)))[-2] == b"1"
    with pytest.raises(StoreError, match=r"batch 1 of the journal does not open"):
        list(store.between(Span(0, inf)))


def test_more_batches_than_are_asked_for_at_first_come_once_each(opening: Open) -> None:
    store = opening()
    for number in range(100):
        store.append(b"%d" % number, 1, keep=999, span=Span(number, number))
    assert list(store.between(Span(10, 89))) == [b"%d" % number for number in range(89, 9, -1)]


def test_what_is_forgotten_while_it_is_asked_for_is_left_out(opening: Open) -> None:
    store = opening()
    for number in range(3):
        store.append(b"%d" % number, 1, keep=99)
    found = store.between(Span(0, inf))
    assert next(found) == b"2"
    store.append(b"3", 1, keep=2)
    assert list(found) == []


@pytest.mark.parametrize("change", ["since = 0", "until = 9", "since = NULL, until = NULL"])
def test_a_batch_whose_times_were_changed_does_not_open(
    opening: Open, path: Path, change: str
) -> None:
    opening().append(b"batch", 1, keep=9, span=Span(1, 2))
    sql(path, f"UPDATE journal SET {change}")
    with pytest.raises(StoreError, match="batch 1 of the journal does not open"):
        opening().batches()


def test_a_journal_without_times_is_brought_forward_and_of_any_time(
    opening: Open, path: Path
) -> None:
    opening().append(b"batch", 7, keep=9)
    for statement in (
        "DROP INDEX journal_times",
        "ALTER TABLE journal DROP COLUMN since",
        "ALTER TABLE journal DROP COLUMN until",
        "PRAGMA user_version = 2",
    ):
        sql(path, statement)
    store = opening()
    store.append(b"later", 1, keep=9, span=Span(5, 6))
    assert store.batches() == ((7, b"batch"), (8, b"later"))
    assert list(store.between(Span(1, 2))) == [b"batch"]


# ------------------------------------------------------------------------------------ it is whole


def test_a_full_disk_changes_nothing_and_can_be_freed(opening: Open) -> None:
    store = opening()
    store.commit([put("a")])
    generation = store.generation
    pages = store._db.execute("PRAGMA page_count")[0][0]
    store._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match="full"):
        store.commit([put("b"), put("c", "x" * 100_000)])
    with pytest.raises(StoreError, match="full"):
        store.append(b"x" * 100_000, 1, keep=9)
    assert (names(store), store.generation) == (["a"], generation)
    store._db.execute(f"PRAGMA max_page_count = {pages + 1000}")
    store.commit([put("d")])
    assert names(opening()) == ["a", "d"]


def test_one_row_that_cannot_be_written_takes_back_the_others(opening: Open) -> None:
    store = opening()
    store._db.execute(
        "CREATE TRIGGER no BEFORE INSERT ON record WHEN new.sort = 'bad'"
        " BEGIN SELECT RAISE(FAIL, 'no room'); END"
    )
    with pytest.raises(StoreError, match="no room"):
        store.commit([put("good"), put("bad")])
    assert names(store) == []
    store.commit([put("later")])
    assert names(opening()) == ["later"]


# ---------------------------------------------------------------------------------------- it hides


def test_nothing_of_a_record_or_batch_is_readable(opening: Open, tmp_path: Path) -> None:
    store = opening()
    store.commit([put("a", SECRET)])
    store.append(SECRET.encode(), 1, keep=9)
    found = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"note" in found
    assert SECRET.encode() not in found
    assert SECRET not in repr(store)
    store.close()


def test_the_files_belong_to_their_owner_alone(opening: Open, tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        opening().commit([put("a")])
    finally:
        os.umask(old)
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}


# -------------------------------------------------------------------------------------- it refuses


def test_a_second_process_is_refused(opening: Open, path: Path) -> None:
    opening().commit([put("a")])
    program = (
        "import sys; from pathlib import Path; from kmslab.store import files\n"
        "try: files.claim(Path(sys.argv[1]))\n"
        "except ValueError as error: print(error)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, path], capture_output=True, text=True, check=True
    )
    assert run.stdout.count("\n") == 1
    assert f"{path}: another process has this store open" in run.stdout
    with pytest.raises(StoreError, match="another process"):
        files.claim(path)


def test_another_root_key_is_refused_and_changes_nothing(opening: Open, path: Path) -> None:
    opening().commit([put("a")])
    opening().close()
    before = path.read_bytes()
    assert "not the root key" in refusal(opening, key=bytes(32))
    assert path.read_bytes() == before
    assert names(opening()) == ["a"]


def test_a_newer_schema_is_refused(opening: Open, path: Path) -> None:
    opening().close()
    sql(path, f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
    assert "newer kmslab" in refusal(opening)
    with pytest.raises(StoreError, match="newer kmslab"), files.reading(path):
        pass


def test_an_older_schema_is_brought_forward(
    opening: Open, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening().commit([put("a")])
    opening().close()
    later = (*schema.MIGRATIONS, ("CREATE TABLE later (x)", "INSERT INTO later VALUES (7)"))
    monkeypatch.setattr(schema, "MIGRATIONS", later)
    with pytest.raises(StoreError, match="older schema"), files.reading(path):
        pass
    store = opening()
    assert store._db.execute("SELECT x FROM later") == [(7,)]
    assert names(store) == ["a"]
    assert opening()._db.execute("SELECT count(*) FROM later")[0] == (1,)


def test_a_migration_that_fails_leaves_the_old_file(
    opening: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening().commit([put("a")])
    opening().close()
    broken = (*schema.MIGRATIONS, ("CREATE TABLE later (x)", "INSERT INTO nowhere VALUES (1)"))
    monkeypatch.setattr(schema, "MIGRATIONS", broken)
    assert "nowhere" in refusal(opening)
    monkeypatch.undo()
    assert names(opening()) == ["a"]


def test_a_database_of_something_else_is_refused(opening: Open, path: Path) -> None:
    sql(path, "CREATE TABLE theirs (x)")
    assert "something else" in refusal(opening)


@pytest.mark.parametrize(
    "content", [b"not a database at all" * 99, b"SQLite format 3\0" + b"\xff" * 9000]
)
def test_a_file_that_is_no_database_is_refused(opening: Open, path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert str(path) in refusal(opening)
    assert path.read_bytes() == content


def test_a_page_that_was_overwritten_is_noticed(opening: Open, path: Path) -> None:
    opening().commit([put(f"{number:04d}", SECRET * 20) for number in range(200)])
    opening().close()
    whole = path.read_bytes()
    for place in range(4096 * 3, len(whole), 4096 * 7):
        path.write_bytes(whole[:place] + b"\xa5" * 4096 + whole[place + 4096 :])
        assert "damaged" in refusal(opening)
    path.write_bytes(whole)
    assert len(opening().page(NOTES, "all", after="", limit=999)) == 200


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE record SET sort = 'c' WHERE sort = 'a'",
        "UPDATE record SET partition = 'other'",
        "UPDATE record SET kind = 'stranger'",
        "UPDATE record SET sealed = (SELECT sealed FROM record WHERE sort = 'b') WHERE sort = 'a'",
        "UPDATE record SET sealed = substr(sealed, 2)",
        "UPDATE record SET sealed = x''",
    ],
)
def test_a_record_that_was_moved_or_changed_is_noticed(
    opening: Open, path: Path, change: str
) -> None:
    opening().commit([put("a", "1"), put("b", "2")])
    opening().close()
    sql(path, change)
    assert "does not open" in refusal(opening)


def test_a_batch_that_was_moved_is_noticed(opening: Open, path: Path) -> None:
    opening().append(b"batch", 2, keep=9)
    opening().close()
    sql(path, "UPDATE journal SET last = 3")
    with pytest.raises(StoreError, match="batch 3"):
        opening().batches()


def test_a_closed_store_says_so(opening: Open) -> None:
    store = opening()
    store.close()
    for act in (lambda: store.commit([put("a")]), lambda: store.append(b"x", 1, keep=9)):
        with pytest.raises(StoreError, match="this store is closed"):
            act()
    assert names(store) == []


def test_a_folder_that_is_not_there_is_named(opening: Open, tmp_path: Path) -> None:
    assert str(tmp_path / "no") in refusal(opening, at=tmp_path / "no" / "notes.db")


# ------------------------------------------------------------------------------------ it is copied


def test_a_copy_is_made_while_the_store_is_open(opening: Open, path: Path, tmp_path: Path) -> None:
    store = opening()
    store.commit([put("a")])
    copy = tmp_path / "copy.db"
    files.backup(path, copy)
    store.commit([put("b")])
    assert names(store) == ["a", "b"]
    assert names(opening(at=copy)) == ["a"]
    with pytest.raises(StoreError, match="already"):
        files.backup(path, copy)


def test_a_copy_comes_back(opening: Open, path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    opening().commit([put("a")])
    files.backup(path, copy)
    store = opening()
    store.commit([put("b")])
    with pytest.raises(StoreError, match="another process"):
        files.restore(copy, path, lineage="x", replace=True)
    store.close()
    with pytest.raises(StoreError, match="--replace"):
        files.restore(copy, path, lineage="x")
    assert names(opening()) == ["a", "b"]
    opening().close()
    files.restore(copy, path, lineage="x", replace=True)
    assert names(opening()) == ["a"]


def test_what_is_left_of_a_killed_process_does_not_get_into_the_copy(
    opening: Open, path: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.db"
    store = opening()
    store.commit([put("a")])
    files.backup(path, copy)
    store.commit([put("b")])
    wal = path.with_name("notes.db-wal").read_bytes()
    store.close()
    path.with_name("notes.db-wal").write_bytes(wal)
    files.restore(copy, path, lineage="x", replace=True)
    assert names(opening()) == ["a"]


def test_a_damaged_store_is_not_copied(opening: Open, path: Path, tmp_path: Path) -> None:
    opening().commit([put(f"{number:04d}", SECRET * 20) for number in range(200)])
    opening().close()
    whole = path.read_bytes()
    path.write_bytes(whole[: 4096 * 9] + b"\xa5" * 4096 + whole[4096 * 10 :])
    with pytest.raises(StoreError, match="damaged"):
        files.backup(path, tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()


def test_a_copy_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no such store"):
        files.backup(tmp_path / "a", tmp_path / "b")
    (tmp_path / "a").touch()
    with pytest.raises(StoreError, match="empty"):
        files.backup(tmp_path / "a", tmp_path / "b")
