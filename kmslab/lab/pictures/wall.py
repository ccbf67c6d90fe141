"""The wall: bytes in against bytes out, for some keys, up to where each refuses."""

from collections.abc import Iterator, Mapping, Sequence
from math import log2
from typing import Any, Final, NamedTuple

from kmslab.kms import Kms
from kmslab.lab.checks.wall import ALGORITHMS
from kmslab.lab.pictures.frame import FILLS, INK, WIDTH, Picture, label, picture

LEFT: Final = 64
RIGHT: Final = WIDTH - 180  # beside it stand the specs, SYMMETRIC_DEFAULT the longest
TOP: Final = 36
HEIGHT: Final = 260
MOST: Final = 8192  # bytes, at the right and at the top
SIZES: Final = tuple(sorted({*(2**n for n in range(14)), 190, 191, 318, 319, 446, 447, 4097, 6000}))


class Try(NamedTuple):
    """One plaintext: its size, and that of the blob, or None where it was refused."""

    size: int
    blob: int | None


def wall(world: Kms, keys: Mapping[str, str]) -> Picture:
    """Encrypt plaintexts of growing size under each key, given by spec, and draw what came back."""
    kms = world.client()
    tries = {spec: list(_tries(kms, spec, key_id)) for spec, key_id in keys.items()}
    shapes = [*_axes()]
    for number, (spec, found) in enumerate(tries.items()):
        shapes.extend(_drawn(spec, found, FILLS[number % len(FILLS)], number))
    lines = [_told(spec, found) for spec, found in tries.items()]
    return picture("The wall", lines, shapes, height=TOP + HEIGHT + 40)


def _tries(kms: Any, spec: str, key_id: str) -> Iterator[Try]:  # noqa: ANN401 - a boto3 client
    for size in SIZES:
        given = {"KeyId": key_id, "EncryptionAlgorithm": ALGORITHMS[spec]}
        try:
            blob = kms.encrypt(Plaintext=bytes(size), **given)["CiphertextBlob"]
        except kms.exceptions.ClientError:
            yield Try(size, None)
        else:
            yield Try(size, len(blob))


def _x(size: float) -> float:
    return LEFT + log2(size) / log2(MOST) * (RIGHT - LEFT)


def _y(size: float) -> float:
    return TOP + HEIGHT - log2(size) / log2(MOST) * HEIGHT


def _axes() -> Iterator[str]:
    yield f'<path d="M{LEFT} {TOP}V{TOP + HEIGHT}H{RIGHT}" fill="none" stroke="{INK}" stroke-opacity="0.4"/>'
    for size in (1, 16, 256, 4096):
        yield label(_x(size), TOP + HEIGHT + 16, f"{size:,}", text_anchor="middle", font_size="11")
        yield label(LEFT - 6, _y(size) + 4, f"{size:,}", text_anchor="end", font_size="11")
    yield label(RIGHT, TOP + HEIGHT + 34, "bytes of plaintext", text_anchor="end", font_size="11")
    yield label(LEFT, TOP - 8, "bytes of ciphertext", font_size="11")


def _drawn(spec: str, tries: Sequence[Try], fill: str, number: int) -> Iterator[str]:
    kept = [(each.size, each.blob) for each in tries if each.blob is not None]
    if not kept:
        return
    points = "L".join(f"{_x(size):.1f} {_y(blob):.1f}" for size, blob in kept)
    last, height = kept[-1]
    yield f'<path d="M{points}" fill="none" stroke="{fill}" stroke-width="2.5"/>'
    yield (
        f'<path d="M{_x(last):.1f} {_y(height):.1f}V{TOP + HEIGHT}" stroke="{fill}" '
        'stroke-width="2.5" stroke-dasharray="3 3"/>'
    )
    yield f'<rect x="{RIGHT + 12}" y="{TOP + number * 22}" width="12" height="12" fill="{fill}"/>'
    yield label(RIGHT + 30, TOP + number * 22 + 11, spec, font_size="12")


def _told(spec: str, tries: Sequence[Try]) -> str:
    kept = [each for each in tries if each.blob is not None]
    refused = next((each.size for each in tries if each.blob is None), None)
    if not kept:
        return f"{spec}: nothing was accepted"
    first, last = kept[0], kept[-1]
    return (
        f"{spec}: {first.size} byte became {first.blob:,}, {last.size:,} bytes became {last.blob:,}; "
        f"{'nothing was refused' if refused is None else f'{refused:,} bytes were refused'}"
    )
