"""What a student did, as events, and what follows from them.

Events are appended to a JSON Lines file in the student's own folder and never changed; state is
a fold over them, so an attempt can be replayed and judged again. A crash can tear the last line:
it is left where it is, counted as lost, and the next event starts on a line of its own.
Refuses to know faces and what an answer is worth.
"""

import datetime as dt
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import reduce
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

Now = Callable[[], dt.datetime]
Confidence = Literal["guess", "unsure", "sure"]  # told before the verdict, or not at all


class _Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="event"):
    at: dt.datetime
    quiz: str
    item: str
    version: int


class Answered(_Event, frozen=True, kw_only=True, tag="answered"):
    """An answer was checked; `seed` reproduces the order of the options, and a family's variant."""

    seed: int
    answer: Any
    correct: bool
    credit: float
    confidence: Confidence | None = None


class Regraded(_Event, frozen=True, kw_only=True, tag="regraded"):
    """An answer was judged again, by a key that has changed; `answered` is when it was given."""

    seed: int
    answer: Any
    correct: bool
    credit: float
    answered: dt.datetime
    was: bool


class Hinted(_Event, frozen=True, kw_only=True, tag="hinted"):
    """One more hint was taken, with the variant of this seed."""

    seed: int = 0


class Revealed(_Event, frozen=True, kw_only=True, tag="revealed"):
    """The student asked for the answer to the variant of this seed."""

    seed: int = 0


class Restarted(_Event, frozen=True, kw_only=True, tag="restarted"):
    """The item was cleared, to be answered afresh."""


Event = Answered | Regraded | Hinted | Revealed | Restarted


class Attempt(msgspec.Struct, frozen=True):
    """Where a student stands with one item; `answer` is the last one that was checked."""

    tries: int = 0
    hints: int = 0
    answer: Any = None
    is_right: bool = False
    is_revealed: bool = False

    @property
    def is_closed(self) -> bool:
        """Tell whether the key may be shown."""
        return self.is_right or self.is_revealed


_STEPS: Mapping[type, Callable[[Attempt, Any], Attempt]] = {
    Answered: lambda was, event: replace(
        was, tries=was.tries + 1, answer=event.answer, is_right=event.correct
    ),
    Regraded: lambda was, event: replace(
        was, tries=max(1, was.tries), answer=event.answer, is_right=event.correct
    ),
    Hinted: lambda was, _: replace(was, hints=was.hints + 1),
    Revealed: lambda was, _: replace(was, is_revealed=True),
    Restarted: lambda _, __: Attempt(),
}


def step(was: Attempt, event: Event) -> Attempt:
    """Return where the student stands after one more event; a closed item only restarts or is regraded."""
    if was.is_closed and not isinstance(event, Restarted | Regraded):
        return was
    return _STEPS[type(event)](was, event)


def attempt(
    events: Iterable[Event], *, quiz: str, item: str, version: int, variant: int | None = None
) -> Attempt:
    """Fold the events of one item; those of other versions of it no longer count.

    With the seed of a `variant` those of other variants do not count either: what was right there
    is not right here.
    """
    mine = (
        event
        for event in _of(events, quiz, item, version)
        if variant is None or isinstance(event, Restarted) or event.seed == variant
    )
    return reduce(step, mine, Attempt())


def rounds(events: Iterable[Event], *, quiz: str, item: str, version: int) -> int:
    """Count how often an item was begun: once, and once more for each restart."""
    return 1 + sum(isinstance(event, Restarted) for event in _of(events, quiz, item, version))


def _of(events: Iterable[Event], quiz: str, item: str, version: int) -> Iterator[Event]:
    return (e for e in events if (e.quiz, e.item, e.version) == (quiz, item, version))


class EventLog:
    """Events in memory, and where there is a path also in an append-only file.

    `lost` is the number of lines that could not be read.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.events: list[Event]
        self.events, self.lost = read(path, Event)

    def append(self, event: Event) -> None:
        """Keep an event; it is on the disk when this returns."""
        self.events.append(event)
        if self.path is not None:
            append(self.path, event)


def read(path: Path | None, of: Any) -> tuple[list[Any], int]:  # noqa: ANN401 - a union of structs
    """Return the events of a file, and how many of its lines are none; no file has no events."""
    raw = path.read_bytes() if path and path.exists() else b""
    events: list[Any] = []
    lost = 0
    for line in filter(None, raw.split(b"\n")):
        try:
            events.append(msgspec.json.decode(line, type=of))
        except (msgspec.DecodeError, UnicodeDecodeError):
            lost += 1
    return events, lost


def append(path: Path, event: msgspec.Struct) -> None:
    """Write one event with one call, on a line of its own even after a torn one."""
    line = msgspec.json.encode(event) + b"\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+", buffering=0) as file:
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
            line = line if file.read(1) == b"\n" else b"\n" + line
        file.write(line)
        os.fsync(file.fileno())


def wall_clock() -> dt.datetime:
    """Return the machine's time: when a student answered is no part of any simulated world."""
    return dt.datetime.now(tz=dt.UTC)  # noqa: TID251 - quiz stands alone, and this is its door
