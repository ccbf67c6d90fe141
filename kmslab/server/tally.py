"""Counters in rows, each under a label: in this process's memory, or in a file that others read.

A row is begun at its first use and then stays where it is, so a count is one addition to one word.
One process writes a tally; any may read it. Refuses to know what is counted.
"""

import mmap
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TypeAlias

LABEL_BYTES: Final = 128
COLUMNS: Final = 16
ROW_BYTES: Final = LABEL_BYTES + 8 * COLUMNS
ROWS: Final = 8192  # pages that were never written cost nothing

Label = tuple[str, ...]
Row: TypeAlias = "memoryview[int]"


class Tally:
    """One writer's rows. With a path they last as long as the file, whoever writes on."""

    def __init__(self, path: Path | None = None) -> None:
        self._bytes = bytearray(ROWS * ROW_BYTES) if path is None else _mapped(path)
        self._words = memoryview(self._bytes).cast("q")
        self._rows: dict[Label, Row] = dict(self.rows())

    def row(self, *label: str) -> Row:
        """Return the counters of a label; beyond the last row a thing is not counted."""
        found = self._rows.get(label)
        if found is None:
            found = self._rows[label] = self._begin(len(self._rows), label)
        return found

    def rows(self) -> Iterator[tuple[Label, Row]]:
        """Yield every label with its counters, in the order of their first use."""
        for number in range(ROWS):
            start = number * ROW_BYTES
            label = self._bytes[start : start + LABEL_BYTES].rstrip(b"\0")
            if not label:
                return
            yield tuple(label.decode().split("\0")), self._at(number)

    def _begin(self, number: int, label: Label) -> Row:
        if number >= ROWS:
            return memoryview(bytearray(8 * COLUMNS)).cast("q")
        raw = "\0".join(label).encode()[:LABEL_BYTES]
        self._bytes[number * ROW_BYTES : number * ROW_BYTES + len(raw)] = raw
        return self._at(number)

    def _at(self, number: int) -> Row:
        start = (number * ROW_BYTES + LABEL_BYTES) // 8
        return self._words[start : start + COLUMNS]


def _mapped(path: Path) -> mmap.mmap:
    opened = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.ftruncate(opened, ROWS * ROW_BYTES)
        return mmap.mmap(opened, 0)
    finally:
        os.close(opened)
