"""What a screen reader is given of every kind and every phase, as it was read and found good.

A change of these pictures is a change for people who hear them: read it before it is kept.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from kmslab.quiz import load_quiz
from kmslab.quiz.exam_session import Exam

pytestmark = pytest.mark.browser

VECTORS = Path(__file__).parents[1] / "vectors/quiz"
SPECIMENS = VECTORS / "00-kinds.yaml"
HEARD = VECTORS / "heard.yaml"


def pictures(stage: Callable[..., Any], hall: Callable[..., Any]) -> Iterator[tuple[str, str]]:
    page = stage(SPECIMENS.read_text())
    for item in load_quiz(SPECIMENS).items:
        place = [each.id for each in load_quiz(SPECIMENS).items].index(item.id)
        page.get_by_role("tab").nth(place).click()
        yield item.id, page.get_by_role("tabpanel").aria_snapshot()
    page.get_by_role("tab", name="Result").click()
    yield "result", page.get_by_role("tabpanel").aria_snapshot()
    page = stage((VECTORS / "00-task.yaml").read_text())
    yield "910", page.get_by_role("tabpanel").aria_snapshot()
    page = hall(Exam([load_quiz(SPECIMENS)], length=2, seed=3))
    yield "exam ready", page.locator(".kq").aria_snapshot()
    page.get_by_label("Time", exact=True).select_option(label="No time limit")
    page.get_by_role("button", name="Start the exam").click()
    page.get_by_role("tab", name="Review", exact=True).click()
    page.get_by_role("button", name="End the exam").click()
    yield "exam review", page.locator(".kq").aria_snapshot()
    page.get_by_role("button", name="End now").click()
    page.get_by_role("heading", name="0 of 2 right").wait_for()
    yield "exam report", page.locator(".kq").aria_snapshot()


def test_what_is_heard(stage: Callable[..., Any], hall: Callable[..., Any]) -> None:
    assert dict(pictures(stage, hall)) == yaml.safe_load(HEARD.read_text())
