"""Choices that look like chance and follow from a seed: the same variant everywhere, for ever.

Refuses to know what is chosen. Bits come from the seeded generator of `ambient`.
"""

from collections.abc import Sequence
from typing import TypeVar

from kmslab.ambient.entropy import SeededEntropy

T = TypeVar("T")


class Chance:
    """A stream of choices; `salt`, an item's id, keeps two families of one seed apart."""

    def __init__(self, seed: int, salt: str) -> None:
        self._bytes = SeededEntropy(f"{seed}\0{salt}")

    def below(self, count: int) -> int:
        """Return a number from 0 to `count` - 1; the bias of 64 bits is of no account here."""
        return int.from_bytes(self._bytes.take(8)) % count

    def between(self, low: int, high: int, step: int = 1) -> int:
        """Return `low`, `low + step`, ... up to `high`."""
        return low + step * self.below((high - low) // step + 1)

    def pick(self, things: Sequence[T]) -> T:
        """Return one of the things."""
        return things[self.below(len(things))]

    def sample(self, things: Sequence[T], count: int) -> list[T]:
        """Return `count` different places' things, in an order of chance."""
        left = list(things)
        return [left.pop(self.below(len(left))) for _ in range(count)]

    def shuffled(self, things: Sequence[T]) -> list[T]:
        """Return the things in an order of chance."""
        return self.sample(things, len(things))
