"""Every kind of item, one row each, and the quiz that holds them.

A new kind is a module in `kinds/`, a member of `Item`, and a row of `KINDS`. Refuses to know how
kinds work and how quizzes are read.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from kmslab.quiz.kinds.case import Case
from kmslab.quiz.kinds.choice import MULTIPLE, SINGLE, Multiple, Single
from kmslab.quiz.kinds.cloze import CLOZE, Cloze
from kmslab.quiz.kinds.hotspot import HOTSPOT, Hotspot
from kmslab.quiz.kinds.kind import Kind
from kmslab.quiz.kinds.matching import MATCHING, Matching
from kmslab.quiz.kinds.numeric import NUMERIC, Numeric
from kmslab.quiz.kinds.ordering import ORDERING, Ordering
from kmslab.quiz.kinds.short import SHORT, Short
from kmslab.quiz.kinds.truth import TRUE_FALSE, TrueFalse
from kmslab.quiz.model import Text

Item = Single | Multiple | TrueFalse | Numeric | Short | Ordering | Matching | Cloze | Hotspot
Entry = Item | Case[Item]

_ROWS = (SINGLE, MULTIPLE, TRUE_FALSE, NUMERIC, SHORT, ORDERING, MATCHING, CLOZE, HOTSPOT)
KINDS: dict[type, Kind[Any]] = {row.item: row for row in _ROWS}


def kind_of(item: Item) -> Kind[Any]:
    """Return the row that knows how to treat this item."""
    return KINDS[type(item)]


class Quiz(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file of the bank: the items that close one lab.

    `entries` is what the file lists; a case study is one entry, and its items are items.
    """

    quiz: Annotated[str, Meta(pattern=r"^\d\d-[a-z0-9-]+$", description="The lab's file stem.")]
    title: Text
    about: Text
    as_of: Annotated[dt.date, Meta(description="When the quiz was last reviewed.")]
    entries: Annotated[tuple[Entry, ...], Meta(min_length=1)] = msgspec.field(name="items")

    def placed(self) -> Iterator[tuple[str, Item, Case[Item] | None]]:
        """Yield each item with its path in the file, and the case study it belongs to."""
        for place, entry in enumerate(self.entries):
            if isinstance(entry, Case):
                for inner, item in enumerate(entry.items):
                    yield f"$.items[{place}].items[{inner}]", item, entry
            else:
                yield f"$.items[{place}]", entry, None

    @property
    def items(self) -> tuple[Item, ...]:
        """Every item, in the order of the file."""
        return tuple(item for _, item, _ in self.placed())

    def item(self, item_id: str) -> Item:
        """Return the item of this id. Raises: KeyError."""
        for item in self.items:
            if item.id == item_id:
                return item
        raise KeyError(item_id)
