"""What a log says of a student: reviews, when they are due, beliefs, confidence, and a regrade."""

import datetime as dt
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from fsrs import Card, Rating, Scheduler
from hypothesis import given
from hypothesis import strategies as st

from kmslab.quiz import Session
from kmslab.quiz.catalog import Quiz
from kmslab.quiz.load import quiz_of
from kmslab.quiz.mastery import calibration, choose, due, profile, rows
from kmslab.quiz.memory import Plan, Review, memories, rating, reviews
from kmslab.quiz.model import beliefs_of
from kmslab.quiz.progress import Answered, EventLog, Hinted, Restarted, Revealed
from kmslab.quiz.regrade import regraded
from kmslab.quiz.source import parse

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "tests/vectors/quiz/00-kinds.yaml").read_text()
QUIZ = quiz_of(parse(TEXT.encode(), "00-kinds.yaml"))
NOON = dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC)
SKILLS = {("q", "1"): ("envelope",)}


def at(days: float) -> dt.datetime:
    return NOON + dt.timedelta(days=days)


def head(days: float) -> dict[str, Any]:
    return {"at": at(days), "quiz": "q", "item": "1", "version": 1}


def answered(days: float, *, correct: bool, confidence: Any = None) -> Answered:
    more = {"seed": 1, "answer": ["a"], "correct": correct, "credit": float(correct)}
    return Answered(**head(days), **more, confidence=confidence)


@pytest.mark.parametrize(
    ("correct", "hints", "confidence", "grade"),
    [
        (False, 0, "sure", "again"),
        (True, 1, "sure", "hard"),
        (True, 0, "guess", "hard"),
        (True, 0, None, "good"),
        (True, 0, "unsure", "good"),
        (True, 0, "sure", "easy"),
    ],
)
def test_the_rule_of_grades(correct: bool, hints: int, confidence: Any, grade: str) -> None:  # noqa: FBT001
    assert rating(correct=correct, hints=hints, confidence=confidence) == grade


def test_a_round_is_one_review_by_its_first_answer() -> None:
    events = [
        answered(0, correct=False),
        answered(0.1, correct=True),
        Restarted(**head(1)),
        Hinted(**head(1)),
        answered(1, correct=True),
        Restarted(**head(2)),
        Revealed(**head(2)),
        answered(2, correct=True),
    ]
    assert [review.grade for review in reviews(events)] == ["again", "hard", "again"]


GRADES = {"again": Rating.Again, "hard": Rating.Hard, "good": Rating.Good, "easy": Rating.Easy}


@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(GRADES)), st.integers(0, 40)), min_size=1, max_size=12
    )
)
def test_due_dates_are_those_of_the_reference_scheduler(history: list[tuple[Any, int]]) -> None:
    scheduler, card, day = Scheduler(enable_fuzzing=False), Card(card_id=1, due=NOON), 0
    found = []
    for grade, pause in history:
        day += pause
        card, _ = scheduler.review_card(card, GRADES[grade], at(day))
        found.append(Review(at(day), "q", "1", grade))
    memory = memories(found, SKILLS, plan=Plan(), now=at(day))["envelope"]
    assert memory.due == card.due
    assert memory.reviews == len(history)
    assert memory.recall == scheduler.get_card_retrievability(card, at(day))


def good(count: int, plan: Plan) -> list[dt.datetime]:
    """Answer well each time that it is due; return the due dates."""
    found, dues, now = [], [], NOON
    for _ in range(count):
        found.append(Review(now, "q", "1", "good"))
        now = memories(found, SKILLS, plan=plan, now=now)["envelope"].due or now
        dues.append(now)
    return dues


def test_seven_good_reviews_grow_as_published() -> None:
    """py-fsrs, README: Good in a row gives 0.01, 2, 11, 46, 163, 498 and 1,348 days."""
    dues = [NOON, *good(7, Plan())]
    assert [round((b - a) / dt.timedelta(days=1), 2) for a, b in pairwise(dues)] == [
        *(0.01, 2, 11, 46, 163, 498, 1348),
    ]


def test_before_an_exam_no_interval_leads_beyond_its_day() -> None:
    plan = Plan(exam=at(40).date())
    dues = good(4, plan)
    assert dues[-1] <= at(41)
    memory = memories([Review(NOON, "q", "1", "good")], SKILLS, plan=plan, now=NOON)["envelope"]
    assert memory.then is not None
    assert 0 < memory.then < memory.recall


def test_what_is_not_asked_fades_and_what_is_asked_again_rises() -> None:
    found = [Review(NOON, "q", "1", "good"), Review(at(2), "q", "1", "good")]
    recall = [
        memories(found, SKILLS, plan=Plan(), now=at(day))["envelope"].recall for day in (2, 9, 60)
    ]
    assert recall == sorted(recall, reverse=True)
    assert recall[0] > recall[-1]
    found.append(Review(at(60), "q", "1", "good"))
    assert memories(found, SKILLS, plan=Plan(), now=at(60))["envelope"].recall > recall[-1]


# ------------------------------------------------------------------------------------- the map


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(QUIZ, tmp_path / "progress.jsonl", now=lambda: NOON)


def test_the_map_has_every_skill_and_knows_what_is_due(session: Session) -> None:
    session.answer("902", "6100")
    found = rows([QUIZ], session.log.events, plan=Plan(), now=at(1))
    assert {row.skill for row in found} == {skill for item in QUIZ.items for skill in item.skills}
    (late,) = due(found, at(1))
    assert (late.skill, late.level, late.lab) == ("limits", "shaky", "00-kinds")
    assert late.beliefs == ("mc.blob-limit",)
    assert found[0] == late
    assert {row.level for row in found[1:]} == {"new"}


def test_a_belief_is_held_until_an_item_that_shows_it_is_answered_right(session: Session) -> None:
    session.answer("902", "6100")
    assert [
        (held.misconception, held.shown, held.mended)
        for held in profile([QUIZ], session.log.events)
    ] == [("mc.blob-limit", 1, False)]
    session.answer("902", "4096")
    assert profile([QUIZ], session.log.events)[0].mended


def test_what_tests_a_held_belief_is_asked_first() -> None:
    quiz, item = choose([QUIZ], "limits", [], ["mc.blob-limit"])
    assert (quiz, item.id) == (QUIZ, "902")
    assert "mc.blob-limit" in beliefs_of(item)
    with pytest.raises(LookupError):
        choose([QUIZ], "cookery", [], [])


def test_confidence_is_kept_and_counted_with_its_interval(session: Session) -> None:
    session.answer("902", "5", "sure")
    session.answer("902", "4096", "sure")
    session.answer("903", "ReEncrypt", "guess")
    again = EventLog(session.log.path)
    assert [event.confidence for event in again.events if isinstance(event, Answered)] == [
        "sure",
        "sure",
        "guess",
    ]
    found = {each.confidence: (each.right, each.total) for each in calibration(again.events)}
    assert found == {"guess": (1, 1), "sure": (1, 2)}
    low, high = calibration(again.events)[1].interval
    assert low == pytest.approx(0.0945, abs=1e-3)  # Wilson, 1 of 2
    assert high == pytest.approx(0.9055, abs=1e-3)


# ------------------------------------------------------------------------------------ a new key


def changed(version: int) -> Quiz:
    text = TEXT.replace("answer: 4096", f"answer: 5000\n    version: {version}", 1)
    return quiz_of(parse(text.encode(), "00-kinds.yaml"))


@pytest.mark.parametrize("version", [1, 2])
def test_answers_are_judged_by_the_new_key_and_the_log_keeps_both(
    session: Session, version: int
) -> None:
    session.answer("902", "5000")
    quiz = changed(version)
    (event,) = regraded([quiz], session.log.events, lambda: at(1))
    assert (event.was, event.correct, event.version, event.answered) == (False, True, version, NOON)
    session.log.append(event)
    resumed = Session(quiz, session.log.path)
    assert resumed.attempt("902").is_right
    assert list(regraded([quiz], resumed.log.events, lambda: at(2))) == []
    assert len(resumed.log.events) == 2


def test_an_answer_that_was_right_can_become_wrong(session: Session) -> None:
    session.answer("902", "4096")
    (event,) = regraded([changed(1)], session.log.events, lambda: at(1))
    session.log.append(event)
    assert not Session(changed(1), session.log.path).attempt("902").is_right


def test_what_the_new_item_cannot_judge_is_left_alone(session: Session) -> None:
    session.answer("907", ["b"])
    gone = quiz_of(parse(TEXT.replace('id: "907"', 'id: "977"').encode(), "00-kinds.yaml"))
    assert list(regraded([gone], session.log.events, lambda: at(1))) == []


# ---------------------------------------------------------------------------------------- hints


def test_a_hint_costs_what_the_quiz_says(tmp_path: Path) -> None:
    text = TEXT.replace("items:", "hint_cost: 0.25\nitems:", 1).replace(
        "    answer: 4096", '    hints: ["It is a power of two."]\n    answer: 4096', 1
    )
    session = Session(quiz_of(parse(text.encode(), "x.yaml")), tmp_path / "log")
    session.hint("902")
    assert session.answer("902", "4096").correct
    last = session.log.events[-1]
    assert isinstance(last, Answered)
    assert last.credit == 0.75
