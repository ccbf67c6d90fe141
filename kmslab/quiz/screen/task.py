"""The control of a live-state task: what will be asked of the world, and what was seen."""

from typing import Any

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from kmslab.quiz.screen.control import Control
from kmslab.quiz.screen.texts import put, remarks_of, said


class Check(Vertical):
    """One question to the world."""

    def __init__(self, check: dict[str, str]) -> None:
        super().__init__(classes="part")
        self.part = check["id"]
        self._text = Content.assemble((check["ask"], "bold"), f": {check['field']}")

    def compose(self) -> ComposeResult:
        """Build the question, and room for what was seen."""
        yield Static(self._text)
        yield Static("", classes="said none")

    def tell(self, remark: dict[str, Any] | None) -> None:
        """Show what is said of it."""
        for name in ("hit", "wrong", "missed"):
            self.set_class(bool(remark) and remark["mark"] == name, name)  # type: ignore[index]
        put(self.query_one(".said", Static), said(remark))


class Checks(Control):
    """Every question; there is nothing to give: the session looks when it is asked to judge."""

    verb = "Check my world"

    def __init__(self, item: dict[str, Any]) -> None:
        super().__init__()
        self.checks = [Check(each) for each in item["body"]["checks"]]

    def compose(self) -> ComposeResult:
        """Build the questions."""
        yield Static("This is asked of your world:", classes="legend")
        yield from self.checks

    def answer(self) -> dict[str, Any]:
        """Return a placeholder: what is seen takes its place."""
        return {}

    def show(self, item: dict[str, Any]) -> None:
        """Show what is said of each question."""
        for check in self.checks:
            check.tell(remarks_of(item).get(check.part))
