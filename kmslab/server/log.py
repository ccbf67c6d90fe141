"""The log as JSON, one object in a line: requests that were answered, and problems of ours.

A line says who asked for what and how it ended. No header beside the user agent, no query, body,
error message or text of an exception is written: any of them may hold a secret.
"""

import contextlib
import logging
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TextIO

import msgspec

from kmslab.ambient.clock import SystemClock


class Answered(msgspec.Struct, frozen=True, tag="request", tag_field="event", omit_defaults=True):
    """One request; `request_id` is that of the answer and of the CloudTrail event."""

    time: str
    request_id: str
    service: str
    operation: str
    status: int
    seconds: float
    peer: str
    user_agent: str
    error: str = ""
    worker: int = 0


class Problem(msgspec.Struct, frozen=True, tag="problem", tag_field="event", omit_defaults=True):
    """Something that should not have happened; of an exception its kind and where it came from."""

    time: str
    logger: str
    message: str
    exception: str = ""
    frames: tuple[str, ...] = ()
    worker: int = 0


Line = Answered | Problem


class Log:
    """Writes lines to a stream, each at once; `worker` is the number of one of several, or 0."""

    def __init__(
        self, stream: TextIO, now: Callable[[], float] | None = None, worker: int = 0
    ) -> None:
        self.worker = worker
        self._stream = stream
        self._now = now or SystemClock().now

    def now(self) -> str:
        """Return the wall clock's time as a line tells it: UTC, milliseconds."""
        moment = datetime.fromtimestamp(self._now(), UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def write(self, line: Line) -> None:
        """Write one line; that nobody reads the log any more is no reason to refuse a request."""
        with contextlib.suppress(OSError):
            self._stream.write(msgspec.json.encode(line).decode() + "\n")
            self._stream.flush()

    @contextlib.contextmanager
    def taking_problems(self) -> Iterator[None]:
        """Take what any module of this process logs at WARNING or above; nobody else gets it."""
        root = logging.getLogger()
        before, root.handlers = root.handlers, [_Handler(self)]
        try:
            yield
        finally:
            root.handlers = before


class _Handler(logging.Handler):
    """Turns records of `logging` into problems."""

    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record."""
        error = record.exc_info[1] if record.exc_info else None
        line = Problem(
            time=self._log.now(),
            logger=record.name,
            message=str(record.msg),  # with its arguments it might hold a value
            exception=type(error).__name__ if error else "",
            frames=tuple(_frames(error)) if error else (),
            worker=self._log.worker,
        )
        self._log.write(line)


def _frames(error: BaseException) -> Iterator[str]:
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"{frame.filename}:{frame.lineno} {frame.name}"
