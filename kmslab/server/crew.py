"""What the workers of one server have in common: a folder with their counts and quota levels.

It is made by the supervisor, which notes there who is ready, and lasts no longer than it.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from kmslab.quota.levels import Levels
from kmslab.server.tally import Tally

SUPERVISOR: Final = "supervisor"
MEMORY: Final = Path("/dev/shm")  # noqa: S108 - where the system has it, a folder that is no disk  # nosec
ENOUGH_BYTES: Final = 256 << 20


@contextmanager
def own_folder() -> Iterator[Path]:
    """Make a folder for this user alone, in memory if there is room; it is gone at the end."""
    has_room = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= ENOUGH_BYTES
    with TemporaryDirectory(prefix="kmslab-", dir=MEMORY if has_room else None) as folder:
        yield Path(folder)


class Crew(NamedTuple):
    """So many workers, numbered from 1, and their folder."""

    folder: Path
    size: int

    def tallies(self) -> Iterator[Tally]:
        """Open the counts of all."""
        return map(self.tally, range(1, self.size + 1))

    def tally(self, number: int) -> Tally:
        """Open the counts of one worker; the next one in its place counts on."""
        return Tally(self.folder / f"tally-{number}")

    def note(self, number: int, process_id: int) -> None:
        """Write down that a worker is ready, or with 0 that it is gone; for the supervisor alone."""
        self._processes().row(str(number))[0] = process_id

    def ready(self) -> int:
        """Count the workers that are ready."""
        return sum(1 for _, row in self._processes().rows() if row[0])

    def levels(self) -> Levels:
        """Open the levels of the request quotas, on which all draw."""
        from kmslab.quota.shared import SharedLevels  # noqa: PLC0415 - not every system can import it

        return SharedLevels(self.folder / "levels")

    def _processes(self) -> Tally:
        return Tally(self.folder / SUPERVISOR)


class Member(NamedTuple):
    """One worker of a crew, and the end of a pipe by which it learns that the supervisor is gone."""

    crew: Crew
    number: int
    lifeline: int
