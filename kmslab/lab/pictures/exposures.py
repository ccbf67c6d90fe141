"""How often a plaintext crossed the line between KMS and its callers: a square for each call."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from kmslab.lab.pictures.frame import FILLS, INK, Picture, label, picture

SHOWING: Final = {  # where the plaintext goes in an answered call
    "Decrypt": "out",
    "Encrypt": "in",
    "GenerateDataKey": "out",
    "GenerateRandom": "out",
}
SEALED: Final = {"ReEncrypt", "GenerateDataKeyWithoutPlaintext"}
COLUMNS: Final = 50
STEP: Final = 14
SQUARE: Final = 10
TOP: Final = 34
SEEN_FILL: Final = FILLS[4]


def exposures(ways: Mapping[str, Iterable[Mapping[str, Any]]]) -> Picture:
    """Draw the calls of some ways to do a thing, given by name with their events.

    A filled square is a call that carried plaintext, an empty one a call that carried none.
    """
    lines: list[str] = []
    shapes: list[str] = []
    top = float(TOP)
    for name, events in ways.items():
        calls = list(_calls(events))
        told = _told(name, calls)
        lines.append(told)
        shapes.append(label(0, top + 12, told, font_weight="600"))
        shapes.append(_field(calls, top + 22))
        top += 22 + STEP * -(-len(calls) // COLUMNS) + 18
    shapes.append(
        f'<rect x="0" y="{top:g}" width="{SQUARE}" height="{SQUARE}" fill="{SEEN_FILL}"/>'
    )
    shapes.append(
        label(18, top + 10, "a call with plaintext in it; an empty square is one without")
    )
    return picture("What crossed the line", lines, shapes, height=top + 20)


def _calls(events: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield for each answered call where its plaintext went: in, out, or nowhere ("")."""
    for event in events:
        name = event["eventName"]
        if "errorCode" not in event and (name in SHOWING or name in SEALED):
            yield SHOWING.get(name, "")


def _told(name: str, calls: list[str]) -> str:
    out, into = calls.count("out"), calls.count("in")
    return f"{name}: calls {len(calls):,}, plaintexts out of KMS {out:,}, into it {into:,}"


def _field(calls: list[str], top: float) -> str:
    shown = "".join(_square(place, top) for place, where in enumerate(calls) if where)
    sealed = "".join(_square(place, top) for place, where in enumerate(calls) if not where)
    return (
        f'<path d="{shown}" fill="{SEEN_FILL}"/>'
        f'<path d="{sealed}" fill="none" stroke="{INK}" stroke-opacity="0.5"/>'
    )


def _square(place: int, top: float) -> str:
    row, column = divmod(place, COLUMNS)
    return f"M{column * STEP + 1} {top + row * STEP:g}h{SQUARE}v{SQUARE}h-{SQUARE}z"
