"""Looking at a student's world: what a live-state task has for its answer.

Whoever has a world hands in how to look; a page's word for it is never taken. Refuses to know what
a world is.
"""

from collections.abc import Callable, Sequence
from typing import Any

from kmslab.quiz.catalog import Item
from kmslab.quiz.kinds.task import Expectation, Task
from kmslab.quiz.model import AnswerError

Look = Callable[[Sequence[Expectation]], dict[str, Any]]  # values by id; raises AnswerError


class NoWorldError(AnswerError):
    """There is no world to look at."""


NOWHERE = (
    'No world is at hand. In a notebook: quiz("01", world=world); '
    "in a terminal: --store sqlite:PATH or --url URL."
)


def nowhere(_: Sequence[Expectation]) -> dict[str, Any]:
    """Refuse: no world was handed in. Raises: NoWorldError."""
    raise NoWorldError(NOWHERE)


def seen(item: Item, answer: object, look: Look) -> object:
    """Return the answer to be judged: what is seen, where the item is a task. Raises: AnswerError."""
    return look(item.expect) if isinstance(item, Task) else answer
