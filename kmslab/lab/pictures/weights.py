"""What a signature weighs: the bytes of public halves and signatures, measured on the service."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from kmslab.kms import Kms
from kmslab.lab.pictures.frame import FILLS, WIDTH, Picture, label, picture

LEFT: Final = 200
RIGHT: Final = WIDTH - 110
TOP: Final = 34
ROW: Final = 40
BAR: Final = 13
MESSAGE: Final = b"how heavy am I?"


class Weight(NamedTuple):
    """Bytes of a key's public half and of one signature."""

    spec: str
    public: int
    signature: int


def weights(world: Kms, keys: Iterable[str]) -> Picture:
    """Let each signing key, given by ID or alias, sign a message, and draw what had to be sent."""
    kms = world.client()
    weighed = [_weigh(kms, key_id) for key_id in keys]
    scale = (RIGHT - LEFT) / max(max(each.public, each.signature) for each in weighed)
    shapes: list[str] = []
    for row, weight in enumerate(weighed):
        top = TOP + row * ROW
        shapes.append(label(LEFT - 12, top + 18, weight.spec, text_anchor="end"))
        shapes.append(_bar(top, weight.public * scale, FILLS[0], f"{weight.public:,} B key"))
        below = top + BAR + 2
        told = f"{weight.signature:,} B signature"
        shapes.append(_bar(below, weight.signature * scale, FILLS[1], told))
    lines = [
        f"{each.spec}: public half {each.public:,} bytes, signature {each.signature:,} bytes"
        for each in weighed
    ]
    return picture("What a signature weighs", lines, shapes, height=TOP + ROW * len(weighed) + 6)


def _weigh(kms: Any, key_id: str) -> Weight:  # noqa: ANN401 - a boto3 client
    half = kms.get_public_key(KeyId=key_id)
    given = {"KeyId": key_id, "Message": MESSAGE, "SigningAlgorithm": half["SigningAlgorithms"][0]}
    return Weight(half["KeySpec"], len(half["PublicKey"]), len(kms.sign(**given)["Signature"]))


def _bar(top: float, length: float, fill: str, told: str) -> str:
    return (
        f'<rect x="{LEFT}" y="{top:g}" width="{max(length, 1):.1f}" height="{BAR}" fill="{fill}"/>'
        + label(round(LEFT + length + 6, 1), top + 11, told, font_size="11")
    )
