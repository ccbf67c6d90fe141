"""The exams that items prepare for, as a table: `exams.toml`; and how far a bank covers it.

Refuses to know which answers pass: how AWS scales a score is not published.
"""

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

import msgspec

from kmslab.quiz.catalog import Item


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an exam consists of; its domains are numbered from 1, its tasks are those about keys."""

    name: str = ""
    scored: int = 50
    unscored: int = 15
    domains: tuple[tuple[str, int], ...] = ()  # percent of the scored items
    tasks: Mapping[str, str] = {}

    @property
    def length(self) -> int:
        """All items of a sitting."""
        return self.scored + self.unscored

    def domain(self, task: str) -> tuple[str, int]:
        """Return the domain of a task ("5.2"), and its percentage."""
        return self.domains[int(task.partition(".")[0]) - 1]


ANY = Plan()  # where no exam is named


@cache
def exams() -> Mapping[str, Plan]:
    """Return every exam by its code."""
    text = files(__package__).joinpath("exams.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, Plan])


class Covered(msgspec.Struct, frozen=True):
    """A task statement, and how many items of a bank name it; without a task, the whole exam."""

    exam: str
    task: str
    what: str
    count: int

    def __str__(self) -> str:
        place = f"{self.exam} {self.task}".rstrip()
        return f"{place:12}{self.count:5} items  {self.what}"


def coverage(items: Iterable[Item]) -> list[Covered]:
    """Return what a bank has of each exam and of each of its tasks, also where that is nothing."""
    named = [item.exams for item in items]
    rows = []
    for code, plan in exams().items():
        whole = sum(any(each.split()[0] == code for each in those) for those in named)
        rows.append(Covered(code, "", plan.name, whole))
        for task, what in plan.tasks.items():
            count = sum(f"{code} {task}" in those for those in named)
            name, percent = plan.domain(task)
            rows.append(Covered(code, task, f"{what} ({name}, {percent} %)", count))
    return rows
