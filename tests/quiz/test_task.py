"""A live-state task: judged on what was seen, looked at by whoever has a world, proven by making one."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Button, Static

from kmslab.families import load_quiz
from kmslab.quiz import AnswerError, Session, judge
from kmslab.quiz.catalog import Item, Quiz, kind_of
from kmslab.quiz.exam import draw
from kmslab.quiz.exchange.formats import FORMATS, losses
from kmslab.quiz.faces.fallback import as_html, as_text
from kmslab.quiz.faces.static import left_out
from kmslab.quiz.faces.widget import QuizWidget
from kmslab.quiz.kinds.task import Expectation
from kmslab.quiz.languages import translated
from kmslab.quiz.load import quiz_of
from kmslab.quiz.looking import NOWHERE, NoWorldError
from kmslab.quiz.screen.practice import Practice
from kmslab.quiz.source import QuizFileError, parse
from kmslab.quiz.writing import Known, broken

SPECIMEN = Path(__file__).parents[1] / "vectors/quiz/00-task.yaml"
TEXT = SPECIMEN.read_text()
QUIZ = load_quiz(SPECIMEN)
TASK = QUIZ.item("910")
RIGHT = {"a": "Disabled", "b": 180, "c": 1}
HALF_WAY = {"a": "Enabled", "b": 180, "c": 1}


class World:
    """Shows what it is told to, and counts who looks."""

    def __init__(self, **shown: Any) -> None:
        self.shown = shown
        self.asked: list[str] = []

    def __call__(self, expected: Sequence[Expectation]) -> dict[str, Any]:
        self.asked += [each.ask for each in expected]
        return {each.id: self.shown[each.id] for each in expected}


@pytest.mark.parametrize(
    ("seen", "credit", "beliefs"),
    [
        (RIGHT, 1, []),
        (HALF_WAY, 2 / 3, ["mc.disable-deletes"]),
        ({"a": "PendingDeletion", "b": 365, "c": 1}, 1 / 3, ["mc.disable-deletes"]),
        ({"a": "NotFoundException", "b": "NotFoundException", "c": 0}, 0, ["mc.disable-deletes"]),
        ({"a": "Disabled", "b": 180, "c": True}, 2 / 3, []),  # true is no 1
        ({"a": "Disabled", "b": 180.0, "c": 1}, 1, []),  # JSON has one kind of number
        ({"a": None, "b": 180, "c": 1}, 2 / 3, ["mc.disable-deletes"]),
    ],
)
def test_credit_is_the_share_of_met_expectations(
    seen: dict[str, Any], credit: float, beliefs: list[str]
) -> None:
    verdict = judge(TASK, seen)
    assert verdict.credit == pytest.approx(credit)
    assert verdict.correct == (credit == 1)
    assert list(verdict.misconceptions) == beliefs


@pytest.mark.parametrize(
    "answer", [None, {}, "check", ["a"], {"a": "Disabled"}, RIGHT | {"d": 1}, RIGHT | {"a": ["x"]}]
)
def test_what_was_not_seen_is_not_judged(answer: object) -> None:
    with pytest.raises(AnswerError):
        judge(TASK, answer)


def test_what_was_seen_is_told_at_once_and_what_is_wanted_when_it_is_closed() -> None:
    session = Session(QUIZ, look=World(**HALF_WAY))
    assert "Disabled" not in json.dumps(session.page())
    session.answer("910", {})
    (shown,) = session.page()["items"]
    assert shown["feedback"]["headline"] == "Not yet: worth 67% in practice, nothing in an exam."
    told = json.dumps(shown)
    assert "Enabled" in told
    assert "takes a key out of service" in told
    assert "Only a state stops the key" not in told
    session.reveal("910")
    closed = json.dumps(session.page())
    assert "Only a state stops the key" in closed
    assert "Disabled" in closed


def test_the_word_of_a_page_is_not_taken() -> None:
    world = World(**HALF_WAY)
    session = Session(QUIZ, look=world)
    assert not session.answer("910", RIGHT).correct
    assert world.asked == ["DescribeKey", "GetKeyRotationStatus", "ListAliases"]
    assert session.attempt("910").answer == HALF_WAY
    world.shown = RIGHT
    assert session.answer("910", {}).correct


def test_only_the_asked_fields_are_kept(tmp_path: Path) -> None:
    log = tmp_path / "progress.jsonl"
    Session(QUIZ, log, look=World(**HALF_WAY)).answer("910", {})
    (line,) = log.read_text().splitlines()
    assert json.loads(line)["answer"] == HALF_WAY


def test_without_a_world_that_is_said_and_nothing_is_kept() -> None:
    session = Session(QUIZ)
    with pytest.raises(NoWorldError, match=r"world=world.*--store.*--url"):
        session.answer("910", {})
    assert session.attempt("910").tries == 0


def test_the_widget_looks_when_it_is_asked_to() -> None:
    widget, sent = QuizWidget(QUIZ, look=World(**RIGHT)), []
    widget.send = lambda content, _buffers=None: sent.append(content)
    widget._handle_custom_msg({"do": "answer", "item": "910", "answer": {}}, [])
    assert widget.page["items"][0]["status"] == "right"
    alone = QuizWidget(QUIZ)
    alone.send = widget.send
    alone._handle_custom_msg({"do": "answer", "item": "910", "answer": RIGHT}, [])
    assert {"notice": NOWHERE} in sent
    assert alone.page["items"][0]["status"] == "open"


def test_a_terminal_shows_what_is_asked_and_takes_one_word() -> None:
    kind, view = kind_of(TASK), kind_of(TASK).view(TASK, 1)
    assert kind.lines(view)[0] == "  a) DescribeKey KeyId=alias/notes: KeyMetadata.KeyState"
    assert kind.parse_line(view, " Check ") == {}
    with pytest.raises(AnswerError, match="Type check"):
        kind.parse_line(view, "Disabled")
    assert set(kind.names(view)) == set(RIGHT)


def test_the_full_screen_looks_by_the_button_and_says_what_was_seen() -> None:
    world = World(**HALF_WAY)
    app = Practice(Session(QUIZ, look=world))

    async def script() -> None:
        async with app.run_test(size=(100, 50)) as pilot:
            await pilot.pause()
            assert app.query_one("#proceed", Button).label.plain == "Check my world"
            await app.action_proceed()
            await pilot.pause()
            said = [str(each.render()) for each in app.query(".said").results(Static)]
            assert "Seen: Enabled." in said[0]
            assert said[1].startswith("✓ Right")
            world.shown = RIGHT
            await app.action_proceed()
            await pilot.pause()
            assert app.page["items"][0]["status"] == "right"

    asyncio.run(script())


@pytest.mark.parametrize(
    ("proved", "told"),
    [(RIGHT, None), (HALF_WAY, "expectation a wants 'Disabled', and 'Enabled' is proved"), (None, "checked first")],
)  # fmt: skip
def test_a_proof_agrees_or_is_told_why_not(proved: object, told: str | None) -> None:
    differs = kind_of(TASK).differs(TASK, proved)
    assert differs is None if told is None else told in str(differs)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("ask: DescribeKey", "ask: DisableKey", "it has to match"),
        ("ask: DescribeKey", "asks: DescribeKey", "did you mean `ask`"),
        ("id: b", "id: a", "expectation id a is used twice"),
        ("is: Disabled", "is: [Disabled]", "$.items[0].expect[0].is"),
    ],
)
def test_a_fault_has_its_place(old: str, new: str, told: str) -> None:
    with pytest.raises(QuizFileError) as refused:
        quiz_of(parse(TEXT.replace(old, new, 1).encode(), "00-task.yaml"))
    assert any(told in str(fault) for fault in refused.value.faults), refused.value.faults


def test_what_must_not_be_asked_is_named_by_who_knows() -> None:
    known = Known(unaskable=lambda each: (".ask", "no", "yes") if each.id == "b" else None)
    assert list(broken(TASK, known)) == [("askable-questions", (".expect[1].ask", "no", "yes"))]


def test_a_reason_can_be_translated_and_nothing_else_of_an_expectation() -> None:
    words = "    i18n: {de: {stem: Mach es., parts: {a: {text: Egal, why: Nur der Zustand.}}}}\n"
    quiz = quiz_of(parse(TEXT.replace("    lab:", f"{words}    lab:", 1).encode(), "x.yaml"))
    item: Any = translated(quiz.item("910"), "de")
    assert (item.stem, item.expect[0].why) == ("Mach es.", "Nur der Zustand.")
    assert item.expect[0].wanted == "Disabled"


def test_where_no_world_can_be_a_task_is_left_out() -> None:
    assert left_out(QUIZ) == [TASK]
    assert draw([QUIZ], seed=1) == []
    assert QUIZ.worldless().items == ()
    for told in (as_text(QUIZ), as_html(QUIZ)):
        assert "KeyMetadata.KeyState" in told
        assert "Only a state" not in told


@pytest.mark.parametrize("form", FORMATS.values(), ids=lambda form: form.name)
def test_a_format_carries_a_task_for_us_alone_and_says_so(form: Any) -> None:
    both = Quiz(
        **{n: getattr(QUIZ, n) for n in ("quiz", "title", "about", "as_of")},
        entries=(TASK, _single(), TASK),
    )
    if form.read:
        assert form.read(form.write(both)).entries == both.entries
    told = [str(loss) for loss in losses(form, QUIZ)]
    wanted = "item 910 (task): everything; it is graded on a live world"
    assert told == ([] if form.name == "csv" else [wanted])


def _single() -> Item:
    return load_quiz(SPECIMEN.with_name("00-kinds.yaml")).item("908")
