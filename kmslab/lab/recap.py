"""The quiz that closes a lab, and exams over all of them, as the output of a cell.

Knows where a student's progress lies; refuses to know how a quiz is asked and judged.
"""

from kmslab.families import load_quiz
from kmslab.kms import Kms
from kmslab.lab.course import course_files, exam_log, find_quiz, progress_log
from kmslab.lab.looking import look_by
from kmslab.lab.taker import taker
from kmslab.quiz import ExamWidget, QuizWidget
from kmslab.quiz.languages import spoken
from kmslab.quiz.looking import nowhere


def quiz(number: str, *, world: Kms | None = None, lang: str = "") -> QuizWidget:
    """Ask the quiz of a lab, given its number: ``"04"`` or ``"4"``.

    Inside a course folder the progress is kept, and taken up again by the next run. Tasks are graded on `world`.
    What is translated is asked in the language `lang` ("de"), the rest as it was written.

    Raises:
        LookupError: the course has no such quiz.
        QuizFileError: the file is no quiz; the error names every fault by its place.
    """
    look = nowhere if world is None else look_by(world.client())
    asked = spoken(load_quiz(find_quiz(number)), lang)
    return QuizWidget(asked, progress_log(), look=look, **taker())


def exam(code: str = "", *, seed: int = 1, lang: str = "") -> ExamWidget:
    """Sit an exam over the course's quizzes: 65 questions, or as many as name the exam `code`.

    Another seed is another exam. Inside a course folder every answer is kept; running the cell
    again takes up what was broken off, while its time lasts. `lang` is a language, where there is one.
    """
    files = [path for path in course_files().values() if path.suffix == ".yaml"]
    bank = [spoken(load_quiz(path), lang) for path in files]
    return ExamWidget(bank, exam_log(), exam=code, seed=seed, **taker())
