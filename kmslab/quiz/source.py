"""A YAML text as plain values that remember where they stood.

A small, strict YAML: one document, the scalars of YAML 1.2's core schema, no anchors, aliases or
tags (so nothing can grow), no key twice. Refuses to know what the values mean.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

MAX_BYTES = 2_000_000
MAX_DEPTH = 16

Place = tuple[int, int]  # line and column, from 1
_Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Fault(msgspec.Struct, frozen=True, order=True):
    """One thing wrong in one file: where, what, and what would be right.

    With a `rule` it is advice: the file can be used, but it breaks this rule of item writing.
    """

    path: str
    line: int
    column: int
    wrong: str
    right: str
    rule: str = ""

    def __str__(self) -> str:
        rule = f"{self.rule}: " if self.rule else ""
        return f"{self.path}:{self.line}:{self.column}: {rule}{self.wrong}; {self.right}"


class QuizFileError(ValueError):
    """A file that is no quiz; `faults` has everything that was found, one line each."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        super().__init__("\n".join(map(str, self.faults)))


class Source(msgspec.Struct, frozen=True):
    """A parsed file: its value, and the places of values and of keys by path ("$.items[0].id")."""

    path: str
    value: Any
    values: dict[str, Place]
    keys: dict[str, Place]

    def fault(self, where: str, wrong: str, right: str) -> Fault:
        """Place a fault at the value of a path, or at the nearest thing around it."""
        return Fault(self.path, *self.place(where), wrong, right)

    def place(self, where: str) -> Place:
        """Return the line and column of a path, or of the nearest thing around it."""
        while where not in self.values and where != "$":
            where = where[: max(where.rfind("."), where.rfind("["))]
        return self.values.get(where, (1, 1))


def read(path: Path) -> Source:
    """Read a YAML file. Raises: QuizFileError, also where the file cannot be read."""
    return parse(content(path), str(path))


def content(path: Path) -> bytes:
    """Return what a file has. Raises: QuizFileError where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        wrong = f"cannot be read ({error.strerror})"
        raise QuizFileError([Fault(str(path), 1, 1, wrong, "name a YAML file")]) from None


def parse(raw: bytes, path: str) -> Source:
    """Parse YAML bytes; `path` is for the faults. Raises: QuizFileError."""
    if len(raw) > MAX_BYTES:
        size = f"{len(raw):,} bytes are too many"
        raise QuizFileError([Fault(path, 1, 1, size, f"keep a file below {MAX_BYTES:,} bytes")])
    builder = _Builder(path)
    try:
        text = raw.decode("utf-8")
        builder.build(yaml.parse(text, Loader=_Parser))
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise QuizFileError([Fault(path, line, 1, "not UTF-8", "save it as UTF-8")]) from None
    except yaml.YAMLError as error:
        raise QuizFileError([_syntax(path, text, error)]) from None
    return Source(path, builder.value, builder.values, builder.keys)


def _syntax(path: str, text: str, error: yaml.YAMLError) -> Fault:
    if isinstance(error, yaml.reader.ReaderError):  # it counts characters, not lines
        before = text[: error.position]
        line, column = before.count("\n") + 1, error.position - before.rfind("\n")
        wrong = f"not YAML: the control character U+{error.character:04X} stands here"
        return Fault(path, line, column, wrong, "remove it")
    mark = getattr(error, "problem_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    if mark and text[mark.index : mark.index + 1] == "\t":
        return Fault(path, line, column, "not YAML: a tab stands here", "indent with spaces")
    problem = getattr(error, "problem", None) or "not readable"
    right = "check indentation, colons and quotes here and on the line above"
    return Fault(path, line, column, f"not YAML: {problem}", right)


class _Builder:
    """Builds the value from parser events, noting places; stops at the first thing refused."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.value: Any = None
        self.values: dict[str, Place] = {}
        self.keys: dict[str, Place] = {}

    def build(self, events: Iterator[Event]) -> None:
        documents = 0
        for event in events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self._refusal(event, "a second document", "keep one document in one file")
            elif isinstance(event, NodeEvent):
                self.value = self._node(event, events, "$", 0)

    def _node(self, event: Event, events: Iterator[Event], where: str, depth: int) -> object:
        self._check(event, depth)
        self.values[where] = _place(event)
        if isinstance(event, MappingStartEvent):
            return self._mapping(events, where, depth)
        if isinstance(event, SequenceStartEvent):
            return self._sequence(events, where, depth)
        return _scalar(event) if isinstance(event, ScalarEvent) else None

    def _mapping(self, events: Iterator[Event], where: str, depth: int) -> dict[str, Any]:
        out: dict[str, Any] = {}
        while not isinstance(event := next(events), MappingEndEvent):
            self._check(event, depth)
            if not isinstance(event, ScalarEvent):
                raise self._refusal(event, "a key that is no word", "use a plain word as the key")
            name = event.value
            if name in out:
                raise self._refusal(event, f"key `{name}` stands here twice", "keep one of the two")
            self.keys[f"{where}.{name}"] = _place(event)
            out[name] = self._node(next(events), events, f"{where}.{name}", depth + 1)
        return out

    def _sequence(self, events: Iterator[Event], where: str, depth: int) -> list[Any]:
        out: list[Any] = []
        while not isinstance(event := next(events), SequenceEndEvent):
            out.append(self._node(event, events, f"{where}[{len(out)}]", depth + 1))
        return out

    def _check(self, event: Event, depth: int) -> None:
        anchor = getattr(event, "anchor", None)
        if isinstance(event, AliasEvent):
            raise self._refusal(event, f"alias *{anchor}", "write the value out")
        if anchor:
            raise self._refusal(event, f"anchor &{anchor}", "remove it and write values out")
        if tag := getattr(event, "tag", None):
            raise self._refusal(event, f"tag {tag}", "remove it: values have the field's type")
        if isinstance(event, ScalarEvent) and (sign := _UNSEEN.search(event.value)):
            wrong = f"a sign that is not seen, U+{ord(sign[0]):04X}"
            raise self._refusal(event, wrong, "remove it: a terminal would obey it")
        if depth > MAX_DEPTH:
            raise self._refusal(event, "nested too deep", f"at most {MAX_DEPTH} levels are read")

    def _refusal(self, event: Event, wrong: str, right: str) -> QuizFileError:
        return QuizFileError([Fault(self.path, *_place(event), wrong, right)])


def _place(event: Event) -> Place:
    mark: Any = event.start_mark  # the parser always sets it
    return mark.line + 1, mark.column + 1


# Controls but tab and newline, surrogates, and what turns the direction of a text.
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_PLAIN: tuple[tuple[re.Pattern[str], Callable[[str], object]], ...] = (
    (re.compile(r"|~|null|Null|NULL"), lambda _: None),
    (re.compile(r"true|True|TRUE"), lambda _: True),
    (re.compile(r"false|False|FALSE"), lambda _: False),
    (re.compile(r"[-+]?[0-9]{1,18}"), int),
    (re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,3})?"), float),
)


def _scalar(event: ScalarEvent) -> object:
    """Give a plain scalar its type by YAML 1.2's core schema; `no` and `on` stay words."""
    if not event.implicit[0]:
        return event.value
    for pattern, make in _PLAIN:
        if pattern.fullmatch(event.value):
            return make(event.value)
    return event.value
