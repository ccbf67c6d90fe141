"""Several processes that do the same work: starts them, starts one that died again, stops them all.

Each is a fork of this process, ready when it says so. Refuses to know what the work is.
"""

import logging
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Final, NamedTuple

from kmslab.ambient.clock import elapsed

LOG: Final = logging.getLogger(__name__)
STOPS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
GRACE_SECONDS: Final = 8.0  # more than a server takes for what it has begun
PAUSE_SECONDS: Final = 1.0  # before one is started again that has only just been started


class Post(NamedTuple):
    """What one process is handed: its number from 1, and two ends of pipes."""

    number: int
    lifeline: int  # comes to its end when the supervisor is gone
    ready: Connection

    def report(self) -> None:
        """Say that the work has begun."""
        self.ready.send_bytes(b"ready")
        self.ready.close()


Work = Callable[[Post], None]


class Supervisor:
    """Runs `work` in `count` processes. `on_change` hears a post's number and its process ID, or 0."""

    def __init__(self, work: Work, count: int, on_change: Callable[[int, int], None]) -> None:
        self._work = work
        self._on_change = on_change
        self._workers = [_Worker(number) for number in range(1, count + 1)]
        self._is_stopping = False

    def run(self, on_ready: Callable[[], None]) -> int:
        """Work until SIGTERM, SIGINT or SIGHUP; return 0, or the exit code of one that could not begin.

        `on_ready` is called once, when all have begun.
        """
        self._lifeline, kept = os.pipe()
        self._woken, waker = os.pipe()
        os.set_blocking(waker, False)
        self._own_ends = (kept, self._woken, waker)
        before = {number: signal.signal(number, self._stop) for number in STOPS}
        signal.set_wakeup_fd(waker)
        try:
            return self._supervise(on_ready)
        finally:
            self._end_all()
            signal.set_wakeup_fd(-1)
            for number, action in before.items():
                signal.signal(number, action)
            for end in (self._lifeline, *self._own_ends):
                os.close(end)

    def _stop(self, *_: object) -> None:
        self._is_stopping = True

    def _supervise(self, on_ready: Callable[[], None]) -> int:
        while not self._is_stopping and not all(worker.is_ready for worker in self._workers):
            self._start_and_wait()
            for worker in self._workers:
                if worker.settle(self._on_change) and not self._is_stopping:
                    return max(worker.exit_code, 1)
        if not self._is_stopping:
            on_ready()
        while not self._is_stopping:
            self._start_and_wait()
            for worker in self._workers:
                if worker.settle(self._on_change) and not self._is_stopping:
                    LOG.warning(worker.obituary)
        return 0

    def _start_and_wait(self) -> None:
        """Start whom it is time to start; sleep until one reports or ends, or a signal comes."""
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)  # until a process has actions of its own
        for worker in self._workers:
            if worker.process is None and worker.may_start_at <= elapsed():
                worker.start(self._begin, self._lifeline)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
        waits = [each.may_start_at - elapsed() for each in self._workers if each.process is None]
        objects = [each for worker in self._workers for each in worker.waited_for]
        wait([self._woken, *objects], max(0.0, min(waits)) if waits else None)

    def _begin(self, post: Post) -> None:
        """Begin a process: of the supervisor's it keeps the lifeline alone."""
        signal.set_wakeup_fd(-1)
        for number in STOPS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
        for end in self._own_ends:
            os.close(end)
        self._work(post)

    def _end_all(self) -> None:
        """Ask all to stop, and end those that do not."""
        processes = [worker.process for worker in self._workers if worker.process is not None]
        for process in processes:
            process.terminate()
        until = elapsed() + GRACE_SECONDS
        for process in processes:
            process.join(max(0.0, until - elapsed()))
            process.kill()
            process.join()


class _Worker:
    """One post, and the process that fills it at the moment."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.process: BaseProcess | None = None
        self.is_ready = False
        self.exit_code = 0  # of the last one
        self.may_start_at = 0.0
        self._report: Connection | None = None

    @property
    def waited_for(self) -> Iterator[Connection | int]:
        """What can be read when there is something to settle."""
        if self.process is not None:
            yield self.process.sentinel
        if self._report is not None:
            yield self._report

    @property
    def obituary(self) -> str:
        """One line about the last process."""
        code = self.exit_code
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return f"kmslab: worker {self.number} ended by {how}; it is started again"

    def start(self, begin: Work, lifeline: int) -> None:
        """Fork a process; where one ends at once, the next waits."""
        fork = get_context("fork")
        self._report, theirs = fork.Pipe(duplex=False)
        post = Post(self.number, lifeline, theirs)
        self.process = fork.Process(target=begin, args=(post,))
        self.process.start()
        self.may_start_at = elapsed() + PAUSE_SECONDS
        theirs.close()

    def settle(self, on_change: Callable[[int, int], None]) -> bool:
        """Take a report or an end; return if the process has ended."""
        process = self.process
        if process is None:
            return False
        if self._report is not None and self._report.poll():
            with self._report, suppress(EOFError):
                self.is_ready = bool(self._report.recv_bytes())
                on_change(self.number, process.pid or 0)
            self._report = None
        if process.exitcode is None:
            return False
        self.exit_code, self.process, self.is_ready = process.exitcode, None, False
        on_change(self.number, 0)
        return True
