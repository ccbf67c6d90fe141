"""Every kind of item in a page: by keyboard alone, for a screen reader, in both themes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kmslab.quiz import load_quiz
from kmslab.quiz.catalog import kind_of
from tests.browser.answering import inspect

pytestmark = pytest.mark.browser

SPECIMENS = Path(__file__).parents[1] / "vectors/quiz/00-kinds.yaml"
QUIZ = load_quiz(SPECIMENS)
Stage = Callable[..., Any]


def letters(item_id: str, ids: str, part: str = "options") -> list[str]:
    """The letters that stand before these options in the order shown."""
    shown = [
        option["id"] for option in kind_of(QUIZ.item(item_id)).view(QUIZ.item(item_id), 1)[part]
    ]
    return ["abcdefgh"[shown.index(each)] for each in ids]


def text_of(item_id: str, option: str, gap: int | None = None) -> str:
    """The first letters by which a list finds this option."""
    body = kind_of(QUIZ.item(item_id)).view(QUIZ.item(item_id), 1)
    options = body["options"] if gap is None else body["gaps"][gap]["options"]
    (found,) = (o["text"] for o in options if o["id"] == option)
    return "".join(run["text"] for line in found[0]["lines"] for run in line)


# Of each item: keys of a wrong answer, what is said to it, keys of the right one. "@" is the key
# that leads from the heading into the control.
KEYS: dict[str, tuple[list[str], str, list[str]]] = {
    "901": (["Space", *letters("901", "a")], "Not yet: worth 50%", letters("901", "b")),
    "902": (list("6144"), "That is the longest blob.", ["Control+a", *"4 KiB"]),
    "903": (list("decrypt"), "Its answer holds the plaintext.", ["Control+a", *"reencrypt"]),
    "904": (letters("904", "cda"), "Not at this place.", [*letters("904", "d"), *letters("904", "d")]),
    "905": ([*text_of("905", "c")[:8], "Tab", *text_of("905", "a")[:8]], "S3 never calls it.", ["Shift+Tab", *text_of("905", "b")[:8]]),
    "906": ([*"Encr", "Tab", *"context"], "It would make a blob.", ["Control+a", *"EncryptionContext", "Shift+Tab", *"Decr"]),
    "907": (["a"], "It allows.", ["b"]),
    "908": (letters("908", "b"), "It names a key.", letters("908", "a")),
    "909": (letters("909", "a"), "Not yet: worth 50%", letters("909", "b")),
}  # fmt: skip


def go_to(page: Any, item_id: str) -> Any:
    """Come to the question by its tab, and from there into its control."""
    place = [item.id for item in QUIZ.items].index(item_id)
    page.get_by_role("tab").nth(place).click()
    page.keyboard.press("Tab")
    return page.locator(".kq-panel:not([hidden])")


def type_keys(page: Any, keys: list[str]) -> None:
    for key in keys:
        page.keyboard.press(key)


def check_by_keyboard(page: Any, panel: Any) -> None:
    """Enter checks from an input; from elsewhere Tab leads to the button."""
    main = panel.get_by_role("button", name="Check answer", exact=True)
    if page.evaluate("document.activeElement.matches('input')"):
        page.keyboard.press("Enter")
        return
    for _ in range(20):
        if main.and_(page.locator(":focus")).count():
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")


def back_into(page: Any) -> None:
    for _ in range(20):
        if page.evaluate(
            "document.activeElement.closest('fieldset, .kq-fieldrow, .kq-cloze') !== null"
        ):
            return
        page.keyboard.press("Shift+Tab")


@pytest.mark.parametrize("item", QUIZ.items, ids=lambda item: f"{item.id}-{item.title}")
def test_by_keyboard_alone(stage: Stage, item: Any) -> None:
    wrong, said, right = KEYS[item.id]
    page = stage(SPECIMENS.read_text())
    panel = go_to(page, item.id)
    seen = page.content()
    for secret in (
        "REASON-",
        "mc.",
        "kms:ReEncrypt",
        said.strip(".") if "Not" not in said else "mc.",
    ):
        assert secret not in seen
    type_keys(page, wrong)
    check_by_keyboard(page, panel)
    panel.get_by_text(said).first.wait_for()
    assert "Right: " not in panel.inner_text()
    assert "REASON-" not in page.content()
    back_into(page)
    type_keys(page, right)
    check_by_keyboard(page, panel)
    panel.get_by_role("status").get_by_text("Right, at try 2.", exact=True).wait_for()
    forth = panel.get_by_role("button", name="Next question", exact=True)
    if item is not QUIZ.items[-1]:
        forth.and_(page.locator(":focus")).wait_for()
    assert page.evaluate("window.heard") == 0


@pytest.mark.parametrize("item", QUIZ.items, ids=lambda item: item.id)
def test_no_key_leaves_the_quiz(stage: Stage, item: Any) -> None:
    page = stage(SPECIMENS.read_text())
    go_to(page, item.id)
    for key in (
        "d",
        "d",
        "x",
        "a",
        "b",
        "c",
        "z",
        "Escape",
        "ArrowDown",
        "ArrowUp",
        "Shift+Enter",
        "Space",
        "m",
    ):
        page.keyboard.press(key)
        assert page.evaluate("document.querySelector('.kq').contains(document.activeElement)"), key
    assert page.evaluate("window.heard") == 0


@pytest.mark.parametrize("item", QUIZ.items, ids=lambda item: item.id)
def test_nothing_given_is_said_and_not_sent(stage: Stage, item: Any) -> None:
    page = stage(SPECIMENS.read_text())
    panel = go_to(page, item.id)
    panel.get_by_role("button", name="Check answer", exact=True).click()
    assert panel.get_by_role("alert").inner_text()
    assert panel.locator(".kq-verdict").count() == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_and_targets_have_24_pixels(stage: Stage, theme: str) -> None:
    page = stage(SPECIMENS.read_text(), color_scheme=theme, viewport={"width": 360, "height": 900})
    for item in QUIZ.items:
        panel = go_to(page, item.id)
        look(page, f"{item.id} open")
        type_keys(page, KEYS[item.id][0])
        check_by_keyboard(page, panel)
        panel.get_by_role("button", name="Show the answer", exact=True).wait_for()
        look(page, f"{item.id} wrong")
        panel.get_by_role("button", name="Show the answer", exact=True).click()
        panel.get_by_text("This is the answer.").wait_for()
        look(page, f"{item.id} shown")


def look(page: Any, state: str) -> None:
    inspect(page, page.locator(".kq"), state)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360, state


def test_a_screen_reader_is_told_of_every_kind(stage: Stage) -> None:
    page = stage(SPECIMENS.read_text())
    for item_id, words in {
        "901": ('radiogroup "True or false?"', 'radio "True"', 'radiogroup "Because:"'),
        "902": ('textbox "Your answer"',),
        "903": ('textbox "Your answer"',),
        "904": ('list "Your order"', 'button "Add: Encrypt the file."'),
        "905": ('combobox "Upload to S3"',),
        "906": ('combobox "Gap 1 of 2"', 'textbox "Gap 2 of 2"'),
        "907": ('radiogroup "Point at the place."', "radio"),
        "908": ('group "Case study: A shop with two tenants"',),
    }.items():
        told = go_to(page, item_id).aria_snapshot()
        assert [word for word in words if word not in told] == [], told


def test_steps_move_with_buttons(stage: Stage) -> None:
    page = stage(SPECIMENS.read_text())
    panel = go_to(page, "904")
    for name in ("Store the encrypted data key.", "Ask for a data key.", "Encrypt the file."):
        panel.get_by_role("button", name=f"Add: {name}").click()
    last = panel.get_by_role("button", name="Move down: Store the encrypted data key.")
    last.click()
    assert last.and_(page.locator(":focus")).count() == 1
    page.keyboard.press("Enter")
    rows = panel.get_by_role("list", name="Your order").get_by_role("listitem").all_inner_texts()
    assert ["Ask" in rows[0], "Encrypt the" in rows[1], "Store" in rows[2]] == [True] * 3
    assert panel.get_by_text("place 3 of 3").count() == 1
    panel.get_by_role("button", name="Take out: Encrypt the file.").click()
    panel.get_by_role("button", name="Add: Encrypt the file.").and_(
        page.locator(":focus")
    ).wait_for()


def test_an_answer_is_shown_again_and_cleared(stage: Stage) -> None:
    page = stage(SPECIMENS.read_text())
    for item in QUIZ.items:
        panel = go_to(page, item.id)
        type_keys(page, KEYS[item.id][0])
        check_by_keyboard(page, panel)
        panel.get_by_role("button", name="Show the answer", exact=True).click()
        panel.get_by_text("This is the answer.").wait_for()
        panel.get_by_role("button", name="Clear and answer again", exact=True).click()
        panel.get_by_text("This is the answer.").wait_for(state="detached")
        left = panel.locator("input:checked, .kq-chosen li, [data-mark]:not([data-mark=''])")
        assert left.count() == 0, item.id
        values = panel.locator("select, input[type=text]").evaluate_all(
            "all => all.map(e => e.value)"
        )
        assert set(values) <= {""}
