"""Pick one option, or pick several: the two kinds the exams are made of.

Refuses to know faces, files and progress. An answer is the list of the picked options' ids.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from kmslab.quiz.kinds import lettered
from kmslab.quiz.kinds.kind import View, Wrong
from kmslab.quiz.markup import parse
from kmslab.quiz.model import (
    AnswerError,
    ItemHead,
    Letter,
    Mark,
    Misconception,
    Remark,
    Text,
    Verdict,
)
from kmslab.quiz.order import shuffled


class Option(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One choice, with the reason it is right or wrong."""

    id: Letter
    text: Text
    why: Text
    correct: Annotated[bool, Meta(description="Whether it belongs to the key.")] = False
    misconception: Misconception | None = None


Options = Annotated[tuple[Option, ...], Meta(min_length=3, max_length=8)]


class Single(ItemHead, frozen=True, kw_only=True, tag="single"):
    """One option is best."""

    options: Options


class Multiple(ItemHead, frozen=True, kw_only=True, tag="multiple"):
    """Several options are right, and the stem says how many."""

    options: Options


Choice = Single | Multiple


def key(item: Choice) -> list[str]:
    """Return the ids of the right options, in the order they are written."""
    return [option.id for option in item.options if option.correct]


def view(item: Choice, seed: int) -> View:
    """Return the options in the order of this seed: ids and texts, and how many to pick."""
    options = in_order(item.options, seed, item.id)
    return {
        "pick": len(key(item)),
        "options": [{"id": option.id, "text": parse(option.text)} for option in options],
    }


def in_order(options: Sequence[Option], seed: int, salt: str) -> list[Option]:
    """Return options in the order of this seed; numbers keep theirs, for readers look for it."""
    if all(_NUMBER.fullmatch(option.text) for option in options):
        return list(options)
    return shuffled(options, seed=seed, salt=salt, name=lambda option: option.id)


_NUMBER = re.compile(r"[-+]?[\d,]+(\.\d+)?")

_MARKS = {
    (True, True): Mark.HIT,
    (True, False): Mark.WRONG,
    (False, True): Mark.MISSED,
    (False, False): Mark.PASSED,
}


def judge(item: Choice, answer: object) -> Verdict:
    """Judge the picked ids: all or nothing for the exam, right less wrong for practice."""
    return judge_picks(item.options, answer, one=isinstance(item, Single))


def judge_picks(options: Iterable[Option], answer: object, *, one: bool) -> Verdict:
    """Judge the ids picked from options; where `one` is best, one has to be picked."""
    offered = tuple(options)
    given = picked(answer, {option.id for option in offered}, one=one)
    remarks = tuple(
        Remark(o.id, _MARKS[o.id in given, o.correct], o.why, o.misconception) for o in offered
    )
    right = {option.id for option in offered if option.correct}
    credit = max(0, len(given & right) - len(given - right)) / len(right)
    return Verdict(correct=given == right, credit=credit, remarks=remarks)


def picked(answer: object, known: AbstractSet[str], *, one: bool) -> set[str]:
    """Return the picked ids. Raises: AnswerError where they are none of the known."""
    if not isinstance(answer, list | tuple) or not answer:
        raise AnswerError("Pick an option first.")
    if not all(isinstance(a, str) and a in known for a in answer):
        raise AnswerError(f"The options are {', '.join(sorted(known))}.")
    if one and len(set(answer)) > 1:
        raise AnswerError("Pick one option only.")
    return set(answer)


def lines(shown: View) -> list[str]:
    """Return the options as a terminal prints them, lettered in the order shown."""
    return lettered.lines(shown["options"])


def ask(shown: View) -> str:
    """Say how many letters to type."""
    return "Your answer" if shown["pick"] == 1 else f"Your answer ({shown['pick']} letters)"


def names(shown: View) -> dict[str, str]:
    """Return the letters of the options."""
    return lettered.names(option["id"] for option in shown["options"])


def parse_line(shown: View, line: str) -> list[str]:
    """Read "b", "a c" or "a,c": the letters of the order shown."""
    return lettered.read(line, [option["id"] for option in shown["options"]])


def differs(item: Choice, proved: object) -> str | None:
    """Compare a proof's {option id: bool} with the key."""
    return differs_in(item.options, proved)


def differs_in(options: Iterable[Option], proved: object) -> str | None:
    """Compare a proof's {option id: bool} with the options.

    None says that the service cannot decide an option; a right option may not be left so.
    """
    offered = {option.id: option for option in options}
    if not isinstance(proved, Mapping) or set(proved) != set(offered):
        return f"`answer` must be a dict with one entry for each of {', '.join(sorted(offered))}"
    for name, option in offered.items():
        verdict: Any = proved[name]
        if verdict is None and option.correct:
            return f"option {name} is in the key, but the proof leaves it open"
        if verdict not in (True, False, None):
            return f"option {name} must be True, False or None, not {verdict!r}"
        if verdict is not None and verdict != option.correct:
            return f"option {name} is {option.correct} in the key, and proved {verdict}"
    return None


def faults(item: Choice) -> Iterator[Wrong]:
    """Name what the schema cannot refuse: repeated ids and impossible keys."""
    ids = [option.id for option in item.options]
    yield from lettered.repeated(ids, ".options", "option")
    right = len(key(item))
    if isinstance(item, Single) and right != 1:
        yield ".options", f"{right} options are correct", "mark exactly one `correct: true`"
    if isinstance(item, Multiple) and not 1 < right < len(ids):
        yield ".options", f"{right} options are correct", "mark two or more, but not all"
