"""The full screen: every kind by keys and by mouse, practice and exams, light and dark, any size."""

import asyncio
import datetime as dt
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input, Select, Static

from kmslab.families import load_quiz as grown
from kmslab.quiz import Session, load_quiz
from kmslab.quiz.catalog import KINDS, Item, kind_of
from kmslab.quiz.exam_session import Exam
from kmslab.quiz.page import kind_name
from kmslab.quiz.screen.exam import Sitting
from kmslab.quiz.screen.frame import Face, Tab
from kmslab.quiz.screen.picks import Row
from kmslab.quiz.screen.practice import Practice
from kmslab.quiz.screen.question import CONTROLS
from tests.tracing import untraced

VECTORS = Path(__file__).parents[1] / "vectors/quiz"
QUIZ = load_quiz(VECTORS / "00-kinds.yaml")
WRONG: dict[str, Any] = json.loads((VECTORS / "wrong.json").read_text())
BANK = Path(__file__).parents[2] / "quizzes"
PLACES = {item.id: place for place, item in enumerate(QUIZ.items)}
NOON = dt.datetime(2026, 11, 25, 12, tzinfo=dt.UTC)
Played = Callable[[Any, Pilot[int]], Awaitable[None]]


def play(app: Face, script: Played, size: tuple[int, int] = (100, 50)) -> int | None:
    """Run an app without a terminal, and let a script press its keys."""

    async def run() -> None:
        async with app.run_test(size=size) as pilot:
            await script(app, pilot)

    asyncio.run(run())
    return app.return_value


async def go(app: Face, pilot: Pilot[int], place: int) -> None:
    await app.go_to(place)
    await pilot.pause()


def order(item: Item) -> list[str]:
    view = kind_of(item).view(item, 1)
    return [o["id"] for o in view.get("options", [])] or [
        s["id"] for s in view.get("spots", []) if s["id"]
    ]


async def by_keys(pilot: Pilot[int], item: Item, answer: Any) -> None:
    """Give an answer with keys alone, the focus being where the question put it."""
    name = kind_name(item)
    if name in ("single", "multiple", "hotspot", "ordering"):
        await pilot.press(*("abcdefgh"[order(item).index(each)] for each in answer))
    elif name == "true-false":
        await pilot.press(answer[0][0], "abcdefgh"[order(item).index(answer[1])])
    elif name in ("numeric", "short"):
        await pilot.press(*("space" if each == " " else each for each in answer))
    else:
        for part, given in answer.items():
            await fill(pilot, item, part, given)
            await pilot.press("tab")


async def fill(pilot: Pilot[int], item: Item, part: str, given: str) -> None:
    if isinstance(pilot.app.focused, Input):
        await pilot.press(*given)
        return
    view = kind_of(item).view(item, 1)
    gaps = {gap["id"]: gap["options"] for gap in view.get("gaps", [])}
    offered = [each["id"] for each in gaps.get(part, view.get("options", []))]
    await pilot.press("enter", "home", *["down"] * (offered.index(given) + 1), "enter")
    await pilot.pause()


def told(where: Any, selector: str) -> str:
    return "\n".join(
        str(each.render()) for each in where.query(selector).results(Static) if each.display
    )


def test_there_is_a_control_for_every_kind() -> None:
    assert {str(kind.__struct_config__.tag) for kind in KINDS} == set(CONTROLS)


async def check(pilot: Pilot[int], item: Item, answer: Any) -> None:
    await by_keys(pilot, item, answer)
    await pilot.press("escape", "enter")  # to the button, which checks
    await pilot.pause()


@untraced
def test_every_kind_by_keyboard_alone_wrong_then_shown_then_right() -> None:
    session = Session(QUIZ)

    async def script(app: Practice, pilot: Pilot[int]) -> None:
        for place, item in enumerate(QUIZ.items):
            assert app.place == place
            await check(pilot, item, WRONG[item.id])
            here = app.question
            assert here is not None
            assert "Not yet" in told(here, ".verdict"), item.id
            assert "✗ Not this one" in told(here, ".said"), item.id
            assert "Right: " not in told(here, ".said"), item.id
            assert item.why not in told(here, ".verdict"), item.id
            await pilot.press("s")
            await pilot.pause()
            assert "This is the answer." in told(here, ".verdict"), item.id
            assert item.refs[0].url in told(here, ".verdict"), item.id
            await pilot.press("r")
            await pilot.pause()
            assert session.attempt(item.id).tries == 0
            assert here.control.answer() is None, item.id
            await check(pilot, item, kind_of(item).key(item))
            assert session.attempt(item.id).is_right, item.id
            assert "Right." in told(here, ".verdict"), item.id
            assert app.query_one("#proceed", Button).label.plain == "Next"
            await pilot.press("enter")
            for _ in range(40):  # a press is a message, and the next question another
                await pilot.pause(0.05)
                if app.place != place:
                    break
        assert "9 of 9 right" in told(app, "#report")

    play(Practice(session), script)


def test_a_second_enter_is_heard_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    session, made = Session(QUIZ), Button.__init__

    def lasting(self: Button, *args: Any, **options: Any) -> None:
        made(self, *args, **options)
        self.active_effect_duration = 60  # seconds, while which a button is deaf

    monkeypatch.setattr(Button, "__init__", lasting)

    async def script(app: Practice, pilot: Pilot[int]) -> None:
        await go(app, pilot, PLACES["908"])
        await pilot.press("abc"[order(QUIZ.item("908")).index("a")], "escape", "enter", "enter")
        await pilot.pause()
        assert session.attempt("908").is_right
        assert app.place == PLACES["909"]

    play(Practice(session), script)


@untraced
def test_by_mouse_alone() -> None:
    session = Session(QUIZ)

    async def script(app: Practice, pilot: Pilot[int]) -> None:
        for item_id in ("908", "909", "907", "904", "901"):
            await pilot.click(app.query(Tab)[PLACES[item_id]])
            await pilot.pause()
            assert app.question is not None
            item = QUIZ.item(item_id)
            for part in kind_of(item).key(item):
                await pilot.click(next(row for row in app.question.query(Row) if row.part == part))
                await pilot.pause()
            await pilot.click("#proceed")
            await pilot.pause()
            assert session.attempt(item_id).is_right, item_id

    play(Practice(session), script, size=(100, 60))


def test_lists_are_opened_by_mouse() -> None:
    session = Session(QUIZ)

    async def script(app: Practice, pilot: Pilot[int]) -> None:
        await go(app, pilot, PLACES["905"])
        first = app.query(Select).first()
        await pilot.click(first)
        await pilot.pause()
        assert first.expanded

    play(Practice(session), script)


def test_hints_and_what_is_missing_and_what_is_no_answer() -> None:
    session = Session(QUIZ)

    async def script(app: Practice, pilot: Pilot[int]) -> None:
        await go(app, pilot, PLACES["902"])
        await pilot.press("enter")
        assert "Type an answer first." in told(app, ".notice")
        await pilot.press(*"4", "space", *"MB", "enter")
        assert "The units are bytes, KiB." in told(app, ".notice")
        await go(app, pilot, PLACES["901"])
        await pilot.press("t", "enter")
        assert "pick a reason" in told(app, ".notice")

    play(Practice(session), script)


def test_steps_are_moved_with_arrows() -> None:
    async def script(app: Practice, pilot: Pilot[int]) -> None:
        await go(app, pilot, PLACES["904"])
        await pilot.press("a", "b", "c", "ctrl+up", "shift+up", "ctrl+down")
        assert app.question is not None
        ids = order(QUIZ.item("904"))
        assert app.question.control.answer() == [ids[0], ids[2], ids[1]]
        await pilot.press("b")
        assert app.question.control.answer() == [ids[0], ids[2]]

    play(Practice(Session(QUIZ)), script)


def test_the_result_and_the_exit_code() -> None:
    session = Session(QUIZ)
    for item in QUIZ.items:
        session.answer(item.id, kind_of(item).key(item))

    async def script(app: Practice, pilot: Pilot[int]) -> None:
        await pilot.pause()
        assert "9 of 9 right" in told(app, "#report")
        await pilot.press("enter")

    assert play(Practice(session), script) == 0
    session.restart("901")

    async def leave(app: Practice, pilot: Pilot[int]) -> None:
        assert app.place == 0
        await pilot.press("p", "n", "p", "q")

    assert play(Practice(session), leave) == 1


@pytest.mark.parametrize("size", [(80, 24), (40, 16)])
def test_any_size_and_both_looks(size: tuple[int, int]) -> None:
    async def script(app: Practice, pilot: Pilot[int]) -> None:
        for place in (0, 3, 9):
            await go(app, pilot, place)
            await pilot.press("ctrl+t")
        assert not app.current_theme.dark

    play(Practice(Session(QUIZ)), script, size)


def test_a_family_asks_another_variant_after_a_restart() -> None:
    session = Session(grown(BANK / "04-envelope.yaml"))
    place = [item.id for item in session.quiz.items].index("0481")

    async def script(app: Practice, pilot: Pilot[int]) -> None:
        await go(app, pilot, place)
        before = told(app, ".stem")
        session.answer("0481", kind_of(session.item("0481")).key(session.item("0481")))
        await app._show()
        await pilot.press("r")
        await pilot.pause()
        assert told(app, ".stem") != before
        assert session.attempt("0481").tries == 0

    play(Practice(session), script)


def exam(now: Callable[[], dt.datetime] = lambda: NOON) -> Exam:
    found = Exam([QUIZ], now=now)
    found.start()
    return found


@untraced
def test_an_exam_by_keyboard_with_every_kind() -> None:
    sat = exam()

    async def script(app: Sitting, pilot: Pilot[int]) -> None:
        for place, question in enumerate(sat.questions):
            assert app.place == place
            await by_keys(pilot, question.item, kind_of(question.item).key(question.item))
            await pilot.pause()
            assert sat.sitting is not None
            assert place in sat.sitting.answers, kind_name(question.item)
            assert "Right" not in told(app, "Static")
            await pilot.press("escape", "n")
            await pilot.pause()
        assert "All is answered." in told(app, "#report")
        await pilot.press("enter", "enter")
        await pilot.pause()
        assert "7 of  7" in told(app, "#report")
        await go(app, pilot, 0)
        assert "Right." in told(app, ".verdict")
        await pilot.press("v", "enter")

    assert play(Sitting(sat), script) == 0


def test_flags_clearing_review_and_a_second_thought() -> None:
    sat = exam()
    place = [q.item.id for q in sat.questions].index("908")

    async def script(app: Sitting, pilot: Pilot[int]) -> None:
        await go(app, pilot, place)
        await pilot.press("a", "m")
        await pilot.click("#clear")
        await pilot.pause()
        assert sat.sitting is not None
        assert (sat.sitting.answers, sat.sitting.flags) == ({}, {place})
        await pilot.press("v", "enter")
        assert "9 unanswered, which count as wrong. End the exam now?" in told(app, "#report")
        assert f"Flagged: {place + 1}" in told(app, "#report")
        await pilot.click("#back")
        assert "End the exam now?" not in told(app, "#report")
        await pilot.press("p")
        assert app.place == len(sat.questions) - 1
        await pilot.press("q")

    play(Sitting(sat), script)
    assert sat.report is None


def test_what_is_no_answer_is_said_in_an_exam() -> None:
    sat = exam()
    place = [q.item.id for q in sat.questions].index("902")

    async def script(app: Sitting, pilot: Pilot[int]) -> None:
        await go(app, pilot, place)
        await pilot.press("4", "space", "M")
        await pilot.pause()
        assert "The units are bytes, KiB." in told(app, ".notice")
        await pilot.press("backspace", "K", "i", "B", "enter")
        await pilot.pause()
        assert sat.sitting is not None
        assert sat.sitting.answers == {place: "4 KiB"}

    play(Sitting(sat), script)


def test_time_ends_an_exam_on_the_screen() -> None:
    time = [NOON]
    sat = exam(lambda: time[0])

    async def script(app: Sitting, pilot: Pilot[int]) -> None:
        assert "0:18:00" in told(app, "#score")
        time[0] = NOON + dt.timedelta(minutes=18)
        await app._tick()
        await pilot.pause()
        assert "0 of  7" in told(app, "#report")

    play(Sitting(sat), script)
    assert sat.report is not None
    untimed = Exam([QUIZ], now=lambda: NOON)
    untimed.start(None)

    async def look(app: Sitting, pilot: Pilot[int]) -> None:
        await pilot.pause()
        assert "no time limit" in told(app, "#score")

    play(Sitting(untimed), look)


def test_an_exam_taken_up_shows_its_answers() -> None:
    sat = exam()
    place = [q.item.id for q in sat.questions].index("908")
    sat.answer(place, ["b"])

    async def script(app: Sitting, pilot: Pilot[int]) -> None:
        await go(app, pilot, place)
        assert app.question is not None
        assert app.question.control.answer() == ["b"]

    play(Sitting(sat), script)
