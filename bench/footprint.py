"""What a server costs before it is asked anything: the time to its first answer, and memory."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Final

import msgspec

from bench.measure import Row
from bench.servers import KMSLAB, resident_mebibytes, running, seconds_to_answer
from kmslab import Kms
from kmslab.store.records import KEYS, scope
from kmslab.store.transaction import Transaction

STARTS: Final = 5
START_SECONDS: Final = 0.4
IDLE_MEBIBYTES: Final = 60
FULL_MEBIBYTES: Final = 120
KEYS_IN_STORE: Final = 10_000
BATCH: Final = 1000


def rows() -> Iterator[Row]:
    """Start it alone and empty, then on a store of 10,000 keys."""
    seconds = median(seconds_to_answer(*KMSLAB) for _ in range(STARTS))
    yield _row("start to first answer", seconds, START_SECONDS, "s")
    with running(*KMSLAB) as server:
        yield _row("resident, idle", resident_mebibytes(server), IDLE_MEBIBYTES, "MiB")
    with tempfile.TemporaryDirectory() as folder:
        store = f"sqlite:{Path(folder) / 'world.db'}"
        _fill(store)
        with running(*KMSLAB[:-1], "--store", store, KMSLAB[-1]) as server:
            used = resident_mebibytes(server)
            yield _row("resident, 10,000 keys", used, FULL_MEBIBYTES, "MiB")


def _row(name: str, measured: float, limit: float, unit: str) -> Row:
    figures = f"{measured:.2f} {unit}" if unit == "s" else f"{measured:.0f} {unit}"
    return Row(name, f"{limit:g} {unit}", measured / limit, 1.0, 0.75, False, figures)


def _fill(store: str) -> None:
    """Make one key through the API, and put copies of it beside it, each with an ID of its own."""
    with Kms.open(store, quotas="off") as world:
        made = world.client().create_key()["KeyMetadata"]["KeyId"]
        engine = world.endpoint.engine
        key = engine.store.get(KEYS, scope(world.account, world.region), made)
        if key is None:
            sys.exit("bench: the key that was made is not where it should be")
        for start in range(1, KEYS_IN_STORE, BATCH):
            transaction = Transaction(engine.store)
            for number in range(start, min(start + BATCH, KEYS_IN_STORE)):
                text = f"{number:032x}"
                key_id = f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
                transaction.put(KEYS, msgspec.structs.replace(key, key_id=key_id))
            transaction.commit()
