"""A quiz in another language: texts are replaced, and what has no translation stays as it is.

Keys, ids and proofs are the item's own, whatever is spoken. What was translated knows its language,
so that faces can tell it to those who hear a page. Refuses to know faces.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, cast

import msgspec
from msgspec.structs import replace

from kmslab.quiz.catalog import Item, Quiz
from kmslab.quiz.kinds.case import Case
from kmslab.quiz.markup import WRITTEN, Spoken, lang_of
from kmslab.quiz.model import ItemHead, Part, Translation

T = TypeVar("T", bound=ItemHead)


def spoken(quiz: Quiz, language: str) -> Quiz:
    """Return the quiz in a language, as far as its items have it; "" is how it was written."""
    if not language:
        return quiz
    entries = tuple(
        Case(
            title=entry.title,
            scenario=entry.scenario,
            items=tuple(translated(item, language) for item in entry.items),
        )
        if isinstance(entry, Case)
        else translated(cast("Any", entry), language)
        for entry in quiz.entries
    )
    families = {name: translated(each, language) for name, each in quiz.families.items()}
    grown = replace(quiz, families=families)
    return replace(grown, entries=tuple(_regrown(grown, entry) for entry in entries))


def _regrown(quiz: Quiz, entry: Item | Case[Item]) -> Item | Case[Item]:
    """Put the first variant of a translated family in its place."""
    if isinstance(entry, Case):
        items = tuple(quiz.first(item) for item in entry.items)
        return Case(title=entry.title, scenario=entry.scenario, items=items)
    return quiz.first(entry)


def translated(item: T, language: str) -> T:
    """Return an item in a language; what is not translated stays."""
    told = item.i18n.get(language)
    if told is None:
        return item
    texts: dict[str, Any] = {
        name: Spoken(text, language) for name in _HEAD if (text := getattr(told, name)) is not None
    }
    if told.hints is not None:
        texts["hints"] = tuple(Spoken(hint, language) for hint in told.hints)
    return replace(item, **texts, **_parts(item, told, language))


_HEAD = ("title", "stem", "why")


def language_of(items: Iterable[ItemHead]) -> str:
    """Return the language in which items are told, or the one in which they were written."""
    texts = (getattr(item, name) for item in items for name in _HEAD)
    return next(filter(None, map(lang_of, texts)), WRITTEN)


def _parts(item: ItemHead, told: Translation, language: str) -> Mapping[str, Any]:
    """Return the lists of the item whose parts have ids, their texts replaced."""
    return {
        name: tuple(
            _part(each, told.parts.get(getattr(each, "id", None) or ""), language) for each in value
        )
        for name in item.__struct_fields__
        if isinstance(value := getattr(item, name), tuple)
        and any(isinstance(each, msgspec.Struct) and getattr(each, "id", None) for each in value)
    }


def _part(each: Any, told: Part | None, language: str) -> Any:  # noqa: ANN401 - an option, a step, a place
    if told is None:
        return each
    texts = {
        name: Spoken(text, language)
        for name in ("text", "why")
        if hasattr(each, name) and (text := getattr(told, name)) is not None
    }
    return replace(each, **texts)
