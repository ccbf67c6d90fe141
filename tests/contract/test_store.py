"""What every store does, whatever it is made of. A new store is one more row of `STORES`."""

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kmslab.ambient.entropy import SystemEntropy
from kmslab.custody.root_key import Sealing
from kmslab.store import postgres, sqlite
from kmslab.store.memory import MemoryStore
from kmslab.store.port import Change, Kind, Store
from tests.postgresql import Server


class Book(msgspec.Struct, frozen=True):
    """A record to keep: on a shelf, in order of its title, perhaps lent."""

    shelf: str
    title: str
    pages: int = 0
    lent_to: str | None = None


BOOKS = Kind(
    "book",
    Book,
    partition=lambda book: book.shelf,
    sort=lambda book: book.title,
    indexes={"reader": lambda book: book.lent_to},
)
OTHERS = Kind("other", Book, partition=lambda book: book.shelf, sort=lambda book: book.title)


KINDS = (BOOKS, OTHERS)
SEALING = Sealing(bytes(32), SystemEntropy())


def sqlite_store(open_file: Callable[..., Store] = sqlite.open_alone) -> Store:
    """Open a store in a folder that goes with it."""
    folder = TemporaryDirectory()
    made = open_file(Path(folder.name) / "books.db", KINDS, lambda _: (b"test", SEALING))
    close = made.close

    def close_and_clean() -> None:
        close()
        folder.cleanup()

    made.close = close_and_clean
    return made


def postgres_store(server: Server) -> Store:
    """Open a store in a database that has none."""
    return postgres.open_shared(server.emptied(), KINDS, lambda _: (b"test", SEALING))


STORES: dict[str, Callable[[pytest.FixtureRequest], Store]] = {
    "memory": lambda _: MemoryStore(),
    "sqlite": lambda _: sqlite_store(),
    "sqlite-shared": lambda _: sqlite_store(sqlite.open_shared),
    "postgres": lambda request: postgres_store(request.getfixturevalue("postgresql")),
}


@pytest.fixture(params=STORES)
def opening(request: pytest.FixtureRequest) -> Callable[[], Store]:
    """Return what opens an empty store of each sort."""
    open_new = STORES[request.param]
    return lambda: open_new(request)


@pytest.fixture
def store(opening: Callable[[], Store]) -> Iterator[Store]:
    made = opening()
    yield made
    made.close()


def put(book: Book, kind: Kind[Any] = BOOKS) -> Change:
    return Change(kind, book.shelf, book.title, book)


def gone(shelf: str, title: str) -> Change:
    return Change(BOOKS, shelf, title, None)


def titles(store: Store, shelf: str, **more: Any) -> list[str]:
    given = {"after": "", "limit": 100, **more}
    return [book.title for book in store.page(BOOKS, shelf, **given)]


def test_an_empty_store_has_nothing(store: Store) -> None:
    assert store.get(BOOKS, "a", "x") is None
    assert titles(store, "a") == []
    assert titles(store, "ann", index="reader") == []


def test_a_record_is_found_where_it_was_put(store: Store) -> None:
    book = Book("a", "x", 3)
    store.commit([put(book)])
    assert store.get(BOOKS, "a", "x") == book
    assert store.get(BOOKS, "b", "x") is None
    assert store.get(BOOKS, "a", "y") is None


def test_kinds_are_apart(store: Store) -> None:
    store.commit([put(Book("a", "x", 1)), put(Book("a", "x", 2), OTHERS)])
    assert store.get(BOOKS, "a", "x") == Book("a", "x", 1)
    assert store.get(OTHERS, "a", "x") == Book("a", "x", 2)
    assert len(store.page(OTHERS, "a", after="", limit=9)) == 1


def test_a_later_record_takes_the_place_of_an_earlier_one(store: Store) -> None:
    store.commit([put(Book("a", "x", 1))])
    store.commit([put(Book("a", "x", 2))])
    assert store.get(BOOKS, "a", "x") == Book("a", "x", 2)
    assert titles(store, "a") == ["x"]


def test_within_a_commit_the_last_change_counts(store: Store) -> None:
    store.commit([put(Book("a", "x", 1)), gone("a", "x"), put(Book("a", "x", 2))])
    assert store.get(BOOKS, "a", "x") == Book("a", "x", 2)
    store.commit([put(Book("a", "x", 3)), gone("a", "x")])
    assert titles(store, "a") == []


def test_forgetting_what_is_not_there_is_no_error(store: Store) -> None:
    store.commit([gone("a", "x")])
    assert store.get(BOOKS, "a", "x") is None


def test_pages_come_in_order_and_after_a_key(store: Store) -> None:
    store.commit([put(Book("a", title)) for title in ("m", "c", "z", "Z", "ca", "é", "0")])
    store.commit([put(Book("b", "d"))])
    assert titles(store, "a") == ["0", "Z", "c", "ca", "m", "z", "é"]
    assert titles(store, "a", limit=2) == ["0", "Z"]
    assert titles(store, "a", after="c") == ["ca", "m", "z", "é"]
    assert titles(store, "a", after="d", limit=1) == ["m"]
    assert titles(store, "a", after="é") == []
    assert titles(store, "a", limit=0) == []


def test_a_partition_is_counted(store: Store) -> None:
    store.commit([put(Book(*place)) for place in ("ax", "ay", "bx")])
    store.commit([put(Book("a", "y", pages=3), OTHERS), gone("a", "x"), put(Book("a", "z"))])
    assert [store.count(BOOKS, shelf) for shelf in "abc"] == [2, 1, 0]


def test_an_index_lists_across_partitions_and_leaves_out_what_has_no_value(store: Store) -> None:
    store.commit(
        [
            put(Book("b", "y", lent_to="ann")),
            put(Book("a", "z", lent_to="ann")),
            put(Book("a", "x", lent_to="bob")),
            put(Book("a", "w")),
        ]
    )
    assert titles(store, "ann", index="reader") == ["y", "z"]
    assert titles(store, "bob", index="reader") == ["x"]
    assert titles(store, "ann", index="reader", after="y") == ["z"]
    assert titles(store, "None", index="reader") == []


def test_an_index_follows_changes(store: Store) -> None:
    store.commit([put(Book("a", "x", lent_to="ann"))])
    store.commit([put(Book("a", "x", lent_to="bob"))])
    assert titles(store, "ann", index="reader") == []
    assert titles(store, "bob", index="reader") == ["x"]
    store.commit([gone("a", "x")])
    assert titles(store, "bob", index="reader") == []


def test_each_commit_changes_the_generation(store: Store) -> None:
    seen = [store.generation]
    for number in range(3):
        store.commit([put(Book("a", "x", number))])
        seen.append(store.generation)
    store.get(BOOKS, "a", "x")
    titles(store, "a")
    assert store.generation == seen[-1]
    assert len(set(seen)) == 4


def test_writing_may_stand_inside_writing_and_changes_nothing_by_itself(store: Store) -> None:
    before = store.generation
    with store.writing(), store.writing():
        store.refresh()
        assert store.generation == before
        store.commit([put(Book("a", "x"))])
    with store.writing():
        assert titles(store, "a") == ["x"]


CHANGES = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.sampled_from("vwxyz"),
        st.none() | st.tuples(st.integers(0, 3), st.sampled_from([None, "ann", "bob"])),
    ),
    max_size=30,
)


@given(changes=CHANGES, size=st.integers(1, 4))
@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_store_agrees_with_a_dictionary(
    opening: Callable[[], Store], changes: list[Any], size: int
) -> None:
    store, expected = opening(), {}
    for shelf, title, what in changes:
        book = what and Book(shelf, title, *what)
        expected[shelf, title] = book
        store.commit([put(book) if book else gone(shelf, title)])
    books = [book for _, book in sorted(expected.items()) if book]
    for shelf in "ab":
        assert walk(store, shelf, size) == [book for book in books if book.shelf == shelf]
    for reader in ("ann", "bob"):
        lent = sorted(book.title for book in books if book.lent_to == reader)
        assert titles(store, reader, index="reader") == lent
    store.close()


def walk(store: Store, shelf: str, size: int) -> list[Book]:
    """Collect the pages of a partition; each record comes once."""
    found: list[Book] = []
    while page := store.page(BOOKS, shelf, after=found[-1].title if found else "", limit=size):
        found.extend(page)
    return found
