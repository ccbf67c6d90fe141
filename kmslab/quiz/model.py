"""The nouns of a quiz: what every kind of item shares, and what a judge says of an answer.

Refuses to know the kinds (`kinds/`), files (`load.py`) and faces (`widget.py`, the terminal).
Field descriptions here are the help an editor shows: `schema.json` is made from them.
"""

import datetime as dt
import enum
from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]*$")]
Text = Annotated[str, Meta(min_length=1, description="Text in the Markdown subset of markup.py.")]
Letter = Annotated[str, Meta(pattern=r"^[a-z]$", description="One letter; answers name it.")]
Misconception = Annotated[
    str,
    Meta(
        pattern=r"^mc\.[a-z0-9-]+$",
        description="The wrong belief that makes this choice look right, as mc.some-belief.",
    ),
]


class Reference(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A page that settles the question."""

    title: Text
    url: Annotated[str, Meta(pattern=r"^https://\S+$")]


class LabSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The place in the course that answers the question."""

    name: Annotated[str, Meta(pattern=r"^\d\d-[a-z0-9-]+$", description="The lab's file stem.")]
    section: Annotated[Text, Meta(description="The section's heading, as it stands in the lab.")]


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The words of an option, a step or a place, in another language."""

    text: Text | None = None
    why: Text | None = None


class Translation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An item's words in another language; what is left out stays as it was written."""

    title: Text | None = None
    stem: Text | None = None
    why: Text | None = None
    hints: Annotated[tuple[Text, ...], Meta(max_length=3)] | None = None
    parts: Annotated[
        dict[Letter, Part], Meta(description="By the ids of options, steps or places.")
    ] = msgspec.field(default_factory=dict)


class ItemHead(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The fields every kind of item has."""

    id: Annotated[str, Meta(pattern=r"^\d{3,}$", description="Unique in the bank; quoted.")]
    title: Text
    stem: Annotated[Text, Meta(description="The situation, and one question.")]
    why: Annotated[Text, Meta(description="The idea to take away, whatever was chosen.")]
    lab: LabSection
    topic: Name
    skills: Annotated[tuple[Name, ...], Meta(min_length=1)]
    refs: Annotated[tuple[Reference, ...], Meta(min_length=1)]
    as_of: Annotated[dt.date, Meta(description="When the facts were last checked.")]
    hints: Annotated[tuple[Text, ...], Meta(max_length=3)] = ()
    exams: tuple[Annotated[str, Meta(pattern=r"^[A-Z]{3}-C\d\d( \d\.\d)?$")], ...] = ()
    difficulty: Annotated[int, Meta(ge=1, le=3, description="1 recall, 2 apply, 3 analyse.")] = 2
    version: Annotated[int, Meta(ge=1, description="Raise it when the key or options change.")] = 1
    exam_only: Annotated[
        bool, Meta(description="Asked in exams only: practice and pages with keys leave it out.")
    ] = False
    despite: Annotated[
        dict[Name, Text],
        Meta(description="Writing rules that this item breaks on purpose, each with the reason."),
    ] = msgspec.field(default_factory=dict)
    i18n: Annotated[
        dict[Annotated[str, Meta(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")], Translation],
        Meta(description="Translations, by language: de, pt-BR."),
    ] = msgspec.field(default_factory=dict)
    proof: Annotated[
        str | None,
        Meta(
            description="Python that sets `answer` by running the service, which it is given as `Kms`."
        ),
    ] = None
    unprovable: Annotated[
        Text | None, Meta(description="Why no program can find the key; instead of a proof.")
    ] = None


class Mark(enum.Enum):
    """What is to be said of one part of an answer."""

    HIT = "hit"  # given, and right
    WRONG = "wrong"  # given, and wrong
    MISSED = "missed"  # right, and not given
    PASSED = "passed"  # wrong, and not given


GIVEN = frozenset({Mark.HIT, Mark.WRONG})


class Remark(msgspec.Struct, frozen=True):
    """The judge's word on one part: an option, a gap, a place in an order.

    `why` may be told as soon as the part was judged; `key` says what would be right there, and is
    for a closed item only.
    """

    part: str
    mark: Mark
    why: str
    misconception: str | None = None
    key: str = ""


class Verdict(msgspec.Struct, frozen=True):
    """What an answer is worth, and why.

    `correct` is the exam's rule, all or nothing; `credit`, from 0.0 to 1.0, is practice's.
    """

    correct: bool
    credit: float
    remarks: tuple[Remark, ...]

    @property
    def misconceptions(self) -> tuple[str, ...]:
        """The wrong beliefs that the given parts show."""
        shown = (r.misconception for r in self.remarks if r.mark is Mark.WRONG)
        return tuple(m for m in shown if m)


class AnswerError(ValueError):
    """An answer that cannot be judged: not wrong, but not an answer to this item."""


def beliefs_of(item: object) -> list[str]:
    """Return every misconception that an item can show."""
    return [belief for _, belief in beliefs_at(item)]


def beliefs_at(item: object, where: str = "") -> Iterator[tuple[str, str]]:
    """Yield every misconception that an item can show, after its path in the item."""
    if isinstance(item, msgspec.Struct):
        for name in item.__struct_fields__:
            value = getattr(item, name)
            if name == "misconception" and value:
                yield f"{where}.{name}", value
            else:
                yield from beliefs_at(value, f"{where}.{name}")
    elif isinstance(item, tuple | list):
        for place, part in enumerate(item):
            yield from beliefs_at(part, f"{where}[{place}]")
