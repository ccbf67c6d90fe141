"""True or false, with the reason: half the credit is for knowing, half for knowing why.

Refuses to know faces, files and progress. An answer is ["true" or "false", the reason's id].
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta

from kmslab.quiz.kinds import lettered
from kmslab.quiz.kinds.choice import Option, judge_picks
from kmslab.quiz.kinds.kind import View, Wrong
from kmslab.quiz.markup import parse, plain
from kmslab.quiz.model import AnswerError, ItemHead, Mark, Misconception, Remark, Text, Verdict
from kmslab.quiz.order import shuffled

WORDS = {"true": True, "t": True, "false": False, "f": False}


class TrueFalse(ItemHead, frozen=True, kw_only=True, tag="true-false"):
    """A statement is true or false, and one of the reasons says why."""

    statement: Annotated[Text, Meta(description="One claim, without a negative.")]
    truth: Annotated[bool, Meta(description="Whether the statement is true.")]
    misconception: Misconception | None = None
    reasons: Annotated[tuple[Option, ...], Meta(min_length=2, max_length=6)]


def key(item: TrueFalse) -> list[str]:
    """Return the truth in a word, and the id of the right reason."""
    return [_word(item.truth), *(reason.id for reason in item.reasons if reason.correct)]


def view(item: TrueFalse, seed: int) -> View:
    """Return the statement, and the reasons in the order of this seed."""
    reasons = shuffled(item.reasons, seed=seed, salt=item.id, name=lambda reason: reason.id)
    return {
        "statement": parse(item.statement),
        "options": [{"id": reason.id, "text": parse(reason.text)} for reason in reasons],
    }


def judge(item: TrueFalse, answer: object) -> Verdict:
    """Judge both halves; the reason is worth nothing where the truth was missed."""
    if not isinstance(answer, list | tuple) or len(answer) != 2:  # noqa: PLR2004 - both halves
        raise AnswerError("Say true or false, and pick a reason.")
    if answer[0] not in ("true", "false"):
        raise AnswerError("Say true or false first.")
    reason = judge_picks(item.reasons, list(answer[1:]), one=True)
    knows = answer[0] == _word(item.truth)
    head = Remark(
        "truth",
        Mark.HIT if knows else Mark.WRONG,
        f"The statement is {'' if knows else 'not '}{answer[0]}.",
        None if knows else item.misconception,
        key=f"The statement is {_word(item.truth)}.",
    )
    return Verdict(
        correct=knows and reason.correct,
        credit=(1 + reason.credit) / 2 if knows else 0.0,
        remarks=(head, *reason.remarks),
    )


def _word(truth: bool) -> str:  # noqa: FBT001 - it is what is named
    return "true" if truth else "false"


def lines(shown: View) -> list[str]:
    """Return the statement and the lettered reasons."""
    return [f"  {plain(shown['statement'])}", "", "  Because:", *lettered.lines(shown["options"])]


def ask(_: View) -> str:
    """Show the form of an answer."""
    return "True or false, and a letter (as: true b)"


def names(shown: View) -> dict[str, str]:
    """Return the letters of the reasons, and a name for the statement."""
    letters = lettered.names(option["id"] for option in shown["options"])
    return {"truth": "statement", **letters}


def parse_line(shown: View, line: str) -> list[str]:
    """Read "true b" or "f a"."""
    first, _, rest = line.strip().lower().replace(",", " ").partition(" ")
    if first not in WORDS:
        raise AnswerError("Begin with true or false, then the letter of the reason: true b")
    return [_word(WORDS[first]), *lettered.read(rest, [o["id"] for o in shown["options"]])]


def differs(item: TrueFalse, proved: object) -> str | None:
    """Compare the truth that a proof established with the key."""
    if not isinstance(proved, bool):
        return "`answer` must be True or False: what the service says of the statement"
    if proved != item.truth:
        return f"the statement is {_word(item.truth)} in the key, and proved {_word(proved)}"
    return None


def faults(item: TrueFalse) -> Iterator[Wrong]:
    """Name repeated ids and impossible keys."""
    yield from lettered.repeated([reason.id for reason in item.reasons], ".reasons", "reason")
    right = sum(reason.correct for reason in item.reasons)
    if right != 1:
        yield ".reasons", f"{right} reasons are correct", "mark exactly one `correct: true`"
