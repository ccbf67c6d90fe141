"""The life lines of a key's grants: made, not yet everywhere, used, handed on, ended.

Read from the trail. From left to right one step for each event, not for each second: a grant lives for
months and is used in moments.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from kmslab.kms import Kms
from kmslab.lab.pictures.frame import FILLS, INK, WIDTH, Picture, label, picture

Json = Mapping[str, Any]

LEFT: Final = 286
RIGHT: Final = 140  # pixels for who ended a grant
TOP: Final = 46
ROW: Final = 48
LIVES: Final = FILLS[2]
REFUSED: Final = FILLS[4]
ENDS: Final = ("RetireGrant", "RevokeGrant")


class Line(msgspec.Struct):
    """One grant. Places are numbers of events; `end` is None while it lives."""

    grant_id: str
    grantee: str
    creator: str
    operations: str
    parent: int | None
    start: int
    everywhere: int
    end: int | None = None
    ended: str = ""
    uses: list[tuple[int, str, str]] = msgspec.field(default_factory=list)  # place, call, error


def grant_lines(world: Kms, key: str) -> Picture:
    """Draw the grants that a key ever had, given its name; a child stands under its parent."""
    arn = world.client().describe_key(KeyId=key)["KeyMetadata"]["Arn"]
    events = _steps([event for event in world.trail if _is_about(event, arn)])
    lines = _read(world, events)
    step = (WIDTH - LEFT - RIGHT) / max(len(events) - 1, 1)
    shapes = [label(0, TOP + 8, "grantee, and who made the grant", font_size="12")]
    shapes += [
        _drawn(line, lines, TOP + 22 + number * ROW, step, last=len(events) - 1)
        for number, line in enumerate(lines)
    ]
    told = [_told(number, line) for number, line in enumerate(lines, 1)]
    height = TOP + 34 + len(lines) * ROW
    shapes.append(
        label(
            LEFT,
            height - 8,
            "dashed: not yet everywhere · ● answered · ○ refused · ◼ ended",
            font_size="12",
        )
    )
    return picture(f"The grants of {key}", told, shapes, height=height)


def _is_about(event: Json, arn: str) -> bool:
    """Tell whether an event is a step of the picture: about this key, and no dry run."""
    if not any(each["ARN"] == arn for each in event.get("resources", ())):
        return False
    return not (event["requestParameters"] or {}).get("dryRun")


def _steps(events: Sequence[Json]) -> list[Json]:
    """Keep what the picture shows: the making of grants, what their grantees ask, and the ends."""
    made = [event for event in events if event["eventName"] == "CreateGrant" and _is_done(event)]
    grantees = {_grantee(event) for event in made}
    return [
        event
        for event in events
        if event in made
        or (event["eventName"] in ENDS and _is_done(event))
        or (_who(event) in grantees and _instant(event) >= _instant(made[0]))
    ]


def _is_done(event: Json) -> bool:
    return "errorCode" not in event


def _read(world: Kms, events: list[Json]) -> list[Line]:
    lines: list[Line] = []
    for place, event in enumerate(events):
        name, error, who = event["eventName"], event.get("errorCode", ""), _who(event)
        if name == "CreateGrant" and _is_done(event):
            lines.append(_made(world, events, place, lines))
        elif name in ENDS and _is_done(event):
            _end(world, event, place, lines)
        for line in lines:
            is_use = name not in ENDS and who == line.grantee and line.end is None
            if is_use and line.start < place:
                line.uses.append((place, name, error))
    return _by_family(lines)


def _made(world: Kms, events: list[Json], place: int, lines: list[Line]) -> Line:
    event = events[place]
    asked, creator = event["requestParameters"], _who(event)
    since = _instant(event) + world.endpoint.engine.grant_delay
    later = (number for number, each in enumerate(events) if _instant(each) >= since)
    parents = [n for n, line in enumerate(lines) if line.grantee == creator and line.end is None]
    through = event["userIdentity"].get("invokedBy", "").partition(".")[0]
    return Line(
        grant_id=event["responseElements"]["grantId"],
        grantee=_grantee(event),
        creator=f"{creator} via {through}" if through else creator,
        operations=", ".join(asked["operations"]),
        parent=parents[-1] if parents else None,
        start=place,
        everywhere=next(later, len(events) - 1) if world.endpoint.engine.grant_delay else place,
    )


def _end(world: Kms, event: Json, place: int, lines: list[Line]) -> None:
    named = (event["requestParameters"] or {}).get("grantId")
    found = world.trail.find(event["eventID"])
    if named is None and found is not None:  # RetireGrant by token shows no parameters
        named = next((each.inputs or {} for each in found.checks), {}).get("grant_id")
    for line in lines:
        if line.grant_id == named:
            line.end, line.ended = place, f"{event['eventName']} by {_who(event)}"


def _by_family(lines: list[Line]) -> list[Line]:
    """Put each child under its parent, and let `parent` count in the new order."""
    order: list[int] = []

    def add(parent: int | None) -> None:
        for number, line in enumerate(lines):
            if line.parent == parent:
                order.append(number)
                add(number)

    add(None)
    found = [lines[number] for number in order]
    for line in found:
        line.parent = None if line.parent is None else order.index(line.parent)
    return found


def _who(event: Json) -> str:
    identity = event["userIdentity"]
    return _name(identity.get("arn") or identity.get("invokedBy", ""))


def _grantee(event: Json) -> str:
    asked = event["requestParameters"]
    return _name(asked.get("granteePrincipal") or asked.get("granteeServicePrincipal", ""))


def _name(principal: str) -> str:
    return principal.rpartition("/")[2] or principal


def _instant(event: Json) -> float:
    return datetime.fromisoformat(event["eventTime"]).timestamp()


def _drawn(line: Line, lines: list[Line], top: float, step: float, *, last: int) -> str:
    indent = 14 * _depth(line, lines)
    end = last if line.end is None else line.end
    here, known, there = (LEFT + place * step for place in (line.start, line.everywhere, end))
    known, middle = min(known, there), top + 14
    marks = [
        label(indent, top + 12, f"{'↳ ' if indent else ''}{line.grantee}", font_weight="600"),
        label(indent, top + 28, f"{line.operations}; by {line.creator}", font_size="11"),
        _stroke(here, known, middle, ' stroke-dasharray="3 3"'),
        _stroke(known, there, middle, ""),
        f'<circle cx="{here:.1f}" cy="{middle:g}" r="3" fill="{INK}"/>',
    ]
    for place, _, error in line.uses:
        fill = f'fill="none" stroke="{REFUSED}" stroke-width="2"' if error else f'fill="{LIVES}"'
        marks.append(f'<circle cx="{LEFT + place * step:.1f}" cy="{middle:g}" r="6" {fill}/>')
    if line.end is not None:
        marks.append(
            f'<rect x="{there - 4:.1f}" y="{middle - 8:g}" width="8" height="16" fill="{INK}"/>'
        )
        marks.append(label(round(there + 10, 1), middle + 4, line.ended, font_size="11"))
    return "".join(marks)


def _depth(line: Line, lines: list[Line]) -> int:
    return 0 if line.parent is None else 1 + _depth(lines[line.parent], lines)


def _stroke(left: float, right: float, y: float, more: str) -> str:
    return (
        f'<line x1="{left:.1f}" x2="{right:.1f}" y1="{y:g}" y2="{y:g}" stroke="{LIVES}" '
        f'stroke-width="4"{more}/>'
    )


def _told(number: int, line: Line) -> str:
    child = "" if line.parent is None else f", a child of grant {line.parent + 1}"
    answered = [(place, call) for place, call, error in line.uses if not error]
    refused = [call for _, call, error in line.uses if error]
    early = sum(place < line.everywhere for place, _ in answered)
    by_token = f" ({early} by token, before it was everywhere)" if early else ""
    return (
        f"grant {number} for {line.grantee} ({line.operations}), by {line.creator}{child}: "
        f"answered {_counted(call for _, call in answered)}{by_token}, refused {_counted(refused)}, "
        f"{line.ended or 'lives'}"
    )


def _counted(calls: Iterable[str]) -> str:
    counts = Counter(calls)
    return " and ".join(f"{name} {count}" for name, count in counts.items()) or "nothing"
