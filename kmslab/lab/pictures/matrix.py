"""Who gets at which key: callers across, keys down, each crossing tried on the live service."""

from collections.abc import Mapping
from typing import Any, Final

from botocore.exceptions import ClientError

from kmslab.lab.pictures.frame import FILLS, INK, Picture, label, picture

LEFT: Final = 130
TOP: Final = 60
WIDE: Final = 130
HIGH: Final = 44
Client = Any  # a boto3 client of KMS
Answers = Mapping[str, Mapping[str, bool]]  # key, caller, whether it was answered


def tried(callers: Mapping[str, Client], keys: Mapping[str, str]) -> Answers:
    """Let every caller encrypt under every key, given by ARN."""
    return {
        name: {caller: _encrypts(client, arn) for caller, client in callers.items()}
        for name, arn in keys.items()
    }


def _encrypts(client: Client, arn: str) -> bool:
    try:
        client.encrypt(KeyId=arn, Plaintext=b"?")
    except ClientError:
        return False
    return True


def matrix(callers: Mapping[str, Client], keys: Mapping[str, str]) -> Picture:
    """Draw who may encrypt under which key."""
    answers = tried(callers, keys)
    shapes = [
        label(LEFT + n * WIDE + WIDE / 2, TOP - 10, caller, text_anchor="middle", font_weight="600")
        for n, caller in enumerate(callers)
    ]
    for row, (name, by_caller) in enumerate(answers.items()):
        top = TOP + row * HIGH
        shapes.append(label(0, top + 26, name, font_weight="600"))
        shapes += [_cell(n, top, allowed=yes) for n, yes in enumerate(by_caller.values())]
    lines = [
        f"{name}: {', '.join(caller for caller, yes in row.items() if yes) or 'nobody'}"
        for name, row in answers.items()
    ]
    height = TOP + len(answers) * HIGH + 10
    return picture("Who may encrypt under which key", lines, shapes, height=height)


def _cell(number: int, top: float, *, allowed: bool) -> str:
    x, fill = LEFT + number * WIDE, FILLS[2] if allowed else FILLS[4]
    return (
        f'<rect x="{x}" y="{top:g}" width="{WIDE - 6}" height="{HIGH - 6}" rx="5" fill="{fill}" '
        f'fill-opacity="{"0.8" if allowed else "0.18"}" stroke="{INK}" stroke-opacity="0.3"/>'
        + label(x + WIDE / 2 - 3, top + 25, "✓" if allowed else "✗", text_anchor="middle")
    )
