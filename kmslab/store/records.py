"""The kinds of records that KMS keeps, and how each is addressed.

A scope is an account and a Region (`scope`): keys and aliases of one scope are listed together.
"""

import msgspec

from kmslab.model.grants import Grant
from kmslab.model.keys import Alias, KmsKey
from kmslab.store.port import Kind


def scope(account: str, region: str) -> str:
    """Name the partition of an account's resources in one Region."""
    return f"{account}/{region}"


def relation(key: KmsKey) -> str:
    """Name what related multi-Region keys have in common."""
    return f"{key.account}/{key.key_id}"


ALL_DUES = "all"  # one list of what is due, in the order of time

KEYS = Kind(
    "key",
    KmsKey,
    partition=lambda key: scope(key.account, key.region),
    sort=lambda key: key.key_id,
    indexes={
        "related": lambda key: relation(key) if key.primary_region else None,
    },
)

ALIASES = Kind(
    "alias",
    Alias,
    partition=lambda alias: scope(alias.account, alias.region),
    sort=lambda alias: alias.name,
    indexes={
        "target": lambda alias: f"{scope(alias.account, alias.region)}/{alias.target_key_id}",
    },
)

GRANTS = Kind(
    "grant",
    Grant,
    partition=lambda grant: grant.key_arn,
    sort=lambda grant: grant.grant_id,
    indexes={
        "grantee": lambda grant: f"{grant.key_arn} {grantee(grant)}",
        "retiring": lambda grant: (
            grant.retiring_principal or grant.retiring_service_principal or None
        ),
    },
)


class GrantToken(msgspec.Struct, frozen=True):
    """What a grant token stands for."""

    token: str
    key_arn: str
    grant_id: str


class Due(msgspec.Struct, frozen=True):
    """Something will happen to a key at an instant (Unix seconds) by itself."""

    at: float
    account: str
    region: str
    key_id: str


DUES = Kind(
    "due",
    Due,
    partition=lambda _: ALL_DUES,
    sort=lambda due: f"{due.at:017.3f} {due.account} {due.region} {due.key_id}",
)

TOKENS = Kind(
    "grant token",
    GrantToken,
    partition=lambda token: token.token,
    sort=lambda token: token.token,
)


class Instant(msgspec.Struct, frozen=True):
    """Where a virtual clock stood (Unix seconds)."""

    at: float


class Shift(msgspec.Struct, frozen=True):
    """How far the clock of a served world is ahead of the machine's (seconds)."""

    seconds: float


SHIFTS = Kind("shift", Shift, partition=lambda _: "clock", sort=lambda _: "clock")

INSTANTS = Kind("instant", Instant, partition=lambda _: "clock", sort=lambda _: "clock")


class TrailLength(msgspec.Struct, frozen=True):
    """How many of the newest events a store keeps, as whoever said so last wants it."""

    events: int


TRAILS = Kind("trail length", TrailLength, partition=lambda _: "trail", sort=lambda _: "trail")


class WorldMade(msgspec.Struct, frozen=True):
    """The file of which a world was made, by its SHA-256."""

    digest: str


WORLDS = Kind("world", WorldMade, partition=lambda _: "world", sort=lambda _: "world")


class LastUse(msgspec.Struct, frozen=True):
    """The last successful use of a key in a cryptographic operation, at an instant (Unix seconds)."""

    account: str
    region: str
    key_id: str
    operation: str
    at: float
    request_id: str


USES = Kind(
    "last use",
    LastUse,
    partition=lambda use: scope(use.account, use.region),
    sort=lambda use: use.key_id,
)


def grantee(grant: Grant) -> str:
    """Return the principal that a grant allows."""
    return grant.grantee_principal or grant.grantee_service_principal
