"""A key's life line: its states from birth to end, and what each of them answered and refused.

Read from the trail alone, so a key that is gone has one too.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from textwrap import wrap
from typing import Any, Final

import msgspec

from kmslab.kms import Kms
from kmslab.lab.pictures.frame import FILLS, INK, Picture, label, picture

STATES: Final = {  # what a key is after an operation has succeeded
    "CreateKey": "Enabled",
    "EnableKey": "Enabled",
    "DisableKey": "Disabled",
    "ScheduleKeyDeletion": "PendingDeletion",
    "CancelKeyDeletion": "Disabled",
    "DeleteKey": "gone",
}
COLOURS: Final = {"Enabled": FILLS[2], "Disabled": FILLS[1], "PendingDeletion": FILLS[4]}
BAR: Final = 110
TEXT: Final = BAR + 40
TOP: Final = 34
LINE: Final = 17
WIDE: Final = 80  # characters in a line of text
DAY: Final = 86_400.0


class Span(msgspec.Struct):
    """A stretch of a life in one state, from `start` to `end` (Unix seconds)."""

    state: str
    start: float
    end: float
    answered: Counter[str] = msgspec.field(default_factory=Counter)
    refused: dict[str, Counter[str]] = msgspec.field(default_factory=dict)

    @property
    def lines(self) -> list[str]:
        """What was refused, by its error, and what was answered."""
        refused = [f"✗ {error}: {_counted(calls)}" for error, calls in self.refused.items()]
        return [*refused, f"✓ {_counted(self.answered)}"] if self.answered else refused

    @property
    def heading(self) -> str:
        """The state, since when and for how long."""
        return f"{self.state}, {_day(self.start)}, {_lasting(self.end - self.start)}"


def life_line(world: Kms, key_id: str) -> Picture:
    """Draw the life of a key, downwards, given its ID, or an alias that still names it."""
    name = _key_id(world, key_id)
    events = [event for event in world.trail if name in key_ids(event)]
    spans = list(spans_of(events, world.clock.now()))
    shapes: list[str] = []
    top = float(TOP)
    for span in spans:
        shape, height = _drawn(span, top)
        shapes.append(shape)
        top += height
    lines = [f"{span.heading}: {'; '.join(span.lines) or 'nobody asked'}" for span in spans]
    return picture(f"The life of {key_id}", lines, shapes, height=top + 6)


def _key_id(world: Kms, key_id: str) -> str:
    if not key_id.startswith("alias/"):
        return key_id.rpartition("/")[2]
    return str(world.client().describe_key(KeyId=key_id)["KeyMetadata"]["KeyId"])


def key_ids(event: Mapping[str, Any]) -> Iterator[str]:
    """Yield the IDs of the keys that an event is about."""
    if event["eventName"] == "CreateKey" and event["responseElements"]:
        yield event["responseElements"]["keyMetadata"]["keyId"]
    for resource in event.get("resources", ()):
        yield resource["ARN"].rpartition("/")[2]
    yield str((event["requestParameters"] or {}).get("keyId", "")).rpartition("/")[2]


def spans_of(events: Iterable[Mapping[str, Any]], now: float) -> Iterator[Span]:
    """Yield the stretches of one key's life, up to now."""
    span: Span | None = None
    for event in events:
        name, time = event["eventName"], datetime.fromisoformat(event["eventTime"]).timestamp()
        if span is None:
            span = Span("Enabled", time, time)
        error = event.get("errorCode")
        if error:
            span.refused.setdefault(error, Counter())[name] += 1
            continue
        span.answered[name] += 1
        state = STATES.get(name, span.state)
        if state != span.state:
            span.end = time
            yield span
            span = Span(state, time, time)
    if span is not None:
        span.end = now
        yield span


def _drawn(span: Span, top: float) -> tuple[str, float]:
    rows = [row for line in span.lines for row in wrap(line, WIDE)]
    height = max(LINE * (len(rows) + 1) + 14, 10 * ((span.end - span.start) / DAY) ** 0.5 + LINE)
    colour = COLOURS.get(span.state, "none")
    outline = "" if span.state in COLOURS else f' stroke="{INK}" stroke-dasharray="4 3"'
    box = f'x="{BAR}" y="{top:.1f}" width="22" height="{height - 4:.1f}" rx="4"'
    shapes = [
        f'<rect {box} fill="{colour}"{outline}/>',
        label(BAR - 12, round(top + 15, 1), _day(span.start), text_anchor="end"),
        label(
            TEXT,
            round(top + 15, 1),
            span.heading.replace(f", {_day(span.start)}", ""),
            font_weight="600",
        ),
    ]
    for number, row in enumerate(rows, 1):
        shapes.append(label(TEXT, round(top + 15 + LINE * number, 1), row, font_size="12"))
    return "".join(shapes), height


def _counted(calls: Counter[str]) -> str:
    told = (name if count == 1 else f"{name} ({count} times)" for name, count in calls.items())
    return ", ".join(told)


def _lasting(seconds: float) -> str:
    days = seconds / DAY
    if days < 1:
        return "less than a day"
    return f"{days:.0f} day{'s' if round(days) > 1 else ''}"


def _day(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).date().isoformat()
