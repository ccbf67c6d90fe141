"""Texts of a quiz are texts in every face: a corpus of hostile ones changes what is read, and nothing else."""

import asyncio
import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from lxml import html as parser
from markdown_it import MarkdownIt
from textual.content import Content
from textual.widgets import Select, Static

from kmslab import cli
from kmslab.quiz import Quiz, Session, load_quiz
from kmslab.quiz.exam import draw
from kmslab.quiz.exchange import anki, gift, jupyterquiz, moodle, qti
from kmslab.quiz.exchange.inert import alive, inert
from kmslab.quiz.exchange.plain import items_of, plain_of, quiz_from, yaml_of
from kmslab.quiz.faces import fallback, paper, static
from kmslab.quiz.load import quiz_of
from kmslab.quiz.markup import parse as parse_text
from kmslab.quiz.markup import plain
from kmslab.quiz.screen.practice import Practice
from kmslab.quiz.source import QuizFileError, parse

VECTORS = Path(__file__).parents[1] / "vectors/quiz"
KINDS = load_quiz(VECTORS / "00-kinds.yaml")
HOSTILE = json.loads((VECTORS / "hostile.json").read_text())
FREE = frozenset({"why", "title", "stem", "statement", "scenario", "text", "about"})
HARMLESS = "Nothing but words"
# What the Markdown subset of quizzes makes, and what every Markdown makes of lines.
MARKED = {"p", "code", "pre", "em", "strong", "ul", "li", "br", "table", "thead", "tbody", "tr", "th", "td"}  # fmt: skip


def worded(told: Any, text: str, free: frozenset[str] = FREE) -> Any:
    """The same values with this text wherever a text is shown; gaps stay in theirs."""
    if isinstance(told, list):
        return [worded(each, text, free) for each in told]
    if not isinstance(told, dict):
        return told
    out = {}
    for name, value in told.items():
        if name == "text" and "gaps" in told:
            out[name] = f"{text}\n\n{value.partition(chr(10) * 2)[2]}"
        elif name in free and isinstance(value, str):
            out[name] = text
        else:  # what is compared with a typed answer is not shown
            out[name] = worded(value, text, free - {"text"} if name == "wrong" else free)
    return out


def quiz_with(text: str) -> Quiz:
    head = worded(plain_of(KINDS), text)
    return quiz_from(head, [worded(item, text) for item in items_of(KINDS)])


def markdown(text: str) -> str:
    """Markdown as a system renders it that lets HTML through."""
    return str(MarkdownIt("commonmark", {"html": True}).enable("table").render(text))


def of_moodle(quiz: Quiz) -> str:
    root = ET.fromstring(moodle.write(quiz))
    told = root.iterfind(".//*[@format='markdown']/text")
    return "".join(markdown(each.text or "") for each in told)


def of_gift(quiz: Quiz) -> str:
    """What stands between the signs of the format, each piece by itself."""
    blocks = [gift.question(item, case) for _, item, case in quiz.placed()]
    told = "=".join(block.partition("[markdown]")[2] for block in blocks)
    told = re.sub(r"(?<= )-> .*", "", told)  # responses stand in lists, which have no markup
    pieces = re.findall(r"(?:\\.|[^\\=~#{}])+", told, re.DOTALL)
    signs = {"n": "\n"}
    bare = [re.sub(r"\\(.)", lambda m: signs.get(m[1], m[1]), piece) for piece in pieces]
    return "".join(map(markdown, bare))


def of_jupyterquiz(quiz: Quiz) -> str:
    """What its page takes as HTML: questions, reasons and the answers of choices."""
    asked = json.loads(jupyterquiz.write(quiz))
    answers = [answer for each in asked for answer in each["answers"]]
    picked = [a["answer"] for each in asked if "choice" in each["type"] for a in each["answers"]]
    return "".join(
        [*(each["question"] for each in asked), *(a["feedback"] for a in answers), *picked]
    )


def of_qti(quiz: Quiz) -> str:
    return "".join(
        ET.tostring(qti.assessment(item, case), encoding="unicode")
        for _, item, case in quiz.placed()
    )


def of_anki(quiz: Quiz) -> str:
    return "".join(anki.front(item, case) + anki.back(item) for _, item, case in quiz.placed())


FACES: dict[str, Callable[[Quiz], str]] = {
    "a notebook without a kernel": fallback.as_html,
    "a page": lambda quiz: static.html([quiz]),
    "paper": lambda quiz: paper.exam(draw([quiz], seed=1), seed=1),
    "the key on paper": lambda quiz: paper.key(draw([quiz], seed=1), seed=1),
    "moodle": of_moodle,
    "gift": of_gift,
    "jupyterquiz": of_jupyterquiz,
    "qti": of_qti,
    "anki": of_anki,
}


def elements(shown: str) -> set[tuple[str, tuple[tuple[str, str], ...]]]:
    """Every element with its attributes; of what only names things the name is enough."""
    found = set()
    for node in parser.fromstring(f"<main>{shown}</main>").iter(tag=parser.etree.Element):
        kept = [(k, v if k in ("href", "src") else "") for k, v in node.attrib.items()]
        found.add((str(node.tag), tuple(sorted(kept))))
    return found


@pytest.mark.parametrize("case", HOSTILE, ids=lambda case: case["why"])
@pytest.mark.parametrize("face", FACES)
def test_a_hostile_text_makes_no_element_and_no_attribute(face: str, case: Any) -> None:
    show = FACES[face]
    allowed = elements(show(quiz_with(HARMLESS))) | {(tag, ()) for tag in MARKED}
    allowed |= {("code", (("class", ""),))}  # the word behind a fence, as a class
    shown = show(quiz_with(case["text"]))
    assert elements(shown) - allowed == set()
    words = re.findall(r"owned|evil\.example", case["text"])
    assert words[0] in shown, "the text is not there"


@pytest.mark.parametrize("case", HOSTILE, ids=lambda case: case["why"])
def test_what_is_made_inert_comes_back(case: Any) -> None:
    assert alive(inert(case["text"])) == case["text"]
    assert inert(alive(inert(case["text"]))) == inert(case["text"])


@pytest.mark.parametrize("case", HOSTILE, ids=lambda case: case["why"])
def test_a_terminal_shows_it_as_it_stands(
    case: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "00-kinds.yaml"
    path.write_text(yaml_of(quiz_with(case["text"])))
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with suppress(SystemExit):
        cli.run(("quiz", "ask", str(path), "--plain"))
    assert plain(parse_text(case["text"])) in capsys.readouterr().out


def test_a_screen_shows_all_of_them_and_obeys_none() -> None:
    text = " ".join(case["text"] for case in HOSTILE if "\n" not in case["text"])
    asyncio.run(on_a_screen(quiz_with(text), plain(parse_text(text))))


async def on_a_screen(quiz: Quiz, shown: str) -> None:
    """Texts, options and lists of a full screen; a click on any of them leaves it open."""
    app = Practice(Session(quiz))
    async with app.run_test(size=(100, 200)) as pilot:
        for place, item in enumerate(quiz.items):
            await app.go_to(place)
            await pilot.pause()
            told = " ".join(str(each.render()) for each in app.query(Static))
            assert _words(shown) in _words(told), item.id
            assert not [each for each in app.query(Static) if _acts(each)], item.id
            for each in app.questions[place].query(Select):
                each.value = each._options[-1][1]
                await pilot.pause()
                assert _words(shown) in _words(str(each.query_one("#label", Static).render()))
        assert app.is_running


def _words(text: str) -> str:
    return re.sub(r"\s+", "", text)


def _acts(shown: Static) -> bool:
    """Whether a piece of it is a link or an action."""
    rendered = shown.render()
    spans = rendered.spans if isinstance(rendered, Content) else []
    return any("@click" in str(span.style) or "link" in str(span.style) for span in spans)


@pytest.mark.parametrize("sign", ["\\e", "\\x9b", "\\r", "\\u202e", "\\u2067", "\\0", "\\x7f"])
def test_signs_that_a_terminal_would_obey_are_refused(sign: str) -> None:
    text = (VECTORS / "00-kinds.yaml").read_text()
    raw = text.replace("title: Between two keys", f'title: "Between{sign}[2J two keys"')
    with pytest.raises(QuizFileError) as refused:
        quiz_of(parse(raw.encode(), "x.yaml"))
    (fault,) = refused.value.faults
    line = text[: text.index("title: Between")].count("\n") + 1
    assert (fault.line, fault.column) == (line, 12)
    assert "not seen" in fault.wrong
