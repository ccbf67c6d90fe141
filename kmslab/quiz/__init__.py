"""Questions with reasons: load a quiz, judge an answer, prove a key, ask in a notebook or terminal.

Stands alone: imports nothing else of kmslab, and neither Jupyter nor IPython until `QuizWidget`
is first asked for.
"""

from typing import TYPE_CHECKING

from kmslab.quiz.catalog import Item, Quiz
from kmslab.quiz.judge import judge
from kmslab.quiz.load import load_quiz
from kmslab.quiz.model import AnswerError, Verdict
from kmslab.quiz.session import Session
from kmslab.quiz.source import QuizFileError

if TYPE_CHECKING:
    from kmslab.quiz.faces.widget import QuizWidget

__all__ = [
    "AnswerError",
    "Item",
    "Quiz",
    "QuizFileError",
    "QuizWidget",
    "Session",
    "Verdict",
    "judge",
    "load_quiz",
]


def __getattr__(name: str) -> object:
    """Import the widget, and Jupyter with it, when it is first named."""
    if name != "QuizWidget":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from kmslab.quiz.faces.widget import QuizWidget  # noqa: PLC0415 - this is what lazy means

    return QuizWidget
