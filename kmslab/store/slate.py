"""A slate: what waits to be appended to the journal, where the end of its process does not take it.

Memory that is mapped to ``PATH.slate-N``, beside a file that is a store, or in a folder of this machine
that has slates of stores elsewhere: a note costs no system call, and what was noted belongs to
the system from then on. A power failure takes it. Each process of a store has one; who opens the
store takes over what the dead have left. Refuses to know what a note is.
"""

import mmap
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from errno import ENOSPC
from itertools import count
from pathlib import Path
from typing import Final

from kmslab.store import files
from kmslab.store.port import Sealing, StoreError

BYTES: Final = 256 * 1024  # what 64 events need, and more
LENGTH: Final = 4
END: Final = bytes(LENGTH)


class FileSlate:
    """The slate of this process, and those that others have left.

    One process at a time may open or close its own. A note stands there once its length does, which
    is written last; one that is half written is none.
    """

    def __init__(self, path: Path, sealing: Sealing, *, shared: bool) -> None:
        self._sealing = sealing
        self._end = self._notes = 0
        with files.speaking_of(path):
            before = files.slates(path)
            self._own = _new(path)
            lying = [_Mapped(each, os.O_RDWR) for each in before]
            self._others = [each for each in lying if not shared or each.claim()]
            if shared:
                self._own.claim()
        self._map = self._own.map

    @property
    def left(self) -> Sequence[Sequence[bytes]]:
        """What each process that is gone has noted and not wiped, in order."""
        return [self._opened(each.map) for each in self._others]

    def forget_left(self) -> None:
        """Forget what they have left: it stands elsewhere now."""
        while self._others:
            self._others.pop().remove()

    def note(self, plain: bytes) -> bool:
        """Note something, if there is room; after a refusal nothing, until all is wiped."""
        sealed = self._sealing.seal(plain, _address(self._notes))
        begin = self._end + LENGTH
        end = begin + len(sealed)
        if end + LENGTH > BYTES or self._map.closed:
            self._end = BYTES
            return False
        self._map[begin : end + LENGTH] = sealed + END
        self._map[self._end : begin] = len(sealed).to_bytes(LENGTH)
        self._end = end
        self._notes += 1
        return True

    def wipe(self) -> None:
        """Forget the notes of this process: they stand elsewhere now."""
        self._map[:LENGTH] = END
        self._end = self._notes = 0

    def close(self) -> None:
        """Let go of the files; what is on them stays."""
        for each in self._others:
            each.close()
        (self._own.close if self._notes else self._own.remove)()

    def _opened(self, noted: mmap.mmap) -> list[bytes]:
        """Open notes up to the first that is of another store, or damaged."""
        found: list[bytes] = []
        with suppress(ValueError):
            for number, sealed in enumerate(_written(noted)):
                found.append(self._sealing.open(sealed, _address(number)))
        return found


class _Mapped:
    """A file in memory. Where processes share a store, each has its own locked as long as it lives."""

    def __init__(self, path: Path, flags: int) -> None:
        self._path = path
        self._file = os.open(path, flags, files.PRIVATE)
        size = os.fstat(self._file).st_size
        if size < BYTES:  # no hole, which a full disk could not fill
            self._fill(size)
        self.map = mmap.mmap(self._file, BYTES)

    def _fill(self, size: int) -> None:
        """Have all the room, or leave no file that has not."""
        with suppress(OSError):
            if os.pwrite(self._file, bytes(BYTES - size), size) == BYTES - size:
                return
        self._path.unlink()
        os.close(self._file)
        raise OSError(ENOSPC, os.strerror(ENOSPC))

    def claim(self) -> bool:
        """Lock the file, or close it where a process that lives has done so; tell which."""
        import fcntl  # noqa: PLC0415 - not every system has such locks

        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            return False
        return True

    def close(self) -> None:
        self.map.close()
        os.close(self._file)

    def remove(self) -> None:
        self._path.unlink(missing_ok=True)
        self.close()


def need_none(path: Path, place: object = None) -> None:
    """Refuse a store beside whose path slates lie, in a message that names its place.

    Raises:
        StoreError: so it is.
    """
    if files.slates(path):
        raise StoreError(
            f"{place or path}: its last process was killed; open it once with kmslab serve, for the last events"
        )


def _new(path: Path) -> _Mapped:
    """Make a slate under the first name that is free."""
    names = (path.with_name(f"{path.name}.slate-{number}") for number in count())
    free = next(name for name in names if not name.exists())
    return _Mapped(free, os.O_RDWR | os.O_CREAT | os.O_EXCL)


def _written(noted: mmap.mmap) -> Iterator[bytes]:
    """Yield what follows a length, until there is none."""
    begin = LENGTH
    while length := int.from_bytes(noted[begin - LENGTH : begin]):
        yield noted[begin : begin + length]
        begin += length + LENGTH


def _address(number: int) -> bytes:
    """Write what a note is bound to."""
    return b"slate %d" % number
