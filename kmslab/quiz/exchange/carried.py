"""What the readers share: letters for what has none, defaults for what a format lacks.

A foreign file has no topic and no lab; those fields get values that `kmslab quiz lint` names.
"""

import json
from collections.abc import Iterable
from typing import Any

from kmslab.quiz.catalog import Quiz
from kmslab.quiz.exchange.plain import HEAD, Plain, plain_of, quiz_from
from kmslab.quiz.exchange.rest import merged

UNKNOWN: Plain = {
    "quiz": "99-imported",
    "title": "Imported",
    "about": "Questions from elsewhere; their labs and references are still to be named.",
    "as_of": "1970-01-01",
}
_ITEM: Plain = {
    "why": "No reason was given.",
    "lab": {"name": "99-imported", "section": "To be named"},
    "topic": "imported",
    "skills": ["imported"],
    "refs": [{"title": "To be named", "url": "https://docs.aws.amazon.com/kms/"}],
    "as_of": "1970-01-01",
}
_REASON = "No reason was given."


def letter(place: int) -> str:
    """Return the letter of this place, from 0."""
    return chr(ord("a") + place)


def option(place: int, text: str, why: str, *, correct: bool) -> Plain:
    """Return an option as an item has it."""
    out = {"id": letter(place), "text": text, "why": why or _REASON}
    return out | {"correct": True} if correct else out


def head_of(quiz: Quiz) -> str:
    """Return the head of a quiz as JSON in one line."""
    told = plain_of(quiz)
    return json.dumps({name: told[name] for name in HEAD}, ensure_ascii=False)


def assembled(head: Plain, pairs: Iterable[tuple[Plain, Plain]]) -> Quiz:
    """Make a quiz of (what was carried, the rest) pairs. Raises: msgspec.ValidationError, ValueError."""
    items: list[Plain] = []
    for place, (carried, rest) in enumerate(pairs, 1):
        item: dict[str, Any] = merged(carried, rest)
        # Where no rest came along, the file is foreign.
        items.append(item if "lab" in item else _foreign(item, place))
    if not items:
        raise ValueError("it holds no question")
    return quiz_from(UNKNOWN | head, items)


def _foreign(item: Plain, place: int) -> Plain:
    """Fill what a foreign item lacks."""
    whole: Plain = {"id": f"{place:03d}"} | _ITEM | item
    if item.get("type") == "true-false":  # elsewhere it has no reasons, and its stem is the claim
        reasons = [option(n, text, "", correct=n == 0) for n, text in enumerate(_REASONS)]
        whole |= {"stem": "Is this so, and why?", "statement": item["stem"], "reasons": reasons}
    return whole


_REASONS = ("The right reason is still to be written.", "So is the wrong one.")
