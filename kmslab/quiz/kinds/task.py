"""A live-state task: the student changes a world, and what the API then says of it is the answer.

An expectation is a question to the API and what it has to answer. Refuses to know any world: whoever
has one looks (`looking.py`), and the judge sees values. An answer is {expectation's id: value}; where
the API refused the question, the value is the name of the error.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from kmslab.quiz.kinds import lettered
from kmslab.quiz.kinds.kind import View, Wrong
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

Value = str | int | float | bool
MAX_SHOWN = 120  # characters of a value that was seen


class Expectation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A read-only question to the API, and the answer that is wanted."""

    id: Letter
    ask: Annotated[
        str,
        Meta(
            pattern=r"^(Describe|Get|List)[A-Za-z]+$",
            description="An operation that changes nothing.",
        ),
    ]
    given: Annotated[
        dict[str, Any],
        Meta(description="Its parameters. A KeyId that is an alias stands for the key it names."),
    ] = msgspec.field(name="with", default_factory=dict)
    field: Annotated[
        Text,
        Meta(description="What of its answer, as `--query` of the AWS CLI says it (JMESPath)."),
    ]
    wanted: Annotated[
        Value, Meta(description="The value, or the name of the error that is wanted.")
    ] = msgspec.field(name="is")
    why: Text
    hint: Annotated[Text, Meta(description="Told while the value is another.")] | None = None
    misconception: Misconception | None = None


class Task(ItemHead, frozen=True, kw_only=True, tag="task"):
    """A world has to be brought into a state."""

    expect: Annotated[tuple[Expectation, ...], Meta(min_length=1, max_length=8)]


def key(item: Task) -> dict[str, Value]:
    """Return what is wanted of each expectation."""
    return {each.id: each.wanted for each in item.expect}


def view(item: Task, _: int) -> View:
    """Return what will be asked of the world, without what is wanted."""
    return {
        "checks": [{"id": each.id, "ask": _call(each), "field": each.field} for each in item.expect]
    }


def _call(each: Expectation) -> str:
    return " ".join([each.ask, *(f"{name}={_shown(value)}" for name, value in each.given.items())])


def _shown(value: object) -> str:
    """Return a value as it stands in a sentence."""
    text = value if isinstance(value, str) else json.dumps(value)
    short = text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"
    return " ".join(short.replace("`", "'").split())


def judge(item: Task, answer: object) -> Verdict:
    """Judge what was seen: all for the exam, the share of met expectations for practice."""
    ids = {each.id for each in item.expect}
    if not isinstance(answer, Mapping) or set(answer) != ids:
        raise AnswerError("Let your world be checked first.")
    if not all(isinstance(value, Value | None) for value in answer.values()):
        raise AnswerError("What was seen is no single value.")
    remarks = tuple(_remark(each, answer[each.id]) for each in item.expect)
    hits = sum(remark.mark is Mark.HIT for remark in remarks)
    return Verdict(correct=hits == len(remarks), credit=hits / len(remarks), remarks=remarks)


def _remark(each: Expectation, seen: object) -> Remark:
    told = f"`{_shown(each.wanted)}`: {each.why}"
    if _same(seen, each.wanted):
        return Remark(each.id, Mark.HIT, told)
    words = f"Seen: `{_shown(seen)}`. {each.hint or ''}".rstrip()
    return Remark(each.id, Mark.WRONG, words, each.misconception, f"Wanted is {told}")


def _same(seen: object, wanted: Value) -> bool:
    """Compare as JSON does: true is no 1."""
    return isinstance(seen, bool) == isinstance(wanted, bool) and seen == wanted


def lines(shown: View) -> list[str]:
    """Return what will be asked, with the letters that remarks use."""
    return [f"  {each['id']}) {each['ask']}: {each['field']}" for each in shown["checks"]]


def ask(_: View) -> str:
    """Say how the world is checked."""
    return "Change your world, then type check"


def names(shown: View) -> dict[str, str]:
    """Return the letters of the expectations."""
    return {each["id"]: f"{each['id']})" for each in shown["checks"]}


def parse_line(_: View, line: str) -> dict[str, Value]:
    """Read "check"; what is seen takes the place of this answer."""
    if line.strip().lower() not in ("check", "c"):
        raise AnswerError("Type check when your world is as it should be.")
    return {}


def differs(item: Task, proved: object) -> str | None:
    """Say which expectation the world that a proof made does not meet."""
    try:
        remarks = judge(item, proved).remarks
    except AnswerError as error:
        return str(error)
    for each, remark in zip(item.expect, remarks, strict=True):
        if remark.mark is Mark.WRONG:
            seen = proved[each.id]  # type: ignore[index]  # the judge has seen a mapping
            return f"expectation {each.id} wants {each.wanted!r}, and {seen!r} is proved"
    return None


def faults(item: Task) -> Iterator[Wrong]:
    """Name repeated ids."""
    yield from lettered.repeated([each.id for each in item.expect], ".expect", "expectation")
