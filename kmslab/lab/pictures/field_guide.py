"""The field guide: which key answers which operation, tried on the live service."""

from collections.abc import Mapping
from typing import Final

from kmslab.kms import Kms
from kmslab.lab.pictures.frame import FILLS, INK, Picture, label, picture
from kmslab.lab.specimens import Client, ask

LEFT: Final = 214
TOP: Final = 150
CELL: Final = 30
PITCH: Final = 36  # pixels from one column to the next
REFUSALS: Final = {
    "InvalidKeyUsageException": ("u", FILLS[1]),
    "UnsupportedOperationException": ("o", FILLS[4]),
}
OTHER: Final = ("?", FILLS[7])
LEGEND: Final = "✓ answered"


def field_guide(world: Kms, keys: Mapping[str, str]) -> Picture:
    """Ask every key, given by name and ID, for every operation, and draw the answers as a grid."""
    kms = world.client()
    answers = {name: ask(kms, key_id) for name, key_id in keys.items()}
    kinds = {name: _kind(kms, key_id) for name, key_id in keys.items()}
    operations = list(next(iter(answers.values())))
    shapes = [_column(number, operation) for number, operation in enumerate(operations)]
    for row, (name, codes) in enumerate(answers.items()):
        top = TOP + row * CELL
        shapes.append(label(0, top + 19, name, font_weight="600"))
        shapes.append(label(LEFT - 10, top + 19, kinds[name][0], text_anchor="end", font_size="11"))
        shapes.extend(_cell(number, top, code) for number, code in enumerate(codes.values()))
    bottom = TOP + len(keys) * CELL + 22
    shapes.append(label(0, bottom, _legend(answers)))
    lines = [_told(name, kinds[name], codes) for name, codes in answers.items()]
    return picture("A field guide to keys", lines, shapes, height=bottom + 10)


def _kind(kms: Client, key_id: str) -> tuple[str, str]:
    key = kms.describe_key(KeyId=key_id)["KeyMetadata"]
    return key["KeySpec"], key["KeyUsage"]


def _column(number: int, operation: str) -> str:
    x, y = LEFT + number * PITCH + 18, TOP - 8
    return label(x, y, operation, font_size="12", transform=f"rotate(-62 {x} {y})")


def _cell(number: int, top: float, code: str) -> str:
    sign, fill = REFUSALS.get(code, OTHER) if code else ("✓", FILLS[2])
    strength = "0.25" if code else "1"
    x = LEFT + number * PITCH
    return (
        f'<rect x="{x}" y="{top:g}" width="{PITCH - 4}" height="{CELL - 4}" rx="4" fill="{fill}" '
        f'fill-opacity="{strength}" stroke="{INK}" stroke-opacity="0.2"/>'
        + label(x + PITCH / 2 - 2, top + 18, sign, text_anchor="middle")
    )


def _legend(answers: Mapping[str, Mapping[str, str]]) -> str:
    met = {code for codes in answers.values() for code in codes.values() if code}
    told = [f"{REFUSALS.get(code, OTHER)[0]} {code}" for code in sorted(met)]
    return " · ".join([LEGEND, *told])


def _told(name: str, kind: tuple[str, str], codes: Mapping[str, str]) -> str:
    answered = ", ".join(operation for operation, code in codes.items() if not code)
    return f"{name} ({kind[0]}, {kind[1]}) answered {answered or 'nothing'}"
