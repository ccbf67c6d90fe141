"""Answers given to a quiz in a page by keyboard or by pointer, and what every state of it has to hold."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe

from kmslab.quiz.catalog import Item, kind_of
from kmslab.quiz.markup import parse, plain
from kmslab.quiz.page import kind_name

VECTORS = Path(__file__).parents[1] / "vectors/quiz"
WRONG: dict[str, Any] = json.loads((VECTORS / "wrong.json").read_text())
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LETTERS = "abcdefgh"
TARGETS = "button, label.kq-option, label.kq-level, select, input[type=text], a"
SMALL = """
all => all.map(each => [each.getBoundingClientRect(), each.outerHTML])
  .filter(([box]) => box.width && Math.min(box.width, box.height) < 24).map(([, html]) => html)
"""
FOCUSED = "node => node.getRootNode().activeElement"  # a quiz may live in a shadow root


def keys_of(item: Item, seed: int, answer: Any) -> list[str]:
    """The keys that give an answer, the focus being on the first control; a task needs none."""
    body = kind_of(item).view(item, seed)
    order = [each["id"] for each in body.get("options", body.get("spots", [])) if each["id"]]
    name = kind_name(item)
    if name in ("single", "multiple", "ordering", "hotspot"):
        return [LETTERS[order.index(each)] for each in answer]
    if name == "true-false":
        return ["Space" if answer[0] == "true" else "ArrowDown", LETTERS[order.index(answer[1])]]
    if name in ("numeric", "short"):
        return list(answer)
    if name == "task":
        return []
    places = body.get("prompts") or body["gaps"]
    lists = {place["id"]: place.get("options", body.get("options")) for place in places}
    parts = [[*_begins(lists[part], given)] for part, given in answer.items()]
    return [key for n, part in enumerate(parts) for key in (["Tab"] if n else []) + part]


def _begins(options: list[dict[str, Any]], given: str) -> str:
    """The letters by which a list finds an option; what is typed stands for itself."""
    return next((plain(each["text"])[:12] for each in options if each["id"] == given), given)


def by_pointer(panel: Any, item: Item, answer: Any) -> None:
    """Give an answer by clicks; only what has to be typed is typed."""
    name = kind_name(item)
    if name in ("numeric", "short"):
        panel.get_by_role("textbox").fill(answer)
    elif name in ("matching", "cloze"):
        for part, given in answer.items():
            field = panel.locator(f"[id$='-{part}']")
            is_list = field.evaluate("node => node.matches('select')")
            (field.select_option if is_list else field.fill)(given)
    elif name == "ordering":
        words = {each["id"]: plain(each["text"]) for each in kind_of(item).view(item, 1)["options"]}
        for each in answer:
            panel.get_by_role("button", name=f"Add: {words[each]}", exact=True).click()
    elif name != "task":
        for each in answer:
            panel.locator(f"input[value='{each}']").click()


def tab_to(page: Any, button: Any) -> None:
    """Come to a button by Tab alone."""
    for _ in range(30):
        if button.evaluate(f"node => ({FOCUSED})(node) === node"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never led to {button}")


def press_by_keyboard(page: Any, button: Any) -> None:
    """Come to a button by Tab alone, and press it."""
    tab_to(page, button)
    page.keyboard.press("Enter")


def inspect(page: Any, quiz: Any, state: str) -> None:
    """No rule of accessibility is broken, and every target has 24 pixels."""
    host = quiz.evaluate("node => node.getRootNode().host?.localName ?? null")
    context = {"fromShadowDom": [host, ".kq"]} if host else ".kq"
    only = {"type": "tag", "values": WCAG}
    rules = {"runOnly": only, "resultTypes": ["violations"], "preload": False}
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)  # half a megabyte: once in a page
    found = page.evaluate("([context, rules]) => axe.run(context, rules)", [context, rules])
    assert found["passes"], "axe looked at nothing"
    told = [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]]
    assert told == [], state
    assert quiz.locator(TARGETS).evaluate_all(SMALL) == [], state


# The fields that only an answer may show, and those in which nothing of a key is looked for.
KEY = ("why", "misconception", "title", "accepted", "is_")
ASIDE = ("refs", "skills", "exams", "hints", "lab", "topic", "proof", "i18n", "with_")


def secrets_of(items: Iterable[Item], kept: Iterable[Item] = ()) -> set[str]:
    """Runs of text of a key, as they stand in a page; of items that are kept, all that is long enough.

    What a question shows anyway is no secret, and what is short would be found anywhere.
    """
    asked = list(items)
    shown = "\n".join(run for item in asked for run in _runs(_texts(item, hidden=False)))
    hidden = {run for item in (*asked, *kept) for run in _runs(_texts(item, hidden=True))}
    return {run for run in hidden if len(run) > 12 and run not in shown}


def _runs(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from (run["text"] for block in parse(text) for line in block["lines"] for run in line)


def _texts(value: Any, *, hidden: bool) -> Iterator[str]:
    """The texts of a key, or all the others."""
    for name in value.__struct_fields__:
        field = getattr(value, name)
        if name in ASIDE:
            continue
        each = field if isinstance(field, tuple) else (field,)
        yield from (text for text in each if isinstance(text, str) and (name in KEY) == hidden)
        for part in each:
            if hasattr(part, "__struct_fields__"):
                yield from _texts(part, hidden=hidden)
