"""The control in which steps are put in order: letters and clicks add them, arrows move them."""

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Label

from kmslab.quiz.screen.control import Control
from kmslab.quiz.screen.picks import NUMBERS, Row, letter
from kmslab.quiz.screen.texts import content, is_closed, remarks_of


class Order(Control):
    """Steps with a number once they are chosen."""

    missing = "Put the steps in order first."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+up,shift+up", "move(-1)", "Up", show=False),
        Binding("ctrl+down,shift+down", "move(1)", "Down", show=False),
    ]

    def __init__(self, item: dict[str, Any]) -> None:
        super().__init__(classes="picks")
        body = item["body"]
        self.rows = [
            Row(each["id"], letter(n), content(each["text"]), many=True)
            for n, each in enumerate(body["options"])
        ]
        spare = len(self.rows) > body["pick"]
        asked = f"Choose {NUMBERS[body['pick']]} steps, in order" if spare else "Put all in order"
        self.legend = f"{asked}. Ctrl or Shift with an arrow moves a step."
        self.given: list[str] = []
        self.is_closed = False

    def compose(self) -> ComposeResult:
        """Build the rows."""
        yield Label(self.legend, classes="legend", markup=False)
        yield from self.rows

    def answer(self) -> list[str] | None:
        """Return the ids of the chosen steps in their order."""
        return list(self.given) or None

    def pick(self, letter: str) -> bool:
        """Add the step of this letter, or take it out."""
        row = next((row for row in self.rows if row.letter == letter.upper()), None)
        if self.is_closed or row is None:
            return False
        row.focus()
        self.turn(row)
        return True

    def on_row_pressed(self, event: Row.Pressed) -> None:
        """Add what was clicked, or take it out."""
        event.stop()
        if not self.is_closed:
            self.turn(event.row)

    def turn(self, row: Row) -> None:
        """Add a step at the end, or take it out."""
        if row.part in self.given:
            self.given.remove(row.part)
        else:
            self.given.append(row.part)
        self._draw()
        self.post_message(self.Changed())

    def action_move(self, by: int) -> None:
        """Move the focused step up or down."""
        row = self.screen.focused
        if self.is_closed or not isinstance(row, Row) or row.part not in self.given:
            return
        place = self.given.index(row.part)
        self.given.remove(row.part)
        self.given.insert(max(0, place + by), row.part)
        self._draw()
        self.post_message(self.Changed())

    def _draw(self) -> None:
        """Show the chosen steps first, in order and with numbers."""
        for row in self.rows:
            row.pick(picked=row.part in self.given)
            row.number(self.given.index(row.part) + 1 if row.part in self.given else None)
        self.sort_children(key=self._rank)

    def _rank(self, widget: Any) -> int:  # noqa: ANN401 - a row or the legend
        if not isinstance(widget, Row):
            return -1
        if widget.part in self.given:
            return self.given.index(widget.part)
        return len(self.given) + self.rows.index(widget)

    def show(self, item: dict[str, Any]) -> None:
        """Show the order, and what is said of each step."""
        self.is_closed = is_closed(item)
        known = {row.part for row in self.rows}
        self.given = [part for part in item["answer"] or [] if part in known]
        remarks = remarks_of(item)
        for row in self.rows:
            row.tell(remarks.get(row.part))
        self._draw()
