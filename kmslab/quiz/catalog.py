"""Every kind of item, one row each, and the quiz that holds them.

A new kind is a module in `kinds/`, a member of `Item`, and a row of `KINDS`. Refuses to know how
kinds work and how quizzes are read.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from kmslab.quiz.family import FIRST, Family, ungrown
from kmslab.quiz.kinds import (
    choice,
    cloze,
    hotspot,
    matching,
    numeric,
    ordering,
    short,
    task,
    truth,
)
from kmslab.quiz.kinds.case import Case
from kmslab.quiz.kinds.choice import Multiple, Single
from kmslab.quiz.kinds.cloze import Cloze
from kmslab.quiz.kinds.hotspot import Hotspot
from kmslab.quiz.kinds.kind import Kind
from kmslab.quiz.kinds.matching import Matching
from kmslab.quiz.kinds.numeric import Numeric
from kmslab.quiz.kinds.ordering import Ordering
from kmslab.quiz.kinds.short import Short
from kmslab.quiz.kinds.task import Task
from kmslab.quiz.kinds.truth import TrueFalse
from kmslab.quiz.model import Text

Item = (
    Single | Multiple | TrueFalse | Numeric | Short | Ordering | Matching | Cloze | Hotspot | Task
)
Entry = Item | Case[Item]
Written = Item | Family  # what a file may hold in the place of an item
Grow = Callable[[Family, int], Item]  # a family and a seed to a variant; raises FamilyError

KINDS: dict[type[Item], Kind] = {
    Single: choice,
    Multiple: choice,
    TrueFalse: truth,
    Numeric: numeric,
    Short: short,
    Ordering: ordering,
    Matching: matching,
    Cloze: cloze,
    Hotspot: hotspot,
    Task: task,
}


def kind_of(item: Item) -> Kind:
    """Return the module that knows how to treat this item."""
    return KINDS[type(item)]


class Head(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is said of a quiz as a whole."""

    quiz: Annotated[str, Meta(pattern=r"^\d\d-[a-z0-9-]+$", description="The lab's file stem.")]
    title: Text
    about: Text
    as_of: Annotated[dt.date, Meta(description="When the quiz was last reviewed.")]
    hint_cost: Annotated[
        float, Meta(ge=0, le=1, description="What each hint takes from the credit in practice.")
    ] = 0.0


class QuizFile(Head, frozen=True, kw_only=True):
    """One file of the bank as it is written: the items that close one lab."""

    entries: Annotated[tuple[Written | Case[Written], ...], Meta(min_length=1)] = msgspec.field(
        name="items"
    )


class Quiz(Head, frozen=True, kw_only=True):
    """The items that close one lab.

    `entries` is what the file lists; a case study is one entry, and its items are items. In the
    place of a family stands its first variant; `variant` grows others.
    """

    entries: tuple[Entry, ...] = msgspec.field(name="items")
    families: Mapping[str, Family] = msgspec.field(default_factory=dict)
    grow: Grow = ungrown

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

    def variant(self, item: Item, seed: int) -> Item:
        """Return the variant of this seed, where a family grew the item; otherwise the item."""
        family = self.families.get(item.id)
        return item if family is None or seed == FIRST else self.grow(family, seed)

    def first(self, item: Item) -> Item:
        """Return the first variant, where a family grew the item; otherwise the item."""
        family = self.families.get(item.id)
        return item if family is None else self.grow(family, FIRST)

    def fixed(self, seed: int) -> "Quiz":
        """Return the quiz without families: of each the variant of this seed, as `about` says."""
        if not self.families:
            return self
        told = f"{self.about.rstrip()} Its families are the variants of seed {seed}."
        entries = tuple(
            Case(
                title=entry.title,
                scenario=entry.scenario,
                items=tuple(self.variant(item, seed) for item in entry.items),
            )
            if isinstance(entry, Case)
            else self.variant(entry, seed)
            for entry in self.entries
        )
        return msgspec.structs.replace(self, about=told, entries=entries, families={})

    def written(self) -> QuizFile:
        """Return the quiz as its file has it: families instead of their variants."""
        head = {name: getattr(self, name) for name in Head.__struct_fields__}
        return QuizFile(**head, entries=tuple(map(self._origin, self.entries)))

    def _origin(self, entry: Entry) -> Written | Case[Written]:
        if not isinstance(entry, Case):
            return self.families.get(entry.id, entry)
        items = tuple(self.families.get(item.id, item) for item in entry.items)
        return Case(title=entry.title, scenario=entry.scenario, items=items)

    def practice(self) -> "Quiz":
        """Return the quiz as it is practised: without the items that are kept for exams."""
        return self.only(lambda item: not item.exam_only)

    def worldless(self) -> "Quiz":
        """Return the quiz without the tasks, for where no world is at hand."""
        return self.only(lambda item: not isinstance(item, Task))

    def only(self, holds: Callable[[Item], bool]) -> "Quiz":
        """Return the quiz with those items only of which this holds; it may be left with none."""
        parts = (_part(entry, holds) for entry in self.entries)
        kept = msgspec.structs.replace(self, entries=tuple(part for part in parts if part))
        ids = {item.id for item in kept.items}
        families = {name: each for name, each in self.families.items() if name in ids}
        return msgspec.structs.replace(kept, families=families)


def _part(entry: Entry, holds: Callable[[Item], bool]) -> Entry | None:
    if isinstance(entry, Case):
        items = tuple(filter(holds, entry.items))
        return msgspec.structs.replace(entry, items=items) if items else None
    return entry if holds(entry) else None
