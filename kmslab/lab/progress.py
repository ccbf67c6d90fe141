"""A progress bar for long work, where there is a terminal to draw it in."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import DownloadColumn, Progress, TimeRemainingColumn


@contextmanager
def bytes_done(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show how much of `total` bytes is done; the value that is yielded is told of each step."""
    columns = (*Progress.get_default_columns()[:2], DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, disable=not sys.stdout.isatty(), transient=True) as bar:
        task = bar.add_task(what, total=total)

        def advance(count: int) -> None:
            bar.advance(task, count)

        yield advance
