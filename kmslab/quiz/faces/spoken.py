"""What a page asks for, done: messages to the verbs of a session or of an exam.

A page is not trusted: what is no message of ours is refused in words. Refuses to know how messages
travel.
"""

from collections.abc import Callable, Mapping
from typing import Any, get_args

from kmslab.quiz.exam_page import EXTRAS
from kmslab.quiz.exam_session import Exam
from kmslab.quiz.model import AnswerError
from kmslab.quiz.progress import Confidence
from kmslab.quiz.session import Session

Message = Mapping[str, Any]
NO_MESSAGE = "The page sent what is no message."

_PRACTICE: dict[str, Callable[[Session, Message], object]] = {
    "answer": lambda session, said: session.answer(
        said["item"], said["answer"], _confidence(said.get("confidence"))
    ),
    "hint": lambda session, said: session.hint(said["item"]),
    "reveal": lambda session, said: session.reveal(said["item"]),
    "restart": lambda session, said: session.restart(said["item"]),
}

_EXAM: dict[str, Callable[[Exam, Message], object]] = {
    "start": lambda exam, said: exam.start(EXTRAS[EXTRAS.index(said["answer"])]),
    "answer": lambda exam, said: exam.answer(said["place"], said["answer"]),
    "clear": lambda exam, said: exam.clear(said["place"]),
    "flag": lambda exam, said: exam.flag(said["place"]),
    "look": lambda exam, _: exam.look(),
    "end": lambda exam, _: exam.end(),
}


def _confidence(told: Any) -> Confidence | None:  # noqa: ANN401 - from the page
    """Return a confidence that is one; nobody has to tell any."""
    return told if told in get_args(Confidence) else None


def practised(session: Session, message: object) -> str:
    """Do what a page of practice asks; return what the student has to be told, or nothing."""
    return _done(_PRACTICE, session, message)


def sat(exam: Exam, message: object) -> str:
    """Do what a page of an exam asks; return what the student has to be told, or nothing."""
    return _done(_EXAM, exam, message)


def _done(verbs: Mapping[str, Callable[[Any, Message], object]], who: object, said: object) -> str:
    try:
        message: Any = said  # what is no mapping is refused below
        verbs[message["do"]](who, message)
    except AnswerError as error:
        return str(error)
    except (KeyError, IndexError, TypeError, ValueError):
        return NO_MESSAGE
    return ""
