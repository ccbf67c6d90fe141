"""Pick one option, or pick several: the two kinds the exams are made of.

Refuses to know faces, files and progress. An answer is the list of the picked options' ids.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from kmslab.quiz.kinds.kind import Kind, View
from kmslab.quiz.markup import parse, plain
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
    options = shuffled(item.options, seed=seed, salt=item.id, name=lambda option: option.id)
    return {
        "pick": len(key(item)),
        "options": [{"id": option.id, "text": parse(option.text)} for option in options],
    }


_MARKS = {
    (True, True): Mark.HIT,
    (True, False): Mark.WRONG,
    (False, True): Mark.MISSED,
    (False, False): Mark.PASSED,
}


def judge(item: Choice, answer: object) -> Verdict:
    """Judge the picked ids: all or nothing for the exam, right less wrong for practice."""
    given = _picked(item, answer)
    remarks = tuple(
        Remark(o.id, _MARKS[o.id in given, o.correct], o.why, o.misconception) for o in item.options
    )
    right = set(key(item))
    credit = max(0, len(given & right) - len(given - right)) / len(right)
    return Verdict(correct=given == right, credit=credit, remarks=remarks)


def _picked(item: Choice, answer: object) -> set[str]:
    if not isinstance(answer, list | tuple) or not answer:
        raise AnswerError("Pick an option first.")
    known = {option.id for option in item.options}
    if not all(isinstance(a, str) and a in known for a in answer):
        raise AnswerError(f"The options are {', '.join(sorted(known))}.")
    if isinstance(item, Single) and len(set(answer)) > 1:
        raise AnswerError("Pick one option only.")
    return set(answer)


def lines(shown: View) -> list[str]:
    """Return the options as a terminal prints them, lettered in the order shown."""
    return [f"  {_letter(n)}) {plain(o['text'])}" for n, o in enumerate(shown["options"])]


def parse_line(shown: View, line: str) -> list[str]:
    """Read "b", "a c" or "a,c": the letters of the order shown."""
    ids = {_letter(n): option["id"] for n, option in enumerate(shown["options"])}
    letters = line.lower().replace(",", " ").split()
    if len(letters) == 1 and letters[0] not in ids:
        letters = list(letters[0])
    unknown = [letter for letter in letters if letter not in ids]
    if unknown or not letters:
        raise AnswerError(f"Answer with letters from {', '.join(ids)}.")
    return [ids[letter] for letter in dict.fromkeys(letters)]


def _letter(place: int) -> str:
    return chr(ord("a") + place)


def differs(item: Choice, proved: object) -> str | None:
    """Compare a proof's {option id: bool} with the key.

    None says that the service cannot decide an option; a right option may not be left so.
    """
    names = {option.id for option in item.options}
    if not isinstance(proved, Mapping) or set(proved) != names:
        return f"`answer` must be a dict with one entry for each of {', '.join(sorted(names))}"
    for option in item.options:
        verdict: Any = proved[option.id]
        if verdict is None and option.correct:
            return f"option {option.id} is in the key, but the proof leaves it open"
        if verdict not in (True, False, None):
            return f"option {option.id} must be True, False or None, not {verdict!r}"
        if verdict is not None and verdict != option.correct:
            return f"option {option.id} is {option.correct} in the key, and proved {verdict}"
    return None


def faults(item: Choice) -> Iterator[tuple[str, str, str]]:
    """Name what the schema cannot refuse: repeated ids and impossible keys."""
    ids = [option.id for option in item.options]
    for place, name in enumerate(ids):
        if name in ids[:place]:
            yield f".options[{place}].id", f"option id {name} is used twice", "use each letter once"
    right = len(key(item))
    if isinstance(item, Single) and right != 1:
        yield ".options", f"{right} options are correct", "mark exactly one `correct: true`"
    if isinstance(item, Multiple) and not 1 < right < len(ids):
        yield ".options", f"{right} options are correct", "mark two or more, but not all"


def _row(item: type[Any]) -> Kind[Any]:
    return Kind(
        item=item,
        view=view,
        judge=judge,
        key=key,
        lines=lines,
        parse=parse_line,
        differs=differs,
        faults=faults,
    )


SINGLE = _row(Single)
MULTIPLE = _row(Multiple)
