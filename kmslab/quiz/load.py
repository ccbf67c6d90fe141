"""From a YAML file to a quiz, or to a list of faults with their places.

The shape is checked against the catalog's types (`shape.py`), all that types cannot say by the
kinds themselves. Refuses to know YAML (`source.py`) and to run anything.
"""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import msgspec

from kmslab.quiz.catalog import (
    KINDS,
    Grow,
    Item,
    Quiz,
    QuizFile,
    Written,
    kind_of,
)
from kmslab.quiz.family import FIRST, Family, FamilyError, ungrown
from kmslab.quiz.kinds.case import Case
from kmslab.quiz.kinds.choice import Option
from kmslab.quiz.kinds.cloze import Gap
from kmslab.quiz.kinds.forms import WrongForm
from kmslab.quiz.kinds.hotspot import Spot
from kmslab.quiz.kinds.matching import Prompt
from kmslab.quiz.kinds.numeric import Range, Tolerance
from kmslab.quiz.kinds.task import Expectation
from kmslab.quiz.model import LabSection, Part, Reference, Translation
from kmslab.quiz.shape import Words, faults
from kmslab.quiz.source import Fault, QuizFileError, Source, content, parse


def load_quiz(path: str | Path, grow: Grow = ungrown) -> Quiz:
    """Read and check one quiz file; `grow` makes variants of its families.

    Raises: QuizFileError with every fault found.
    """
    return _loaded(str(path), content(Path(path)), grow)


@lru_cache(maxsize=64)
def _loaded(path: str, raw: bytes, grow: Grow) -> Quiz:
    """Check the same bytes once in a process: growing the first variants takes its time."""
    return quiz_of(parse(raw, path), grow)


def quiz_of(source: Source, grow: Grow = ungrown) -> Quiz:
    """Check a parsed file and return its quiz. Raises: QuizFileError."""
    if found := list(_shape_faults(source)):
        raise QuizFileError(found)
    quiz = _Growing(source, grow).quiz(msgspec.convert(source.value, QuizFile))
    if found := list(_sense_faults(source, quiz)):
        raise QuizFileError(found)
    return quiz


class _Growing:
    """Puts the first variant in the place of each family, and keeps the families."""

    def __init__(self, source: Source, grow: Grow) -> None:
        self.source = source
        self.grow = grow
        self.families: dict[str, Family] = {}
        self.faults: list[Fault] = []

    def quiz(self, file: QuizFile) -> Quiz:
        """Return the quiz. Raises: QuizFileError where a family does not grow."""
        entries = [
            self._case(entry, f"$.items[{place}]")
            if isinstance(entry, Case)
            else self._item(entry, f"$.items[{place}]")
            for place, entry in enumerate(file.entries)
        ]
        if self.faults:
            raise QuizFileError(self.faults)
        return Quiz(
            quiz=file.quiz,
            title=file.title,
            about=file.about,
            as_of=file.as_of,
            hint_cost=file.hint_cost,
            entries=tuple(filter(None, entries)),
            families=self.families,
            grow=self.grow,
        )

    def _case(self, case: Case[Written], base: str) -> Case[Item]:
        items = [self._item(item, f"{base}.items[{n}]") for n, item in enumerate(case.items)]
        return Case(title=case.title, scenario=case.scenario, items=tuple(filter(None, items)))

    def _item(self, item: Written, base: str) -> Item | None:
        if not isinstance(item, Family):
            return item
        self.families[item.id] = item
        try:
            return self.grow(item, FIRST)
        except FamilyError as error:
            where = f"{base}{error.where}"
            self.faults.append(self.source.fault(where, error.wrong, error.right))
            return None


def _shape_faults(source: Source) -> Iterator[Fault]:
    """Check each item by itself, so that one fault does not hide the next, then the whole."""
    items = source.value.get("items") if isinstance(source.value, dict) else None
    found = False
    for place, entry in enumerate(items if isinstance(items, list) else ()):
        for fault in _entry_faults(source, entry, f"$.items[{place}]"):
            found = True
            yield fault
    if not found:
        yield from faults(source, source.value, QuizFile, "$", _WORDS)


def _entry_faults(source: Source, entry: object, base: str) -> Iterator[Fault]:
    """Check the items of a case study by themselves too, then the entry."""
    inner = entry.get("items") if isinstance(entry, dict) else None
    found = [
        fault
        for place, item in enumerate(inner if isinstance(inner, list) else ())
        for fault in faults(source, item, Written, f"{base}.items[{place}]", _WORDS)
    ]
    yield from found or faults(source, entry, Written | Case[Written], base, _WORDS)


def _sense_faults(source: Source, quiz: Quiz) -> Iterator[Fault]:
    seen: set[str] = set()
    for base, item, _ in quiz.placed():
        for where, wrong, right in kind_of(item).faults(item):
            yield source.fault(base + where, wrong, right)
        if item.id in seen:
            yield source.fault(f"{base}.id", f"item id {item.id} is used twice", "use a new number")
        seen.add(item.id)
        yield from _translation_faults(source, item, base)
        if item.proof is not None:
            yield from _proof_faults(source, item.proof, f"{base}.proof")
        if item.proof is not None and item.unprovable is not None:
            wrong = "an item with a proof is said to have none"
            yield source.fault(f"{base}.unprovable", wrong, "keep `proof:` or `unprovable:`")


def _translation_faults(source: Source, item: Item, base: str) -> Iterator[Fault]:
    """Name translations of parts that the item does not have."""
    values = (getattr(item, name) for name in item.__struct_fields__)
    known = {getattr(e, "id", None) for value in values if isinstance(value, tuple) for e in value}
    for language, told in item.i18n.items():
        for name in sorted(set(told.parts) - known):
            where = f"{base}.i18n.{language}.parts.{name}"
            yield source.fault(where, f"the item has no part {name}", "use the ids of its parts")


def _proof_faults(source: Source, proof: str, where: str) -> Iterator[Fault]:
    try:
        compile(proof, "<proof>", "exec")
    except (SyntaxError, ValueError) as error:
        wrong = f"proof is not Python: {getattr(error, 'msg', error)}"
        yield source.fault(where, wrong, f"repair its line {getattr(error, 'lineno', 1)}")


def _tag(item: type) -> str:
    return str(cast("Any", item).__struct_config__.tag)  # msgspec sets it, but does not type it


_PARTS = (Translation, Part, Option, WrongForm, Tolerance, Range, Prompt, Gap, Spot, Expectation)
_SHAPES: tuple[Any, ...] = (QuizFile, Family, LabSection, Reference, Case, *_PARTS, *KINDS)
_FIELDS = sorted({n for shape in _SHAPES for n in shape.__struct_encode_fields__} | {"type"})
_WORDS = Words(
    whole="the quiz",
    schema="kmslab/quiz/schema.json",
    fields=tuple(_FIELDS),
    kinds=tuple(sorted(_tag(item) for item in (*KINDS, Family, Case))),
)
