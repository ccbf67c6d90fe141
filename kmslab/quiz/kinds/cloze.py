"""A text with gaps, each filled from a list or by typing.

Refuses to know faces, files and progress. An answer is {gap's id: option's id, or typed text}.
A gap stands in the text as {{id}}, also inside a fence.
"""

import re
from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from kmslab.quiz.kinds import forms, lettered, parts
from kmslab.quiz.kinds.choice import Option, in_order
from kmslab.quiz.kinds.forms import Accepted, Case, Rules, Space, WrongForm
from kmslab.quiz.kinds.kind import View, Wrong
from kmslab.quiz.markup import Block, Inline, parse, plain
from kmslab.quiz.model import AnswerError, ItemHead, Mark, Name, Remark, Text, Verdict

GAP = re.compile(r"\{\{([a-z0-9-]+)\}\}")


class Gap(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One gap: a list of `options`, or a field with `accepted` forms."""

    id: Annotated[Name, Meta(description="Stands in the text as {{id}}.")]
    options: Annotated[tuple[Option, ...], Meta(max_length=8)] = ()
    accepted: Accepted = ()
    wrong: tuple[WrongForm, ...] = ()
    why: Annotated[Text | None, Meta(description="Of a typed gap: why its answer is right.")] = None


class Cloze(ItemHead, frozen=True, kw_only=True, tag="cloze"):
    """Gaps in a text are filled."""

    text: Annotated[Text, Meta(description="The text, with a {{id}} for each gap.")]
    gaps: Annotated[tuple[Gap, ...], Meta(min_length=1, max_length=8)]
    case: Case = "ignore"
    space: Space = "single"


def key(item: Cloze) -> dict[str, str]:
    """Return what is right for each gap: an option's id or the first accepted form."""
    return {gap.id: _right(gap) for gap in item.gaps}


def _right(gap: Gap) -> str:
    return next((o.id for o in gap.options if o.correct), "") or gap.accepted[0]


def view(item: Cloze, seed: int) -> View:
    """Return the text with runs of style "gap", and each gap's options in this seed's order."""
    return {
        "text": [_with_gaps(block) for block in parse(item.text)],
        "gaps": [{"id": gap.id, "options": _offered(item, gap, seed)} for gap in item.gaps],
    }


def _offered(item: Cloze, gap: Gap, seed: int) -> list[dict[str, Any]]:
    options = in_order(gap.options, seed, f"{item.id}-{gap.id}")
    return [{"id": option.id, "text": parse(option.text)} for option in options]


def _with_gaps(block: Block) -> Block:
    lines = [[piece for run in line for piece in _split(run)] for line in block["lines"]]
    return {"kind": block["kind"], "lines": lines}


def _split(run: Inline) -> Iterator[Inline]:
    """Split a run at its gaps; re.split gives text and gap in turn."""
    for place, text in enumerate(GAP.split(run["text"])):
        if place % 2:
            yield {"style": "gap", "text": text}
        elif text:
            yield {"style": run["style"], "text": text}


def judge(item: Cloze, answer: object) -> Verdict:
    """Judge the gaps: all for the exam, the mean of their credits for practice."""
    given = parts.given(answer, [gap.id for gap in item.gaps], "gap")
    judged = [_judge(item, gap, given[gap.id]) for gap in item.gaps]
    return parts.verdict([remark for remark, _ in judged], [credit for _, credit in judged])


def _judge(item: Cloze, gap: Gap, given: str) -> tuple[Remark, float]:
    if not gap.options:
        rules = Rules(item.case, item.space)
        remark, credit = forms.remark(gap.id, forms.typed(given), gap.accepted, gap.wrong, rules)
        return msgspec.structs.replace(remark, why=remark.why or gap.why or ""), credit
    options = {option.id: option for option in gap.options}
    if given not in options:
        raise AnswerError(f"Gap {gap.id} has no option {given}.")
    option, right = options[given], options[_right(gap)]
    key_ = f"Right: {lettered.said(right.text)}. {right.why}"
    mark = Mark.HIT if option.correct else Mark.WRONG
    return Remark(gap.id, mark, option.why, option.misconception, key_), float(option.correct)


def lines(shown: View) -> list[str]:
    """Return the text with numbered gaps, then what each gap offers."""
    numbers = {gap["id"]: n for n, gap in enumerate(shown["gaps"], 1)}
    text = plain([_numbered(block, numbers) for block in shown["text"]])
    offers = [
        f"  [{numbers[gap['id']]}] " + "; ".join(each.strip() for each in offered)
        for gap in shown["gaps"]
        if (offered := lettered.lines(gap["options"]))
    ]
    return [*(f"  {line}" for line in text.splitlines()), "", *offers]


def _numbered(block: Block, numbers: dict[str, int]) -> Block:
    return {
        "kind": block["kind"],
        "lines": [
            [
                {"style": "", "text": f"[{numbers[run['text']]}]"} if run["style"] == "gap" else run
                for run in line
            ]
            for line in block["lines"]
        ],
    }


def ask(shown: View) -> str:
    """Show the form of an answer."""
    several = len(shown["gaps"]) > 1
    return "The gaps in turn, with semicolons between (as: a; b)" if several else "The gap"


def names(shown: View) -> dict[str, str]:
    """Return the numbers of the gaps."""
    return {gap["id"]: f"[{n}]" for n, gap in enumerate(shown["gaps"], 1)}


def parse_line(shown: View, line: str) -> dict[str, str]:
    """Read "a; 4096": a letter or a text for each gap in turn."""
    fields = [field.strip() for field in line.split(";")]
    gaps = shown["gaps"]
    if len(fields) != len(gaps):
        raise AnswerError(f"Fill {len(gaps)} gap(s), with semicolons between.")
    return {gap["id"]: _read(gap, field) for gap, field in zip(gaps, fields, strict=True)}


def _read(gap: dict[str, Any], field: str) -> str:
    if not gap["options"]:
        return field
    picked = lettered.read(field, [option["id"] for option in gap["options"]])
    return picked[0]


def differs(item: Cloze, proved: object) -> str | None:
    """Compare a proof's {gap's id: option's id, text, or None for undecided} with the key."""
    if wrong := parts.proved(proved, list(key(item))):
        return wrong
    for gap in item.gaps:
        found = proved[gap.id]  # type: ignore[index]  # parts.proved has seen a mapping
        try:
            right = found is None or _judge(item, gap, str(found))[0].mark is Mark.HIT
        except AnswerError as error:
            return str(error)
        if not right:
            return f"gap {gap.id} is {_right(gap)} in the key, and proved {found!r}"
    return None


def faults(item: Cloze) -> Iterator[Wrong]:
    """Name gaps that the text lacks or repeats, and gaps that cannot be filled."""
    stand = GAP.findall(item.text)
    ids = [gap.id for gap in item.gaps]
    yield from lettered.repeated(ids, ".gaps", "gap")
    for name in sorted(set(stand) - set(ids)):
        yield ".text", f"gap {{{{{name}}}}} is nowhere described", f"add `id: {name}` to the gaps"
    for place, gap in enumerate(item.gaps):
        if stand.count(gap.id) != 1:
            wrong = f"gap {gap.id} stands {stand.count(gap.id)} times in the text"
            yield f".gaps[{place}].id", wrong, f"write {{{{{gap.id}}}}} once"
        yield from _gap_faults(item, gap, f".gaps[{place}]")


def _gap_faults(item: Cloze, gap: Gap, where: str) -> Iterator[Wrong]:
    yield from lettered.repeated([o.id for o in gap.options], f"{where}.options", "option")
    if bool(gap.options) == bool(gap.accepted):
        yield where, f"gap {gap.id} is chosen and typed, or neither", "keep options or accepted"
    elif gap.options and (right := sum(option.correct for option in gap.options)) != 1:
        yield f"{where}.options", f"{right} options are correct", "mark exactly one"
    for place, text in forms.clashes(gap.accepted, gap.wrong, Rules(item.case, item.space)):
        yield f"{where}.wrong[{place}].text", f"{text} is accepted too", "keep one of the two"
