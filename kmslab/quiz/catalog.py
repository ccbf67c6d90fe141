"""Every kind of item, one row each, and the quiz that holds them.

A new kind is a module in `kinds/`, a member of `Item`, and a row of `KINDS`. Refuses to know how
kinds work and how quizzes are read.
"""

import datetime as dt
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from kmslab.quiz.kinds import choice
from kmslab.quiz.kinds.choice import Multiple, Single
from kmslab.quiz.kinds.kind import Kind
from kmslab.quiz.model import Text

Item = Single | Multiple

KINDS: dict[type, Kind[Any]] = {row.item: row for row in (choice.SINGLE, choice.MULTIPLE)}


def kind_of(item: Item) -> Kind[Any]:
    """Return the row that knows how to treat this item."""
    return KINDS[type(item)]


class Quiz(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file of the bank: the items that close one lab."""

    quiz: Annotated[str, Meta(pattern=r"^\d\d-[a-z0-9-]+$", description="The lab's file stem.")]
    title: Text
    about: Text
    as_of: Annotated[dt.date, Meta(description="When the quiz was last reviewed.")]
    items: Annotated[tuple[Item, ...], Meta(min_length=1)]

    def item(self, item_id: str) -> Item:
        """Return the item of this id. Raises: KeyError."""
        for item in self.items:
            if item.id == item_id:
                return item
        raise KeyError(item_id)
