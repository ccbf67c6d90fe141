"""Controls in which something is typed, or chosen from a list for each part."""

from typing import Any

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Label, Select, Static

from kmslab.quiz.kinds.forms import MAX_TYPED
from kmslab.quiz.markup import Block, Inline, plain
from kmslab.quiz.screen.control import Control
from kmslab.quiz.screen.texts import content, is_closed, put, remarks_of, said


class Part(Vertical):
    """One field or list, with its name and room for what the judge says."""

    def __init__(self, part: str, name: Content, options: list[dict[str, Any]] | None) -> None:
        super().__init__(classes="part")
        self.part = part
        self._label = name
        rows = [(_one_line(each["text"]), each["id"]) for each in options or []]
        self.field: Input | Select[str] = (
            Select(rows, prompt="Choose…") if rows else Input(max_length=MAX_TYPED)
        )

    def compose(self) -> ComposeResult:
        """Build the part."""
        yield Label(self._label, classes="legend")
        yield self.field
        yield Static("", classes="said none")

    @property
    def value(self) -> str:
        """What was typed or chosen; an empty text for nothing."""
        if isinstance(self.field, Input):
            return self.field.value if self.field.value.strip() else ""
        return "" if self.field.is_blank() else str(self.field.value)

    def tell(self, value: str, remark: dict[str, Any] | None, *, closed: bool) -> None:
        """Show a value and what is said of it."""
        if isinstance(self.field, Input) or value:
            self.field.value = value
        else:
            self.field.clear()
        self.field.disabled = closed
        for name in ("hit", "wrong", "missed"):
            self.set_class(bool(remark) and remark["mark"] == name, name)  # type: ignore[index]
        put(self.query_one(".said", Static), said(remark))


def _one_line(blocks: list[Block]) -> Text:
    """Return a text as a row of a list, which would take a bare one as markup."""
    return Text(" ".join(plain(blocks).split()))


class Field(Control):
    """One field: a number or a word or two."""

    missing = "Type an answer first."

    def __init__(self, item: dict[str, Any]) -> None:
        super().__init__()
        body = item["body"]
        units = body.get("units")
        asked = "Your answer: a number" if item["kind"] == "numeric" else "Your answer"
        asked += f" in {' or '.join(units)}" if units else ""
        asked += " (upper and lower case count)" if body.get("case") else ""
        self.part_ = Part("answer", Content(asked), None)

    def compose(self) -> ComposeResult:
        """Build the field."""
        yield self.part_

    def answer(self) -> str | None:
        """Return what was typed."""
        return self.part_.value or None

    def show(self, item: dict[str, Any]) -> None:
        """Show what was typed, and what is said of it."""
        value = "" if item["answer"] is None else str(item["answer"])
        self.part_.tell(value, remarks_of(item).get("answer"), closed=is_closed(item))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Tell the screen."""
        event.stop()
        self.post_message(self.Changed())


class Parts(Control):
    """Several fields or lists, one for each part of the answer."""

    def __init__(self, parts: list[Part], missing: str, text: Content | None = None) -> None:
        super().__init__()
        self.parts = parts
        self.missing = missing
        self._text = text

    def compose(self) -> ComposeResult:
        """Build the text, where there is one, and the parts."""
        if self._text is not None:
            yield Static(self._text, classes="statement")
        yield from self.parts

    def answer(self) -> dict[str, str] | None:
        """Return what was given for each part, once there is something for all."""
        given = {part.part: part.value for part in self.parts}
        return given if all(given.values()) else None

    def show(self, item: dict[str, Any]) -> None:
        """Show what was given, and what is said of it."""
        remarks, given = remarks_of(item), item["answer"] or {}
        for part in self.parts:
            part.tell(given.get(part.part, ""), remarks.get(part.part), closed=is_closed(item))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Tell the screen."""
        event.stop()
        self.post_message(self.Changed())

    def on_select_changed(self, event: Select.Changed) -> None:
        """Tell the screen."""
        event.stop()
        self.post_message(self.Changed())


def matching(item: dict[str, Any]) -> Parts:
    """Return a list of responses for each prompt."""
    body = item["body"]
    parts = [Part(each["id"], content(each["text"]), body["options"]) for each in body["prompts"]]
    return Parts(parts, "Choose a response for each.")


def cloze(item: dict[str, Any]) -> Parts:
    """Return the text with numbered gaps, and a field or a list for each."""
    gaps = item["body"]["gaps"]
    numbers = {gap["id"]: f"[{n}]" for n, gap in enumerate(gaps, 1)}
    text = [_numbered(block, numbers) for block in item["body"]["text"]]
    parts = [Part(g["id"], Content(f"Gap {numbers[g['id']]}"), g["options"]) for g in gaps]
    return Parts(parts, "Fill every gap.", content(text))


def _numbered(block: Block, numbers: dict[str, str]) -> Block:
    lines = [[_run(run, numbers) for run in line] for line in block["lines"]]
    return {"kind": block["kind"], "lines": lines}


def _run(run: Inline, numbers: dict[str, str]) -> Inline:
    """Return a run; a gap shows its number."""
    if run["style"] != "gap":
        return run
    return {"style": "gap", "text": numbers[run["text"]]}
