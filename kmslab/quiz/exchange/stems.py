"""The question of an item in one text, for formats in which a question is no more than that."""

from kmslab.quiz.catalog import Item
from kmslab.quiz.kinds.case import Case
from kmslab.quiz.kinds.hotspot import Hotspot
from kmslab.quiz.kinds.truth import TrueFalse


def stem_of(item: Item, case: Case[Item] | None) -> str:
    """Return scenario, stem and what is judged: a statement, or a text with places."""
    if isinstance(item, TrueFalse):
        judged = item.statement
    elif isinstance(item, Hotspot):
        judged = "```\n" + "\n".join(spot.text.rstrip("\n") for spot in item.text) + "\n```"
    else:
        judged = ""
    if not case and not judged:
        return item.stem
    parts = (case.scenario if case else "", item.stem, judged)
    return "\n\n".join(part.rstrip() for part in parts if part)
