"""Practice in a full screen: a face over a session, as the notebook's is."""

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Button, Label

from kmslab.quiz.model import AnswerError
from kmslab.quiz.screen.frame import Face, Tab
from kmslab.quiz.screen.texts import is_closed
from kmslab.quiz.session import Session

STATES = {"open": "not answered", "wrong": "not right yet", "shown": "answer shown"}


class Practice(Face):
    """A quiz, question by question; ends with 0 where everything is right, else with 1."""

    KEYS: ClassVar[tuple[Binding, ...]] = (
        Binding("question_mark", "hint", "Hint", key_display="?"),
        Binding("s", "reveal", "Show the answer", key_display="s"),
        Binding("r", "restart", "Clear", key_display="r"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [*KEYS]

    def __init__(self, session: Session) -> None:
        self.session = session
        self.page = session.page()
        super().__init__(self.page["title"], self.page["items"])

    async def on_mount(self) -> None:
        """Begin at the first question that is open."""
        states = [item["status"] for item in self.items]
        await self.go_to(
            next((n for n, s in enumerate(states) if s in ("open", "wrong")), len(states))
        )

    def buttons(self) -> Iterable[Button]:
        """Return what a pointer needs."""
        yield Button("Check answer", id="proceed", variant="primary", compact=True)
        yield Button("Hint", id="hint", compact=True)
        yield Button("Show the answer", id="reveal", compact=True)
        yield Button("Clear and answer again", id="restart", compact=True)

    @property
    def _item_id(self) -> str:
        return str(self.items[self.place]["id"])

    async def action_proceed(self) -> None:
        """Check the answer; once the question is closed, go on."""
        question = self.question
        if question is None:
            await self.action_quit()
        elif is_closed(question.item):
            await self.go_to(self.place + 1)
        elif (answer := question.control.answer()) is None:
            question.say(question.control.missing)
        else:
            try:
                self.session.answer(self._item_id, answer)
            except AnswerError as error:
                question.say(str(error))
            else:
                await self._show()

    async def action_hint(self) -> None:
        """Take one more hint."""
        if self.question:
            self.session.hint(self._item_id)
            await self._show()

    async def action_reveal(self) -> None:
        """Show the answer, once there was a try."""
        if self.question and self.question.item["tries"]:
            self.session.reveal(self._item_id)
            await self._show()

    async def action_restart(self) -> None:
        """Clear the question."""
        if self.question and is_closed(self.question.item):
            self.session.restart(self._item_id)
            await self._show()
            self.focus_first()

    async def action_quit(self) -> None:
        """End; the progress is kept already."""
        self.exit(0 if self.page["right"] == len(self.items) else 1)

    async def _show(self) -> None:
        """Show what the session says now; a family asks another variant after a restart."""
        self.page = self.session.page()
        self.items = self.page["items"]
        question, item = self.question, self.items[self.place]
        if question and any(question.item[name] != item[name] for name in ("stem", "body")):
            await self.questions.pop(self.place).remove()
            await self.go_to(self.place)
        elif question:
            given = question.control.answer()
            kept = item["answer"] is None and item["status"] == "open" and item["hints"]
            question.show({**item, "answer": given} if kept else item)
            if self.focused is None or not self.focused.focusable:
                self.query_one("#proceed").focus()
        self.refresh_state()

    def refresh_state(self) -> None:
        """Show the score, the row, and the buttons that make sense."""
        total = len(self.items)
        self.query_one("#score", Label).update(f"{self.page['right']} of {total} right")
        for tab in self.query(Tab):
            status = self.items[tab.place]["status"] if tab.place < total else ""
            tab.show(status, here=tab.place == self.place)
        item = self.items[self.place] if self.place < total else None
        closed = item is None or is_closed(item)
        verb = self.question.control.verb if self.question else ""
        self.name_button("proceed", "Quit" if item is None else "Next" if closed else verb)
        self.offer("hint", offered=bool(item and not closed and item["hints_left"]))
        self.offer("reveal", offered=bool(item and not closed and item["tries"]))
        self.offer("restart", offered=bool(item and closed))
        self.show_keys()
        if item is None:
            self.report(self._result())

    def _result(self) -> Content:
        rows = [
            Content.assemble(
                (f"{n:4}. {item['title']}", ""), (f"  {STATES[item['status']]}", "dim")
            )
            for n, item in enumerate(self.items, 1)
            if item["status"] in STATES
        ]
        words = "These are worth another look:" if rows else "Everything here is yours."
        head = Content.styled(f"{self.page['right']} of {len(self.items)} right", "bold")
        first = f"{self.page['first']} at the first try and without a hint. {words}"
        return Content("\n").join([head, Content(first), Content(""), *rows])
