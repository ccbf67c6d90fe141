"""What is heard in its own language: the nearest `lang` of every text of a half translated quiz."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kmslab.families import load_quiz
from kmslab.quiz.exam_session import Exam
from kmslab.quiz.faces.static import html
from kmslab.quiz.languages import spoken

pytestmark = pytest.mark.browser

QUIZ = spoken(load_quiz(Path(__file__).parents[1] / "vectors/quiz/01-spoken.yaml"), "de")
HEARD = """
(root) => {
  const heard = {};
  const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const words = walk.currentNode.data.trim();
    if (words) heard[words] = walk.currentNode.parentElement.closest("[lang]").lang;
  }
  return heard;
}
"""
GERMAN = {"Welcher Parameter darf fehlen?", "Die Schlüssel-ID", "öffnet"}
TOLD = {"Entschlüsseln", "Das Chiffrat hat sie.", "Das Chiffrat nennt den Schlüssel."}


def of_language(heard: dict[str, str], language: str) -> set[str]:
    return {words for words, told in heard.items() if told == language}


def test_a_page_of_practice_is_heard_in_two_languages(chromium: Any, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(html([QUIZ]))
    page = chromium.new_page()
    page.goto(path.as_uri())
    page.locator("input[value=a]").first.click()
    page.get_by_role("button", name="Hint").first.click()
    page.get_by_role("button", name="Check answer").first.click()
    page.get_by_text("Right.", exact=True).wait_for()
    heard = page.locator(".kq").evaluate(HEARD)
    german = of_language(heard, "de")
    assert page.evaluate("document.documentElement.lang") == "de"
    assert german >= GERMAN | TOLD | {"Schau ins Chiffrat."}
    assert of_language(heard, "en") >= {"The blob", "Pairs", "Right.", "Next question", "closes"}
    assert [w for w in german if w.startswith("Welche ZWEI")]
    page.close()


def test_an_exam_is_heard_in_two_languages(hall: Callable[..., Any]) -> None:
    exam = Exam([QUIZ])
    page = hall(exam)
    page.get_by_role("button", name="Start the exam").click()
    heard = page.locator(".kq").evaluate(HEARD)
    assert of_language(heard, "de") >= GERMAN
    assert not TOLD & heard.keys()
    assert of_language(heard, "en") >= {"The blob", "Flag for review", "closes"}
    page.get_by_role("tab", name="Review", exact=True).click()
    for name in ("End the exam", "End now"):
        page.get_by_role("button", name=name).click()
    page.get_by_role("heading", name="0 of 2 right").wait_for()
    assert of_language(page.locator(".kq").evaluate(HEARD), "de") >= TOLD - {
        "Das Chiffrat hat sie."
    }
