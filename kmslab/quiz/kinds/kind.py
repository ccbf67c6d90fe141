"""What the engine asks of a kind of item: the columns of the catalog.

Refuses to know any kind. A kind is one Struct, which says how it is written in YAML, and these
functions over it; a face that knows `view` and `Verdict` needs nothing else.
"""

from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

import msgspec

from kmslab.quiz.model import ItemHead, Verdict

I = TypeVar("I", bound=ItemHead)  # noqa: E741 - an item
View = dict[str, Any]  # JSON: what a face may know before the answer
Wrong = tuple[str, str, str]  # a fault: path below the item, what is wrong, what would be right


class Kind(msgspec.Struct, Generic[I], frozen=True, kw_only=True):
    """One row of the catalog.

    view    item and seed to the part of the page that is peculiar to the kind; never the key
    judge   item and answer (a JSON value) to verdict; raises AnswerError
    key     item to the answer that is right
    lines   view to the lines a terminal prints below the stem
    ask     view to the sentence that says how to type an answer
    names   view to what a terminal calls each part that a remark may name
    parse   view and typed line to an answer; raises AnswerError
    differs item and what a proof established, to the disagreement in words, or None
    faults  item to (path below the item, what is wrong, what would be right)
    """

    item: type[I]
    view: Callable[[I, int], View]
    judge: Callable[[I, Any], Verdict]
    key: Callable[[I], Any]
    lines: Callable[[View], list[str]]
    ask: Callable[[View], str]
    names: Callable[[View], dict[str, str]]
    parse: Callable[[View, str], Any]
    differs: Callable[[I, Any], str | None]
    faults: Callable[[I], Iterable[Wrong]]
