"""The family `sizes`: how much fits into one call, and how many calls a job makes.

Limits are those by which the service validates; calls are counted in the trail of a run. Refuses
to know the layout of blobs, which is nobody's contract.
"""

from typing import Final, Literal

import msgspec

from kmslab.families.chance import Chance
from kmslab.families.options import Choice, lettered
from kmslab.families.scene import APPS
from kmslab.families.world import World
from kmslab.model.key_specs import KEY_SPECS
from kmslab.quiz.family import Family, head
from kmslab.quiz.kinds.choice import Multiple
from kmslab.quiz.kinds.numeric import Numeric, Range

Ask = Literal["fits", "calls"]

LIMITS: Final = {  # what takes plaintext, and how much of it
    f"`{spec}`, `{algorithm}`": limit
    for spec, row in KEY_SPECS.items()
    for algorithm, limit in row.max_plaintext.items()
    if spec.startswith(("RSA", "SYMMETRIC"))
}


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`ask`: which keys take a payload (fits), or how many calls a job makes (calls)."""

    ask: Ask = "fits"


def variant(family: Family, params: Params, chance: Chance) -> Multiple | Numeric:
    """Draw a payload, or a job; values: {size}, or {objects}, {reads} and {app}."""
    return (_fits if params.ask == "fits" else _calls)(family, chance)


def _fits(family: Family, chance: Chance) -> Multiple:
    """Draw a size that two of four keys take in one Encrypt."""
    limits = sorted(LIMITS.values())
    size = chance.between(limits[1] + 1, limits[-2])  # two are too small, two are not
    takes = [name for name, limit in LIMITS.items() if limit >= size]
    right = chance.sample(takes, 2)
    wrong = chance.sample([name for name, limit in LIMITS.items() if limit < size], 2)
    choices = [_taker(name, size) for name in [*right, *wrong]]
    fields = head(family, {"size": f"{size:,}", "app": chance.pick(APPS)})
    return Multiple(**fields, options=lettered(choices, chance))


def _taker(name: str, size: int) -> Choice:
    limit = LIMITS[name]
    if limit >= size:
        return Choice(name, f"It takes up to {limit:,} bytes.", correct=True)
    why = f"It takes up to {limit:,} bytes, so {size:,} are too many."
    return Choice(name, why, misconception="mc.one-limit-for-all")


def _calls(family: Family, chance: Chance) -> Numeric:
    """Run a job that seals objects under data keys and opens some of them."""
    objects, per_key = chance.between(6, 60), chance.between(1, 12)
    reads = chance.between(1, objects)
    count = run(objects, per_key, reads)
    values = {
        "objects": str(objects),
        "per_key": f"{per_key} objects" if per_key > 1 else "one object",
        "reads": str(reads),
        "app": chance.pick(APPS),
    }
    wrong = {
        objects + reads: ("Objects share a data key.", "mc.one-call-per-record"),
        count - reads: ("Opening asks KMS too.", "mc.decrypt-stays-inside"),
        2 * objects + reads: ("The data itself never goes to KMS.", "mc.kms-sees-data"),
    }
    ranges = tuple(
        Range(low=number, high=number, why=why, misconception=belief)
        for number, (why, belief) in sorted(wrong.items())
        if number != count
    )
    return Numeric(**head(family, values), answer=count, unit="calls", ranges=ranges)


def run(objects: int, per_key: int, reads: int) -> int:
    """Seal objects, `per_key` under each data key; open the first ones, each with a call; count."""
    world = World()
    key = world.key()
    blobs = []
    for number in range(objects):
        if number % per_key == 0:
            blob = world.call("GenerateDataKey", KeyId=key, KeySpec="AES_256")["CiphertextBlob"]
        blobs.append(blob)
    for blob in blobs[:reads]:
        world.call("Decrypt", CiphertextBlob=blob)
    return len(world.events()) - 1  # CreateKey came before the job
