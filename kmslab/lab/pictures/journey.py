"""The journey of imported key material: on the laptop, on the way, inside KMS, along one time line.

What KMS held and was sent is read from its trail. What lies on a laptop no service knows; that is
handed in.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from kmslab.kms import Kms
from kmslab.lab.checks.look import concerns
from kmslab.lab.pictures.frame import FILLS, INK, WIDTH, Picture, label, picture

LEFT: Final = 150
RIGHT: Final = WIDTH - 20
BAND: Final = 30
LANES: Final = {"your laptop": 40, "on the way, wrapped": 92, "inside KMS": 144}
FOOT: Final = 196
LEGEND: Final = "↓ imported · ✕ refused · ● the key answered"
LOSSES: Final = {"DeleteImportedKeyMaterial": "deleted", "DeleteExpiredKeyMaterial": "expired"}
USES: Final = {"Encrypt", "Decrypt", "GenerateDataKey", "ReEncrypt"}
STATE: Final = "KMSInvalidStateException"

Period = tuple[datetime, datetime | None]  # until when; None is until now


class Stay(NamedTuple):
    """Material in one place, between two instants (Unix seconds); `why` it ended, or ""."""

    start: float
    end: float
    why: str = ""


class Sign(NamedTuple):
    """Something that happened at an instant (Unix seconds), and its error code, or ""."""

    time: float
    error: str


class Story(NamedTuple):
    """What the trail says of one key's material."""

    stays: list[Stay]
    imports: list[Sign]
    uses: list[Sign]


def journey(world: Kms, key_id: str, *, laptop: Iterable[Period] = ()) -> Picture:
    """Draw where a key's material was, from the key's creation until now.

    `laptop` holds the periods in which a copy lay outside of KMS.
    """
    key = world.client().describe_key(KeyId=key_id)["KeyMetadata"]
    now = world.clock.now()
    story = _story(world, key, now)
    kept = [Stay(start.timestamp(), end.timestamp() if end else now) for start, end in laptop]
    first = min([key["CreationDate"].timestamp(), *(stay.start for stay in kept)])
    shapes = [
        *_lanes(),
        *_bands(kept, LANES["your laptop"], FILLS[1], (first, now)),
        *_bands(story.stays, LANES["inside KMS"], FILLS[0], (first, now)),
        *(_flight(sign, _x(sign.time, first, now)) for sign in story.imports),
        *(_use(sign, _x(sign.time, first, now)) for sign in story.uses),
        *_ends(first, now),
        label(LEFT, FOOT + 42, LEGEND),
    ]
    lines = list(_lines(kept, story, now))
    return picture(f"Where the material of {key_id} was", lines, shapes, height=FOOT + 52)


def _story(world: Kms, key: Mapping[str, Any], now: float) -> Story:
    is_external = key["Origin"] == "EXTERNAL"
    present = {} if is_external else {"": key["CreationDate"].timestamp()}
    story = Story([], [], [])
    for event in world.trail:
        if not concerns(event, key["Arn"]):
            continue
        name = event["eventName"]
        sign = Sign(
            datetime.fromisoformat(event["eventTime"]).timestamp(), event.get("errorCode", "")
        )
        if name in USES and sign.error in ("", STATE):
            story.uses.append(sign)
        elif name == "ImportKeyMaterial":
            story.imports.append(sign)
            if not sign.error:
                present.setdefault(_material(event), sign.time)
        elif name in LOSSES and not sign.error and _material(event) in present:
            story.stays.append(Stay(present.pop(_material(event)), sign.time, LOSSES[name]))
    story.stays.extend(Stay(start, now) for start in present.values())
    return story


def _material(event: Mapping[str, Any]) -> str:
    """Return the ID of the material of an import or a loss; other kinds than symmetric have one only."""
    told = event.get("serviceEventDetails") or event.get("responseElements") or {}
    return str(told.get("keyMaterialId", ""))


def _x(time: float, first: float, now: float) -> float:
    return round(LEFT + (time - first) / max(now - first, 1.0) * (RIGHT - LEFT), 1)


def _lanes() -> Iterator[str]:
    for name, top in LANES.items():
        yield label(LEFT - 12, top + 20, name, text_anchor="end")
        yield (
            f'<rect x="{LEFT}" y="{top}" width="{RIGHT - LEFT}" height="{BAND}" fill="{INK}" '
            'fill-opacity="0.07"/>'
        )


def _bands(
    stays: Iterable[Stay], top: float, fill: str, ends: tuple[float, float]
) -> Iterator[str]:
    for stay in stays:
        left, right = _x(stay.start, *ends), _x(stay.end, *ends)
        width = max(right - left, 2)
        yield (
            f'<rect x="{left:g}" y="{top:g}" width="{width:g}" height="{BAND}" fill="{fill}" '
            'fill-opacity="0.6"/>'
        )
        if stay.why:
            yield label(right, top + BAND + 14, stay.why, text_anchor="middle", font_size="11")


def _flight(sign: Sign, x: float) -> str:
    start = LANES["your laptop"] + BAND
    middle = LANES["on the way, wrapped"] + BAND / 2
    end = middle if sign.error else LANES["inside KMS"]
    line = f'<path d="M{x:g} {start}V{end:g}" stroke="{INK}" stroke-width="2"/>'
    tip = f'<path d="M{x - 4:g} {end - 7:g}L{x:g} {end:g}L{x + 4:g} {end - 7:g}" fill="{INK}"/>'
    return line + (_cross(x, middle) if sign.error else tip)


def _use(sign: Sign, x: float) -> str:
    y = LANES["inside KMS"] + BAND / 2
    return _cross(x, y) if sign.error else f'<circle cx="{x:g}" cy="{y:g}" r="4" fill="{INK}"/>'


def _cross(x: float, y: float) -> str:
    return (
        f'<path d="M{x - 5:g} {y - 5:g}l10 10m0 -10l-10 10" stroke="{FILLS[4]}" stroke-width="3"/>'
    )


def _ends(first: float, now: float) -> Iterator[str]:
    yield label(LEFT, FOOT + 16, _day(first))
    yield label(RIGHT, FOOT + 16, _day(now), text_anchor="end")


def _lines(kept: list[Stay], story: Story, now: float) -> Iterator[str]:
    flights = [f"{_day(each.time)} {each.error or 'taken'}" for each in story.imports]
    refused = sum(bool(each.error) for each in story.uses)
    yield f"your laptop: {_told(kept, now)}"
    yield f"on the way, wrapped: {', '.join(flights) or 'never'}"
    yield f"inside KMS: {_told(story.stays, now)}"
    yield f"calls for the key: {len(story.uses) - refused} answered, {refused} refused without material"


def _told(stays: list[Stay], now: float) -> str:
    said = (
        f"from {_day(stay.start)} "
        + ("until now" if stay.end == now else f"to {_day(stay.end)}")
        + (f" ({stay.why})" if stay.why else "")
        for stay in stays
    )
    return ", ".join(said) or "never"


def _day(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).date().isoformat()
