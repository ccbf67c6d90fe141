"""A cache of data keys, small enough to read: what it saves, and what it exposes.

The three limits are those of the AWS Encryption SDK ("Setting cache security thresholds"). Every data
key that is used again is a data key that opens more if it leaks. The cache knows no KMS: who uses it
asks KMS when there is no key in it, and puts the answer here.
"""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

MAX_MESSAGES: Final = 1 << 32
MAX_BYTES: Final = (1 << 63) - 1


class CacheLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long, how often and for how much one data key may be used. Only the age has no default."""

    max_age: Annotated[float, Meta(gt=0)]  # seconds
    max_messages: Annotated[int, Meta(ge=1, le=MAX_MESSAGES)] = MAX_MESSAGES
    max_bytes: Annotated[int, Meta(ge=0, le=MAX_BYTES)] = MAX_BYTES


class Exposure(msgspec.Struct, frozen=True):
    """What the worst leak of one data key would open: messages and bytes, over so many seconds."""

    messages: int = 0
    bytes: int = 0
    seconds: float = 0.0

    def worst(self, other: "Exposure") -> "Exposure":
        """Return the larger of both, figure by figure."""
        return Exposure(*map(max, msgspec.structs.astuple(self), msgspec.structs.astuple(other)))


class DataKey(msgspec.Struct):
    """A data key in the cache, and what it was used for so far."""

    plaintext: bytes
    blob: bytes
    born: float
    last: float
    messages: int = 0
    bytes: int = 0

    @property
    def exposure(self) -> Exposure:
        """What this key opens."""
        return Exposure(self.messages, self.bytes, round(self.last - self.born, 3))


class DataKeyCache:
    """Data keys by their encryption context; an entry over a limit is dropped, never used."""

    def __init__(self, limits: CacheLimits) -> None:
        self._limits = limits
        self._entries: dict[str, DataKey] = {}
        self.hits = 0
        self.misses = 0
        self.worst = Exposure()

    def get(self, context: str, size: int, now: float) -> DataKey | None:
        """Return the key for one more message of `size` bytes, or None: ask KMS then."""
        entry = self._entries.get(context)
        if entry is not None and self._has_room(entry, size, now):
            self.hits += 1
            return self._used(entry, size, now)
        if entry is not None:
            del self._entries[context]
        self.misses += 1
        return None

    def put(self, context: str, plaintext: bytes, blob: bytes, *, size: int, now: float) -> DataKey:
        """Keep the key that KMS gave for a message of `size` bytes; that message counts."""
        entry = self._entries[context] = DataKey(plaintext, blob, born=now, last=now)
        return self._used(entry, size, now)

    def _has_room(self, entry: DataKey, size: int, now: float) -> bool:
        limits = self._limits
        return (
            now - entry.born < limits.max_age
            and entry.messages < limits.max_messages
            and entry.bytes + size <= limits.max_bytes
        )

    def _used(self, entry: DataKey, size: int, now: float) -> DataKey:
        entry.messages += 1
        entry.bytes += size
        entry.last = now
        self.worst = self.worst.worst(entry.exposure)
        return entry
