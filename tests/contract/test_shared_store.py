"""What stores do that share one database: each sees what another has acknowledged, in its turn."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from math import inf
from pathlib import Path

import msgspec
import pytest

from kmslab.ambient.entropy import SystemEntropy
from kmslab.custody.root_key import Sealing
from kmslab.store import postgres, shared, sqlite
from kmslab.store.port import Change, Kind, Span, StoreError
from kmslab.store.shared import SharedStore
from kmslab.store.turns import FileTurns


class Count(msgspec.Struct, frozen=True):
    """A record to count with."""

    name: str
    value: int = 0


COUNTS = Kind("count", Count, partition=lambda _: "all", sort=lambda count: count.name)
SEALING = Sealing(bytes(32), SystemEntropy())

Open = Callable[[], SharedStore]


def unlock(_: object) -> tuple[bytes, Sealing]:
    return b"test", SEALING


@pytest.fixture(params=["sqlite", "postgres"])
def opening(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Open the same store again and again."""
    made: list[SharedStore] = []
    is_file = request.param == "sqlite"
    url = "" if is_file else request.getfixturevalue("postgresql").new_database()

    def open_another() -> SharedStore:
        if is_file:
            made.append(sqlite.open_shared(tmp_path / "counts.db", (COUNTS,), unlock))
        else:
            made.append(postgres.open_shared(url, (COUNTS,), unlock))
        return made[-1]

    yield open_another
    for each in made:
        each.close()


def put(name: str, value: int = 0) -> Change:
    return Change(COUNTS, "all", name, Count(name, value))


def gone(name: str) -> Change:
    return Change(COUNTS, "all", name, None)


def counts(store: SharedStore) -> dict[str, int]:
    return {each.name: each.value for each in store.page(COUNTS, "all", after="", limit=10_000)}


def test_what_one_commits_the_other_sees_once_it_refreshes(opening: Open) -> None:
    one, other = opening(), opening()
    one.commit([put("a", 1), put("b", 2)])
    assert counts(other) == {}
    before = other.generation
    other.refresh()
    assert counts(other) == {"a": 1, "b": 2}
    assert other.generation != before
    other.commit([gone("a"), put("b", 3)])
    one.refresh()
    assert counts(one) == {"b": 3}


def test_where_nothing_has_changed_refresh_changes_nothing(opening: Open) -> None:
    one, other = opening(), opening()
    one.commit([put("a")])
    other.refresh()
    before = one.generation, other.generation
    for store in (one, other):
        store.refresh()
    assert (one.generation, other.generation) == before


def test_many_changes_of_one_record_come_as_the_last_one(opening: Open) -> None:
    one, other = opening(), opening()
    for value in range(5):
        one.commit([put("a", value), put("b", value), gone("b")])
    other.refresh()
    assert counts(other) == {"a": 4}


def test_writing_begins_with_the_newest_state(opening: Open) -> None:
    one, other = opening(), opening()
    one.commit([put("a", 1)])
    with other.writing():
        assert counts(other) == {"a": 1}


def test_a_later_one_has_it_all(opening: Open) -> None:
    opening().commit([put("a", 1)])
    assert counts(opening()) == {"a": 1}


def test_one_that_fell_far_behind_reads_everything(
    opening: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "KEPT_CHANGES", 10)
    one, other = opening(), opening()
    one.commit([put("gone")])
    other.refresh()
    one.commit([gone("gone")])
    for value in range(20):
        one.commit([put(f"{value:02d}", value)])
    assert len(one._db.execute("SELECT number FROM change")) == 10
    other.refresh()
    assert counts(other) == {f"{value:02d}": value for value in range(20)}


def test_no_increment_is_lost_among_writers(opening: Open) -> None:
    stores = [opening() for _ in range(3)]
    stores[0].commit([put("a")])

    def count(store: SharedStore) -> None:
        for _ in range(30):
            with store.writing():
                store.commit([put("a", counts(store)["a"] + 1)])

    threads = [threading.Thread(target=count, args=[each]) for each in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for store in stores:
        store.refresh()
        assert counts(store) == {"a": 90}


def test_what_a_process_has_not_lived_to_announce_is_found(
    opening: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = opening(), opening()
    one.refresh()
    other.refresh()
    monkeypatch.setattr(one._turns, "announce", lambda _: None)
    one.commit([put("a", 1)])
    if isinstance(other._turns, FileTurns):
        other._turns._look_at = inf  # until the next look
        other.refresh()
        assert counts(other) == {}
        other._turns._look_at = 0.0
    other.refresh()
    assert counts(other) == {"a": 1}
    one.commit([put("a", 2)])
    with other.writing():
        assert counts(other) == {"a": 2}
        other.commit([put("a", 3)])
    one.refresh()
    assert counts(one) == {"a": 3}


def test_a_file_has_one_sort_of_owner(tmp_path: Path) -> None:
    path = tmp_path / "counts.db"
    with closing(sqlite.open_shared(path, (COUNTS,), unlock)) as store:
        store.commit([put("a", 1)])
        with pytest.raises(StoreError, match="another process has this store open"):
            sqlite.open_alone(path, (COUNTS,), unlock)
    with closing(sqlite.open_alone(path, (COUNTS,), unlock)) as store:
        store.commit([put("a", 2), put("b")])
        with pytest.raises(StoreError, match="another process has this store open"):
            sqlite.open_shared(path, (COUNTS,), unlock)
    with closing(sqlite.open_shared(path, (COUNTS,), unlock)) as store:
        assert counts(store) == {"a": 2, "b": 0}
        store.commit([put("c")])
        with closing(sqlite.open_shared(path, (COUNTS,), unlock)) as other:
            assert counts(other) == {"a": 2, "b": 0, "c": 0}


def test_one_that_cannot_be_opened_leaves_nothing_open(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        sqlite.open_shared(tmp_path / "no" / "counts.db", (COUNTS,), unlock)
    (tmp_path / "text.db").write_text("no database" * 99)
    with pytest.raises(StoreError, match="no kmslab store"):
        sqlite.open_shared(tmp_path / "text.db", (COUNTS,), unlock)
    other = Sealing(b"\1" * 32, SystemEntropy())
    sqlite.open_shared(tmp_path / "counts.db", (COUNTS,), unlock).close()
    with pytest.raises(StoreError, match="not the root key"):
        sqlite.open_shared(tmp_path / "counts.db", (COUNTS,), lambda _: (b"test", other))
    sqlite.open_alone(tmp_path / "counts.db", (COUNTS,), unlock).close()


def test_a_turn_is_given_back_by_one_that_fails(opening: Open) -> None:
    one, other = opening(), opening()
    with pytest.raises(ZeroDivisionError), one.writing():
        _ = 1 / 0
    other.commit([put("a")])


def test_batches_are_numbered_across_all(opening: Open) -> None:
    one, other = opening(), opening()
    assert one.append(b"1", 2, keep=99) == 2
    assert other.append(b"2", 3, keep=99) == 5
    assert one.batches() == other.batches() == ((2, b"1"), (5, b"2"))
    assert one.batches(after=2) == ((5, b"2"),)
    assert one.batches(after=5) == ()


def test_changes_and_the_batch_that_tells_of_them_last_together(opening: Open) -> None:
    one, other = opening(), opening()
    assert one.append(b"1", 1, keep=99, changes=[put("a", 1), put("b", 2)]) == 1
    other.refresh()
    assert counts(one) == counts(other) == counts(opening()) == {"a": 1, "b": 2}
    assert other.append(b"2", 1, keep=99, changes=[gone("b")]) == 2
    one.refresh()
    assert counts(one) == {"a": 1}
    before = one.generation
    one.append(b"3", 1, keep=99)
    assert one.generation == before


def test_where_the_changes_fail_there_is_no_batch_and_the_other_way_round(
    opening: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = opening()

    def fail(*_: object, **__: object) -> None:
        raise StoreError("no more")

    for part, name in ((one, "_write"), (one._batches, "add")):
        with monkeypatch.context() as patched:
            patched.setattr(part, name, fail)
            with pytest.raises(StoreError, match="no more"):
                one.append(b"1", 1, keep=99, changes=[put("a")])
        other = opening()
        assert (counts(one), one.batches(), counts(other), other.batches()) == ({}, (), {}, ())
    assert one.append(b"1", 1, keep=99, changes=[put("a")]) == 1


def test_batches_are_asked_for_by_their_time_wherever_they_come_from(opening: Open) -> None:
    one, other = opening(), opening()
    one.append(b"1", 1, keep=99, span=Span(1.0, 2.5))
    other.append(b"2", 1, keep=99, span=Span(2.0, 3.0))
    other.append(b"3", 1, keep=99)
    assert list(one.between(Span(2.5, 2.5))) == [b"2", b"1", b"3"]
    assert list(one.between(Span(2.75, inf))) == [b"2", b"3"]
    assert list(other.between(Span(-inf, 1.5))) == [b"1", b"3"]


def test_each_has_a_life_of_its_own(opening: Open) -> None:
    assert len({opening().life for _ in range(3)}) == 3
