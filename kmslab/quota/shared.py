"""The levels of buckets that several processes of one machine draw on: a file that all of them map.

Every request takes a lock that the system gives back when its holder dies, reads one number and
writes one. A level is one word, so a process that is killed leaves it as it was or as it should be; of
several that rise together it may leave some.
The file lasts no longer than the processes; a fresh one is zeros.
"""

import mmap
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_UN, flock
from hashlib import blake2b
from pathlib import Path
from typing import Final

from kmslab.quota.levels import Address, Level, Limit, rise_all

ROW_BYTES: Final = 32  # digest of the address, instant of the beginning, level
DIGEST_BYTES: Final = 16
WORDS: Final = ROW_BYTES // 8
FIRST_ROWS: Final = 4096
EMPTY: Final = bytes(DIGEST_BYTES)


class SharedLevels:
    """Levels in a file. Threads of one process have to keep each other out by themselves."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._row_of: dict[bytes, int] = {}  # of those that this process has read
        with self._locked():
            if not os.fstat(self._file).st_size:
                os.ftruncate(self._file, FIRST_ROWS * ROW_BYTES)
            self._map()

    def find(self, address: Address, now: float) -> Level:
        """Return the level of a bucket; one that no process has drawn on begins now."""
        with self._locked():
            return self._found(address, now)

    def take_all(self, drawn: Sequence[tuple[Address, Limit]], now: float) -> bool:
        """Let each rise by one request; or return False, and all of them stay."""
        with self._locked():
            return rise_all([(self._found(address, now), limit) for address, limit in drawn], now)

    def close(self) -> None:
        """Give back the file."""
        os.close(self._file)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        flock(self._file, LOCK_EX)
        try:
            yield
        finally:
            flock(self._file, LOCK_UN)

    def _found(self, address: Address, now: float) -> "_Word":
        digest = blake2b("\0".join(address).encode(), digest_size=DIGEST_BYTES).digest()
        end = self._read_on()
        row = self._row_of.get(digest)
        if row is None:
            row = self._row_of[digest] = end
            self._begin(row, digest, now)
        at = row * WORDS + DIGEST_BYTES // 8
        return _Word(self._file, self._words[at : at + 2])

    def _read_on(self) -> int:
        """Learn the rows that others have begun; return the first that is free."""
        row = len(self._row_of)
        while (digest := self._digest(row)) != EMPTY:
            self._row_of[digest] = row
            row += 1
        return row

    def _digest(self, row: int) -> bytes:
        if (row + 1) * ROW_BYTES > len(self._bytes):
            self._grow(row + 1)
        return self._bytes[row * ROW_BYTES : row * ROW_BYTES + DIGEST_BYTES]

    def _begin(self, row: int, digest: bytes, now: float) -> None:
        at = row * ROW_BYTES
        self._words[row * WORDS + DIGEST_BYTES // 8] = now
        self._bytes[at : at + DIGEST_BYTES] = digest

    def _grow(self, rows: int) -> None:
        """Map all that another process has made of the file, or make more of it."""
        if os.fstat(self._file).st_size < rows * ROW_BYTES:
            os.ftruncate(self._file, 2 * len(self._bytes))
        self._map()

    def _map(self) -> None:
        self._bytes = mmap.mmap(self._file, 0)
        self._words = memoryview(self._bytes).cast("d")


class _Word:
    """A level in the file, and the instant at which it began, which nobody changes."""

    __slots__ = ("_begun", "_file", "_words")

    def __init__(self, file: int, words: "memoryview[float]") -> None:
        self._file = file
        self._words = words
        self._begun = words[0]

    @property
    def due(self) -> float:
        return self._words[1]

    @due.setter
    def due(self, due: float) -> None:
        self._words[1] = due

    def take(self, limit: Limit, now: float) -> bool:
        flock(self._file, LOCK_EX)
        try:
            return self.rise(limit, now)
        finally:
            flock(self._file, LOCK_UN)

    def rise(self, limit: Limit, now: float) -> bool:
        due = limit.after(self._words[1], now - self._begun)
        if due is None:
            return False
        self._words[1] = due
        return True
