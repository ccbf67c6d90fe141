"""Every format, one row each, and the report of what one cannot carry."""

import json
import re
from collections.abc import Callable, Iterator
from itertools import repeat

import msgspec

from kmslab.quiz.catalog import Quiz
from kmslab.quiz.exchange import anki, gift, jupyterquiz, moodle, qti_package, tables
from kmslab.quiz.exchange.plain import Plain, items_of
from kmslab.quiz.exchange.rest import names
from kmslab.quiz.page import kind_name


class Format(msgspec.Struct, frozen=True):
    """One row: how a quiz is written, how it is read back, and what is lost.

    write   quiz to bytes
    read    bytes to quiz, or None where there is no way back; raises ValueError
    lost    (plain item, its rest) to the fields that the format's own elements do not hold
    """

    name: str
    suffix: str
    write: Callable[[Quiz], bytes]
    read: Callable[[bytes], Quiz] | None
    lost: Callable[[Plain, Plain], list[str]]


class Loss(msgspec.Struct, frozen=True, order=True):
    """What a format cannot carry of one item; `fields` is ("everything",) where it has no such kind."""

    item: str
    kind: str
    fields: tuple[str, ...]

    def __str__(self) -> str:
        reason = "; it is graded on a live world" if self.kind == "task" else ""
        return f"item {self.item} ({self.kind}): {', '.join(self.fields)}{reason}"


def losses(form: Format, quiz: Quiz) -> Iterator[Loss]:
    """Yield what the format cannot carry, item by item."""
    rests = _rests(form.write(quiz)) if form.lost is _of_rest else repeat({})
    for whole, item, rest in zip(items_of(quiz), quiz.items, rests, strict=False):
        if fields := form.lost(whole, rest):
            yield Loss(item.id, kind_name(item), tuple(fields))


def _rests(raw: bytes) -> list[Plain]:
    """Return the rest of each item, in their order, from the comments of a file."""
    found = re.findall(r"kmslab item (\{.*\})", raw.decode())
    return [json.loads(told) for told in found]


def _nothing(_: Plain, __: Plain) -> list[str]:
    return []


def _of_rest(whole: Plain, rest: Plain) -> list[str]:
    return ["everything"] if rest == whole else names(rest)


def _all_but(kinds: dict[str, set[str]], fields: set[str]) -> Callable[[Plain, Plain], list[str]]:
    """Return the losses of a format that carries `fields`, and of each kind these more."""

    def lost(whole: Plain, _: Plain) -> list[str]:
        if whole["type"] not in kinds:
            return ["everything"]
        held = fields | kinds[whole["type"]]
        return [path for path in _paths(whole) if path not in held and path != "type"]

    return lost


def _paths(whole: Plain) -> list[str]:
    """Return the fields of an item, those of parts as "options.why"."""
    out: list[str] = []
    for name, value in whole.items():
        parts = value if isinstance(value, list) else [value]
        inner = [f"{name}.{key}" for part in parts if isinstance(part, dict) for key in part]
        out += [name] if not inner or name in ("lab", "refs", "case", "despite") else inner
    return list(dict.fromkeys(out))


def _parts(*names_: str) -> set[str]:
    return set(names_)


_OPTIONS = _parts("options.id", "options.text", "options.why", "options.correct")
_WORDS = _parts("accepted", "wrong.text", "wrong.why", "case")
_RANGES = _parts("ranges.low", "ranges.high", "ranges.why")
_TRUTH = _parts(
    "truth", "statement", "reasons.id", "reasons.text", "reasons.why", "reasons.correct"
)
_NUMBER = _parts("answer", "tolerance.absolute", "tolerance.relative", "tolerance.digits")
_PLACES = _parts("text.id", "text.text", "text.why", "text.correct")

_JUPYTERQUIZ = {
    "single": _OPTIONS,
    "multiple": _OPTIONS,
    "hotspot": _PLACES - {"text.id"},
    "true-false": _TRUTH,
    "numeric": _NUMBER | _RANGES | {"why"},
    "short": _WORDS | {"why"},
}
_QTI_HEAD = _parts("id", "title", "stem", "why")
_QTI = {
    "single": _OPTIONS,
    "multiple": _OPTIONS,
    "hotspot": _PLACES - {"text.why"},
    "true-false": _TRUTH,
    "numeric": _NUMBER | {"unit"},
    "short": _parts("accepted", "case"),
    "ordering": _parts("steps.id", "steps.text", "surplus.id", "surplus.text"),
    "matching": _parts(
        *("prompts.id", "prompts.text", "prompts.match", "responses.id", "responses.text")
    ),
    "cloze": _parts("text", "gaps.id", "gaps.options", "gaps.accepted", "case"),
}

_ANKI_HEAD = _QTI_HEAD | {"topic", "exams", "refs", "case"}
_ANKI = {
    "single": _OPTIONS,
    "multiple": _OPTIONS,
    "hotspot": _PLACES,
    "true-false": _TRUTH,
    "numeric": _parts("answer", "unit"),
    "short": _parts("accepted"),
    "ordering": _parts(
        *(f"{name}.{part}" for name in ("steps", "surplus") for part in ("id", "text", "why"))
    ),
    "matching": _QTI["matching"] | {"prompts.why"},
    "cloze": _QTI["cloze"] | {"gaps.why"},
}

FORMATS = {
    form.name: form
    for form in (
        Format("csv", ".csv", tables.write, tables.read, _nothing),
        Format("gift", ".gift", gift.write, gift.read, _of_rest),
        Format("moodle", ".xml", moodle.write, moodle.read, _of_rest),
        Format(
            "jupyterquiz",
            ".json",
            jupyterquiz.write,
            jupyterquiz.read,
            _all_but(_JUPYTERQUIZ, {"stem"}),
        ),
        Format("qti21", ".zip", qti_package.write21, qti_package.read, _all_but(_QTI, _QTI_HEAD)),
        Format("qti30", ".zip", qti_package.write30, qti_package.read, _all_but(_QTI, _QTI_HEAD)),
        Format("anki", ".apkg", anki.write, None, _all_but(_ANKI, _ANKI_HEAD)),
    )
}
