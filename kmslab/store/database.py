"""The port to a database: rows behind SQL, and the turns of the processes that share it.

Statements are those that SQLite and PostgreSQL both understand, with ``?`` for a value. Refuses to
know what stands in the rows.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

Row = tuple[Any, ...]


class Database(Protocol):
    """Where a store lasts. Every method may raise `StoreError`, with the place in its message."""

    place: str  # as messages name it

    def execute(self, statement: str, values: Sequence[object] = ()) -> Sequence[Row]:
        """Execute one statement; return its rows."""
        ...

    def transaction(self, *, is_synced: bool = True) -> AbstractContextManager[None]:
        """Make all statements within lasting, or none; not synced, a power failure takes them back."""
        ...

    def need_sound(self) -> None:
        """Look whether what the rows lie in is whole; it may be that somebody else does."""
        ...

    def close(self) -> None:
        """Close it; what is shared goes on without this process."""
        ...


class Turns(Protocol):
    """How the processes that share a database take turns to write, and hear of each other.

    A position is the number of the last change that was committed.
    """

    def taken(self) -> AbstractContextManager[None]:
        """Have the turn, alone among all processes, until the end or the death of this one."""
        ...

    def is_past(self, position: int) -> bool:
        """Say whether there may be changes after this position; never no once one is announced."""
        ...

    def announce(self, position: int) -> None:
        """Tell the other processes how far the changes go; to be called in one's turn."""
        ...

    def close(self) -> None:
        """Let go of what the turns are kept in."""
        ...
