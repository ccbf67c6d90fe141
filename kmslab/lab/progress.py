"""A progress bar for long work, where there is a terminal to draw it in."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
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


@contextmanager
def part_done(what: str) -> Iterator[Callable[[float], None]]:
    """Show which part of some work is done, on standard error; the value that is yielded is told of it."""
    with Progress(
        console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True
    ) as bar:
        task = bar.add_task(what, total=1.0)

        def reach(part: float) -> None:
            bar.update(task, completed=part)

        yield reach
