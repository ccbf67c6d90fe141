"""Questions with reasons: load a quiz, judge an answer, prove a key, show it in a notebook or terminal.

Stands alone: imports nothing else of kmslab, and neither Jupyter nor IPython until `QuizWidget`
is first asked for.
"""

from kmslab.quiz.catalog import Item, Quiz
from kmslab.quiz.judge import judge
from kmslab.quiz.load import load_quiz
from kmslab.quiz.model import AnswerError, Verdict
from kmslab.quiz.source import QuizFileError

__all__ = [
    "AnswerError",
    "Item",
    "Quiz",
    "QuizFileError",
    "Verdict",
    "judge",
    "load_quiz",
]
