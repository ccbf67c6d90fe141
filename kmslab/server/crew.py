"""What the workers of one server have in common: a folder with their counts and quota levels.

It is made by the supervisor, which notes there who is ready, and lasts no longer than it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from kmslab.quota.shared import SharedLevels
from kmslab.server.tally import Tally

SUPERVISOR: Final = "supervisor"


class Crew(msgspec.Struct, frozen=True):
    """So many workers, numbered from 1, and their folder."""

    folder: Path
    size: int

    def levels(self) -> SharedLevels:
        """Open the levels of the request quotas, on which all draw."""
        return SharedLevels(self.folder / "levels")

    def tally(self, number: int) -> Tally:
        """Open the counts of one worker; the next one in its place counts on."""
        return Tally(self.folder / f"tally-{number}")

    def tallies(self) -> Iterator[Tally]:
        """Open the counts of all."""
        return map(self.tally, range(1, self.size + 1))

    def note(self, number: int, process_id: int) -> None:
        """Write down that a worker is ready, or with 0 that it is gone; for the supervisor alone."""
        self._processes().row(str(number))[0] = process_id

    def ready(self) -> int:
        """Count the workers that are ready."""
        return sum(1 for _, row in self._processes().rows() if row[0])

    def _processes(self) -> Tally:
        return Tally(self.folder / SUPERVISOR)
