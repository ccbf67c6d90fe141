"""A family in a page: another variant after a restart, where it stood, with the focus in it."""

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.browser

QUIZ = """\
quiz: 01-first
title: Sums
about: One family.
as_of: 2026-11-28
items:
  - type: family
    id: "901"
    family: sizes
    params: {ask: calls}
    title: Calls
    stem: "{objects} objects, a data key for {per_key}, {reads} reads: how many calls?"
    why: Each data key and each reading is a call.
    lab: {name: 01-first, section: sums}
    topic: sums
    skills: [sums]
    refs: [{title: Data keys, url: "https://docs.aws.amazon.com/kms/latest/developerguide/data-keys.html"}]
    as_of: 2026-11-28
"""


def test_a_restart_asks_another_variant(stage: Callable[..., Any]) -> None:
    page = stage(QUIZ)
    panel = page.locator(".kq-panel:not([hidden])")
    first = panel.locator(".kq-stem").inner_text()
    panel.get_by_role("textbox").fill("1")
    panel.get_by_role("button", name="Check answer").click()
    panel.get_by_role("button", name="Show the answer").click()
    page.get_by_text("This is the answer.").wait_for()
    panel.get_by_role("button", name="Clear and answer again").click()
    page.wait_for_function(
        "(was) => document.querySelector('.kq-stem').innerText !== was", arg=first
    )
    assert panel.count() == 1
    assert panel.get_by_role("textbox").input_value() == ""
    assert panel.get_attribute("role") == "tabpanel"
    assert panel.evaluate("(node) => node.contains(document.activeElement)")
