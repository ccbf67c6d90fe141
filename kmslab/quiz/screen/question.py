"""One question on a screen: its text, its control, hints, and what is said of the answer."""

from collections.abc import Callable, Mapping
from typing import Any

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from kmslab.quiz.screen.control import Control
from kmslab.quiz.screen.fields import Field, cloze, matching
from kmslab.quiz.screen.order import Order
from kmslab.quiz.screen.picks import Truth, choice, hotspot
from kmslab.quiz.screen.task import Checks
from kmslab.quiz.screen.texts import content, put

CONTROLS: Mapping[str, Callable[[dict[str, Any]], Control]] = {
    "single": choice,
    "multiple": choice,
    "true-false": Truth,
    "hotspot": hotspot,
    "numeric": Field,
    "short": Field,
    "matching": matching,
    "cloze": cloze,
    "ordering": Order,
    "task": Checks,
}


class Question(VerticalScroll, can_focus=False):
    """A question from its page; `place` counts from 0."""

    def __init__(self, item: dict[str, Any], place: int, total: int) -> None:
        super().__init__(classes="question")
        self.item = item
        self.control = CONTROLS[item["kind"]](item)
        self._eyebrow = f"Question {place + 1} of {total}"

    def compose(self) -> ComposeResult:
        """Build the question."""
        yield Static(self._eyebrow, classes="eyebrow", markup=False)
        yield Static(Content(self.item.get("title", "")), classes="title")
        if case := self.item["case"]:
            scenario = Content("\n").join(
                [Content(case["title"]).stylize("bold"), content(case["scenario"])]
            )
            yield Static(scenario, classes="case")
        yield Static(content(self.item["stem"]), classes="stem")
        yield self.control
        yield Static("", classes="hints")
        yield Static("", classes="verdict")
        yield Static("", classes="notice", markup=False)

    def say(self, words: str) -> None:
        """Show a notice; an empty one goes away."""
        put(self.query_one(".notice", Static), Content(words))

    def show(self, item: dict[str, Any]) -> None:
        """Show the item's page as it is now."""
        self.item = item
        self.control.show(item)
        self.say("")
        put(self.query_one(".title", Static), Content(item.get("title", "")))
        hints = [
            Content.assemble((f"Hint {n}  ", "bold"), content(hint))
            for n, hint in enumerate(item.get("hints", []), 1)
        ]
        put(self.query_one(".hints", Static), Content("\n").join(hints))
        verdict = self.query_one(".verdict", Static)
        put(verdict, _verdict(item))
        for status in ("right", "wrong", "shown"):
            verdict.set_class(item["status"] == status, status)


def _verdict(item: dict[str, Any]) -> Content:
    """Return the headline, the idea to take away, and where to read on."""
    feedback = item.get("feedback")
    if not feedback:
        return Content("")
    parts = [Content.styled(feedback["headline"], "bold")]
    if "why" in feedback:
        parts.append(content(feedback["why"]))
    where = f"Lab {feedback['lab']['name'][:2]}, “{feedback['lab']['section']}”"
    parts.append(Content.styled(where, "dim"))
    parts += [
        Content.styled(f"{ref['title']}: {ref['url']}", "dim") for ref in feedback.get("refs", [])
    ]
    return Content("\n").join(parts)
