"""An order that looks like chance and is not: the same seed gives the same order everywhere.

Refuses to know what it orders. Ranks come from SHA-256, not from a language's generator, so
that an attempt can be replayed years later.
"""

import hashlib
from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


def shuffled(things: Iterable[T], *, seed: int, salt: str, name: Callable[[T], str]) -> list[T]:
    """Return `things` in the order that `seed` and `salt` (an item's id) give their names."""

    def rank(thing: T) -> bytes:
        return hashlib.sha256(f"{seed}\0{salt}\0{name(thing)}".encode()).digest()

    return sorted(things, key=rank)
