"""A word or two, typed. Refuses to know faces, files and progress. An answer is a string."""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta

from kmslab.quiz.kinds import forms
from kmslab.quiz.kinds.forms import Accepted, Case, Rules, Space, WrongForm
from kmslab.quiz.kinds.kind import View, Wrong
from kmslab.quiz.model import AnswerError, ItemHead, Verdict


class Short(ItemHead, frozen=True, kw_only=True, tag="short"):
    """A short text, right in any of its accepted forms."""

    accepted: Annotated[Accepted, Meta(min_length=1)]
    wrong: tuple[WrongForm, ...] = ()
    case: Case = "ignore"
    space: Space = "single"


def rules(item: Short) -> Rules:
    """Return which differences do not count."""
    return Rules(item.case, item.space)


def key(item: Short) -> str:
    """Return the first accepted form."""
    return item.accepted[0]


def view(item: Short, _: int) -> View:
    """Say whether case counts; nothing else is known before the answer."""
    return {"case": item.case == "keep"}


def judge(item: Short, answer: object) -> Verdict:
    """Judge the typed text against the accepted and the expected wrong forms."""
    given = forms.typed(answer)
    remark, credit = forms.remark("answer", given, item.accepted, item.wrong, rules(item))
    return Verdict(correct=credit == 1.0, credit=credit, remarks=(remark,))


def lines(_: View) -> list[str]:
    """Return no lines: there is nothing to choose from."""
    return []


def ask(shown: View) -> str:
    """Say whether case counts."""
    return "Your answer (upper and lower case count)" if shown["case"] else "Your answer"


def names(_: View) -> dict[str, str]:
    """Return the name of the only part."""
    return {"answer": "your answer"}


def parse_line(_: View, line: str) -> str:
    """Take the line as it is."""
    return line


def differs(item: Short, proved: object) -> str | None:
    """Say whether what a proof found would be accepted."""
    try:
        right = judge(item, proved).correct
    except AnswerError:
        return "`answer` must be the text that is right"
    return None if right else f"{proved!r} is proved, and not among the accepted forms"


def faults(item: Short) -> Iterator[Wrong]:
    """Name wrong forms that would be accepted."""
    for place, text in forms.clashes(item.accepted, item.wrong, rules(item)):
        where, wrong = f".wrong[{place}].text", f"{text} is accepted too"
        yield where, wrong, "remove it from one of the two, or let case or space count"
