"""From a file to a world that makes sense, or to faults with line and column.

Takes the form of `model.py`, and that of local-kms (`local_kms.py`). Refuses to know what a world is made with.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import msgspec

from kmslab.model.key_specs import KEY_SPECS
from kmslab.model.regions import REGIONS
from kmslab.quiz import source as sources
from kmslab.quiz.shape import Words, faults
from kmslab.quiz.source import Fault, QuizFileError, Source
from kmslab.world import local_kms
from kmslab.world.model import (
    PARTS,
    Group,
    Key,
    ManagedPolicy,
    Material,
    Role,
    User,
    WorldFile,
)

WORDS: Final = Words(
    whole="the world",
    schema="kmslab/world/schema.json",
    fields=tuple(sorted({n for part in PARTS for n in part.__struct_encode_fields__})),
)
LISTS: Final[Mapping[str, type]] = {
    "ManagedPolicies": ManagedPolicy,
    "Groups": Group,
    "Users": User,
    "Roles": Role,
    "Keys": Key,
}
FORMS: Final = ("hex", "base64", "pem", "seed")


class WorldFileError(ValueError):
    """A file of which no world can be made; `faults` has what was found, one line each."""

    def __init__(self, found: list[Fault]) -> None:
        self.faults = tuple(sorted(set(found)))
        more = len(self.faults) - 1
        rest = f" (kmslab world check tells {more} more)" if more else ""
        super().__init__(f"{self.faults[0]}{rest}")


class ReadWorld(msgspec.Struct, frozen=True):
    """A world as it was read: with a digest of its file, and where in it everything stands."""

    file: WorldFile
    digest: str
    source: Source

    def fault(self, where: str, wrong: str, right: str) -> WorldFileError:
        """Place a fault that only making the world has shown."""
        return WorldFileError([self.source.fault(where, wrong, right)])


def read(path: str | Path, *, account: str, region: str) -> ReadWorld:
    """Read and check a file; account and Region are for the keys of local-kms, whose files name none.

    Raises:
        WorldFileError: with every fault found.
    """
    try:
        source = sources.read(Path(path))
    except QuizFileError as error:
        raise WorldFileError(list(error.faults)) from None
    digest = sha256(Path(path).read_bytes()).hexdigest()
    if local_kms.is_one(source.value):
        if found := list(local_kms.shape_faults(source)):
            raise WorldFileError(found)
        source, found = local_kms.translated(source, account=account, region=region)
        if found:
            raise WorldFileError(found)
    elif found := list(_shape_faults(source)):
        raise WorldFileError(found)
    world = msgspec.convert(source.value, WorldFile)
    if found := [source.fault(*each) for each in _sense_faults(world)]:
        raise WorldFileError(found)
    return ReadWorld(world, digest, source)


def _shape_faults(source: Source) -> Iterator[Fault]:
    """Check each user, key and so on by itself, so that one fault does not hide the next."""
    count = 0
    for base, value, shape in _parts(source.value):
        for fault in faults(source, value, shape, base, WORDS):
            count += 1
            yield fault
    if not count:
        yield from faults(source, source.value, WorldFile, "$", WORDS)


def _parts(value: Any) -> Iterator[tuple[str, object, Any]]:  # noqa: ANN401 - what a file holds
    for number, account in enumerate(_list(value, "Accounts")):
        for name, shape in LISTS.items():
            for place, entry in enumerate(_list(account, name)):
                yield f"$.Accounts[{number}].{name}[{place}]", entry, shape


def _list(value: object, name: str) -> list[object]:
    found = value.get(name) if isinstance(value, Mapping) else None
    return found if isinstance(found, list) else []


Wrong = tuple[str, str, str]  # a path, what is wrong, what would be right


def _sense_faults(world: WorldFile) -> Iterator[Wrong]:
    seen: Counter[tuple[str, ...]] = Counter()
    for number, account in enumerate(world.accounts):
        base = f"$.Accounts[{number}]"
        yield from _twice(seen, f"{base}.AccountId", "account", account.account_id)
        here = {(key.region, key.key_id): key for key in account.keys}
        for place, key in enumerate(account.keys):
            where = f"{base}.Keys[{place}]"
            yield from _twice(
                seen, f"{where}.KeyId", "key", account.account_id, key.region, key.key_id
            )
            for n, name in enumerate(key.aliases):
                named = (account.account_id, key.region, name)
                yield from _twice(seen, f"{where}.Aliases[{n}]", "alias", *named)
            yield from _key_faults(where, key, here)


def _twice(seen: Counter[tuple[str, ...]], where: str, *what: str) -> Iterator[Wrong]:
    seen[what] += 1
    if seen[what] > 1:
        yield where, f"{what[0]} {what[-1]} stands here twice", "keep one of the two"


def _key_faults(where: str, key: Key, here: Mapping[tuple[str, str], Key]) -> Iterator[Wrong]:
    yield from _spec_faults(where, key)
    if not any(key.region in regions for regions in REGIONS.values()):
        yield f"{where}.Region", f"there is no Region {key.region}", "use one that has KMS"
    if key.key_id.startswith("mrk-") is not bool(key.primary_region):
        right = "the ID of a multi-Region key begins with mrk-, and it has a PrimaryRegion"
        yield f"{where}.KeyId", "a multi-Region key in parts", right
    elif key.primary_region and (key.primary_region, key.key_id) not in here:
        right = f"add the key of {key.primary_region}, in this account"
        yield f"{where}.PrimaryRegion", "a replica without its primary key", right
    if (key.key_state == "PendingDeletion") is not bool(key.deletion_date):
        right = "write `KeyState: PendingDeletion` and `DeletionDate:`, or none of them"
        yield f"{where}.KeyState", "the end of a key in parts", right
    if key.next_rotation_date and key.rotation_period_in_days is None:
        right = "add `RotationPeriodInDays:`"
        yield f"{where}.NextRotationDate", "a rotation without its period", right
    for n, material in enumerate(key.materials):
        yield from _material_faults(f"{where}.Materials[{n}]", key, material)


def _material_faults(where: str, key: Key, material: Material) -> Iterator[Wrong]:
    is_gone = material.key_material_id is not None
    if len(given(material)) + is_gone > 1:
        right = "keep one of Hex, Base64, Pem, Seed and KeyMaterialId"
        yield where, "material that is given twice", right
    if is_gone and key.origin != "EXTERNAL":
        right = "write `Origin: EXTERNAL`, or the material"
        yield where, "material that was deleted, and not imported", right


def _spec_faults(where: str, key: Key) -> Iterator[Wrong]:
    spec = KEY_SPECS.get(key.key_spec)
    if spec is None:
        right = f"use one of {', '.join(KEY_SPECS)}"
        yield f"{where}.KeySpec", f"there is no key spec {key.key_spec}", right
    elif usage_of(key) not in spec.usages:
        right = f"write `KeyUsage:` with one of {', '.join(spec.usages)}"
        yield f"{where}.KeyUsage", f"keys of {key.key_spec} are not for {usage_of(key)}", right
    if len(key.materials) > 1 and key.key_spec != "SYMMETRIC_DEFAULT":
        right = "keep one: only symmetric encryption keys rotate"
        yield f"{where}.Materials", f"several materials of {key.key_spec}", right


def usage_of(key: Key) -> str:
    """Return what a key is for; symmetric encryption keys, and specs of one usage, need not say it."""
    spec = KEY_SPECS.get(key.key_spec)
    only = spec.usages[0] if spec and len(spec.usages) == 1 else "what it does not say"
    return key.key_usage or only


def given(material: Material) -> list[tuple[str, str]]:
    """Return the form and the text of a material; an empty list leaves it to chance."""
    found = ((form, getattr(material, form)) for form in FORMS)
    return [(form, text) for form, text in found if text is not None]
