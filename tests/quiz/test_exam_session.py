"""A sitting over its log: verbs, time, a crash in the middle, and what is known before the end."""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kmslab.quiz import AnswerError, load_quiz
from kmslab.quiz.catalog import Quiz, kind_of
from kmslab.quiz.exam_page import paper, report, sitting
from kmslab.quiz.exam_session import Exam
from kmslab.quiz.faces.exam_widget import ExamWidget
from kmslab.quiz.faces.spoken import NO_MESSAGE, sat

SPECIMENS = load_quiz(Path(__file__).parents[1] / "vectors/quiz/00-kinds.yaml")
NOON = dt.datetime(2026, 11, 25, 12, tzinfo=dt.UTC)
TOTAL = len(SPECIMENS.items)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> dt.datetime:
        return self.now

    def skip(self, minutes: float) -> None:
        self.now += dt.timedelta(minutes=minutes)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sit(tmp_path: Path, clock: Clock) -> Callable[..., Exam]:
    """Sit down to an exam over the specimens, as a new process would."""

    def open_one(bank: Quiz = SPECIMENS, **options: Any) -> Exam:
        return Exam([bank], tmp_path / "exams.jsonl", now=clock, **options)

    return open_one


def keys(exam: Exam) -> list[Any]:
    return [kind_of(each.item).key(each.item) for each in exam.questions]


def test_right_answers_are_right_at_the_end(sit: Callable[..., Exam]) -> None:
    exam = sit()
    exam.start()
    for place, key in enumerate(keys(exam)):
        exam.answer(place, key)
    assert (report(exam), sitting(exam)["phase"]) == ({}, "running")
    exam.end()
    told = report(exam)
    assert told["total"]["right"] == told["total"]["of"] == 7  # round(9 * 50 / 65)
    assert told["unscored"] == 2
    assert {item["status"] for item in told["items"]} == {"right"}
    assert sitting(exam)["phase"] == "ended"


def test_an_unanswered_question_is_wrong_and_explained(sit: Callable[..., Exam]) -> None:
    exam = sit()
    exam.start()
    exam.end()
    told = report(exam)
    assert told["total"]["right"] == 0
    for item in told["items"]:
        assert item["status"] == "shown"
        assert item["feedback"]["headline"] == "Not answered, which counts as wrong."
        assert item["feedback"]["why"]


def test_a_crash_costs_nothing_but_time(sit: Callable[..., Exam], clock: Clock) -> None:
    before = sit()
    before.start(50)
    before.answer(0, keys(before)[0])
    before.answer(1, keys(before)[1])
    before.clear(1)
    before.flag(2)
    before.flag(3)
    before.flag(3)
    clock.skip(5)
    after = sit()
    told = sitting(after)
    assert (told["phase"], list(told["answers"]), told["flags"]) == ("running", ["0"], [2])
    assert told["left"] == (TOTAL * 2 * 1.5 - 5) * 60
    assert "Taken up again" in told["notice"]
    after.end()
    assert sitting(sit())["phase"] == "ready"


def test_what_ran_out_while_nobody_looked_is_judged(sit: Callable[..., Exam], clock: Clock) -> None:
    before = sit()
    before.start()
    before.answer(0, keys(before)[0])
    clock.skip(TOTAL * 2)
    assert before.answer(1, keys(before)[1]) is None
    assert sum(item["status"] == "right" for item in report(before)["items"]) == 1
    clock.skip(-1)
    again = sit()
    again.start()
    again.answer(0, keys(again)[0])
    clock.skip(99)
    after = sit()
    assert sitting(after)["phase"] == "ended"
    assert sitting(after)["notice"].endswith("Time is up.")


def test_a_torn_line_is_said_and_the_rest_counts(sit: Callable[..., Exam], tmp_path: Path) -> None:
    before = sit()
    before.start()
    before.answer(0, keys(before)[0])
    with (tmp_path / "exams.jsonl").open("ab") as log:
        log.write(b'{"event":"given","pla')
    after = sit()
    assert list(sitting(after)["answers"]) == ["0"]
    assert "1 unreadable line(s) were skipped." in sitting(after)["notice"]


def test_another_edition_of_the_questions_is_another_exam(sit: Callable[..., Exam]) -> None:
    sit().start()
    item = msgspec.structs.replace(SPECIMENS.items[0], version=2)
    changed = msgspec.structs.replace(SPECIMENS, entries=(item, *SPECIMENS.entries[1:]))
    after = sit(changed)
    assert sitting(after)["phase"] == "ready"
    assert "have changed" in sitting(after)["notice"]
    assert sitting(sit(seed=2))["notice"] == ""


def test_no_limit_is_no_limit(sit: Callable[..., Exam], clock: Clock) -> None:
    exam = sit()
    exam.start(None)
    clock.skip(100_000)
    exam.answer(0, keys(exam)[0])
    assert (sitting(exam)["left"], len(sitting(exam)["answers"])) == (None, 1)
    assert sitting(sit())["left"] is None


def secrets() -> list[str]:
    """Every text of the specimens that would give a key away."""

    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            for name, each in value.items():
                if name in ("why", "misconception") and isinstance(each, str):
                    yield each
                yield from walk(each)
        elif isinstance(value, list):
            for each in value:
                yield from walk(each)

    told = msgspec.to_builtins(SPECIMENS.items, enc_hook=str)
    titles = [item.title for item in SPECIMENS.items]
    return [
        *titles,
        *walk(json.loads(json.dumps(told, default=str))),
        "kms:ReEncrypt",
        '"correct"',
        '"scored": true',
    ]


def test_nothing_of_a_key_is_known_before_the_end(sit: Callable[..., Exam], tmp_path: Path) -> None:
    exam = sit()
    exam.start()
    for place, question in enumerate(exam.questions):
        exam.answer(place, keys(exam)[place]) if question.item.id != "903" else None
    log = (tmp_path / "exams.jsonl").read_text()
    known = json.dumps([paper(exam), sitting(exam), report(exam)]) + log
    assert len(secrets()) > 40
    assert [secret for secret in secrets() if secret in known] == []
    exam.end()
    assert '"correct":true' in (tmp_path / "exams.jsonl").read_text()


@pytest.mark.parametrize(
    "message",
    [None, "start", {}, {"do": "fly"}, {"do": "answer"}, {"do": "answer", "place": -1, "answer": ["a"]},
     {"do": "answer", "place": 99, "answer": ["a"]}, {"do": "flag", "place": "0"}, {"do": "start", "answer": 10_000}],
)  # fmt: skip
def test_what_is_no_message_is_refused_in_words(sit: Callable[..., Exam], message: Any) -> None:
    exam = sit()
    exam.start()
    assert sat(exam, message) == NO_MESSAGE
    assert sitting(exam)["answers"] == {}


def test_what_is_no_answer_is_said_and_not_kept(sit: Callable[..., Exam]) -> None:
    exam = sit()
    exam.start()
    place = [each.item.id for each in exam.questions].index("902")
    with pytest.raises(AnswerError, match="units are bytes, KiB"):
        exam.answer(place, "4 MB")
    assert sitting(exam)["answers"] == {}


def test_the_widget_syncs_no_key_and_follows(tmp_path: Path, clock: Clock) -> None:
    widget = ExamWidget([SPECIMENS], tmp_path / "exams.jsonl", now=clock)
    sent: list[Any] = []
    widget.send = lambda content, _buffers=None: sent.append(content)
    tell = widget._handle_custom_msg
    tell({"do": "start", "answer": 0}, [])
    state = {name: value for name, value in widget.get_state().items() if name != "_esm"}
    known = json.dumps(state, default=str)
    assert state["sitting"]["phase"] == "running"
    assert [secret for secret in secrets() if secret in known] == []
    tell({"do": "answer", "place": 0, "answer": {}}, [])
    assert sent[-2]["place"] == 0
    tell("what", [])
    assert sent[-2] == {"notice": NO_MESSAGE, "place": None}
    tell({"do": "end"}, [])
    assert (sent[-1], len(widget.report["items"])) == ({"done": True}, TOTAL)
    shown, _ = widget._repr_mimebundle_()
    assert f"An exam of {TOTAL} questions" in shown["text/plain"]


def test_an_empty_bank_has_no_exam() -> None:
    exam = Exam([], now=lambda: NOON)
    exam.look()
    assert (paper(exam)["total"], sitting(exam)["phase"]) == (0, "ready")


def test_items_for_exams_only_are_drawn_and_not_practised() -> None:
    kept = msgspec.structs.replace(SPECIMENS.items[0], exam_only=True)
    quiz = msgspec.structs.replace(SPECIMENS, entries=(kept, *SPECIMENS.entries[1:]))
    assert "901" not in [item.id for item in quiz.practice().items]
    assert "901" in [each.item.id for each in Exam([quiz], now=lambda: NOON).questions]
    case = SPECIMENS.entries[-1]
    alone = msgspec.structs.replace(
        case, items=tuple(msgspec.structs.replace(each, exam_only=True) for each in case.items)
    )
    quiz = msgspec.structs.replace(SPECIMENS, entries=(SPECIMENS.entries[0], alone))
    assert [item.id for item in quiz.practice().items] == ["901"]
