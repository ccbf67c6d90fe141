"""Turns on one machine: a lock and a word in a file that all processes map.

Refuses to know what a change is.
"""

import fcntl
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from pathlib import Path
from typing import Final

from kmslab.ambient.clock import elapsed
from kmslab.store import files
from kmslab.store.database import Database

LOOK_SECONDS: Final = 0.05  # until a change is seen whose process has not lived to announce it
WORD_BYTES: Final = 8


class FileTurns:
    """The turns of the processes of one machine, in ``PATH.turn``.

    Its lock is the turn; the system takes it from a process that dies. Its one word is the position,
    in memory that all processes map, so that looking costs no system call.
    """

    def __init__(self, path: Path) -> None:
        turn = path.with_name(f"{path.name}.turn")
        with files.speaking_of(turn):
            self._file = os.open(turn, os.O_RDWR | os.O_CREAT, files.PRIVATE)
            with self.taken():
                if os.fstat(self._file).st_size < WORD_BYTES:
                    os.pwrite(self._file, bytes(WORD_BYTES), 0)  # a full disk could not fill a hole
            self._map = mmap.mmap(self._file, WORD_BYTES)
        self._word = memoryview(self._map).cast("Q")
        self._db: Database | None = None
        self._version = 0
        self._look_at = inf

    def watch(self, db: Database) -> None:
        """Look into this database for what nobody announced."""
        self._db = db
        self._look_at = 0.0

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Have the turn."""
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def is_past(self, position: int) -> bool:
        """Compare with the word; now and then look into the file, for what nobody announced."""
        if self._word[0] > position:
            return True
        now = elapsed()
        if now < self._look_at:
            return False
        self._look_at = now + LOOK_SECONDS
        before, self._version = self._version, self._data_version()
        return before != self._version

    def announce(self, position: int) -> None:
        """Set the word."""
        self._word[0] = position

    def close(self) -> None:
        """Let go of the file."""
        self._word.release()
        self._map.close()
        os.close(self._file)

    def _data_version(self) -> int:
        return int(self._db.execute("PRAGMA data_version")[0][0]) if self._db else 0
