"""A quiz as plain values without what goes without saying, and as the YAML of the bank."""

import datetime as dt
import re
from typing import Any

import msgspec
import yaml

from kmslab.quiz.catalog import Entry, Item, Quiz
from kmslab.quiz.kinds.case import Case

Plain = dict[str, Any]


def plain_of(item: object) -> Plain:
    """Return an item as JSON values, fields at their defaults left out."""
    out: Plain = _value(item)
    return out


def _value(value: object) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, msgspec.Struct):
        tag = value.__struct_config__.tag
        told = {"type": tag} if tag else {}
        return told | {
            field.encode_name: _value(getattr(value, field.name))
            for field in msgspec.structs.fields(value)
            if getattr(value, field.name) != _default(field)
        }
    if isinstance(value, dict):
        return {name: _value(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_value(each) for each in value]
    return value.isoformat() if isinstance(value, dt.date) else value


def _default(field: msgspec.structs.FieldInfo) -> object:
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return field.default


HEAD = ("quiz", "title", "about", "as_of")


def entries_of(items: list[Plain]) -> tuple[Entry, ...]:
    """Return entries from plain items; neighbours with the same `case` make one case study.

    Raises: msgspec.ValidationError.
    """
    groups: list[tuple[Plain | None, list[Plain]]] = []
    for item in items:
        case = item.get("case") if isinstance(item.get("case"), dict) else None
        bare = {name: value for name, value in item.items() if name != "case" or case is None}
        if case is not None and groups and groups[-1][0] == case:
            groups[-1][1].append(bare)
        else:
            groups.append((case, [bare]))
    return tuple(
        msgspec.convert({"type": "case", **case, "items": told}, Case[Item])
        if case
        else msgspec.convert(told[0], Item)
        for case, told in groups
    )


def items_of(quiz: Quiz) -> list[Plain]:
    """Return the plain items of a quiz, those of a case study with a `case` of its own."""
    return [
        plain_of(item)
        | ({"case": {"title": case.title, "scenario": case.scenario}} if case else {})
        for _, item, case in quiz.placed()
    ]


def quiz_from(head: Plain, items: list[Plain]) -> Quiz:
    """Put a quiz together. Raises: msgspec.ValidationError."""
    whole = msgspec.convert(head | {"items": []}, _Head)
    return Quiz(**msgspec.structs.asdict(whole), entries=entries_of(items))


class _Head(msgspec.Struct):
    quiz: str
    title: str
    about: str
    as_of: dt.date


class _Dumper(yaml.SafeDumper):
    """Writes what `source.py` reads: blocks for long texts, quotes where a text looks like more."""


_LOOKS = re.compile(r"|~|null|true|false|[-+.]?[0-9].*", re.IGNORECASE)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else '"' if _LOOKS.fullmatch(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def yaml_of(quiz: Quiz) -> str:
    """Return the quiz as a file of the bank."""
    told = plain_of(quiz.written())
    told["as_of"] = quiz.as_of.isoformat()
    text = yaml.dump(told, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    return f"# yaml-language-server: $schema=../kmslab/quiz/schema.json\n{text}"
