"""What the engine asks of a kind of item: the names that its module has.

Refuses to know any kind. A kind is one Struct, which says how it is written in YAML, and these
functions over it; a face that knows `view` and `Verdict` needs nothing else.
"""

from collections.abc import Iterable
from typing import Any, Protocol

from kmslab.quiz.model import Verdict

View = dict[str, Any]  # JSON: what a face may know before the answer
Wrong = tuple[str, str, str]  # a fault: path below the item, what is wrong, what would be right


class Kind(Protocol):
    """A module of `kinds/`; the type checker holds each row of the catalog against it."""

    def view(self, item: Any, seed: int, /) -> View:  # noqa: ANN401 - each module knows its own
        """Return the part of the page that is peculiar to the kind; never the key."""
        ...

    def judge(self, item: Any, answer: object, /) -> Verdict:  # noqa: ANN401
        """Judge an answer, a JSON value. Raises: AnswerError."""
        ...

    def key(self, item: Any, /) -> Any:  # noqa: ANN401
        """Return the answer that is right."""
        ...

    def lines(self, shown: View, /) -> list[str]:
        """Return the lines that a terminal prints below the stem."""
        ...

    def ask(self, shown: View, /) -> str:
        """Return the sentence that says how to type an answer."""
        ...

    def names(self, shown: View, /) -> dict[str, str]:
        """Return what a terminal calls each part that a remark may name."""
        ...

    def parse_line(self, shown: View, line: str, /) -> Any:  # noqa: ANN401
        """Return the answer that was typed. Raises: AnswerError."""
        ...

    def differs(self, item: Any, proved: object, /) -> str | None:  # noqa: ANN401
        """Tell where what a proof established disagrees with the key; None where nowhere."""
        ...

    def faults(self, item: Any, /) -> Iterable[Wrong]:  # noqa: ANN401
        """Return what the schema cannot refuse."""
        ...
