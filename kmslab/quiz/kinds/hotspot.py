"""Point at the deciding place in a text: a policy statement, a line of a log.

Refuses to know faces, files and progress. An answer is the list of the picked places' ids.
"""

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from kmslab.quiz.kinds import lettered
from kmslab.quiz.kinds.choice import Option, differs_in, judge_picks
from kmslab.quiz.kinds.kind import View, Wrong
from kmslab.quiz.markup import lang_of
from kmslab.quiz.model import ItemHead, Letter, Misconception, Text, Verdict

Verbatim = Annotated[str, Meta(min_length=1, description="Shown as it stands, with its spaces.")]


class Spot(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A piece of the text, of one line or more; one without an id cannot be picked."""

    text: Verbatim
    id: Letter | None = None
    why: Text | None = None
    correct: Annotated[bool, Meta(description="Whether it belongs to the key.")] = False
    misconception: Misconception | None = None


class Hotspot(ItemHead, frozen=True, kw_only=True, tag="hotspot"):
    """The deciding places of a text are picked; the stem says how many."""

    text: Annotated[tuple[Spot, ...], Meta(min_length=2, max_length=40)]


def options(item: Hotspot) -> tuple[Option, ...]:
    """Return what can be picked, as options."""
    return tuple(
        Option(
            id=spot.id,
            text=spot.text,
            why=spot.why or "",
            correct=spot.correct,
            misconception=spot.misconception,
        )
        for spot in item.text
        if spot.id
    )


def key(item: Hotspot) -> list[str]:
    """Return the ids of the deciding places."""
    return [option.id for option in options(item) if option.correct]


def view(item: Hotspot, _: int) -> View:
    """Return the text as it stands: a text has one order only."""
    return {
        "pick": len(key(item)),
        "spots": [
            {"id": spot.id, "lines": spot.text.rstrip("\n").split("\n"), "lang": lang_of(spot.text)}
            for spot in item.text
        ],
    }


def judge(item: Hotspot, answer: object) -> Verdict:
    """Judge the picked places like options."""
    return judge_picks(options(item), answer, one=len(key(item)) == 1)


def _ids(shown: View) -> list[str]:
    return [spot["id"] for spot in shown["spots"] if spot["id"]]


def lines(shown: View) -> list[str]:
    """Return the text with a letter at the first line of what can be picked."""
    letters = lettered.names(_ids(shown))
    return [
        "\n".join(_marked(spot["lines"], letters.get(spot["id"], ""))) for spot in shown["spots"]
    ]


def _marked(text: list[str], letter: str) -> list[str]:
    return [f"  {letter if n == 0 else '':2} {line}" for n, line in enumerate(text)]


def ask(shown: View) -> str:
    """Say how many letters to type."""
    return "Your answer" if shown["pick"] == 1 else f"Your answer ({shown['pick']} letters)"


def names(shown: View) -> dict[str, str]:
    """Return the letters of the places."""
    return lettered.names(_ids(shown))


def parse_line(shown: View, line: str) -> list[str]:
    """Read "b" or "a c"."""
    return lettered.read(line, _ids(shown))


def differs(item: Hotspot, proved: object) -> str | None:
    """Compare a proof's {place's id: bool} with the key."""
    return differs_in(options(item), proved)


def faults(item: Hotspot) -> Iterator[Wrong]:
    """Name repeated ids, missing reasons and impossible keys."""
    seen: set[str] = set()
    for place, spot in enumerate(item.text):
        where = f".text[{place}]"
        if spot.id in seen:
            yield f"{where}.id", f"place id {spot.id} is used twice", "use each letter once"
        if spot.id and spot.why is None:
            yield where, f"place {spot.id} has no reason", "add `why:`"
        if spot.correct and not spot.id:
            yield where, "a deciding place cannot be picked", "add `id:`"
        seen |= {spot.id} if spot.id else set()
    right = len(key(item))
    if not 0 < right < len(seen):
        yield ".text", f"{right} of {len(seen)} places are correct", "mark one or more, not all"
