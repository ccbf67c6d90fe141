"""What a check says: a finding, and the value that a notebook shows and a headless run counts."""

from collections.abc import Callable, Mapping
from html import escape
from typing import Any, NamedTuple

import msgspec

from kmslab.lab.mark import CHECK_MIME
from kmslab.lab.misconceptions import registry


class Finding(NamedTuple):
    """What a check found: `seen` says what is there, `hint` what to do where it failed.

    `misconception` names the belief that such a failure shows, as the quizzes name it.
    """

    passed: bool
    seen: str
    hint: str = ""
    misconception: str = ""


def not_yet(seen: str, hint: str) -> Finding:
    """Return the finding of a task that is not solved."""
    return Finding(passed=False, seen=seen, hint=hint)


Claim = Callable[..., Finding]  # of a world, and of what the notebook hands over by name
Claims = Mapping[str, Claim]


class Outcome(msgspec.Struct, frozen=True):
    """The finding of one check, under its name in the course (``04.2``)."""

    name: str
    passed: bool
    seen: str
    hint: str

    @property
    def told(self) -> str:
        """What is there; where it failed, the hint too."""
        return self.seen if self.passed else f"{self.seen} Hint: {self.hint}"

    @property
    def text(self) -> str:
        """The result in one line."""
        return f"{'✓' if self.passed else '✗'} {self.name} {self.told}"

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        mark = {"name": self.name, "passed": self.passed, "text": self.told}
        word = "passed" if self.passed else "not yet"
        page = f'<p role="status"><strong>{self.name} {word}:</strong> {escape(self.told)}</p>'
        return {"text/plain": self.text, "text/html": page, CHECK_MIME: mark}


def worded(name: str, found: Finding) -> Outcome:
    """Name a finding; a belief that shows in a failure is put into words, with where to read on."""
    if found.passed or not found.misconception:
        return Outcome(name, found.passed, found.seen, found.hint)
    known = registry()[found.misconception]
    belief = (
        f"Is it that you believe this: {known.belief} See “{known.section}” in lab {known.lab[:2]}."
    )
    return Outcome(name, passed=False, seen=found.seen, hint=f"{found.hint} {belief}".strip())
