"""The tree of a decision in a real browser: reachable, readable in both themes, no network."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from kmslab import Kms
from kmslab.lab.decisions import explain

pytestmark = pytest.mark.browser


@pytest.fixture(params=["light", "dark"])
def page(chromium: Any, request: pytest.FixtureRequest) -> Any:
    world = Kms.fresh()
    world.client().create_key()
    tree = explain(world)._repr_mimebundle_()["text/html"]
    context = chromium.new_context(color_scheme=request.param)
    opened = context.new_page()
    asked: list[str] = []
    opened.on("request", lambda each: asked.append(each.url))
    ground = "<style>:root { color-scheme: light dark; }</style>"
    opened.set_content(
        f'<html lang="en"><title>x</title>{ground}<main><h1>x</h1>{tree}</main></html>'
    )
    yield opened
    assert asked == []
    context.close()


def test_axe_finds_nothing(page: Any) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    found = Axe().run(page).response
    assert found["passes"], "axe looked at nothing"
    assert [each["id"] for each in found["violations"]] == []


def test_the_keyboard_opens_and_closes(page: Any) -> None:
    page.keyboard.press("Tab")
    first = page.locator("details").first
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    before = first.get_attribute("open")
    page.keyboard.press("Enter")
    assert (first.get_attribute("open") is None) is not (before is None)
