"""A live-state task in a page: looked at by keyboard alone, what was seen is said, rules of accessibility hold."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kmslab.quiz import Session, load_quiz
from kmslab.quiz.faces.module import module
from kmslab.quiz.faces.spoken import practised
from tests.browser.answering import inspect

pytestmark = pytest.mark.browser

SPECIMEN = Path(__file__).parents[1] / "vectors/quiz/00-task.yaml"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_world_is_checked_by_keyboard_alone(blank: Callable[..., Any], theme: str) -> None:
    seen: dict[str, Any] = {"a": "Enabled", "b": 180, "c": 1}
    session = Session(load_quiz(SPECIMEN), look=lambda _: dict(seen))

    def obey(message: dict[str, Any]) -> tuple[str, Any]:
        return practised(session, message), {"page": session.page()}

    page = blank(module(), {"page": session.page()}, obey, color_scheme=theme)
    panel = page.locator(".kq-panel:not([hidden])")
    assert "Disabled" not in page.content()
    main = panel.get_by_role("button", name="Check my world", exact=True)
    main.focus()
    page.keyboard.press("Enter")
    panel.get_by_text("Seen:").first.wait_for()
    assert panel.get_by_text("Not yet: worth 67%").count() == 1
    assert "Only a state" not in page.content()
    inspect(page, page.locator(".kq"), "wrong")
    seen["a"] = "Disabled"
    main.focus()
    page.keyboard.press("Enter")
    panel.get_by_role("status").get_by_text("Right, at try 2.", exact=True).wait_for()
    assert page.evaluate("window.heard") == 0
