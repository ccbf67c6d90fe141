"""The quiz widget in a real JupyterLab, in a real Chromium."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import nbformat
import pytest

from kmslab.families import load_quiz
from kmslab.quiz.catalog import Item, kind_of
from kmslab.quiz.exam import draw
from kmslab.quiz.markup import parse
from kmslab.quiz.page import kind_name
from kmslab.quiz.session import Session
from tests.browser.answering import by_pointer, keys_of, secrets_of

pytestmark = pytest.mark.browser

BANK = Path(__file__).parents[2] / "quizzes"
QUIZ = load_quiz(BANK / "01-first-key.yaml")

Open = Callable[..., Any]


def letters(item_id: str, *, right: bool) -> list[str]:
    """The letters, as they are shown, of the right answer, or of one wrong option."""
    item = QUIZ.item(item_id)
    key = kind_of(item).key(item)
    shown = [option["id"] for option in kind_of(item).view(item, 1)["options"]]
    found = ["abcdefgh"[n] for n, option in enumerate(shown) if (option in key) == right]
    return found if right else found[:1]


def tab_into(visit: Any) -> None:
    """Come into the quiz from the notebook as a keyboard user does."""
    visit.page.keyboard.press("Escape")
    for _ in range(60):
        if visit.focus_is_in_quiz():
            return
        visit.page.keyboard.press("Tab")
    raise AssertionError("Tab never led into the quiz")


def answer(visit: Any, picked: list[str]) -> None:
    for letter in picked:
        visit.page.keyboard.press(letter)
    visit.page.keyboard.press("Enter")


def check_by_keyboard(visit: Any) -> None:
    """Enter checks from an input; from elsewhere Tab leads to the button."""
    main = visit.quiz.get_by_role("button", name=re.compile("^Check (answer|my world)$"))
    for _ in range(20):
        on_input = visit.page.evaluate("document.activeElement.matches('input')")
        if on_input or main.and_(visit.page.locator(":focus")).count():
            break
        visit.page.keyboard.press("Tab")
    visit.page.keyboard.press("Enter")


def start(visit: Any, *, afresh: bool = True) -> None:
    """Run the cell; where an earlier test left answers, clear them by the log."""
    if afresh:
        (visit.path.parents[1] / ".kmslab" / "progress.jsonl").unlink(missing_ok=True)
    visit.run_cell()


def test_the_whole_quiz_is_answered_by_keyboard_alone(visit: Open) -> None:
    opened = visit()
    start(opened)
    tab_into(opened)
    opened.page.keyboard.press("Tab")  # from the row of questions into the question
    fresh = Session(QUIZ)  # asks the variants of families that a new student is asked
    for place, item in enumerate(map(fresh.item, [item.id for item in QUIZ.items])):
        for key in ("Tab", *keys_of(item, fresh.seed_of(item.id), kind_of(item).key(item))):
            opened.page.keyboard.press(key)
        check_by_keyboard(opened)
        opened.quiz.locator(".kq-verdict[data-status=right]:visible").wait_for()
        last = place + 1 == len(QUIZ.items)
        forth = opened.quiz.get_by_role(
            "button", name="See the result" if last else "Next question", exact=True
        )
        forth.and_(opened.page.locator(":focus")).wait_for()
        opened.page.keyboard.press("Enter")
        if not last:
            opened.quiz.get_by_role("heading", name=QUIZ.items[place + 1].title).wait_for()
    total = len(QUIZ.items)
    opened.quiz.get_by_role("heading", name=f"{total} of {total} right").wait_for()
    assert opened.cells() == 3


def test_no_key_reaches_the_notebook(visit: Open) -> None:
    opened = visit()
    start(opened)
    tab_into(opened)
    opened.page.keyboard.press("Tab")
    cells = opened.cells()
    assert cells == 3
    for key in [
        "d",
        "d",
        "x",
        "a",
        "b",
        "z",
        "0",
        "0",
        "Escape",
        "ArrowDown",
        "ArrowUp",
        "j",
        "k",
        "Shift+Enter",
        "Enter",
        "m",
        "y",
    ]:
        opened.page.keyboard.press(key)
        assert opened.focus_is_in_quiz(), f"{key} left the quiz"
    for focused in ("tab", "button"):
        opened.quiz.get_by_role(focused).first.focus()
        for key in ["d", "d", "x", "a", "b", "Escape", "ArrowDown"]:
            opened.page.keyboard.press(key)
            assert opened.focus_is_in_quiz(), f"{key} left the quiz from a {focused}"
    opened.page.wait_for_timeout(300)
    assert opened.cells() == cells
    prompts = opened.page.locator(".jp-InputPrompt").all_inner_texts()
    assert [prompt.strip() for prompt in prompts] == ["[1]:", "[ ]:", "[ ]:"]


def test_ctrl_s_still_saves(visit: Open) -> None:
    opened = visit()
    start(opened)
    tab_into(opened)
    assert "widget-view" in opened.save()


def test_no_request_leaves_the_machine_and_no_key_enters_the_page(visit: Open) -> None:
    opened = visit()
    start(opened)
    first = QUIZ.items[0]
    tab_into(opened)
    opened.page.keyboard.press("Tab")
    fresh = Session(QUIZ)  # asks the variants of families that a new student is asked
    secrets = secrets_of(fresh.item(item.id) for item in QUIZ.items) - {i.title for i in QUIZ.items}
    assert len(secrets) > 3 * len(QUIZ.items)
    seen = "".join(opened.frames) + opened.page.content()
    assert parse(first.options[0].text)[0]["lines"][0][0]["text"] in seen  # it would be seen
    assert found(secrets, seen) == []
    answer(opened, letters(first.id, right=True))
    opened.quiz.locator(".kq-verdict[data-status=right]").wait_for()
    assert found(secrets, "".join(opened.frames))
    hosts = {
        urlsplit(url).hostname for url in opened.requests if not url.startswith(("data:", "blob:"))
    }
    assert hosts == {"127.0.0.1"}


def test_progress_outlives_the_page_and_the_kernel(visit: Open) -> None:
    opened = visit()
    start(opened)
    tab_into(opened)
    opened.page.keyboard.press("Tab")
    answer(opened, letters(QUIZ.items[0].id, right=True))
    opened.quiz.locator(".kq-verdict[data-status=right]").wait_for()
    opened.page.close()
    again = visit()
    start(again, afresh=False)
    again.quiz.get_by_role("tab", name="Question 1, right").wait_for()
    again.quiz.get_by_role("heading", name=QUIZ.items[1].title).wait_for()


def found(secrets: set[str], known: str) -> list[str]:
    """The secrets that stand in a text, as they are or as JSON writes them."""
    return [each for each in secrets if each in known or json.dumps(each)[1:-1] in known]


def test_nothing_of_an_exam_is_known_before_its_end(visit: Open) -> None:
    bank = [load_quiz(path) for path in sorted(BANK.glob("*.yaml"))]
    items = [question.item for question in draw(bank, seed=1)]
    tasks = [item for quiz in bank for item in quiz.items if kind_name(item) == "task"]
    assert tasks
    assert {item.id for item in items} & {name for quiz in bank for name in quiz.families}
    opened = visit("from kmslab.lab.recap import exam\n\nexam()")
    opened.run_cell()
    opened.quiz.get_by_role("button", name="Start the exam").click()
    opened.quiz.get_by_role("tab", name="Question 1, not answered", selected=True).wait_for()
    opened.quiz.get_by_role("button", name="Flag for review").locator("visible=true").click()
    opened.quiz.get_by_role("tab", name="Question 1, not answered, flagged").wait_for()
    for key in ("d", "d", "x", "Escape", "ArrowDown"):
        opened.page.keyboard.press(key)
    assert opened.cells() == 3
    answer_one_of_each_kind(opened, items)
    saved = opened.save()
    log = opened.path.parents[1] / ".kmslab" / "exams.jsonl"
    known = [opened.page.content(), saved, log.read_text(), *opened.frames]
    state = nbformat.reads(saved, 4).metadata.widgets["application/vnd.jupyter.widget-state+json"]
    kept = [each.state for each in state.state.values() if "paper" in each.state]
    assert [len(each.paper.questions) for each in kept] == [len(items)]
    secrets = secrets_of(items, tasks)
    assert len(secrets) > 5 * len(items)
    assert found(secrets, "".join(known)) == []
    end(opened)
    told = found(secrets_of(items), "".join(opened.frames))
    assert len(told) > 3 * len(items)  # the same search finds them, once they are told


def answer_one_of_each_kind(opened: Any, items: list[Item]) -> None:
    for place in {kind_name(item): place for place, item in enumerate(items)}.values():
        opened.quiz.get_by_role("tab").nth(place).click()
        panel = opened.quiz.locator(".kq-panel:visible")
        by_pointer(panel, items[place], kind_of(items[place]).key(items[place]))
        panel.get_by_text("Saved", exact=True).wait_for()


def end(opened: Any) -> None:
    opened.quiz.get_by_role("tab", name="Review", exact=True).click()
    opened.quiz.get_by_role("button", name="End the exam").click()
    opened.quiz.get_by_role("button", name="End now").click()
    opened.quiz.get_by_role("tab", name="Report", exact=True).wait_for()
