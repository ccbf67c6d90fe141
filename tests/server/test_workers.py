"""Processes that fill posts: all ready before the word is given, the dead replaced, a clean end."""

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kmslab.server.crew import Crew
from kmslab.server.workers import Post, Supervisor

pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")


def idle(post: Post) -> None:
    """Work as a server does: until the supervisor is gone, or SIGTERM."""
    post.report()
    os.read(post.lifeline, 1)


class Changes(list[tuple[int, int]]):
    """What a supervisor has told, and a way to wait until it told so much."""

    def __init__(self) -> None:
        super().__init__()
        self.told = threading.Condition()

    def __call__(self, number: int, process_id: int) -> None:
        with self.told:
            self.append((number, process_id))
            self.told.notify_all()

    def wait_for(self, count: int) -> None:
        with self.told:
            assert self.told.wait_for(lambda: len(self) >= count, timeout=20)


def stop() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def in_background(work: Callable[[], None]) -> Callable[[], None]:
    return lambda: threading.Thread(target=work, daemon=True).start()


def is_running(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_word_is_given_when_all_are_ready_and_a_signal_ends_all() -> None:
    changes = Changes()

    def be_ready() -> None:
        assert {number for number, process_id in changes if process_id} == {1, 2, 3}
        stop()

    before = signal.getsignal(signal.SIGTERM)
    assert Supervisor(idle, 3, changes).run(be_ready) == 0
    assert not [process_id for _, process_id in changes if process_id and is_running(process_id)]
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_dead_one_is_replaced_with_one_line(caplog: pytest.LogCaptureFixture) -> None:
    changes = Changes()

    def kill_one() -> None:
        os.kill(changes[0][1], signal.SIGKILL)
        changes.wait_for(4)
        stop()

    with caplog.at_level(logging.WARNING):
        assert Supervisor(idle, 2, changes).run(in_background(kill_one)) == 0
    number = changes[0][0]
    (gone, _), (again, new) = (number, changes[2][1]), changes[3]
    assert changes[2] == (number, 0)
    assert (gone, again) == (number, number)
    assert new not in {process_id for _, process_id in changes[:3]}
    assert [record.getMessage() for record in caplog.records] == [
        f"kmslab: worker {number} ended by SIGKILL; it is started again"
    ]


def test_one_that_cannot_begin_ends_all() -> None:
    changes = Changes()

    def begin(post: Post) -> None:
        if post.number == 2:
            sys.exit(2)
        idle(post)

    def never() -> None:
        raise AssertionError("the word was given")

    assert Supervisor(begin, 2, changes).run(never) == 2
    assert not [process_id for _, process_id in changes if process_id and is_running(process_id)]


def test_workers_end_with_their_supervisor(tmp_path: Path) -> None:
    """Also where it had no time to tell them: the lifeline comes to its end."""
    crew = Crew(tmp_path, 2)
    ended = tmp_path / "ended"

    def work(post: Post) -> None:
        idle(post)
        with ended.open("a") as file:
            file.write(f"{post.number}\n")

    supervisor = os.fork()
    if not supervisor:
        Supervisor(work, 2, crew.note).run(lambda: os.kill(os.getpid(), signal.SIGKILL))
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(supervisor, 0)[1]) == -signal.SIGKILL
    assert crew.ready() == 2
    until = time.monotonic() + 20
    while not ended.exists() or ended.read_text().count("\n") < 2:
        assert time.monotonic() < until
        time.sleep(0.02)
    assert sorted(ended.read_text().split()) == ["1", "2"]


def test_one_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kmslab.server.workers.GRACE_SECONDS", 0.3)
    changes = Changes()

    def deaf(post: Post) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        idle(post)

    assert Supervisor(deaf, 1, changes).run(stop) == 0
    assert not is_running(changes[0][1])
