"""The slate: what was noted is there after its process was killed, and once."""

import os
import signal
import subprocess
import sys
from errno import ENOSPC
from pathlib import Path

import pytest

from kmslab.ambient.entropy import SystemEntropy
from kmslab.custody.root_key import Sealing
from kmslab.store import files, sqlite
from kmslab.store.port import StoreError, StoreFullError
from kmslab.store.slate import BYTES, FileSlate

KEY = bytes(range(32))
SEALING = Sealing(KEY, SystemEntropy())

NOTING = """
import os, signal, sys
from pathlib import Path
from kmslab.ambient.entropy import SystemEntropy
from kmslab.custody.root_key import Sealing
from kmslab.store.slate import FileSlate

slate = FileSlate(Path(sys.argv[1]), Sealing(bytes(range(32)), SystemEntropy()), shared=True)
slate.forget_left()
slate.note(b"wiped")
slate.note(b"wiped too")
slate.wipe()
for word in sys.argv[2:]:
    slate.note(word.encode())
os.kill(os.getpid(), signal.SIGKILL)
"""


def slate(path: Path, *, shared: bool = True) -> FileSlate:
    return FileSlate(path, SEALING, shared=shared)


def killed(path: Path, *words: str) -> None:
    ended = subprocess.run([sys.executable, "-c", NOTING, path, *words], check=False)
    assert ended.returncode == -signal.SIGKILL


@pytest.mark.parametrize("shared", [False, True])
def test_a_killed_process_leaves_what_it_had_not_wiped(tmp_path: Path, shared: bool) -> None:  # noqa: FBT001 - a parameter
    path = tmp_path / "world.db"
    killed(path, "one", "two")
    found = slate(path, shared=shared)
    assert found.left == [[b"one", b"two"]]
    found.close()
    again = slate(path, shared=shared)
    assert again.left == [[b"one", b"two"]]  # until it is forgotten
    again.forget_left()
    assert again.left == []
    again.close()
    assert files.slates(path) == []


def test_nobody_takes_over_what_a_living_process_notes(tmp_path: Path) -> None:
    path = tmp_path / "world.db"
    one = slate(path)
    one.note(b"mine")
    other = slate(path)
    assert other.left == []
    third = slate(path)
    one.close()  # not wiped
    assert (other.left, third.left) == ([], [])
    fourth = slate(path)
    assert fourth.left == [[b"mine"]]
    assert slate(path).left == []  # it is the fourth's to take over
    for each in (other, third, fourth):
        each.close()


def test_what_is_full_takes_nothing_more_until_it_is_wiped(tmp_path: Path) -> None:
    mine = slate(tmp_path / "world.db")
    assert mine.note(b"small")
    assert not mine.note(bytes(BYTES))
    assert not mine.note(b"small")
    mine.wipe()
    assert mine.note(b"small")
    mine.close()
    assert not mine.note(b"small")


@pytest.mark.parametrize("room", [0, 1000])
def test_where_there_is_no_room_no_slate_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    killed(tmp_path / "world.db", "one")

    def write(file: int, data: bytes, _: int) -> int:
        """POSIX, write: as many bytes as there is room for, or none and ENOSPC."""
        if not room:
            raise OSError(ENOSPC, "No space left on device")
        return os.write(file, data[:room])

    with monkeypatch.context() as patched:
        patched.setattr("kmslab.store.slate.os.pwrite", write)
        with pytest.raises(StoreFullError, match="the disk is full; make room on it"):
            slate(tmp_path / "world.db")
    assert len(files.slates(tmp_path / "world.db")) == 1
    found = slate(tmp_path / "world.db")
    assert found.left == [[b"one"]]
    found.close()


@pytest.mark.parametrize(
    ("place", "left"), [(4, []), (60, [b"one"])], ids=["in the first", "in the second"]
)
def test_notes_end_before_one_that_does_not_open(
    tmp_path: Path, place: int, left: list[bytes]
) -> None:
    path = tmp_path / "world.db"
    killed(path, "one", "two", "three")
    (file,) = files.slates(path)
    with file.open("r+b") as opened:
        opened.seek(place)
        before = opened.read(1)
        opened.seek(place)
        opened.write(bytes([before[0] ^ 1]))
    assert slate(path).left == [left]


def test_nothing_is_read_with_another_root_key_or_of_a_file_that_was_only_begun(
    tmp_path: Path,
) -> None:
    path = tmp_path / "world.db"
    killed(path, "one")
    (tmp_path / "world.db.slate-7").write_bytes(b"\0")
    other = FileSlate(path, Sealing(bytes(32), SystemEntropy()), shared=True)
    assert other.left == [[], []]


def test_what_is_noted_is_sealed_and_its_owners(tmp_path: Path) -> None:
    path = tmp_path / "world.db"
    mine = slate(path)
    mine.note(b"a word that would be found")
    (file,) = files.slates(path)
    assert b"a word" not in file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.stat().st_size == BYTES <= file.stat().st_blocks * 512  # no hole in it
    mine.close()


def test_another_root_key_waits_until_they_are_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "world.db"
    sqlite.open_alone(path, (), lambda _: (b"test", SEALING)).close()
    with sqlite.alone(path):
        pass
    killed(path, "one")
    with pytest.raises(StoreError, match="open it once with kmslab serve"), sqlite.alone(path):
        pass
    with files.becoming(path, replace=True) as new:
        new.execute("CREATE TABLE t (a)")
    assert files.slates(path) == []  # they were of the store that was given up
