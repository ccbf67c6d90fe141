"""A world's time: a line for each key with its states, what happened by itself, and what is still to come."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from kmslab.kms import Kms
from kmslab.lab.pictures.frame import FILLS, INK, WIDTH, Picture, label, picture
from kmslab.lab.pictures.life_line import COLOURS, key_ids, spans_of
from kmslab.services.clock import coming

LEFT: Final = 90
TOP: Final = 34
LINE: Final = 34
BY_ITSELF: Final = {"RotateKey": "↻", "DeleteKey": "✗", "DeleteExpiredKeyMaterial": "⌛"}
COMING: Final = FILLS[3]

Event = Mapping[str, Any]


def time_line(world: Kms) -> Picture:
    """Draw all keys of a world from the first event to what is due last."""
    lives: defaultdict[str, list[Event]] = defaultdict(list)
    for event in world.trail:
        for key in dict.fromkeys(name for name in key_ids(event) if "-" in name):
            lives[key].append(event)
    now = world.clock.now()
    dues = coming(world.endpoint.engine.store)
    instants = [now, *(_seconds(due["At"]) for due in dues)]
    instants += [_seconds(events[0]["eventTime"]) for events in lives.values()]
    scale = _Scale(min(instants), max(instants))
    shapes, lines = [], []
    for number, (key, events) in enumerate(lives.items()):
        mine = [due for due in dues if due["Key"] == key]
        shapes += _drawn(key, events, mine, scale=scale, top=TOP + LINE * number, now=now)
        lines.append(_told(key, events, mine))
    height = TOP + LINE * len(lives) + 10
    x = scale.x(now)
    shapes.append(
        f'<path d="M{x:.1f} {TOP - 4}V{height - 8}" stroke="{INK}" stroke-dasharray="2 3"/>'
    )
    return picture("Keys in time, to now (dotted) and beyond", lines, shapes, height=height)


class _Scale:
    def __init__(self, first: float, last: float) -> None:
        self._first = first
        self._wide = (WIDTH - LEFT - 12) / max(last - first, 1.0)

    def x(self, instant: float) -> float:
        return LEFT + (instant - self._first) * self._wide


def _drawn(
    key: str,
    events: Sequence[Event],
    dues: Sequence[Event],
    *,
    scale: _Scale,
    top: float,
    now: float,
) -> list[str]:
    shapes = [label(0, top + 15, key[:8])]
    for span in spans_of(events, now):
        colour = COLOURS.get(span.state)
        if colour is not None:
            wide = max(scale.x(span.end) - scale.x(span.start), 1.0)
            box = f'x="{scale.x(span.start):.1f}" y="{top + 4:.1f}" width="{wide:.1f}" height="14"'
            shapes.append(f'<rect {box} fill="{colour}"/>')
    for event in events:
        if event["eventName"] in BY_ITSELF:
            x = scale.x(_seconds(event["eventTime"]))
            shapes.append(
                label(round(x, 1), top + 3, BY_ITSELF[event["eventName"]], text_anchor="middle")
            )
    shapes += [
        f'<circle cx="{scale.x(_seconds(due["At"])):.1f}" cy="{top + 11:.1f}" r="5" fill="none" '
        f'stroke="{COMING}" stroke-width="2"/>'
        for due in dues
    ]
    return shapes


def _told(key: str, events: Sequence[Event], dues: Sequence[Event]) -> str:
    happened = [
        f"{event['eventTime'][:10]} {event['eventName']}"
        for event in events
        if not event["readOnly"] and "errorCode" not in event
    ]
    coming_ = [f"{due['At'][:10]} {due['What']} (due)" for due in dues]
    return f"{key[:8]}: {', '.join([*happened, *coming_])}"


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
