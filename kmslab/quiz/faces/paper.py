"""An exam on paper: the questions with room for answers, and the key with every reason.

Two HTML documents with rules for print; neither runs anything. Refuses to know files.
"""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from kmslab.quiz.catalog import Item, kind_of
from kmslab.quiz.exam import PACE, Question
from kmslab.quiz.faces.fallback import blocks, lang
from kmslab.quiz.faces.static import document
from kmslab.quiz.judge import judge
from kmslab.quiz.kinds import lettered
from kmslab.quiz.languages import language_of
from kmslab.quiz.markup import Block, parse, plain
from kmslab.quiz.page import kind_name

BLANK = '<span class="blank"></span>'
_STYLE = """<style>
@page { size: A4; margin: 18mm 16mm; }
body { background: light-dark(#fff, #161a24); color: light-dark(#172033, #e9ecf5); font: 11pt/1.5 system-ui, "Noto Sans", sans-serif; }
main { display: block; max-width: 46rem; margin: auto; }
h1 { margin: 0 0 0.3rem; font-size: 1.5rem; letter-spacing: -0.02em; }
h2 { margin: 0 0 0.3rem; font-size: 1rem; }
header { margin-bottom: 1.6rem; padding-bottom: 1rem; border-bottom: 2px solid currentColor; }
header p { margin: 0.3rem 0; }
article { margin: 0 0 1.6rem; break-inside: avoid; }
article p, article ul, article ol { margin: 0.35rem 0; }
ol.options { padding-left: 0; list-style: none; }
ol.options > li { display: grid; grid-template-columns: 2.6rem 1fr; }
pre { margin: 0.4rem 0; padding: 0.5rem 0.7rem; border: 1px solid #8888; border-radius: 4px; white-space: pre-wrap; font: 9.5pt/1.45 ui-monospace, "DejaVu Sans Mono", monospace; }
code { font: 0.92em ui-monospace, "DejaVu Sans Mono", monospace; }
.case { padding-left: 0.8rem; border-left: 3px solid #8888; }
.blank { display: inline-block; width: 9rem; border-bottom: 1px solid currentColor; }
.short { width: 2.5rem; }
.note { font-size: 0.88rem; opacity: 0.85; }
@media print { body { background: none; color: #000; } main { max-width: none; padding: 0; } }
</style>"""


def exam(questions: Sequence[Question], *, seed: int, student: str = "") -> str:
    """Return the exam: no key, and not which questions count. A `student` need not write a name."""
    minutes = round((PACE * len(questions)).total_seconds() / 60)
    scored = sum(question.scored for question in questions)
    head = (
        f"<header><h1>Exam {seed}</h1><p>Name {escape(student) or BLANK} &emsp; Date {BLANK}</p>"
        f"<p>{len(questions)} questions, {scored} of which count; {minutes} minutes. All or nothing "
        "for each question; an unanswered one is wrong, and guessing costs nothing.</p></header>"
    )
    body = "".join(
        f"<article><h2>Question {number}</h2>{scenario}{blocks(parse(question.item.stem))}"
        f"{_room(kind_of(question.item).view(question.item, seed), kind_name(question.item))}</article>"
        for number, question, scenario in _numbered(questions)
    )
    return _document(f"Exam {seed}", head + body, questions)


def key(questions: Sequence[Question], *, seed: int, student: str = "") -> str:
    """Return the key: what is right, why, and whether the question counts."""
    title = f"Key of exam {seed}" + (f" for {student}" if student else "")
    head = f"<header><h1>{escape(title)}</h1><p>{len(questions)} questions.</p></header>"
    body = "".join(
        f"<article><h2>{number}. {_phrase(question.item.title)}</h2>{_explained(question, seed)}</article>"
        for number, question, _ in _numbered(questions)
    )
    return _document(title, head + body, questions)


def _document(title: str, body: str, questions: Iterable[Question]) -> str:
    language = language_of(question.item for question in questions)
    return document(title, body, head=_STYLE, lang=language)


def _numbered(questions: Sequence[Question]) -> Iterable[tuple[int, Question, str]]:
    """Yield each question with its number, and with the scenario of the case that it opens."""
    before = None
    for number, question in enumerate(questions, 1):
        case = question.case
        opens = case is not None and case is not before
        text = (
            f"<p><b>{escape(case.title)}</b></p>{blocks(parse(case.scenario))}"
            if opens and case
            else ""
        )
        yield number, question, f'<div class="case">{text}</div>' if text else ""
        before = case


def _room(view: dict[str, Any], kind: str) -> str:
    """Return what there is to choose from, and room to answer."""
    if "spots" in view:
        return "<pre>" + escape("\n".join(kind_lines(view))) + "</pre>" + _answer(kind)
    if "gaps" in view:
        return _gaps(view)
    if "prompts" in view:
        rows = (
            f"<li>{_box()}<span>{_inline(each['text'])}</span></li>" for each in view["prompts"]
        )
        return f'<ol class="options">{"".join(rows)}</ol>{_options(view["options"])}'
    if "statement" in view:
        said = (
            f"{blocks(view['statement'])}<p>True &#9744; &emsp; False &#9744; &emsp; because:</p>"
        )
        return said + _options(view["options"])
    if "options" in view:
        return _options(view["options"]) + _answer(kind)
    units = f" ({escape(' or '.join(view['units']))})" if view.get("units") else ""
    return f"<p>Answer{units}: {BLANK}</p>"


def kind_lines(view: dict[str, Any]) -> list[str]:
    """Return a text with the letters of its places, as a terminal shows it."""
    names = lettered.names(spot["id"] for spot in view["spots"] if spot["id"])
    return [
        f"{names.get(spot['id'], '') if n == 0 else '':3}{line}"
        for spot in view["spots"]
        for n, line in enumerate(spot["lines"])
    ]


def _options(options: Iterable[dict[str, Any]]) -> str:
    rows = (
        f"<li><span>&#9744; {lettered.letter(n).upper()}</span><span>{_inline(each['text'])}</span></li>"
        for n, each in enumerate(options)
    )
    return f'<ol class="options">{"".join(rows)}</ol>'


def _answer(kind: str) -> str:
    words = {"ordering": "Order, the first step first", "hotspot": "Answer"}.get(kind)
    return f"<p>{words}: {BLANK}</p>" if words else ""


def _box() -> str:
    return '<span class="blank short"></span>'


def _gaps(view: dict[str, Any]) -> str:
    numbers = {gap["id"]: f"[{n}]" for n, gap in enumerate(view["gaps"], 1)}
    rows = "".join(
        f"<p>{numbers[gap['id']]} {BLANK}</p>{_options(gap['options']) if gap['options'] else ''}"
        for gap in view["gaps"]
    )
    return blocks([_filled(block, numbers) for block in view["text"]]) + rows


def _filled(block: Block, numbers: dict[str, str]) -> Block:
    return {
        "kind": block["kind"],
        "lines": [
            [
                {"style": "", "text": f"{numbers[run['text']]}____"}
                if run["style"] == "gap"
                else run
                for run in line
            ]
            for line in block["lines"]
        ],
    }


def _inline(text: list[Block]) -> str:
    """Return a text inside a row: no paragraphs."""
    return _phrase(plain(text))


def _phrase(text: str) -> str:
    """Return a plain text, in an element of its own where it is in another language."""
    lines = "<br>".join(map(escape, text.splitlines()))
    return f"<span{lang(text)}>{lines}</span>" if lang(text) else lines


def _explained(question: Question, seed: int) -> str:
    item = question.item
    counts = "" if question.scored else '<p class="note">Does not count.</p>'
    refs = ", ".join(f"{escape(ref.title)}: {escape(ref.url)}" for ref in item.refs)
    return (
        f"<p><b>{escape(right(item, seed))}</b></p>{counts}{blocks(parse(item.why))}{_reasons(item, seed)}"
        f'<p class="note">Item {item.id}, version {item.version}; lab {escape(item.lab.name)}, '
        f"“{escape(item.lab.section)}”. {refs}</p>"
    )


def right(item: Item, seed: int) -> str:
    """Return what is right, in the letters and numbers of this seed's order."""
    view, answer = kind_of(item).view(item, seed), kind_of(item).key(item)
    if isinstance(answer, str):
        return answer
    names = _names(item, view)
    if isinstance(answer, dict):
        words = _words(view)
        pairs = ((names[part], words.get((part, given), given)) for part, given in answer.items())
        return ", ".join(f"{part} {given}" for part, given in pairs)
    return " ".join(names.get(part, part) for part in answer)


def _names(item: Item, view: dict[str, Any]) -> dict[str, str]:
    """Return what each part is called on the paper."""
    return {name: said.strip(").").upper() for name, said in kind_of(item).names(view).items()}


def _words(view: dict[str, Any]) -> dict[tuple[str, str], str]:
    """Return what is written for an option of each prompt and gap; typed words stand for themselves."""
    places = [*view.get("prompts", []), *view.get("gaps", [])]
    return {
        (place["id"], option["id"]): lettered.letter(n).upper()
        for place in places
        for n, option in enumerate(place.get("options") or view.get("options", []))
    }


def _reasons(item: Item, seed: int) -> str:
    """Return the reason of every part that has one, named as on the paper."""
    names = _names(item, kind_of(item).view(item, seed))
    rows = (
        f"<li>{escape(names[remark.part])}: {_phrase(plain(parse(remark.why)))}</li>"
        for remark in judge(item, kind_of(item).key(item)).remarks
        if remark.why
    )
    return f"<ul>{''.join(rows)}</ul>"
