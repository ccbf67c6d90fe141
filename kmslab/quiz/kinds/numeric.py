"""A number, with its unit and its tolerance; wrong numbers can be told what they show.

Refuses to know faces, files and progress. An answer is what was typed ("4,096", "4 KiB"), or a
JSON number in the item's unit.
"""

import math
import re
from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from kmslab.quiz.kinds.forms import Credit, typed
from kmslab.quiz.kinds.kind import View, Wrong
from kmslab.quiz.model import AnswerError, ItemHead, Mark, Misconception, Remark, Text, Verdict

Unit = Annotated[str, Meta(min_length=1, max_length=20)]


class Tolerance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far an answer may be off: one of the three, or none for exactly right."""

    absolute: Annotated[float, Meta(ge=0, description="In the unit of the answer.")] | None = None
    relative: Annotated[float, Meta(ge=0, lt=1, description="0.01 is one percent.")] | None = None
    digits: (
        Annotated[int, Meta(ge=1, le=15, description="Significant digits that have to agree.")]
        | None
    ) = None


class Range(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Wrong numbers from `low` to `high`, both included, and what to say to them."""

    low: float | None = None
    high: float | None = None
    why: Text
    misconception: Misconception | None = None
    credit: Credit = 0.0

    def holds(self, number: float) -> bool:
        """Tell whether the number lies in the range."""
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        return low <= number <= high


class Numeric(ItemHead, frozen=True, kw_only=True, tag="numeric"):
    """A number is right, within a tolerance."""

    answer: Annotated[float, Meta(description="In `unit`.")]
    tolerance: Tolerance = Tolerance()
    unit: Annotated[
        Unit | None, Meta(description="The unit of the answer, as students write it.")
    ] = None
    units: Annotated[
        dict[Unit, Annotated[float, Meta(gt=0)]],
        Meta(description="Other units that are understood, each with its size in `unit`."),
    ] = msgspec.field(default_factory=dict)
    ranges: tuple[Range, ...] = ()


def key(item: Numeric) -> str:
    """Return the number with its unit, as one may type it."""
    number = f"{item.answer:.15g}"
    return f"{number} {item.unit}" if item.unit else number


def view(item: Numeric, _: int) -> View:
    """Return the units that are understood, the answer's own first."""
    return {"units": [*([item.unit] if item.unit else []), *item.units]}


_NUMBER = re.compile(r"\s*([-+]?\d[\d,_ ]*(?:\.\d+)?(?:[eE][-+]?\d{1,3})?|[-+]?\.\d+)\s*(.*?)\s*")


def number_of(item: Numeric, answer: object) -> float:
    """Return the answer in the item's unit. Raises: AnswerError."""
    if isinstance(answer, int | float) and not isinstance(answer, bool):
        number, unit = _float(answer), ""
    else:
        match = _NUMBER.fullmatch(typed(answer))
        if match is None:
            raise AnswerError("Type a number, as 4096 or 4,096 or 1.5e6.")
        number, unit = float(re.sub(r"[,_ ]", "", match[1])), match[2]
    if not math.isfinite(number):
        raise AnswerError("Type a number that is finite.")
    return number * _factor(item, unit)


def _float(number: float) -> float:
    """Return a whole number as a float too; what is beyond all floats is infinite."""
    try:
        return float(number)
    except OverflowError:
        return math.inf


def _factor(item: Numeric, unit: str) -> float:
    """Return the size of a typed unit; none is the item's own."""
    sizes = {item.unit or "": 1.0, **item.units}
    folded = {name.casefold(): size for name, size in sizes.items()}
    size = sizes.get(unit, folded.get(unit.casefold(), None if unit else 1.0))
    if size is None:
        known = ", ".join(filter(None, sizes))
        raise AnswerError(f"The units are {known}." if known else "Type the number alone.")
    return size


def is_right(item: Numeric, number: float) -> bool:
    """Tell whether a number, in the item's unit, is within the tolerance."""
    given = item.tolerance
    if given.digits is not None:
        return _rounded(number, given.digits) == _rounded(item.answer, given.digits)
    room = given.absolute or abs(item.answer) * (given.relative or 0.0)
    return math.isclose(number, item.answer, rel_tol=1e-12, abs_tol=room * (1 + 1e-12))


def _rounded(number: float, digits: int) -> str:
    return f"{number:.{digits - 1}e}"


def judge(item: Numeric, answer: object) -> Verdict:
    """Judge the number; a wrong one gets the word and the credit of the first range it is in."""
    number = number_of(item, answer)
    right = f"Right: `{key(item)}`."
    if is_right(item, number):
        remarks = (Remark("answer", Mark.HIT, "", key=right),)
        return Verdict(correct=True, credit=1.0, remarks=remarks)
    for each in item.ranges:
        if each.holds(number):
            remark = Remark("answer", Mark.WRONG, each.why, each.misconception, right)
            return Verdict(correct=False, credit=each.credit, remarks=(remark,))
    remark = Remark("answer", Mark.WRONG, "That is not the number.", key=right)
    return Verdict(correct=False, credit=0.0, remarks=(remark,))


def lines(_: View) -> list[str]:
    """Return no lines: there is nothing to choose from."""
    return []


def ask(shown: View) -> str:
    """Name the units."""
    return f"A number ({' or '.join(shown['units'])})" if shown["units"] else "A number"


def names(_: View) -> dict[str, str]:
    """Return the name of the only part."""
    return {"answer": "your answer"}


def parse_line(_: View, line: str) -> str:
    """Take the line as it is."""
    return line


def differs(item: Numeric, proved: object) -> str | None:
    """Say whether the number that a proof found is within the tolerance."""
    if isinstance(proved, bool) or not isinstance(proved, int | float):
        return f"`answer` must be a number{f' of {item.unit}' if item.unit else ''}"
    return None if is_right(item, proved) else f"the key is {key(item)}, and proved {proved}"


def faults(item: Numeric) -> Iterator[Wrong]:
    """Name contradictions between answer, tolerance, units and ranges."""
    given = (item.tolerance.absolute, item.tolerance.relative, item.tolerance.digits)
    if sum(each is not None for each in given) > 1:
        yield ".tolerance", "more than one tolerance", "keep absolute, relative or digits"
    if item.units and item.unit is None:
        yield ".units", "units without the answer's own", "add `unit:`"
    for place, each in enumerate(item.ranges):
        if each.holds(item.answer):
            wrong = f"the range holds the answer {key(item)}"
            yield f".ranges[{place}]", wrong, "end it below, or begin it above the answer"
        elif not each.holds(each.low if each.low is not None else each.high or 0.0):
            yield f".ranges[{place}]", "an empty range", "write the smaller number as `low:`"
