"""Typed words: which forms of an answer are the same, and what known wrong ones show.

Used by the kinds in which something is typed. There are no patterns: a list of forms can be read,
exported and proven, and no input makes it slow. Refuses to know any kind.
"""

import unicodedata
from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from kmslab.quiz.model import AnswerError, Mark, Misconception, Remark, Text

MAX_TYPED = 200  # characters; no accepted form comes near it

Case = Annotated[Literal["ignore", "keep"], Meta(description="Whether case is ignored.")]
Space = Annotated[
    Literal["single", "ignore", "keep"],
    Meta(description="single: runs of spaces are one. ignore: spaces do not count. keep: exact."),
]
Credit = Annotated[float, Meta(ge=0, lt=1, description="What it is worth in practice.")]
Accepted = Annotated[
    tuple[Text, ...], Meta(description="Every form that is right; the best first.")
]


class WrongForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A wrong answer that is expected, and what to say to it."""

    text: Text
    why: Text
    misconception: Misconception | None = None
    credit: Credit = 0.0


class Rules(msgspec.Struct, frozen=True):
    """Which differences between two forms do not count."""

    case: Case = "ignore"
    space: Space = "single"


def normal(text: str, rules: Rules) -> str:
    """Return the form by which texts are compared: Unicode NFKC, then case and spaces."""
    text = unicodedata.normalize("NFKC", text)
    if rules.case == "ignore":
        text = text.casefold()
    if rules.space == "keep":
        return text
    return (" " if rules.space == "single" else "").join(text.split())


def typed(answer: object) -> str:
    """Return what was typed. Raises: AnswerError where it is nothing, or no text."""
    if not isinstance(answer, str) or not answer.strip():
        raise AnswerError("Type an answer first.")
    if len(answer) > MAX_TYPED:
        raise AnswerError(f"An answer has at most {MAX_TYPED} characters.")
    return answer


def remark(
    part: str, given: str, accepted: Iterable[str], wrong: Iterable[WrongForm], rules: Rules
) -> tuple[Remark, float]:
    """Judge one typed form; return the remark and the credit."""
    forms = tuple(accepted)
    form = normal(given, rules)
    key = f"Right: `{forms[0]}`."
    if form in {normal(each, rules) for each in forms}:
        return Remark(part, Mark.HIT, "", key=key), 1.0
    for each in wrong:
        if form == normal(each.text, rules):
            return Remark(part, Mark.WRONG, each.why, each.misconception, key), each.credit
    return Remark(part, Mark.WRONG, "That is not it.", key=key), 0.0


def clashes(
    accepted: Iterable[str], wrong: Iterable[WrongForm], rules: Rules
) -> Iterable[tuple[int, str]]:
    """Yield the place and text of each wrong form that would be accepted."""
    forms = {normal(each, rules) for each in accepted}
    for place, each in enumerate(wrong):
        if normal(each.text, rules) in forms:
            yield place, each.text
