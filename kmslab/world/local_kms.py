"""The seeding files of local-kms (github.com/nsmithuk/local-kms, README, "Seeding file format") as a world.

Knows that form; refuses to know what becomes of it.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from kmslab.custody.given import spec_of_pem
from kmslab.quiz.shape import Words, faults
from kmslab.quiz.source import Fault, Source
from kmslab.world.model import AliasName, Instant, KeyId

PERIOD: Final = 365  # days; the file says only when a key rotates next


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="pascal"):
    """What every mapping of such a file has in common."""


class Metadata(_Part, frozen=True, kw_only=True):
    """What is told of a key."""

    key_id: KeyId
    description: str = ""
    key_usage: str | None = None
    origin: Literal["AWS_KMS", "EXTERNAL"] = "AWS_KMS"


class Aes(_Part, frozen=True, kw_only=True):
    """A symmetric encryption key; the current material last."""

    metadata: Metadata
    backing_keys: tuple[Annotated[str, Meta(pattern="^[0-9A-Fa-f]{64}$")], ...] = ()
    next_key_rotation: Instant | None = None


class Pair(_Part, frozen=True, kw_only=True):
    """An RSA or ECC key; its spec follows from the private key."""

    metadata: Metadata
    private_key_pem: str


class Alias(_Part, frozen=True, kw_only=True):
    """An alias."""

    alias_name: AliasName
    target_key_id: str


class Symmetric(_Part, frozen=True, kw_only=True):
    """The symmetric keys."""

    aes: tuple[Aes, ...] = ()


class Asymmetric(_Part, frozen=True, kw_only=True):
    """The asymmetric keys."""

    rsa: tuple[Pair, ...] = ()
    ecc: tuple[Pair, ...] = ()


class Keys(_Part, frozen=True, kw_only=True):
    """All keys, by their sort."""

    symmetric: Symmetric = Symmetric()
    asymmetric: Asymmetric = Asymmetric()


class SeedFile(_Part, frozen=True, kw_only=True):
    """The whole file."""

    keys: Keys
    aliases: tuple[Alias, ...] = ()


PARTS: Final = (SeedFile, Keys, Symmetric, Asymmetric, Alias, Pair, Aes, Metadata)
WORDS: Final = Words(
    whole="the seeding file",
    schema="the README of local-kms",
    fields=tuple(sorted({n for part in PARTS for n in part.__struct_encode_fields__})),
)


def is_one(value: object) -> bool:
    """Tell such a file by its mapping of keys."""
    return isinstance(value, Mapping) and isinstance(value.get("Keys"), Mapping)


def shape_faults(source: Source) -> Iterator[Fault]:
    """Yield what keeps a file from having this form."""
    yield from faults(source, source.value, SeedFile, "$", WORDS)


def translated(source: Source, *, account: str, region: str) -> tuple[Source, list[Fault]]:
    """Return a file as a world, each key at the place of the one it was; and what is wrong with it."""
    seed = msgspec.convert(source.value, SeedFile)
    found: list[Fault] = []
    keys: list[dict[str, Any]] = []
    values = dict(source.values)
    for where, each in _placed(seed):
        values[f"$.Accounts[0].Keys[{len(keys)}]"] = source.place(where)
        try:
            keys.append({"Region": region, **_key(each)})
        except ValueError as error:
            right = "use RSA or ECC, in PEM, without a passphrase"
            found.append(source.fault(f"{where}.PrivateKeyPem", str(error), right))
    by_id = {key["KeyId"]: key for key in keys}
    for number, alias in enumerate(seed.aliases):
        if alias.target_key_id in by_id:
            by_id[alias.target_key_id].setdefault("Aliases", []).append(alias.alias_name)
        else:
            wrong = f"there is no key {alias.target_key_id}"
            where = f"$.Aliases[{number}].TargetKeyId"
            found.append(source.fault(where, wrong, "name a key of this file"))
    world = {"World": 1, "Accounts": [{"AccountId": account, "Keys": keys}]}
    return Source(source.path, world, values, source.keys), found


def _placed(seed: SeedFile) -> Iterator[tuple[str, Aes | Pair]]:
    lists: tuple[tuple[str, tuple[Aes | Pair, ...]], ...] = (
        ("Symmetric.Aes", seed.keys.symmetric.aes),
        ("Asymmetric.Rsa", seed.keys.asymmetric.rsa),
        ("Asymmetric.Ecc", seed.keys.asymmetric.ecc),
    )
    for name, entries in lists:
        for number, each in enumerate(entries):
            yield f"$.Keys.{name}[{number}]", each


def _key(seed: Aes | Pair) -> dict[str, Any]:
    told = seed.metadata
    common = {"KeyId": told.key_id, "Description": told.description, "Origin": told.origin}
    if isinstance(seed, Pair):
        spec = spec_of_pem(seed.private_key_pem)
        return {
            **common,
            "KeySpec": spec,
            "KeyUsage": told.key_usage or "SIGN_VERIFY",
            "Materials": [{"Pem": seed.private_key_pem}],
        }
    rotation = {} if seed.next_key_rotation is None else _rotation(seed.next_key_rotation)
    return {**common, **rotation, "Materials": [{"Hex": each} for each in seed.backing_keys]}


def _rotation(instant: datetime) -> dict[str, Any]:
    return {"RotationPeriodInDays": PERIOD, "NextRotationDate": instant.isoformat()}
