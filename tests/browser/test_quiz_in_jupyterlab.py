"""The quiz widget in a real JupyterLab, in a real Chromium."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe

from kmslab.families import load_quiz
from kmslab.quiz.catalog import kind_of
from kmslab.quiz.exam import draw
from kmslab.quiz.markup import parse, plain
from kmslab.quiz.page import kind_name
from kmslab.quiz.session import Session
from tests.browser.conftest import wait_for

pytestmark = pytest.mark.browser

QUIZ = load_quiz(Path(__file__).parents[2] / "quizzes" / "01-first-key.yaml")
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

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


def keys_of(item: Any, seed: int) -> list[str]:
    """The keys that give the right answer, from the question's heading on; a task needs none."""
    body, key = kind_of(item).view(item, seed), kind_of(item).key(item)
    options = [option["id"] for option in body.get("options", [])]
    places = [spot["id"] for spot in body.get("spots", []) if spot["id"]]
    name = kind_name(item)
    if name in ("single", "multiple", "ordering", "hotspot"):
        return ["abcdefgh"[(options or places).index(each)] for each in key]
    if name == "true-false":
        side = ["Space"] if key[0] == "true" else ["ArrowDown"]
        return ["Tab", *side, "abcdefgh"[options.index(key[1])]]
    if name in ("numeric", "short"):
        return ["Tab", *key]
    if name == "matching":
        texts = {each["id"]: words(each["text"]) for each in body["options"]}
        return [k for each in body["prompts"] for k in ("Tab", *texts[key[each["id"]]])]
    if name == "task":
        return []
    offers = {
        gap["id"]: {o["id"]: words(o["text"]) for o in gap["options"]} for gap in body["gaps"]
    }
    return [k for gap, right in key.items() for k in ("Tab", *offers[gap].get(right, right))]


def words(blocks: Any) -> str:
    return plain(blocks)[:12]


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
        for key in keys_of(item, fresh.seed_of(item.id)):
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
    before = opened.path.read_bytes()
    opened.page.keyboard.press("Control+s")
    for _ in range(50):
        if opened.path.read_bytes() != before:
            break
        opened.page.wait_for_timeout(100)
    assert b"widget-view" in opened.path.read_bytes()


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_axe_finds_nothing_in_any_state(visit: Open, lab: Any, theme: str) -> None:
    lab.set_theme(theme)
    opened = visit()
    start(opened)
    opened.page.locator(f"[data-jp-theme-name='{theme}']").first.wait_for(state="attached")
    tab_into(opened)
    opened.page.keyboard.press("Tab")
    first = QUIZ.items[0].id
    check(opened.page, "open")
    answer(opened, letters(first, right=False))
    opened.quiz.locator(".kq-verdict[data-status=wrong]").wait_for()
    check(opened.page, "wrong")
    answer(opened, letters(first, right=True))
    opened.quiz.locator(".kq-verdict[data-status=right]").wait_for()
    check(opened.page, "right")
    opened.quiz.get_by_role("tab", name="Result").click()
    opened.quiz.get_by_role("heading", name=f"1 of {len(QUIZ.items)} right").wait_for()
    check(opened.page, "result")


def check(page: Any, state: str) -> None:
    found = (
        Axe()
        .run(page, context=".kq", options={"runOnly": {"type": "tag", "values": WCAG}})
        .response
    )
    assert found["passes"], "axe looked at nothing"
    told = [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]]
    assert told == [], state


def test_no_request_leaves_the_machine_and_no_key_enters_the_page(visit: Open) -> None:
    opened = visit()
    start(opened)
    first = QUIZ.items[0]
    tab_into(opened)
    opened.page.keyboard.press("Tab")
    secrets = {
        run["text"]
        for option in first.options
        for block in parse(option.why)
        for line in block["lines"]
        for run in line
        if len(run["text"]) > 12
    } | {option.misconception for option in first.options if option.misconception}
    assert len(secrets) > 3
    seen = "".join(opened.frames) + opened.page.content()
    assert parse(first.options[0].text)[0]["lines"][0][0]["text"] in seen  # it would be seen
    assert [secret for secret in secrets if secret in seen] == []
    answer(opened, letters(first.id, right=True))
    opened.quiz.locator(".kq-verdict[data-status=right]").wait_for()
    assert any(secret in "".join(opened.frames) for secret in secrets)
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


def test_nothing_of_an_exam_is_known_before_its_end(visit: Open) -> None:
    opened = visit("from kmslab.lab.recap import exam\n\nexam()")
    bank = [
        load_quiz(path) for path in sorted((Path(__file__).parents[2] / "quizzes").glob("*.yaml"))
    ]
    items = {question.item.id: question.item for question in draw(bank, seed=1)}
    opened.run_cell()
    opened.quiz.get_by_role("button", name="Start the exam").click()
    opened.quiz.get_by_role("tab", name="Question 1, not answered", selected=True).wait_for()
    flag = opened.quiz.get_by_role("button", name="Flag for review").locator("visible=true")
    begun = time.perf_counter()
    flag.click()
    opened.quiz.get_by_role("tab", name="Question 1, not answered, flagged").wait_for()
    print(f"JupyterLab: a click is answered in {1000 * (time.perf_counter() - begun):.0f} ms")
    for key in ("d", "d", "x", "Escape", "ArrowDown"):
        opened.page.keyboard.press(key)
    assert opened.cells() == 3
    before = opened.path.read_bytes()
    opened.page.keyboard.press("Control+s")
    wait_for(lambda: opened.path.read_bytes() != before, "the saved notebook")
    log = (opened.path.parents[1] / ".kmslab" / "exams.jsonl").read_text()
    known = "".join([opened.page.content(), opened.path.read_text(), log, *opened.frames])
    assert "Flag for review" in known
    secrets = {text for item in items.values() for text in reasons(item)}
    assert len(secrets) > 150
    assert [each for each in secrets if each in known or json.dumps(each)[1:-1] in known] == []


def reasons(item: Any) -> Any:
    """Every reason and every belief of an item."""
    for field in item.__struct_fields__:
        value = getattr(item, field)
        if field in ("why", "misconception") and isinstance(value, str):
            yield value
        elif isinstance(value, tuple):
            for each in value:
                if hasattr(each, "__struct_fields__"):
                    yield from reasons(each)
