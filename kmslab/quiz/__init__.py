"""Questions with reasons: load a quiz, judge an answer, prove a key, ask in a notebook or terminal.

Stands alone: imports nothing else of kmslab, and neither Jupyter nor IPython until a widget is
first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from kmslab.quiz.catalog import Item, Quiz
from kmslab.quiz.judge import judge
from kmslab.quiz.load import load_quiz
from kmslab.quiz.model import AnswerError, Verdict
from kmslab.quiz.session import Session
from kmslab.quiz.source import QuizFileError

if TYPE_CHECKING:
    from kmslab.quiz.faces.exam_widget import ExamWidget
    from kmslab.quiz.faces.widget import QuizWidget

__all__ = [
    "AnswerError",
    "ExamWidget",
    "Item",
    "Quiz",
    "QuizFileError",
    "QuizWidget",
    "Session",
    "Verdict",
    "judge",
    "load_quiz",
]


_WIDGETS = {
    "ExamWidget": "kmslab.quiz.faces.exam_widget",
    "QuizWidget": "kmslab.quiz.faces.widget",
}


def __getattr__(name: str) -> object:
    """Import a widget, and Jupyter with it, when it is first named."""
    if name not in _WIDGETS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_WIDGETS[name]), name)
