"""GIFT, Moodle's text format: a block for each item, what it lacks in comments.

After Moodle's documentation, "GIFT format": `~ = # { } :` are escaped with a backslash, a newline
is written as backslash and n, blank lines divide questions, `// [id:...]` gives the id number.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from kmslab.quiz.catalog import Item, Quiz
from kmslab.quiz.exchange.carried import assembled, head_of, letter, option
from kmslab.quiz.exchange.inert import alive, inert
from kmslab.quiz.exchange.plain import Plain, items_of
from kmslab.quiz.exchange.rest import rest
from kmslab.quiz.exchange.stems import stem_of
from kmslab.quiz.kinds.case import Case
from kmslab.quiz.kinds.choice import Multiple, Option, Single
from kmslab.quiz.kinds.hotspot import Hotspot, options
from kmslab.quiz.kinds.matching import Matching
from kmslab.quiz.kinds.numeric import Numeric
from kmslab.quiz.kinds.short import Short
from kmslab.quiz.kinds.truth import TrueFalse

SPECIAL = "\\~=#{}:"


def write(quiz: Quiz) -> bytes:
    """Return the file."""
    blocks = [f"// kmslab quiz {head_of(quiz)}"]
    for (_, item, case), whole in zip(quiz.placed(), items_of(quiz), strict=True):
        block = question(item, case)
        lacks = rest(whole, {"id": item.id} | _question(block) if block else {})
        told = json.dumps(lacks, ensure_ascii=False)
        blocks.append(f"// [id:{item.id}]\n// kmslab item {told}\n{block}".rstrip())
    return ("\n\n".join(blocks) + "\n").encode()


def question(item: Item, case: Case[Item] | None) -> str:
    """Return the block of one item, "" where GIFT has no such question."""
    answers = ANSWERS.get(type(item))
    if answers is None:
        return ""
    lines = [*answers(item), f"####{_markdown(item.why)}"]
    return (
        f"::{escape(item.title)}::[markdown]{_markdown(stem_of(item, case))}{{\n"
        + "\n".join(lines)
        + "\n}"
    )


def escape(text: str) -> str:
    """Return a text without a sign that GIFT would read."""
    marked = "".join(f"\\{sign}" if sign in SPECIAL else sign for sign in text)
    return marked.replace("\n", "\\n")


def _markdown(text: str) -> str:
    return escape(inert(text))


def _answer(sign: str, text: str, why: str, percent: float | None = None) -> str:
    worth = "" if percent is None else f"%{percent:.5g}%"
    return f"{sign}{worth}{escape(text)}" + (f"#{_markdown(why)}" if why else "")


def _choice(item: Single | Multiple | Hotspot) -> Iterator[str]:
    offered: tuple[Option, ...] = options(item) if isinstance(item, Hotspot) else item.options
    right = sum(each.correct for each in offered)
    for each in offered:
        if right == 1:
            yield _answer("=" if each.correct else "~", inert(each.text), each.why)
        else:
            percent = 100 / right * (1 if each.correct else -1)
            yield _answer("~", inert(each.text), each.why, percent)


def _truth(item: TrueFalse) -> Iterator[str]:
    yield "TRUE" if item.truth else "FALSE"


def _numeric(item: Numeric) -> Iterator[str]:
    yield "#"
    room = item.tolerance.absolute or abs(item.answer) * (item.tolerance.relative or 0)
    yield f"={item.answer:.15g}:{room:.15g}"
    for each in item.ranges:
        if each.low is not None and each.high is not None:
            middle, half = (each.low + each.high) / 2, (each.high - each.low) / 2
            yield f"=%{each.credit * 100:g}%{middle:.15g}:{half:.15g}#{_markdown(each.why)}"


def _short(item: Short) -> Iterator[str]:
    for form in item.accepted:
        yield _answer("=", form, "")
    for each in item.wrong:
        yield _answer("=", each.text, each.why, each.credit * 100)


def _matching(item: Matching) -> Iterator[str]:
    texts = {each.id: each.text for each in item.responses}
    used = {prompt.match for prompt in item.prompts}
    for prompt in item.prompts:
        asked = _markdown(prompt.text).replace("->", "-&gt;")  # the first arrow divides the pair
        yield f"={asked} -> {escape(texts[prompt.match])}"
    for each in item.responses:
        if each.id not in used:
            yield f"= -> {escape(each.text)}"


ANSWERS: dict[type, Callable[[Any], Iterator[str]]] = {
    Single: _choice,
    Multiple: _choice,
    Hotspot: _choice,
    TrueFalse: _truth,
    Numeric: _numeric,
    Short: _short,
    Matching: _matching,
}


# --------------------------------------------------------------------------------------- back

_SHIFT = 0xE000  # private use: an escaped sign, while the others are read
_BLOCK = re.compile(
    r"(?:::(?P<title>.*?)::)?(?P<format>\[\w+\])?(?P<stem>.*?)\{(?P<answers>.*)\}\s*", re.DOTALL
)


def read(raw: bytes) -> Quiz:
    """Read a file, ours or another's. Raises: ValueError."""
    head: Plain = {}
    pairs: list[tuple[Plain, Plain]] = []
    for block in re.split(r"\n[ \t]*\n", raw.decode().replace("\r\n", "\n")):
        told = dict(re.findall(r"^// kmslab (quiz|item) (\{.*\})$", block, re.MULTILINE))
        ids = re.findall(r"^// \[id:(\w+)\]", block, re.MULTILINE)
        text = re.sub(r"^\s*//.*\n?", "", block, flags=re.MULTILINE).strip()
        head |= json.loads(told.get("quiz", "{}"))
        if text or "item" in told:
            carried = {"id": ids[0]} if ids else {}
            carried |= _question(text) if text else {}
            pairs.append((carried, json.loads(told.get("item", "{}"))))
    return assembled(head, pairs)


def _question(text: str) -> Plain:
    match = _BLOCK.fullmatch(re.sub(r"\\(.)", _hide, text, flags=re.DOTALL))
    if match is None:
        raise ValueError(f"no question: {text[:60]!r}")
    answers, _, why = match["answers"].strip().partition("####")
    told = {
        "title": match["title"] or match["stem"][:60],
        "stem": match["stem"].strip(" "),
        "why": why.strip(),
    }
    out = {name: _read(value) for name, value in told.items() if value}
    out |= {"title": _show(told["title"])} if told["title"] else {}
    return _body(answers.strip()) | out


def _hide(match: re.Match[str]) -> str:
    return "\n" if match[1] == "n" else chr(_SHIFT + ord(match[1]))


def _show(text: str) -> str:
    return "".join(chr(ord(s) - _SHIFT) if _SHIFT < ord(s) < _SHIFT + 128 else s for s in text)


def _read(text: str) -> str:
    """Read what is Markdown."""
    return alive(_show(text))


def _body(answers: str) -> Plain:
    """Read what stands in the braces; the first sign says of what kind it is."""
    if (word := answers.partition("#")[0].strip().upper()) in ("T", "TRUE", "F", "FALSE"):
        return {"type": "true-false", "truth": word.startswith("T")}
    if answers.startswith("#"):
        return _numbers(_split(answers[1:]))
    rows = _split(answers)
    if any(sign == "~" for sign, *_ in rows):
        return _choices(rows)
    return _pairs(rows) if all("->" in text for _, _, text, _ in rows) else _words(rows)


Row = tuple[str, float | None, str, str]  # sign, percent, text, reason


def _split(answers: str) -> list[Row]:
    found = re.findall(r"([=~])(?:%(-?[\d.]+)%)?([^=~#]*)(?:#([^=~]*))?", answers)
    return [(s, float(p) if p else None, t.strip(), why.strip()) for s, p, t, why in found]


def _choices(rows: list[Row]) -> Plain:
    right = [sign == "=" or (percent or 0) > 0 for sign, percent, _, _ in rows]
    offered = [
        option(n, _read(text), _read(why), correct=right[n])
        for n, (_, _, text, why) in enumerate(rows)
    ]
    return {"type": "multiple" if sum(right) > 1 else "single", "options": offered}


def _numbers(rows: list[Row]) -> Plain:
    out: Plain = {"type": "numeric"}
    for _, percent, text, why in rows:
        middle, half = _ranged(text)
        if percent is None and "answer" not in out:
            out |= {"answer": middle} | ({"tolerance": {"absolute": half}} if half else {})
        else:
            told: Plain = {"low": middle - half, "high": middle + half, "why": _read(why)}
            out.setdefault("ranges", []).append(
                told | ({"credit": percent / 100} if percent else {})
            )
    return out


def _ranged(text: str) -> tuple[float, float]:
    """Read "4096:2" or "4094..4098" as a number and how far it may be off."""
    if ".." in text:
        low, high = (float(each) for each in text.split(".."))
        return (low + high) / 2, (high - low) / 2
    middle, _, half = text.partition(":")
    return float(middle), float(half or 0)


def _words(rows: list[Row]) -> Plain:
    wrong = [
        {"text": _show(text), "why": _read(why)} | ({"credit": percent / 100} if percent else {})
        for _, percent, text, why in rows
        if percent is not None
    ]
    accepted = [_show(text) for _, percent, text, _ in rows if percent is None]
    return {"type": "short", "accepted": accepted} | ({"wrong": wrong} if wrong else {})


def _pairs(rows: list[Row]) -> Plain:
    told = [tuple(map(str.strip, text.split("->", 1))) for _, _, text, _ in rows]
    responses = list(dict.fromkeys(_show(response) for _, response in told))
    ids = {text: letter(n) for n, text in enumerate(reversed(responses))}
    reason = "No reason was given."
    return {
        "type": "matching",
        "prompts": [
            {"id": letter(n), "text": _read(prompt), "match": ids[_show(response)], "why": reason}
            for n, (prompt, response) in enumerate(pair for pair in told if pair[0])
        ],
        "responses": [{"id": ids[text], "text": text, "why": reason} for text in responses],
    }
