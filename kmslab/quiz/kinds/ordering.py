"""Put steps in order, and leave out what does not belong.

Refuses to know faces, files and progress. An answer is the list of ids, the first step first.
"""

from collections.abc import Iterator
from itertools import combinations
from typing import Annotated

import msgspec
from msgspec import Meta

from kmslab.quiz.kinds import lettered
from kmslab.quiz.kinds.kind import View, Wrong
from kmslab.quiz.markup import alike, parse
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


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step, with the reason for its place; of a surplus one, the reason it has none."""

    id: Letter
    text: Text
    why: Text
    misconception: Misconception | None = None


class Ordering(ItemHead, frozen=True, kw_only=True, tag="ordering"):
    """Steps are put in their order."""

    steps: Annotated[
        tuple[Step, ...],
        Meta(min_length=3, max_length=7, description="In the right order, the letters mixed."),
    ]
    surplus: Annotated[
        tuple[Step, ...], Meta(max_length=4, description="Steps that do not belong.")
    ] = ()


def key(item: Ordering) -> list[str]:
    """Return the ids of the steps in the right order."""
    return [step.id for step in item.steps]


def view(item: Ordering, seed: int) -> View:
    """Return all steps in the order of this seed, and how many belong."""
    steps = shuffled(
        (*item.steps, *item.surplus), seed=seed, salt=item.id, name=lambda step: step.id
    )
    return {
        "pick": len(item.steps),
        "options": [{"id": step.id, "text": parse(step.text)} for step in steps],
    }


def judge(item: Ordering, answer: object) -> Verdict:
    """Judge the order: exact for the exam, pairs in order less pairs out of it for practice.

    A surplus step costs one pair.
    """
    given = _given(item, answer)
    right = key(item)
    remarks = (
        *(_remark(step, given, place) for place, step in enumerate(item.steps)),
        *(
            Remark(s.id, Mark.WRONG if s.id in given else Mark.PASSED, s.why, s.misconception)
            for s in item.surplus
        ),
    )
    placed = [right.index(name) for name in given if name in right]
    pairs = [1 if first < then else -1 for first, then in combinations(placed, 2)]
    worth = sum(pairs) - (len(given) - len(placed))
    credit = max(0, worth) / (len(right) * (len(right) - 1) // 2)
    return Verdict(correct=given == right, credit=credit, remarks=remarks)


def _given(item: Ordering, answer: object) -> list[str]:
    known = {step.id for step in (*item.steps, *item.surplus)}
    if not isinstance(answer, list | tuple) or not answer:
        raise AnswerError("Put the steps in order first.")
    if not all(isinstance(each, str) and each in known for each in answer):
        raise AnswerError(f"The steps are {', '.join(sorted(known))}.")
    if len(set(answer)) < len(answer):
        raise AnswerError("Use each step once.")
    return list(answer)


def _remark(step: Step, given: list[str], place: int) -> Remark:
    told = alike(f"Step {place + 1}. {step.why}", step.why)
    if step.id not in given:
        return Remark(step.id, Mark.MISSED, "", key=told)
    if given.index(step.id) == place:
        return Remark(step.id, Mark.HIT, step.why, key=told)
    return Remark(step.id, Mark.WRONG, "Not at this place.", step.misconception, told)


def lines(shown: View) -> list[str]:
    """Return the lettered steps."""
    return lettered.lines(shown["options"])


def ask(shown: View) -> str:
    """Say how many letters to type."""
    return f"{shown['pick']} letters in order, the first step first (as: c a b)"


def names(shown: View) -> dict[str, str]:
    """Return the letters of the steps."""
    return lettered.names(option["id"] for option in shown["options"])


def parse_line(shown: View, line: str) -> list[str]:
    """Read "c a b": the letters of the order shown."""
    return lettered.read(line, [option["id"] for option in shown["options"]])


def differs(item: Ordering, proved: object) -> str | None:
    """Compare the order that a proof established with the key."""
    if not isinstance(proved, list | tuple):
        return "`answer` must be the list of the steps' ids in their order"
    if list(proved) != key(item):
        return f"the order is {' '.join(key(item))} in the key, and proved {list(proved)!r}"
    return None


def faults(item: Ordering) -> Iterator[Wrong]:
    """Name repeated ids, and ids that give the order away."""
    yield from lettered.repeated([step.id for step in item.steps], ".steps", "step")
    yield from lettered.repeated([step.id for step in item.surplus], ".surplus", "step")
    for place, step in enumerate(item.surplus):
        if step.id in key(item):
            wrong = f"step id {step.id} is used twice"
            yield f".surplus[{place}].id", wrong, "use each letter once"
    if key(item) == sorted(key(item)):
        yield ".steps", "the ids spell the order, and faces see ids", "mix the letters"
