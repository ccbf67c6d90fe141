"""What an item offers to be picked: options, and the groups in which they compete.

Refuses to know what makes them good.
"""

import re

import msgspec

from kmslab.quiz.catalog import Item
from kmslab.quiz.kinds.choice import Multiple, Option, Single
from kmslab.quiz.kinds.cloze import Cloze
from kmslab.quiz.kinds.hotspot import Hotspot, options
from kmslab.quiz.kinds.truth import TrueFalse


class Choices(msgspec.Struct, frozen=True):
    """Options that compete with each other, and where they stand below the item."""

    where: str
    options: tuple[Option, ...]

    @property
    def right(self) -> list[Option]:
        """The options of the key."""
        return [option for option in self.options if option.correct]

    @property
    def wrong(self) -> list[Option]:
        """The distractors."""
        return [option for option in self.options if not option.correct]


def choices(item: Item) -> list[Choices]:
    """Return every group of competing options; a place in a text competes by where it is."""
    if isinstance(item, Single | Multiple):
        return [Choices(".options", item.options)]
    if isinstance(item, TrueFalse):
        return [Choices(".reasons", item.reasons)]
    if isinstance(item, Cloze):
        gaps = enumerate(item.gaps)
        return [Choices(f".gaps[{n}].options", gap.options) for n, gap in gaps if gap.options]
    return []


def offered(item: Item) -> list[tuple[str, Option]]:
    """Return everything that can be picked, with where it stands; places in a text too."""
    if isinstance(item, Hotspot):
        spots = [n for n, spot in enumerate(item.text) if spot.id]
        return [(f".text[{n}]", o) for n, o in zip(spots, options(item), strict=True)]
    return [
        (f"{group.where}[{n}]", option)
        for group in choices(item)
        for n, option in enumerate(group.options)
    ]


def number(text: str) -> float | None:
    """Return the number that a text is, its thousands separated or not; None for other texts."""
    form = text.strip().replace(",", "").rstrip(".")
    return float(form) if re.fullmatch(r"[-+]?\d+(\.\d+)?", form) else None
