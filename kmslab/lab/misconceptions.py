"""The registry of wrong beliefs: `misconceptions.toml`, and what of it is missing.

``python -m kmslab.lab.misconceptions`` prints a row for each belief that the bank names and the
registry does not. Refuses to know who holds them.
"""

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Final

import msgspec

from kmslab.families import load_quiz
from kmslab.lab.course import course_files
from kmslab.quiz.catalog import Item, Quiz
from kmslab.quiz.model import beliefs_of

FILE: Final = Path(__file__).with_suffix(".toml")
VARIANTS: Final = 20  # of each family, in which a belief may show


class Misconception(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A belief as who holds it would say it, and where the course puts it right."""

    belief: str
    lab: str
    section: str


def registry() -> dict[str, Misconception]:
    """Return every known misconception by its id (``mc.some-belief``)."""
    read = msgspec.convert(tomllib.loads(FILE.read_text("utf-8")), dict[str, Misconception])
    return {f"mc.{name}": each for name, each in read.items()}


def named(quiz: Quiz) -> Iterator[tuple[Item, str]]:
    """Yield every misconception that the items of a quiz can show, with the item."""
    for item in quiz.items:
        seeds = range(1, VARIANTS + 1) if item.id in quiz.families else (1,)
        for belief in sorted({b for seed in seeds for b in beliefs_of(quiz.variant(item, seed))}):
            yield item, belief


def bank() -> Iterator[Quiz]:
    """Yield every quiz of the course."""
    return (load_quiz(path) for name, path in course_files().items() if name.endswith(".yaml"))


def missing(known: Mapping[str, Misconception], quizzes: Iterable[Quiz]) -> dict[str, Item]:
    """Return the misconceptions of quizzes that are not known, with the first item of each."""
    found: dict[str, Item] = {}
    for item, belief in chain.from_iterable(map(named, quizzes)):
        if belief not in known:
            found.setdefault(belief, item)
    return found


def row(belief: str, item: Item) -> str:
    """Return a row for a belief, its words to be improved."""
    words = belief.removeprefix("mc.").replace("-", " ").capitalize() + "."
    parts = {"belief": words, "lab": item.lab.name, "section": item.lab.section}
    told = ", ".join(
        f"{name} = {json.dumps(text, ensure_ascii=False)}" for name, text in parts.items()
    )
    return f"{belief.removeprefix('mc.')} = {{ {told} }}"


if __name__ == "__main__":
    for belief, item in sorted(missing(registry(), bank()).items()):
        print(row(belief, item))  # noqa: T201 - its purpose
