"""Who called when: a lane for everybody, and in it a bar for each stretch of time.

Drawn from a table of events (`world.trail.frame()`), or a part of one.
"""

from collections.abc import Iterator
from typing import Any, Final

from kmslab.lab.pictures.frame import FILLS, WIDTH, Picture, label, picture

LEFT: Final = 210
BINS: Final = 56
LANE: Final = 44
TOP: Final = 34
TALLEST: Final = 32
CALLED, REFUSED = FILLS[0], FILLS[4]

Frame = Any  # a pandas DataFrame


def swim_lanes(events: Frame, title: str = "Who called when") -> Picture:
    """Draw a lane for each user of each account; the tallest bar is as tall as its lane."""
    first, last = events["time"].min(), events["time"].max()
    step = (last - first) / BINS
    lanes = list(_lanes(events))
    shapes, lines = [], []
    for number, (name, theirs) in enumerate(lanes):
        floor = TOP + LANE * (number + 1) - 6
        places = ((theirs["time"] - first) // step).clip(upper=BINS - 1).astype(int)
        counts = places.value_counts()
        refused = places[theirs["error"] != ""].value_counts()
        shapes.append(label(LEFT - 10, floor - 4, name, text_anchor="end"))
        shapes += _bars(counts, counts.max(), floor, CALLED)
        shapes += _bars(refused, counts.max(), floor, REFUSED)
        lines.append(_told(name, theirs, int(counts.max())))
    height = TOP + LANE * len(lanes) + 20
    shapes.append(label(LEFT, height - 6, f"{first:%Y-%m-%d %H:%M}", font_size="12"))
    shapes.append(
        label(WIDTH, height - 6, f"{last:%Y-%m-%d %H:%M}", font_size="12", text_anchor="end")
    )
    return picture(title, lines, shapes, height=height)


def _lanes(events: Frame) -> Iterator[tuple[str, Frame]]:
    for (account, user), theirs in events.groupby(["account", "user"]):
        yield f"{user or 'somebody'} {account}", theirs


def _bars(counts: Frame, most: int, floor: float, colour: str) -> list[str]:
    wide = (WIDTH - LEFT) / BINS
    return [
        f'<rect x="{LEFT + place * wide:.1f}" y="{floor - count / most * TALLEST:.1f}" '
        f'width="{wide - 1:.1f}" height="{count / most * TALLEST:.1f}" fill="{colour}"/>'
        for place, count in sorted(counts.items())
    ]


def _told(name: str, theirs: Frame, most: int) -> str:
    first, last = theirs["time"].min(), theirs["time"].max()
    refused = int((theirs["error"] != "").sum())
    return (
        f"{name}: {len(theirs)} events from {first:%m-%d %H:%M} to {last:%m-%d %H:%M}, "
        f"at most {most} in one bar, {refused} refused"
    )
