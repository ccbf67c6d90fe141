"""The answers of one connection, in the order of their requests, where one has to wait for a thread.

Refuses to know what a step does and what is done before it.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor

Step = Callable[[], None]


class Turns:
    """Steps in order; what comes before one is done in a thread of the pool.

    `waiting` are those that have not had their turn; `on_done` is called when all of them have.
    """

    def __init__(self, pool: Executor, on_done: Step) -> None:
        self._pool = pool
        self._on_done = on_done
        self.waiting: deque[tuple[Step | None, Step]] = deque()

    def take(self, step: Step, before: Step | None = None) -> None:
        """Do a step now; or, where another waits or something comes before it, when it is its turn."""
        if before is None and not self.waiting:
            step()
            return
        self.waiting.append((before, step))
        if before is not None and len(self.waiting) == 1:
            self._prepare(before)

    def _prepare(self, before: Step) -> None:
        done = asyncio.get_running_loop().run_in_executor(self._pool, before)
        done.add_done_callback(self._go_on)

    def _go_on(self, done: "asyncio.Future[None]") -> None:
        done.exception()  # the step does itself what was not done before it
        before = None
        while before is None and self.waiting:
            self.waiting[0][1]()
            self.waiting.popleft()
            before = self.waiting[0][0] if self.waiting else None
        if before is not None:
            self._prepare(before)
        else:
            self._on_done()
