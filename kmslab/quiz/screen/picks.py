"""Controls in which rows are picked: options, true or false with its reason, places in a text."""

from collections.abc import Iterable
from typing import Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Label, Static

from kmslab.quiz.screen.control import Control
from kmslab.quiz.screen.texts import content, is_closed, put, remarks_of, said

NUMBERS = ("no", "one", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN")
SIGNS = {(False, False): "○", (False, True): "●", (True, False): "□", (True, True): "■"}


class Row(Horizontal, can_focus=True):
    """One thing that can be picked, with a letter and room for what the judge says."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "press", "Pick", show=False),
        Binding("up", "app.focus_previous", show=False),
        Binding("down", "app.focus_next", show=False),
    ]

    class Pressed(Message):
        """The row was clicked, or chosen by a key."""

        def __init__(self, row: "Row") -> None:
            super().__init__()
            self.row = row

    def __init__(self, part: str, letter: str, text: Content, *, many: bool) -> None:
        super().__init__(classes="row")
        self.part = part
        self.letter = letter
        self.is_picked = False
        self._sign = ""
        self._text = text
        self._many = many

    def compose(self) -> ComposeResult:
        """Build the row."""
        yield Label(self._badge, classes="badge", markup=False)
        with Vertical(classes="words"):
            yield Static(self._text)
            yield Static("", classes="said none")

    @property
    def _badge(self) -> str:
        return f"{self._sign or SIGNS[self._many, self.is_picked]} {self.letter}"

    def pick(self, *, picked: bool) -> None:
        """Mark the row as picked or not."""
        self.is_picked = picked
        self.set_class(picked, "picked")
        self.query_one(".badge", Label).update(self._badge)

    def number(self, place: int | None) -> None:
        """Show a number instead of the sign."""
        self._sign = "" if place is None else f"{place}."
        self.query_one(".badge", Label).update(self._badge)

    def tell(self, remark: dict[str, Any] | None) -> None:
        """Show what the judge says of the row."""
        mark = remark["mark"] if remark else ""
        for name in ("hit", "wrong", "missed"):
            self.set_class(mark == name, name)
        put(self.query_one(".said", Static), said(remark))

    def action_press(self) -> None:
        """Tell the control that the row was chosen."""
        self.post_message(self.Pressed(self))

    def on_click(self, event: events.Click) -> None:
        """Take a click as a choice."""
        event.stop()
        self.focus()
        self.action_press()


def letter(place: int) -> str:
    """Return the letter of a place, as a reader sees it."""
    return chr(ord("A") + place)


class Picks(Control):
    """Options with a letter each, one or several of which are picked."""

    def __init__(self, parts: Iterable[Row | Static], legend: str, *, many: bool) -> None:
        super().__init__(classes="picks")
        self.parts = list(parts)
        self.rows = [part for part in self.parts if isinstance(part, Row)]
        self.legend = legend
        self.many = many
        self.is_closed = False

    def compose(self) -> ComposeResult:
        """Build the legend and the rows."""
        yield Label(self.legend, classes="legend", markup=False)
        yield from self.parts

    def answer(self) -> list[str] | None:
        """Return the ids of the picked rows."""
        return [row.part for row in self.rows if row.is_picked] or None

    def pick(self, letter: str) -> bool:
        """Pick the row of this letter."""
        place = ord(letter) - ord("a")
        if self.is_closed or place not in range(len(self.rows)):
            return False
        self.rows[place].focus()
        self.choose(self.rows[place])
        return True

    def on_row_pressed(self, event: Row.Pressed) -> None:
        """Pick what was clicked."""
        event.stop()
        self.choose(event.row)

    def choose(self, row: Row) -> None:
        """Turn a row; where one is best, the others are let go."""
        if self.is_closed:
            return
        for each in self.rows:
            if each is row:
                each.pick(picked=not each.is_picked if self.many else True)
            elif not self.many:
                each.pick(picked=False)
        self.post_message(self.Changed())

    def show(self, item: dict[str, Any]) -> None:
        """Show what was picked, and what is said of it."""
        self.mark(item["answer"] or [], remarks_of(item), closed=is_closed(item))

    def mark(self, answer: list[str], remarks: dict[str, Any], *, closed: bool) -> None:
        """Mark each row."""
        self.is_closed = closed
        for row in self.rows:
            row.pick(picked=row.part in answer)
            row.tell(remarks.get(row.part))


def choice(item: dict[str, Any]) -> Picks:
    """Return the control of a single or multiple choice."""
    body, many = item["body"], item["kind"] == "multiple"
    rows = [
        Row(each["id"], letter(n), content(each["text"]), many=many)
        for n, each in enumerate(body["options"])
    ]
    return Picks(rows, f"Choose {NUMBERS[body['pick']]}.", many=many)


def hotspot(item: dict[str, Any]) -> Picks:
    """Return the control that points at places in a text; the rest of it stands between them."""
    many = item["body"]["pick"] > 1
    parts: list[Row | Static] = []
    for spot in item["body"]["spots"]:
        text = Content("\n".join(spot["lines"]))
        place = sum(isinstance(part, Row) for part in parts)
        still = Static(text, classes="between")
        parts.append(Row(spot["id"], letter(place), text, many=many) if spot["id"] else still)
    legend = f"Point at {NUMBERS[item['body']['pick']]} places." if many else "Point at the place."
    return Picks(parts, legend, many=many)


class Truth(Control):
    """True or false, and why."""

    missing = "Say true or false, and pick a reason."

    def __init__(self, item: dict[str, Any]) -> None:
        super().__init__()
        body = item["body"]
        self._statement = content(body["statement"])
        sides = [Row(name, "", Content(name.title()), many=False) for name in ("true", "false")]
        self.truth = Picks(sides, "True or false? (t, or f)", many=False)
        reasons = [
            Row(each["id"], letter(n), content(each["text"]), many=False)
            for n, each in enumerate(body["options"])
        ]
        self.reason = Picks(reasons, "Because:", many=False)

    def compose(self) -> ComposeResult:
        """Build the statement and both lists."""
        yield Static(self._statement, classes="statement")
        yield self.truth
        yield self.reason

    def answer(self) -> list[str] | None:
        """Return the truth in a word and the reason's id."""
        halves = self.truth.answer(), self.reason.answer()
        return [*halves[0], *halves[1]] if halves[0] and halves[1] else None

    def pick(self, letter: str) -> bool:
        """Say true by t; f is false, unless a reason has that letter."""
        if letter == "t":
            return self.truth.pick("a")
        return self.reason.pick(letter) or (letter == "f" and self.truth.pick("b"))

    def show(self, item: dict[str, Any]) -> None:
        """Show both halves; what is said of the truth stands at the side that it is about."""
        answer, remarks = item["answer"] or [], remarks_of(item)
        told = remarks.pop("truth", None)
        about = answer[0] if answer else "false" if told and "false" in str(told["key"]) else "true"
        self.truth.mark(answer[:1], {about: told} if told else {}, closed=is_closed(item))
        self.reason.mark(answer[1:], remarks, closed=is_closed(item))
