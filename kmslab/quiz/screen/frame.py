"""The frame of a full screen: title, a row of questions, one of them at a time, buttons, keys.

Refuses to know whether it is practice or an exam.
"""

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar

from textual import events, on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, ItemGrid, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Input, Label, Static

from kmslab.quiz.screen.question import Question

MARKS = {"right": "✓", "wrong": "✗", "shown": "·", "given": "•"}
LETTERS = "abcdefght"  # a to h are options, t is true


class Tab(Static):
    """One number in the row of questions."""

    class Pressed(Message):
        """It was clicked."""

        def __init__(self, place: int) -> None:
            super().__init__()
            self.place = place

    def __init__(self, place: int, words: str) -> None:
        super().__init__(words, classes="tab", markup=False)
        self.place = place
        self.words = words

    def show(self, status: str, *, here: bool, flagged: bool = False) -> None:
        """Show how the question stands."""
        self.update(f"{'⚑' if flagged else ''}{self.words}{MARKS.get(status, '')}")
        for name in (*MARKS, "open"):
            self.set_class(status == name, name)
        self.set_class(here, "here")
        self.set_class(flagged, "flagged")

    def on_click(self) -> None:
        """Tell the screen."""
        self.post_message(self.Pressed(self.place))


class Face(App[int]):
    """What practice and exams have in common."""

    CSS_PATH = "style.tcss"
    ENABLE_COMMAND_PALETTE = False
    last = "Result"
    KEYS: ClassVar[tuple[Binding, ...]] = (
        Binding("n,right", "go(1)", "Next", key_display="n"),
        Binding("p,left", "go(-1)", "Back", key_display="p"),
        Binding("q,ctrl+q", "quit", "Quit", key_display="q"),
        Binding("ctrl+t", "turn_theme", "Light, dark", key_display="^t"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        *KEYS,
        Binding("enter", "proceed", "Check"),
        Binding("escape", "leave_field", "Leave the field"),
    ]

    def __init__(self, title: str, items: list[dict[str, Any]]) -> None:
        super().__init__()
        self.title = title
        self.items = items
        self.place = -1
        self.questions: dict[int, Question] = {}
        self.hidden: set[str] = set()

    def compose(self) -> ComposeResult:
        """Build the frame."""
        with Horizontal(id="head"):
            yield Label(self.title or "", id="title", markup=False)
            yield Label("", id="score", markup=False)
        with ItemGrid(id="rail", min_column_width=6):
            for place in range(len(self.items)):
                yield Tab(place, str(place + 1))
            yield Tab(len(self.items), self.last)
        with Vertical(id="room"), VerticalScroll(id="end"):
            yield Static("", id="report")
        with Horizontal(id="actions"):
            for button in self.buttons():
                button.active_effect_duration = 0  # while it lasts, a button is deaf to Enter
                yield button
        yield Static("", id="keys")

    @abstractmethod
    def buttons(self) -> Iterable[Button]:
        """Return the buttons; their ids are the names of actions."""

    @property
    def question(self) -> Question | None:
        """The question that is shown."""
        return self.questions.get(self.place)

    async def go_to(self, place: int) -> None:
        """Show the question at this place; after the last one comes the end."""
        self.place = min(max(place, 0), len(self.items))
        if self.place < len(self.items) and self.place not in self.questions:
            question = Question(self.items[self.place], self.place, len(self.items))
            self.questions[self.place] = question
            await self.query_one("#room").mount(question)
            question.show(self.items[self.place])
        for at, each in self.questions.items():
            each.display = at == self.place
        self.query_one("#end").display = self.place == len(self.items)
        self.refresh_state()
        self.focus_first()

    def focus_first(self) -> None:
        """Put the focus where an answer begins."""
        if self.question is None:
            self.query_one("#end").focus()
            return
        for widget in self.question.control.query("*"):
            if widget.focusable:
                widget.focus()
                return
        next(
            (button for button in self.query(Button) if button.focusable), self.query_one("#end")
        ).focus()

    @abstractmethod
    def refresh_state(self) -> None:
        """Bring everything around the question up to date."""

    def name_button(self, action: str, label: str) -> None:
        """Give a button the name that fits now."""
        button = self.query_one(f"#{action}", Button)
        button.label = label
        button.refresh(layout=True)

    def report(self, text: Content) -> None:
        """Show the end."""
        self.query_one("#report", Static).update(text)

    async def action_go(self, by: int) -> None:
        """Go forth or back."""
        await self.go_to(self.place + by)

    @abstractmethod
    async def action_proceed(self) -> None:
        """Do what Enter does here."""

    def action_leave_field(self) -> None:
        """Leave a field, so that letters are commands again."""
        next(iter(self.query(Button))).focus()

    def action_turn_theme(self) -> None:
        """Turn between the light and the dark look."""
        self.theme = "textual-light" if self.current_theme.dark else "textual-dark"

    async def on_key(self, event: events.Key) -> None:
        """Take letters as picks, wherever the focus is but in a field."""
        letter = (event.character or "-").lower()
        if self.question and letter in LETTERS and self.question.control.pick(letter):
            event.stop()

    def offer(self, action: str, *, offered: bool) -> None:
        """Show the button of an action, and its key in the footer, or hide both."""
        self.query_one(f"#{action}", Button).display = offered
        (self.hidden.discard if offered else self.hidden.add)(action)

    def show_keys(self) -> None:
        """Name the keys that make sense now; a line of our own, for it changes at every step."""
        shown = [each for each in (*Face.KEYS, *self.KEYS) if each.action not in self.hidden]
        runs = [
            run
            for each in shown
            for run in ((f" {each.key_display} ", "bold $text-accent"), f"{each.description} ")
        ]
        self.query_one("#keys", Static).update(Content.assemble(*runs))

    @on(Input.Submitted)
    async def entered(self) -> None:
        """Take Enter in a field as it is taken elsewhere."""
        await self.action_proceed()

    @on(Tab.Pressed)
    async def turned(self, event: Tab.Pressed) -> None:
        """Go where the student clicked."""
        await self.go_to(event.place)

    @on(Button.Pressed)
    async def pressed(self, event: Button.Pressed) -> None:
        """Run the action that a button names."""
        if event.button.id:
            await self.run_action(event.button.id)
