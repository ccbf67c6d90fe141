"""One request's view: its own writes at once, for others all or none."""

import msgspec
import pytest

from kmslab.store.memory import MemoryStore
from kmslab.store.port import Kind
from kmslab.store.transaction import Transaction


class Note(msgspec.Struct, frozen=True):
    """A record with a name and a text."""

    name: str
    text: str = ""


NOTES = Kind("note", Note, partition=lambda _: "all", sort=lambda note: note.name)


@pytest.fixture
def store() -> MemoryStore:
    made = MemoryStore()
    first = Transaction(made)
    first.put(NOTES, Note("a", "old"))
    first.commit()
    return made


def test_a_transaction_reads_its_own_writes(store: MemoryStore) -> None:
    transaction = Transaction(store)
    assert transaction.get(NOTES, "all", "a") == Note("a", "old")
    transaction.put(NOTES, Note("a", "new"))
    transaction.put(NOTES, Note("b"))
    assert transaction.get(NOTES, "all", "a") == Note("a", "new")
    assert transaction.get(NOTES, "all", "b") == Note("b")
    transaction.delete(NOTES, Note("a"))
    assert transaction.get(NOTES, "all", "a") is None
    assert transaction.get(NOTES, "all", "c") is None


def test_others_see_nothing_before_the_commit_and_all_after(store: MemoryStore) -> None:
    transaction = Transaction(store)
    transaction.put(NOTES, Note("b"))
    transaction.delete(NOTES, Note("a"))
    assert store.get(NOTES, "all", "b") is None
    assert store.get(NOTES, "all", "a") == Note("a", "old")
    transaction.commit()
    assert store.get(NOTES, "all", "b") == Note("b")
    assert store.get(NOTES, "all", "a") is None


def test_a_transaction_that_is_dropped_leaves_nothing(store: MemoryStore) -> None:
    before = store.generation
    Transaction(store).put(NOTES, Note("b"))
    assert store.get(NOTES, "all", "b") is None
    assert store.generation == before


def test_a_commit_without_changes_does_not_touch_the_store(store: MemoryStore) -> None:
    before = store.generation
    transaction = Transaction(store)
    transaction.commit()
    transaction.put(NOTES, Note("b"))
    transaction.commit()
    transaction.commit()
    assert store.generation == before + 1


def test_pages_show_what_was_there_before(store: MemoryStore) -> None:
    transaction = Transaction(store)
    transaction.put(NOTES, Note("b"))
    assert transaction.page(NOTES, "all", limit=9) == [Note("a", "old")]
    transaction.commit()
    assert transaction.page(NOTES, "all", after="a", limit=9) == [Note("b")]


def test_a_kind_shows_its_name() -> None:
    assert repr(NOTES) == "Kind('note')"


def test_a_transaction_tells_what_it_changes(store: MemoryStore) -> None:
    transaction = Transaction(store)
    transaction.put(NOTES, Note("a", "new"))
    transaction.put(NOTES, Note("b"))
    transaction.delete(NOTES, Note("c"))
    assert list(transaction.changed(NOTES)) == [
        (Note("a", "old"), Note("a", "new")),
        (None, Note("b")),
        (None, None),
    ]
    others = Kind("other", Note, partition=lambda _: "all", sort=lambda note: note.name)
    assert list(transaction.changed(others)) == []
