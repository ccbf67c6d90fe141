"""The strata of a key: its materials as layers over time, and what each of them wrote and opened.

Everything is read from the service: the layers from ListKeyRotations, the marks from the trail.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final, NamedTuple

from kmslab.kms import Kms
from kmslab.lab.pictures.frame import FILLS, INK, WIDTH, Picture, label, picture

LEFT: Final = 178
RIGHT: Final = WIDTH - 14
TOP: Final = 34
LAYER: Final = 38
WRITES: Final = {"Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext"}
LEGEND: Final = (
    "● encrypted · ○ decrypted · ●─○ re-encrypted · strong: current · pale: decrypts only"
)


class Layer(NamedTuple):
    """One key material: current from `start` until `end` (Unix seconds)."""

    material: str
    how: str
    start: float
    end: float


class Touch(NamedTuple):
    """One use of a material, at `time` (Unix seconds); it ``encrypted`` or ``decrypted``."""

    material: str
    time: float
    deed: str


class Scale(NamedTuple):
    """From an instant to its place on the page."""

    start: float
    end: float

    def x(self, time: float) -> float:
        """Return the horizontal place of an instant."""
        share = (time - self.start) / max(self.end - self.start, 1.0)
        return round(LEFT + share * (RIGHT - LEFT - 8), 1)


def strata(world: Kms, key_id: str) -> Picture:
    """Draw the materials of a symmetric key, the oldest at the bottom, from its creation until now."""
    key = world.client().describe_key(KeyId=key_id)["KeyMetadata"]
    layers = list(_layers(world, key))
    scale = Scale(layers[0].start, layers[-1].end)
    place = {layer.material: TOP + LAYER * row for row, layer in enumerate(reversed(layers))}
    touches = [touch for touch in _touches(world, key["Arn"]) if touch.material in place]
    bottom = TOP + LAYER * len(layers)
    shapes = [
        *(
            _band(layer, number, scale, place[layer.material])
            for number, layer in _numbered(layers)
        ),
        *_lifts(touches, scale, place),
        *(_mark(touch, scale, place[touch.material]) for touch in touches),
        *_years(scale, bottom),
        label(LEFT, bottom + 44, LEGEND),
    ]
    lines = [_told(number, layer, touches) for number, layer in _numbered(layers)]
    return picture(f"The strata of {key_id}", lines, shapes, height=bottom + 54)


def _layers(world: Kms, key: Mapping[str, Any]) -> Iterator[Layer]:
    listed = world.client().list_key_rotations(
        KeyId=key["KeyId"], IncludeKeyMaterial="ALL_KEY_MATERIAL"
    )["Rotations"]
    starts = [each.get("RotationDate", key["CreationDate"]).timestamp() for each in listed]
    for entry, start, end in zip(listed, starts, [*starts[1:], world.clock.now()], strict=True):
        yield Layer(entry["KeyMaterialId"], entry.get("RotationType", "first"), start, end)


def _touches(world: Kms, arn: str) -> Iterator[Touch]:
    for event in world.trail:
        used = event.get("additionalEventData", {})
        if "errorCode" in event or all(each["ARN"] != arn for each in event.get("resources", ())):
            continue
        time = datetime.fromisoformat(event["eventTime"]).timestamp()
        if "sourceKeyMaterialId" in used:
            yield Touch(used["sourceKeyMaterialId"], time, "decrypted")
            yield Touch(used["destinationKeyMaterialId"], time, "encrypted")
        elif "keyMaterialId" in used:
            deed = "encrypted" if event["eventName"] in WRITES else "decrypted"
            yield Touch(used["keyMaterialId"], time, deed)


def _numbered(layers: list[Layer]) -> Iterator[tuple[int, Layer]]:
    return enumerate(layers, 1)


def _band(layer: Layer, number: int, scale: Scale, top: float) -> str:
    left, right = scale.x(layer.start), scale.x(scale.end) + 8
    middle = right if layer.end == scale.end else scale.x(layer.end)
    fill = FILLS[(number - 1) % (len(FILLS) - 1)]
    box = f'y="{top:g}" height="{LAYER - 4}" fill="{fill}"'
    name = f"{layer.material[:8]} {_word(layer)}"
    return (
        label(LEFT - 12, top + 15, f"material {number}", text_anchor="end")
        + label(LEFT - 12, top + 29, name, text_anchor="end", font_size="11")
        + f'<rect x="{left:g}" width="{right - left:g}" {box} fill-opacity="0.25"/>'
        + f'<rect x="{left:g}" width="{max(middle - left, 1):g}" {box}/>'
    )


def _mark(touch: Touch, scale: Scale, top: float) -> str:
    inside = INK if touch.deed == "encrypted" else "none"
    return (
        f'<circle cx="{scale.x(touch.time) + 4:g}" cy="{top + LAYER / 2 - 2:g}" r="5" fill="{inside}" '
        f'stroke="{INK}" stroke-width="2"/>'
    )


def _lifts(touches: list[Touch], scale: Scale, place: Mapping[str, float]) -> Iterator[str]:
    """Join the two ends of each ReEncrypt: a decryption and an encryption in one event."""
    for source, target in pairwise(touches):
        is_lift = (source.deed, target.deed) == ("decrypted", "encrypted")
        if is_lift and source.time == target.time and source.material != target.material:
            x = scale.x(source.time) + 4
            ends = [place[each.material] + LAYER / 2 - 2 for each in (source, target)]
            yield f'<path d="M{x:g} {ends[0]:g}V{ends[1]:g}" stroke="{INK}" stroke-width="2"/>'


def _years(scale: Scale, bottom: float) -> Iterator[str]:
    first, last = (datetime.fromtimestamp(time, UTC).year for time in scale)
    for year in range(first + 1, last + 1):
        x = scale.x(datetime(year, 1, 1, tzinfo=UTC).timestamp())
        yield f'<path d="M{x:g} {TOP}V{bottom + 4}" stroke="{INK}" stroke-opacity="0.3"/>'
        yield label(x, bottom + 20, str(year), text_anchor="middle")


def _told(number: int, layer: Layer, touches: list[Touch]) -> str:
    mine = [touch for touch in touches if touch.material == layer.material]
    counts = {
        deed: sum(touch.deed == deed for touch in mine) for deed in ("encrypted", "decrypted")
    }
    last = f", the last time on {_day(max(t.time for t in mine))}" if mine else ""
    return (
        f"material {number} {layer.material[:8]} ({_word(layer)}): current from {_day(layer.start)} to "
        f"{_day(layer.end)}; encrypted {counts['encrypted']}, decrypted {counts['decrypted']}{last}"
    )


def _word(layer: Layer) -> str:
    return layer.how.lower().replace("_", " ")


def _day(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).date().isoformat()
