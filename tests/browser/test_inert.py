"""Hostile texts in a real browser: everything is shown, nothing of it lives. What no browser runs is in tests/quiz."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kmslab.quiz import Quiz, Session
from kmslab.quiz.exam_session import Exam
from kmslab.quiz.faces.module import module
from kmslab.quiz.faces.static import html
from kmslab.quiz.markup import parse, plain
from tests.quiz.hostile import ALL, strangers

pytestmark = pytest.mark.browser

REVEALED = """
() => {
  const { page, edition } = JSON.parse(document.querySelector("[data-quiz]").textContent);
  const shown = { tries: 0, hints: 0, answer: null, isRight: false, isRevealed: true };
  const all = Object.fromEntries(page.items.map(({ id }) => [id, shown]));
  localStorage.setItem(`kmslab ${page.quiz} ${edition}`, JSON.stringify(all));
}
"""
Open = Callable[[Quiz], Any]


@pytest.fixture
def practice(blank: Callable[..., Any]) -> Open:
    def show(quiz: Quiz) -> Any:
        session = Session(quiz)
        for item in quiz.items:
            session.reveal(item.id)
        return blank(module(), {"page": session.page()}, lambda _: ("", None))

    return show


@pytest.fixture
def exam(hall: Callable[..., Any]) -> Open:
    def show(quiz: Quiz) -> Any:
        sat = Exam([quiz])
        sat.start()
        sat.end()
        return hall(sat)

    return show


@pytest.fixture
def page(chromium: Any, tmp_path: Path) -> Open:
    def show(quiz: Quiz) -> Any:
        file = tmp_path / "practice.html"
        file.write_text(html([quiz]))
        opened = chromium.new_page()
        opened.goto(file.as_uri())
        opened.evaluate(REVEALED)
        opened.reload()
        return opened

    return show


@pytest.mark.parametrize("face", ["practice", "exam", "page"])
def test_hostile_texts_are_shown_and_nothing_else(
    face: str, request: pytest.FixtureRequest
) -> None:
    opened: list[Any] = []

    def shown(quiz: Quiz) -> str:
        opened.append(request.getfixturevalue(face)(quiz))
        opened[-1].locator(".kq").wait_for()
        return str(opened[-1].locator(".kq").evaluate("node => node.outerHTML"))

    assert strangers(shown, ALL) == set()
    told = opened[-1].locator(".kq").evaluate("node => node.textContent")
    assert told.count(plain(parse(ALL))) > 20
    assert opened[-1].evaluate("typeof owned") == "undefined"
