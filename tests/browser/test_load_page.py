"""The load laboratory in a real browser: turned by keyboard, told to a screen reader, no network."""

import json
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from kmslab.lab.load import widget as face

pytestmark = pytest.mark.browser

HERE = Path(face.__file__).parent
HTML = "<!doctype html><html lang=en><title>Load</title><style>{css}</style><main><h1>x</h1></main>"
MOUNT = """
async ([source, page]) => {
  const url = URL.createObjectURL(new Blob([source], {type: "text/javascript"}));
  const { default: face } = await import(url);
  const heard = [];
  const state = { page };
  window.keys = 0;
  document.addEventListener("keydown", () => { window.keys += 1; });
  const model = {
    get: (name) => state[name],
    on: (_, call) => heard.push(call),
    off: (_, call) => heard.splice(heard.indexOf(call), 1),
    send: async (message) => { state.page = await window.obey(message); heard.forEach((call) => call()); },
  };
  const leave = face.render({ model, el: document.querySelector("main") });
  window.leave = () => { leave(); return heard.length; };
}
"""


@pytest.fixture(params=["light", "dark"])
def page(chromium: Any, request: pytest.FixtureRequest) -> Any:
    shown = face.LoadWidget()
    context = chromium.new_context(color_scheme=request.param)
    opened = context.new_page()
    asked: list[str] = []
    opened.on("request", lambda each: asked.append(each.url))

    def obey(message: Any) -> Any:
        shown._obey(shown, message, None)
        return json.loads(json.dumps(shown.page))

    opened.expose_function("obey", obey)
    opened.set_content(HTML.format(css=(HERE / "widget.css").read_text()))
    opened.evaluate(MOUNT, [(HERE / "widget.js").read_text(), shown.page])
    yield opened
    assert [url for url in asked if not url.startswith("blob:")] == []
    context.close()


def test_axe_finds_nothing(page: Any) -> None:
    found = Axe().run(page).response
    assert found["passes"], "axe looked at nothing"
    assert [each["id"] for each in found["violations"]] == []


def test_the_keyboard_turns_a_knob_and_the_result_is_told(page: Any) -> None:
    slider = page.get_by_role("slider", name="Cache: age")
    status = page.get_by_role("status")
    assert not status.inner_text().startswith("0.00%")
    slider.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('.kl-status').textContent.startsWith('0.00%')")
    assert slider.get_attribute("aria-valuetext") == "60 s"
    assert page.get_by_role("img").count() == 1
    assert page.evaluate("window.keys") == 0
    page.get_by_role("combobox", name="Quotas").select_option("today")
    page.wait_for_function(
        "document.querySelector('.kl-picture desc').textContent.includes('never')"
    )
    assert page.evaluate("window.leave()") == 0
