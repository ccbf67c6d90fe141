"""An exam in a full screen: a face over a sitting, with the clock, flags, review and the report."""

from collections.abc import Iterable
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Button, Label

from kmslab.quiz import exam_page
from kmslab.quiz.exam_session import Exam
from kmslab.quiz.model import AnswerError
from kmslab.quiz.screen.control import Control
from kmslab.quiz.screen.frame import Face, Tab

LOW = 300  # seconds, from which on the clock is marked


class Sitting(Face):
    """An exam that was started; ends with 0."""

    last = "Review"
    KEYS: ClassVar[tuple[Binding, ...]] = (
        Binding("m", "flag", "Flag", key_display="m"),
        Binding("r", "clear", "Clear", key_display="r"),
        Binding("v", "review", "Review", key_display="v"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [*KEYS]

    def __init__(self, exam: Exam) -> None:
        self.sat = exam
        paper = exam_page.paper(exam)
        blank = {"status": "open", "answer": None, "feedback": None}
        self.state = exam_page.sitting(exam)
        self.confirming = False
        super().__init__(paper["title"], [each | blank for each in paper["questions"]])
        for place, answer in self.state["answers"].items():
            self.items[int(place)]["answer"] = answer

    async def on_mount(self) -> None:
        """Begin at the first open question, and let the clock run."""
        still = [n for n in range(len(self.items)) if str(n) not in self.state["answers"]]
        await self.go_to(still[0] if still else len(self.items))
        self.set_interval(1, self._tick)
        if self.state["notice"]:
            self.notify(self.state["notice"])

    def buttons(self) -> Iterable[Button]:
        """Return what a pointer needs."""
        yield Button("Next", id="proceed", variant="primary", compact=True)
        yield Button("Back", id="back", compact=True)
        yield Button("Flag for review", id="flag", compact=True)
        yield Button("Clear", id="clear", compact=True)

    @property
    def is_running(self) -> bool:
        """Tell whether answers are taken."""
        return bool(self.state["phase"] == "running")

    async def action_proceed(self) -> None:
        """Go on; after the last question, end the exam once it is confirmed, then leave."""
        if self.question is not None:
            await self.go_to(self.place + 1)
        elif not self.is_running:
            self.exit(0)
        elif self.confirming:
            self.sat.end()
            await self._follow()
        else:
            self.confirming = True
            self.refresh_state()

    async def action_back(self) -> None:
        """Go back; where the end was to be confirmed, go on instead."""
        if self.question is None and self.confirming:
            self.confirming = False
            self.refresh_state()
        else:
            await self.go_to(self.place - 1)

    async def action_review(self) -> None:
        """See what is open and what is flagged."""
        await self.go_to(len(self.items))

    async def action_flag(self) -> None:
        """Flag the question, or take the flag away."""
        if self.question:
            self.sat.flag(self.place)
            await self._follow()

    async def action_clear(self) -> None:
        """Take the answer back."""
        if self.question and self.is_running:
            self.sat.clear(self.place)
            self.question.show(self.items[self.place] | {"answer": None})
            await self._follow()

    @on(Control.Changed)
    async def given(self) -> None:
        """Keep what was given, as soon as it is whole."""
        question = self.question
        if question is None or not self.is_running:
            return
        answer = question.control.answer()
        if answer == self.state["answers"].get(str(self.place)):
            return
        try:
            if answer is None:
                self.sat.clear(self.place)
            else:
                self.sat.answer(self.place, answer)
            question.say("")
        except AnswerError as error:
            question.say(str(error))
        await self._follow()

    async def _tick(self) -> None:
        if self.is_running:
            self.sat.look()
            await self._follow()

    async def _follow(self) -> None:
        """Show where the exam stands; at its end, the report."""
        was = self.is_running
        self.state = exam_page.sitting(self.sat)
        if was and not self.is_running:
            self.items = exam_page.report(self.sat)["items"]
            self.query(Tab).last().words = "Report"
            for place, question in self.questions.items():
                question.show(self.items[place])
            await self.go_to(len(self.items))
            if self.state["notice"]:
                self.notify(self.state["notice"])
        self.refresh_state()

    def refresh_state(self) -> None:
        """Show the clock, the row and the buttons that make sense."""
        total, answers, flags = len(self.items), self.state["answers"], self.state["flags"]
        score = self.query_one("#score", Label)
        score.update(f"{len(answers)} of {total} answered   {self._clock()}")
        score.set_class(self.is_running and (self.state["left"] or LOW) < LOW, "low")
        for tab in self.query(Tab):
            given = "given" if str(tab.place) in answers else "open"
            over = not self.is_running and tab.place < total
            status = self.items[tab.place]["status"] if over else given if tab.place < total else ""
            tab.show(
                status, here=tab.place == self.place, flagged=self.is_running and tab.place in flags
            )
        at_end = self.place == total
        end = "End now" if self.confirming else "End the exam"
        self.query_one("#proceed", Button).label = (
            ("Next" if not at_end else end)
            if self.is_running
            else "Next"
            if not at_end
            else "Leave"
        )
        back = self.query_one("#back", Button)
        back.label = "Go on" if at_end and self.confirming and self.is_running else "Back"
        self.offer("flag", offered=self.is_running and not at_end)
        self.offer("clear", offered=self.is_running and str(self.place) in answers)
        self.show_keys()
        if at_end:
            self.report(self._review() if self.is_running else report(exam_page.report(self.sat)))

    def _clock(self) -> str:
        left = self.state["left"]
        if not self.is_running:
            return ""
        if left is None:
            return "no time limit"
        minutes, seconds = divmod(int(left), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"

    def _review(self) -> Content:
        open_ = [str(n + 1) for n in range(len(self.items)) if str(n) not in self.state["answers"]]
        flags = [str(n + 1) for n in self.state["flags"]]
        words = f"{len(open_)} unanswered, which count as wrong." if open_ else "All is answered."
        rows = [
            Content.styled("Review", "bold"),
            Content(f"Flagged: {', '.join(flags) or 'none'}"),
            Content(f"Unanswered: {', '.join(open_) or 'none'}"),
            Content(""),
            Content(f"{words}{' End the exam now?' if self.confirming else ''}"),
        ]
        return Content("\n").join(rows)


def report(told: dict[str, Any]) -> Content:
    """Return the report: shares with their intervals, beliefs, and what is worth another look."""
    rows = [_row(share) for share in (told["total"], *told["domains"])]
    beliefs = [Content(f"  {each['name']}: {each['count']} time(s)") for each in told["beliefs"]]
    again = [
        Content.assemble(
            f"{n:4}. {item['title']}", (f"  lab {item['feedback']['lab']['name'][:2]}", "dim")
        )
        for n, item in enumerate(told["items"], 1)
        if item["status"] != "right"
    ]
    return Content("\n").join(
        [
            Content.styled("Report", "bold"),
            *rows,
            Content.styled(
                "The interval says where the share of right answers would lie with many more such "
                f"questions. It is no forecast of an exam. {told['unscored']} more did not count.",
                "dim",
            ),
            *(
                [Content(""), Content.styled("What wrong answers had in common", "bold"), *beliefs]
                if beliefs
                else []
            ),
            *([Content(""), Content.styled("Worth another look", "bold"), *again] if again else []),
        ]
    )


def _row(share: dict[str, Any]) -> Content:
    width = 20
    filled = round(width * share["right"] / share["of"]) if share["of"] else 0
    low, high = round(100 * share["low"]), round(100 * share["high"])
    return Content.assemble(
        f"  {share['name']:24}{share['right']:3} of {share['of']:2}  ",
        ("━" * filled, "$text-accent"),
        ("━" * (width - filled), "dim"),
        f"  95 % interval {low} to {high} %",
    )
