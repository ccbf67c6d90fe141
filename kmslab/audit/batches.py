"""Events as a journal keeps them: batches, compressed, each with the situations that its events speak of.

Refuses to know where a journal lies and who reads it.
"""

import zlib
from collections.abc import Iterable, Iterator
from math import inf
from typing import Any, Final

import msgspec

from kmslab.audit.event import Event
from kmslab.audit.situation import Facts, Situation
from kmslab.store.port import Batches, Span

FASTEST: Final = 1  # level of zlib; events are alike, and writing costs more than compressing
ALWAYS: Final = Span(-inf, inf)


class _Batch(msgspec.Struct, frozen=True):
    """Events as they are appended: where one speaks of a situation it has a number of this list."""

    events: msgspec.Raw
    situations: list[Facts]


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Batch | list[Event])  # batches were lists, without situations


class Draft:
    """A batch that grows. Each event is encoded once, each situation where it is first spoken of."""

    def __init__(self) -> None:
        self._events: list[msgspec.Raw] = []
        self._situations: list[Facts] = []
        self._numbers: dict[Situation, int] = {}
        self._encoder = msgspec.msgpack.Encoder(enc_hook=self._number)
        self._known = 0  # situations before the newest event

    def add(self, event: Event) -> None:
        """Add an event."""
        self._known = len(self._situations)
        self._events.append(msgspec.Raw(self._encoder.encode(event)))

    def note(self) -> bytes:
        """Write the newest event alone, with the situations that none before it has spoken of."""
        return _encoded(self._events[-1:], self._situations[self._known :])

    def batch(self) -> bytes:
        """Write all of them."""
        return zlib.compress(_encoded(self._events, self._situations), FASTEST)

    def _number(self, situation: Situation) -> int:
        number = self._numbers.setdefault(situation, len(self._situations))
        if number == len(self._situations):
            self._situations.append(situation.facts)
        return number


def written(events: Iterable[Event]) -> bytes:
    """Write events as a batch."""
    draft = Draft()
    for event in events:
        draft.add(event)
    return draft.batch()


def noted(notes: Iterable[bytes]) -> list[Event]:
    """Read the events of notes, from the first one on."""
    situations: list[Situation] = []
    return [event for note in notes for event in _events(note, situations)]


def span_of(events: Iterable[Event]) -> Span:
    """Return from when to when events are."""
    times = [event.time for event in events]
    return Span(min(times), max(times))


def read(batch: bytes) -> list[Event]:
    """Read the events of a batch."""
    return _events(zlib.decompress(batch), [])


def newest_first(journal: Batches, span: Span = ALWAYS, *, mention: str = "") -> Iterator[Event]:
    """Yield the events of these instants, the newest first; of batches of other times nothing is read.

    With `mention`, at least those that have this text somewhere.
    """
    for batch in journal.between(span):
        plain = zlib.decompress(batch)
        if mention.encode() in plain:
            found = reversed(_events(plain, []))
            yield from (event for event in found if span.since <= event.time <= span.until)


def _encoded(events: list[msgspec.Raw], situations: list[Facts]) -> bytes:
    """Write a `_Batch`."""
    return _ENCODER.encode({"events": events, "situations": situations})


def _events(plain: bytes, situations: list[Situation]) -> list[Event]:
    """Read events, and add the situations that come with them to those that are known."""
    found: _Batch | list[Event] = _DECODER.decode(plain)
    if isinstance(found, list):
        return found
    situations.extend(map(Situation, found.situations))

    def numbered(_: type, number: Any) -> Any:  # noqa: ANN401 - the signature of a dec_hook
        return situations[number]

    return msgspec.msgpack.Decoder(list[Event], dec_hook=numbered).decode(found.events)
