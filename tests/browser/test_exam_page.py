"""An exam's module alone in a blank page, over a real sitting."""

import datetime as dt
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kmslab.quiz import load_quiz
from kmslab.quiz.catalog import kind_of
from kmslab.quiz.exam_session import Exam
from kmslab.quiz.progress import wall_clock
from tests.browser.answering import by_pointer, inspect, keys_of, press_by_keyboard

pytestmark = pytest.mark.browser

SPECIMENS = load_quiz(Path(__file__).parents[1] / "vectors/quiz/00-kinds.yaml")
Hall = Callable[..., Any]


def press(page: Any, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).locator("visible=true").click()


def started(hall: Hall, exam: Exam, **options: Any) -> Any:
    page = hall(exam, **options)
    press(page, "Start the exam")
    page.get_by_role("tab", name="Question 1, not answered", selected=True).wait_for()
    return page


def panel(page: Any) -> Any:
    return page.locator(".kq-panel:visible")


def test_every_kind_is_answered_and_nothing_is_told_before_the_end(
    hall: Hall, tmp_path: Path
) -> None:
    log = tmp_path / "exams.jsonl"
    exam = Exam([SPECIMENS], log)
    page = started(hall, exam)
    for place, question in enumerate(exam.questions):
        key = kind_of(question.item).key(question.item)
        given = key if question.item.id != "903" else "reencrypt"
        by_pointer(panel(page), question.item, given)
        panel(page).get_by_text("Saved", exact=True).wait_for()
        page.get_by_role("tab", name=f"Question {place + 1}, answered").wait_for()
        press(page, "Next" if place + 1 < len(exam.questions) else "Review")
    known = page.content() + page.evaluate("window.synced()") + log.read_text()
    told = page.evaluate("document.documentElement.innerText")
    for item in SPECIMENS.items:
        plain = json.loads(json.dumps(_values(item)))
        assert [secret for secret in plain if secret in known + told] == [], item.id
    press(page, "End the exam")
    press(page, "End now")
    page.get_by_role("heading", name="7 of 7 right").wait_for()
    page.get_by_role("tab", name="Question 1, right").click()
    assert panel(page).get_by_text("Right.", exact=True).is_visible()
    assert page.evaluate("window.heard") == 0


def _values(item: Any) -> list[str]:
    """The reasons and beliefs of an item, in the words before any markup."""
    out: list[str] = []
    for field in item.__struct_fields__:
        value = getattr(item, field)
        if field in ("why", "misconception", "title") and isinstance(value, str):
            out.append(value)
        elif isinstance(value, tuple) and field not in ("refs", "skills", "exams", "hints"):
            out += [text for each in value if not isinstance(each, str) for text in _values(each)]
    return out


def test_every_kind_by_keyboard_alone(hall: Hall) -> None:
    exam = Exam([SPECIMENS])
    page = started(hall, exam)
    for question in exam.questions:
        page.keyboard.press("Tab")  # from the question's heading, which has the focus
        for key in keys_of(question.item, exam.seed, kind_of(question.item).key(question.item)):
            page.keyboard.press(key)
        panel(page).get_by_text("Saved", exact=True).wait_for()
        forth = panel(page).get_by_role("button", name=re.compile("^(Next|Review)$"))
        press_by_keyboard(page, forth)
    exam.end()
    assert exam.report is not None
    assert exam.report.total.right == exam.report.total.total == 7
    assert page.evaluate("window.heard") == 0


def test_by_keyboard_alone_from_start_to_report(hall: Hall) -> None:
    exam = Exam([SPECIMENS], length=2, seed=3)
    page = hall(exam)
    for key in ("Tab", "Tab", "Enter"):
        page.keyboard.press(key)
    page.get_by_role("tab", name="Question 1, not answered").wait_for()
    page.get_by_role("tab", selected=True).focus()
    for key, name in (("ArrowRight", "Question 2"), ("End", "Review"), ("Home", "Question 1")):
        page.keyboard.press(key)
        assert name in page.locator(":focus").evaluate("e => e.ariaLabel || e.textContent")
    page.keyboard.press("End")
    for name in ("End the exam", "End now"):
        for _ in range(9):
            if page.locator(":focus").inner_text() == name:
                break
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
    page.get_by_role("heading", name="0 of 2 right").wait_for()


def test_flags_and_open_questions_are_listed_for_review(hall: Hall) -> None:
    exam = Exam([SPECIMENS])
    page = started(hall, exam)
    press(page, "Flag for review")
    page.get_by_role("tab", name="Question 1, not answered, flagged").wait_for()
    page.get_by_role("tab", name="Review", exact=True).click()
    assert page.get_by_role("heading", name="Flagged: 1").is_visible()
    assert page.get_by_text("9 unanswered, which count as wrong.", exact=True).is_visible()
    press(page, "Question 1, flagged")
    flag = page.get_by_role("button", name="Flag for review", pressed=True)
    flag.locator("visible=true").click()
    page.get_by_role("tab", name="Question 1, not answered", exact=True).wait_for()


def test_an_answer_is_replaced_and_taken_back(hall: Hall) -> None:
    exam = Exam([SPECIMENS])
    page = started(hall, exam)
    place = [each.item.id for each in exam.questions].index("908")
    page.get_by_role("tab").nth(place).click()
    for pick in ("a", "b"):
        panel(page).locator(f"input[value='{pick}']").click()
    page.get_by_role("tab", name=f"Question {place + 1}, answered").wait_for()
    assert exam.sitting is not None
    assert exam.sitting.answers[place] == ["b"]
    press(page, "Clear")
    page.get_by_role("tab", name=f"Question {place + 1}, not answered").wait_for()
    assert page.get_by_role("radio", checked=True).count() == 0
    assert exam.sitting.answers == {}


def test_what_is_no_answer_is_said_and_stays_to_be_mended(hall: Hall) -> None:
    exam = Exam([SPECIMENS])
    page = started(hall, exam)
    place = [each.item.id for each in exam.questions].index("902")
    page.get_by_role("tab").nth(place).click()
    field = panel(page).get_by_role("textbox")
    field.fill("4 MB")
    panel(page).get_by_role("alert").get_by_text("The units are bytes, KiB.").wait_for()
    assert field.input_value() == "4 MB"
    field.fill("4 KiB")
    page.get_by_role("tab", name=f"Question {place + 1}, answered").wait_for()
    assert panel(page).locator(".kq-notice").inner_text() == ""


def test_time_runs_out_in_the_page(hall: Hall) -> None:
    begun = wall_clock()
    late = [begun]
    exam = Exam([SPECIMENS], now=lambda: late[0])
    page = hall(exam)
    late[0] = begun
    press(page, "Start the exam")
    page.get_by_role("timer").get_by_text("0:18:00").wait_for()
    late[0] = begun + dt.timedelta(minutes=17, seconds=59)
    press(page, "Flag for review")
    page.get_by_role("timer").get_by_text("0:00:01").wait_for()
    late[0] = begun + dt.timedelta(minutes=18)
    page.get_by_text("Time is up.").wait_for()
    page.get_by_role("heading", name="0 of 7 right").wait_for()


def test_more_time_can_be_asked_for(hall: Hall) -> None:
    exam = Exam([SPECIMENS])
    page = hall(exam)
    page.get_by_label("Time", exact=True).select_option(label="27 minutes (50 % more)")
    press(page, "Start the exam")
    page.get_by_role("timer").get_by_text("0:26:5").or_(
        page.get_by_role("timer").get_by_text("0:27:00")
    ).wait_for()
    assert exam.sitting is not None
    assert exam.sitting.limit == dt.timedelta(minutes=27)


def test_a_sitting_is_taken_up_in_a_new_page(hall: Hall, tmp_path: Path) -> None:
    log = tmp_path / "exams.jsonl"
    first = Exam([SPECIMENS], log)
    page = started(hall, first)
    item = first.questions[0].item
    by_pointer(panel(page), item, kind_of(item).key(item))
    page.get_by_role("tab", name="Question 1, answered").wait_for()
    page.close()
    again = hall(Exam([SPECIMENS], log))
    again.get_by_text("Taken up again where it was broken off").wait_for()
    again.get_by_role("tab", name="Question 2, not answered", selected=True).wait_for()
    again.get_by_role("tab", name="Question 1, answered").click()
    assert panel(again).locator("input:checked, .kq-chosen li").count() or any(
        panel(again)
        .locator("select, input[type=text]")
        .evaluate_all("all => all.map(e => e.value)")
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_any_phase(hall: Hall, theme: str) -> None:
    page = hall(Exam([SPECIMENS]), color_scheme=theme, viewport={"width": 360, "height": 900})
    look(page, "ready")
    press(page, "Start the exam")
    press(page, "Flag for review")
    page.get_by_role("tab", name="Question 1, not answered, flagged").wait_for()
    look(page, "running")
    page.get_by_role("tab", name="Review", exact=True).click()
    press(page, "End the exam")
    look(page, "review")
    press(page, "End now")
    page.get_by_role("heading", name="0 of 7 right").wait_for()
    look(page, "report")


def look(page: Any, state: str) -> None:
    inspect(page, page.locator(".kq"), state)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360, state
