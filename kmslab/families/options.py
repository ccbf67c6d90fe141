"""Options in an order of chance, lettered, so that a key stands anywhere.

Refuses to know what they say.
"""

from collections.abc import Sequence

import msgspec

from kmslab.families.chance import Chance
from kmslab.quiz.kinds.choice import Option


class Choice(msgspec.Struct, frozen=True):
    """An option before it has a letter."""

    text: str
    why: str
    correct: bool = False
    misconception: str | None = None


def lettered(choices: Sequence[Choice], chance: Chance) -> tuple[Option, ...]:
    """Return the choices as options, in an order of chance."""
    return in_place(chance.shuffled(choices))


def in_place(choices: Sequence[Choice]) -> tuple[Option, ...]:
    """Return the choices as options, in the order given: numbers and dates keep theirs."""
    return tuple(
        Option(
            id="abcdefgh"[place],
            text=choice.text,
            why=choice.why,
            correct=choice.correct,
            misconception=choice.misconception,
        )
        for place, choice in enumerate(choices)
    )
