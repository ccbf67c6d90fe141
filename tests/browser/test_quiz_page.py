"""The quiz's module alone in a blank page, over the real session and judge."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

pytestmark = pytest.mark.browser

QUIZ = """\
quiz: 01-first
title: Keys & <b>locks</b>
about: Two questions.
as_of: 2026-11-24
items:
  - type: single
    id: "901"
    title: Decrypt
    stem: Which parameter may `Decrypt` lack? <script>document.title = 'owned'</script>
    why: The blob names its key.
    lab: {name: 01-first, section: decrypt}
    topic: operations
    skills: [decrypt]
    hints: [Look at the blob., It begins with a header.]
    refs: [{title: Decrypt, url: "https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html"}]
    as_of: 2026-11-24
    options:
      - {id: a, text: KeyId, why: Because the blob names it., correct: true}
      - {id: b, text: CiphertextBlob, why: Nothing could be decrypted., misconception: mc.no-blob}
      - {id: c, text: Neither, why: One of them may., misconception: mc.neither}
  - type: multiple
    id: "902"
    title: Envelope
    stem: Which TWO are in an envelope?
    why: Data and its wrapped key travel together.
    lab: {name: 01-first, section: envelope}
    topic: envelope
    skills: [envelope]
    refs: [{title: Envelope, url: "https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html"}]
    as_of: 2026-11-24
    options:
      - {id: a, text: Encrypted data, why: That is the letter., correct: true}
      - {id: b, text: An encrypted data key, why: That is what opens it., correct: true}
      - {id: c, text: A KMS key, why: It never leaves KMS., misconception: mc.key-travels}
"""
Mount = Callable[..., Any]


@pytest.fixture
def mount(stage: Callable[..., Any]) -> Mount:
    """Show this file's quiz."""
    return partial(stage, QUIZ)


def pick(page: Any, text: str) -> None:
    page.locator("label:visible").filter(has=page.get_by_text(text, exact=True)).click()


def press(page: Any, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_by_pointer_alone(mount: Mount) -> None:
    page = mount()
    pick(page, "CiphertextBlob")
    press(page, "Check answer")
    page.get_by_text("Not yet.", exact=True).wait_for()
    assert page.get_by_text("Nothing could be decrypted.").is_visible()
    assert page.get_by_text("Because the blob names it.").count() == 0
    pick(page, "KeyId")
    press(page, "Check answer")
    page.get_by_text("Right, at try 2.", exact=True).wait_for()
    press(page, "Next question")
    pick(page, "Encrypted data")
    press(page, "Check answer")
    page.get_by_text("Not yet: worth 50% in practice, nothing in an exam.").wait_for()
    pick(page, "An encrypted data key")
    press(page, "Check answer")
    page.get_by_role("status").get_by_text("Right, at try 2.", exact=True).wait_for()
    press(page, "See the result")
    page.get_by_role("heading", name="2 of 2 right").wait_for()


def test_nothing_picked_is_said_and_not_sent(mount: Mount) -> None:
    page = mount()
    press(page, "Check answer")
    assert page.get_by_role("alert").filter(has_text="Pick an option first.").is_visible()


def test_hints_come_one_by_one_and_the_answer_last(mount: Mount) -> None:
    page = mount()
    assert not page.get_by_role("button", name="Show the answer").is_visible()
    press(page, "Hint (2)")
    page.get_by_text("Look at the blob.").wait_for()
    assert page.get_by_text("It begins with a header.").count() == 0
    press(page, "Another hint (1)")
    page.get_by_text("It begins with a header.").wait_for()
    pick(page, "Neither")
    press(page, "Check answer")
    page.get_by_text("Not yet.", exact=True).wait_for()
    press(page, "Show the answer")
    page.get_by_text("This is the answer.").wait_for()
    assert page.get_by_text("Because the blob names it.").is_visible()
    assert page.get_by_role("radio", name="KeyId").is_disabled()
    press(page, "Clear and answer again")
    page.get_by_text("This is the answer.").wait_for(state="detached")
    assert page.get_by_role("radio", name="KeyId").is_enabled()
    assert page.get_by_role("radio", checked=True).count() == 0


def test_text_of_a_quiz_is_text(mount: Mount) -> None:
    page = mount()
    assert page.title() == "Quiz"
    assert page.get_by_role("heading", name="Keys & <b>locks</b>").is_visible()
    assert page.get_by_text("<script>document.title = 'owned'</script>").is_visible()


def test_a_screen_reader_is_told_all(mount: Mount) -> None:
    page = mount()
    told = page.locator(".kq").aria_snapshot()
    for words in (
        'region "Quiz: Keys & <b>locks</b>"',
        'tablist "Questions"',
        'tab "Question 1, not answered" [selected]',
        'radiogroup "Choose one."',
        'radio "KeyId"',
        'button "Check answer"',
    ):
        assert words in told, told
    pick(page, "CiphertextBlob")
    press(page, "Check answer")
    page.get_by_text("Not yet.", exact=True).wait_for()
    wrong = page.get_by_role("radio", name="CiphertextBlob")
    described = wrong.get_attribute("aria-describedby").split()
    assert "Not this one" in page.locator(f"#{described[0]}").inner_text()
    assert page.locator(f"#{described[1]}").inner_text() == "Nothing could be decrypted."


def test_arrows_move_along_the_row_of_questions(mount: Mount) -> None:
    page = mount()
    page.get_by_role("tab", name="Question 1, not answered").focus()
    for key, name in (
        ("ArrowRight", "Question 2, not answered"),
        ("ArrowRight", "Result"),
        ("ArrowRight", "Question 1, not answered"),
        ("ArrowLeft", "Result"),
        ("Home", "Question 1, not answered"),
        ("End", "Result"),
    ):
        page.keyboard.press(key)
        focused = page.get_by_role("tab", name=name, selected=True).and_(page.locator(":focus"))
        assert focused.count() == 1, (key, name)


def test_every_target_has_24_pixels(mount: Mount) -> None:
    page = mount(viewport={"width": 360, "height": 800})
    pick(page, "KeyId")
    press(page, "Check answer")
    page.get_by_text("Right.", exact=True).wait_for()
    for box in page.evaluate(
        "[...document.querySelectorAll('button,label,a')].map(e => e.getBoundingClientRect())"
        ".filter(r => r.width).map(r => [r.width, r.height])"
    ):
        assert min(box) >= 24
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_dead_kernel_is_said(mount: Mount) -> None:
    page = mount(alive=False)
    pick(page, "KeyId")
    press(page, "Check answer")
    page.get_by_text("The kernel does not answer. Run this cell again.").wait_for()


def test_a_closed_view_hears_nothing_more(mount: Mount) -> None:
    page = mount()
    assert page.evaluate("window.leave()") == 0


def test_how_sure_one_was_is_asked_before_and_told_at_the_end(mount: Mount) -> None:
    page = mount(confidence=True)
    sure = page.get_by_role("radio", name="Sure", exact=True).locator("visible=true")
    sure.check()
    pick(page, "CiphertextBlob")
    press(page, "Check answer")
    page.get_by_text("Not yet.", exact=True).wait_for()
    assert sure.count() == 0
    pick(page, "KeyId")
    press(page, "Check answer")
    page.get_by_text("Right, at try 2.", exact=True).wait_for()
    page.get_by_role("tab", name="Result").click()
    row = page.get_by_role("row", name="Sure")
    assert row.get_by_role("cell").first.inner_text() == "0 of 1"
    assert page.get_by_role("row", name="Guessing").count() == 0
