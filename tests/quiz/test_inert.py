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
from markdown_it import MarkdownIt
from textual.content import Content
from textual.widgets import Select, Static

from kmslab import cli
from kmslab.quiz import Quiz, Session
from kmslab.quiz.exam import draw
from kmslab.quiz.exchange import anki, gift, jupyterquiz, moodle, qti
from kmslab.quiz.exchange.inert import alive, inert
from kmslab.quiz.exchange.plain import yaml_of
from kmslab.quiz.faces import fallback, paper, static
from kmslab.quiz.kinds.matching import Matching
from kmslab.quiz.load import quiz_of
from kmslab.quiz.markup import parse as parse_text
from kmslab.quiz.markup import plain
from kmslab.quiz.screen.practice import Practice
from kmslab.quiz.source import QuizFileError, parse
from tests.quiz.hostile import ALL, HOSTILE, VECTORS, quiz_with, strangers
from tests.tracing import untraced


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


@pytest.mark.parametrize("case", HOSTILE, ids=lambda case: case["why"])
@pytest.mark.parametrize("face", FACES)
def test_a_hostile_text_makes_no_element_and_no_attribute(face: str, case: Any) -> None:
    show = FACES[face]
    assert strangers(show, case["text"]) == set()
    shown = show(quiz_with(case["text"]))
    words = re.findall(r"owned|evil\.example", case["text"])
    assert words[0] in shown, "the text is not there"


@pytest.mark.parametrize("case", HOSTILE, ids=lambda case: case["why"])
def test_what_is_made_inert_comes_back(case: Any) -> None:
    assert alive(inert(case["text"])) == case["text"]
    assert inert(alive(inert(case["text"]))) == inert(case["text"])


def test_an_arrow_in_a_prompt_divides_no_pair_of_gift() -> None:
    quiz = quiz_with("from a -> to b")
    matching = next(item for item in quiz.items if isinstance(item, Matching))
    block = gift.question(matching, None).replace("from a -> to b\n", "the response\n")
    rows = [line for line in block.splitlines() if line.startswith("=from")]
    assert rows == ["=from a -&gt; to b -> the response"] * len(matching.prompts)
    assert gift.read(gift.write(quiz)).entries == quiz.entries


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


@untraced
def test_a_screen_shows_all_of_them_and_obeys_none() -> None:
    asyncio.run(on_a_screen(quiz_with(ALL), plain(parse_text(ALL))))


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
@pytest.mark.parametrize(
    ("hostile", "column"),
    [('title: "Between%s[2J two keys"', 12), ('"title%s[2J": Between two keys', 5)],
    ids=["value", "key"],
)
def test_signs_that_a_terminal_would_obey_are_refused(hostile: str, column: int, sign: str) -> None:
    text = (VECTORS / "00-kinds.yaml").read_text()
    raw = text.replace("title: Between two keys", hostile % sign)
    with pytest.raises(QuizFileError) as refused:
        quiz_of(parse(raw.encode(), "x.yaml"))
    (fault,) = refused.value.faults
    line = text[: text.index("title: Between")].count("\n") + 1
    assert (fault.line, fault.column) == (line, column)
    assert str(fault).isprintable()
    assert "not seen" in fault.wrong
