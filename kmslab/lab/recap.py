"""The quiz that closes a lab, as the output of a cell.

Knows where a student's progress lies; refuses to know how a quiz is asked and judged.
"""

from kmslab.families import load_quiz
from kmslab.lab.course import find_quiz, progress_log
from kmslab.quiz import QuizWidget


def quiz(number: str) -> QuizWidget:
    """Ask the quiz of a lab, given its number: ``"04"`` or ``"4"``.

    Inside a course folder the progress is kept, and taken up again by the next run.

    Raises:
        LookupError: the course has no such quiz.
        QuizFileError: the file is no quiz; the error names every fault by its place.
    """
    return QuizWidget(load_quiz(find_quiz(number)), progress_log())
