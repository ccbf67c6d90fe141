"""Who holds which half of which key, and what follows: who can make something, who can check or open it.

Keys, usages and origins are read from the service; what has left it, and what was asked of it, from the
trail.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from kmslab.kms import Kms
from kmslab.lab.checks.look import concerns
from kmslab.lab.pictures.frame import FILLS, WIDTH, Picture, label, picture

LEFT: Final = 168
COLUMN: Final = (WIDTH - LEFT) / 3
TOP: Final = 52
ROW: Final = 56
HEADS: Final = ("inside KMS", "who may call KMS", "outside of KMS")
COUNTED: Final = {
    "Encrypt",
    "Decrypt",
    "Sign",
    "Verify",
    "GenerateMac",
    "VerifyMac",
    "DeriveSharedSecret",
    "Encapsulate",
    "Decapsulate",
}


class Roles(NamedTuple):
    """What KMS holds of a key, what its callers can do, what is held outside and good for what."""

    held: str
    callers: str
    outside: str
    use: str


PRIVATE: Final = "the private key"
ONE: Final = "the one key"
PUBLIC: Final = "the public key"
NOTHING: Final = "nothing"
ROLES: Final[Mapping[str, Roles]] = {
    "SIGN_VERIFY": Roles(PRIVATE, "sign and check", PUBLIC, "check"),
    "GENERATE_VERIFY_MAC": Roles(ONE, "make and check tags", NOTHING, NOTHING),
    "KEY_AGREEMENT": Roles(PRIVATE, "agree", PUBLIC, "agree, with an own key"),
    "ENCAPSULATE_DECAPSULATE": Roles(PRIVATE, "put in and take out", PUBLIC, "put in"),
    "ENCRYPT_DECRYPT": Roles(PRIVATE, "encrypt and decrypt", PUBLIC, "encrypt"),
    "SYMMETRIC_DEFAULT": Roles(ONE, "encrypt and decrypt", NOTHING, NOTHING),
}
# Whoever has a copy of imported material can do what KMS can, except with a symmetric encryption key, of
# which the ciphertext format is not published.
COPY: Final = "a copy of the key"


class Row(NamedTuple):
    """One key: its alias, its spec, its roles as they stand, and what KMS has done with it."""

    alias: str
    spec: str
    roles: Roles
    done: str
    fetched: int


def holders(world: Kms) -> Picture:
    """Draw, for every key with an alias, who holds what and who can do what with it."""
    rows = list(_rows(world))
    shapes = [
        *(label(_left(n) + 8, 42, head, font_weight="600") for n, head in enumerate(HEADS)),
        *(shape for n, row in enumerate(rows) for shape in _drawn(row, TOP + n * ROW)),
    ]
    lines = [_told(row) for row in rows]
    return picture("Who holds what", lines, shapes, height=TOP + ROW * len(rows))


def _rows(world: Kms) -> Iterator[Row]:
    kms = world.client()
    events = list(world.trail)
    aliases = kms.list_aliases(Limit=100)["Aliases"]
    named = [each for each in aliases if "TargetKeyId" in each]
    described = [(a["AliasName"], kms.describe_key(KeyId=a["TargetKeyId"])) for a in named]
    for alias, answer in sorted(described, key=lambda pair: pair[1]["KeyMetadata"]["CreationDate"]):
        key = answer["KeyMetadata"]
        calls = Counter(
            event["eventName"]
            for event in events
            if concerns(event, key["Arn"]) and "errorCode" not in event
        )
        told = ", ".join(f"{name} {calls[name]}" for name in sorted(COUNTED & set(calls)))
        yield Row(
            alias, key["KeySpec"], _roles(key, calls), told or "not used", calls["GetPublicKey"]
        )


def _roles(key: Mapping[str, Any], calls: Counter[str]) -> Roles:
    roles = ROLES.get(key["KeySpec"]) or ROLES[key["KeyUsage"]]
    if key["Origin"] == "EXTERNAL" and key["KeySpec"] != "SYMMETRIC_DEFAULT":
        return roles._replace(outside=COPY, use=roles.callers)
    if roles.outside == PUBLIC and not calls["GetPublicKey"]:
        return roles._replace(outside=NOTHING, use="the public key was not fetched")
    return roles


def _drawn(row: Row, top: float) -> Iterator[str]:
    yield label(LEFT - 12, top + 20, row.alias, text_anchor="end", font_weight="600")
    yield label(LEFT - 12, top + 36, row.spec, text_anchor="end", font_size="11")
    cells = (
        (row.roles.held, row.done),
        ("a permission", row.roles.callers),
        (row.roles.outside, row.roles.use),
    )
    for n, (held, use) in enumerate(cells):
        fill = TINTS.get(held, "none")
        yield (
            f'<rect x="{_left(n) + 3:g}" y="{top + 3:g}" width="{COLUMN - 6:g}" height="{ROW - 6}" rx="5" '
            f'fill="{fill}" fill-opacity="0.3" stroke="#888" stroke-opacity="0.5"/>'
        )
        yield label(_left(n) + 10, top + 23, held)
        yield label(_left(n) + 10, top + 40, use, font_size="11")


TINTS: Final = {PRIVATE: FILLS[4], ONE: FILLS[4], COPY: FILLS[4], PUBLIC: FILLS[2]}


def _left(column: int) -> float:
    return LEFT + column * COLUMN


def _told(row: Row) -> str:
    roles = row.roles
    return (
        f"{row.alias} ({row.spec}): KMS holds {roles.held}; its callers {roles.callers}; "
        f"outside is {roles.outside}: {roles.use}. Done: {row.done}; "
        f"public key fetched {row.fetched} times"
    )
