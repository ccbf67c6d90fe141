"""Events as a journal keeps them: batches, compressed, each with the situations that its events speak of.

Refuses to know where a journal lies and who reads it.
"""

import zlib
from collections.abc import Iterator, Sequence
from math import inf
from typing import Any, Final

import msgspec

from kmslab.audit.event import Event
from kmslab.audit.situation import Facts, Situation
from kmslab.store.port import Journal, Span

FASTEST: Final = 1  # level of zlib; events are alike, and writing costs more than compressing
ALWAYS: Final = Span(-inf, inf)


class _Batch(msgspec.Struct, frozen=True):
    """Events as they are appended: where one speaks of a situation it has a number of this list."""

    events: msgspec.Raw
    situations: list[Facts]


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Batch | list[Event])  # batches were lists, without situations


def written(events: Sequence[Event]) -> bytes:
    """Write events as a batch."""
    numbers: dict[Situation, int] = {}
    encoder = msgspec.msgpack.Encoder(
        enc_hook=lambda situation: numbers.setdefault(situation, len(numbers))
    )
    raw = msgspec.Raw(encoder.encode(events))
    batch = _ENCODER.encode(_Batch(raw, [situation.facts for situation in numbers]))
    return zlib.compress(batch, FASTEST)


def span_of(events: Sequence[Event]) -> Span:
    """Return from when to when events are."""
    times = [event.time for event in events]
    return Span(min(times), max(times))


def read(batch: bytes) -> list[Event]:
    """Read the events of a batch."""
    return _events(zlib.decompress(batch))


def newest_first(journal: Journal, span: Span = ALWAYS, *, mention: str = "") -> Iterator[Event]:
    """Yield the events of these instants, the newest first; of batches of other times nothing is read.

    With `mention`, at least those that have this text somewhere.
    """
    for batch in journal.between(span):
        plain = zlib.decompress(batch)
        if mention.encode() in plain:
            found = reversed(_events(plain))
            yield from (event for event in found if span.since <= event.time <= span.until)


def _events(plain: bytes) -> list[Event]:
    found: _Batch | list[Event] = _DECODER.decode(plain)
    if isinstance(found, list):
        return found
    situations = [Situation(facts) for facts in found.situations]

    def numbered(_: type, number: Any) -> Any:  # noqa: ANN401 - the signature of a dec_hook
        return situations[number]

    return msgspec.msgpack.Decoder(list[Event], dec_hook=numbered).decode(found.events)
