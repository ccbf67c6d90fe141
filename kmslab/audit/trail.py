"""The trail: the events of a world, the newest last.

Keeps a bounded number of them in memory. Refuses to know who calls and what an event is about.
"""

from collections import deque
from collections.abc import Iterator
from typing import Final

from kmslab.audit.event import Event, Json, render

CAPACITY: Final = 50_000


class Trail:
    """Events in order. Iterating gives them in CloudTrail's form."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._events: deque[Event] = deque(maxlen=capacity)
        self.record = self._events.append

    def __len__(self) -> int:
        return len(self._events)

    def __iter__(self) -> Iterator[Json]:
        return (render(event) for event in tuple(self._events))

    def events(self, *, name: str | None = None, error: str | None = None) -> list[Json]:
        """Return the events of one operation, or with one ``errorCode``, or all."""
        return [
            event
            for event in self
            if (name is None or event["eventName"] == name)
            and (error is None or event.get("errorCode") == error)
        ]

    @property
    def last(self) -> Json:
        """The newest event.

        Raises:
            IndexError: nothing has happened yet.
        """
        return render(self._events[-1])
