"""The map of swaps: which ciphertext opens in whose name, each pair tried on the live service."""

from collections.abc import Mapping
from typing import Any, Final

from botocore.exceptions import ClientError

from kmslab.kms import Kms
from kmslab.lab.pictures.frame import FILLS, INK, Picture, label, picture

LEFT: Final = 150
TOP: Final = 74
CELL: Final = 44
WIDE: Final = 92  # pixels from one column to the next
OWN: Final = ("✓", FILLS[2], "0.85")
LEAK: Final = ("✓ leak", FILLS[4], "0.85")
SHUT: Final = ("shut", FILLS[7], "0.12")
LOST: Final = ("lost", FILLS[1], "0.5")

Contexts = Mapping[str, Mapping[str, str]]


def swaps(world: Kms, blobs: Mapping[str, bytes], contexts: Contexts) -> Picture:
    """Try each tenant's ciphertext with the context of each tenant, and draw what opens."""
    kms = world.client()
    shapes = [label(0, TOP - 32, "ciphertext of …", font_size="12")]
    shapes.append(label(LEFT, TOP - 32, "… sent to Decrypt in the name of", font_size="12"))
    shapes += [_column(number, name) for number, name in enumerate(contexts)]
    lines: list[str] = []
    leaks = 0
    for row, (owner, blob) in enumerate(blobs.items()):
        opened = [name for name, context in contexts.items() if _opens(kms, blob, context)]
        top = TOP + row * CELL
        shapes.append(label(0, top + 25, owner, font_weight="600"))
        shapes += [
            _cell(number, top, _sign(is_own=name == owner, is_open=name in opened))
            for number, name in enumerate(contexts)
        ]
        leaks += len(set(opened) - {owner})
        lines.append(f"the ciphertext of {owner} opens in the name of {_listed(opened)}")
    title = f"Swaps that open: {leaks} of {len(blobs) * (len(contexts) - 1)}"
    return picture(title, lines, shapes, height=TOP + len(blobs) * CELL + 4)


def _opens(kms: Any, blob: bytes, context: Mapping[str, str]) -> bool:  # noqa: ANN401 - a boto3 client
    try:
        kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)
    except ClientError:
        return False
    return True


def _sign(*, is_own: bool, is_open: bool) -> tuple[str, str, str]:
    if is_own:
        return OWN if is_open else LOST
    return LEAK if is_open else SHUT


def _column(number: int, name: str) -> str:
    middle = LEFT + number * WIDE + WIDE / 2 - 2
    return label(middle, TOP - 8, name, text_anchor="middle", font_weight="600")


def _cell(number: int, top: float, look: tuple[str, str, str]) -> str:
    sign, fill, strength = look
    x = LEFT + number * WIDE
    return (
        f'<rect x="{x}" y="{top:g}" width="{WIDE - 4}" height="{CELL - 4}" rx="4" fill="{fill}" '
        f'fill-opacity="{strength}" stroke="{INK}" stroke-opacity="0.2"/>'
        + label(x + WIDE / 2 - 2, top + 25, sign, text_anchor="middle", font_size="12")
    )


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "nobody"
