"""Exams: what is drawn, the time, the flags, and what the report may say."""

import datetime as dt
from pathlib import Path

import msgspec
import pytest

from kmslab.quiz import AnswerError, load_quiz
from kmslab.quiz.catalog import Item, Quiz, kind_of
from kmslab.quiz.exam import Sat, Share, Sitting, TimeUp, domain, draw, kept
from kmslab.quiz.progress import append

QUIZ = load_quiz(Path(__file__).parents[1] / "vectors/quiz/00-kinds.yaml")
NOON = dt.datetime(2026, 11, 25, 12, tzinfo=dt.UTC)
SINGLE = QUIZ.item("908")


def bank(count: int) -> list[Quiz]:
    """A bank of so many items with one right option, "a"."""
    items = [
        msgspec.structs.replace(SINGLE, id=f"{n:03d}", topic=f"t{n % 3}") for n in range(count)
    ]
    return [msgspec.structs.replace(QUIZ, entries=tuple(items))]


def later(minutes: float) -> dt.datetime:
    return NOON + dt.timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("count", "length", "drawn", "scored"),
    [(200, 65, 65, 50), (65, 65, 65, 50), (13, 65, 13, 10), (10, 65, 10, 8), (200, 26, 26, 20), (1, 65, 1, 1)],
)  # fmt: skip
def test_fifty_of_sixty_five_are_scored_in_proportion(
    count: int, length: int, drawn: int, scored: int
) -> None:
    questions = draw(bank(count), seed=1, length=length)
    assert (len(questions), sum(q.scored for q in questions)) == (drawn, scored)
    assert len({q.item.id for q in questions}) == drawn


def test_an_exam_is_scored_as_its_plan_says() -> None:
    named = [msgspec.structs.replace(i, exams=("DOP-C02", "SCS-C03")) for i in bank(200)[0].items]
    quiz = msgspec.structs.replace(QUIZ, entries=tuple(named))
    # The guides: 65 scored and 10 unscored, and 50 and 15.
    for exam, length, scored in (("DOP-C02", 75, 65), ("SCS-C03", 65, 50)):
        drawn = draw([quiz], seed=1, length=length, exam=exam)
        assert sum(question.scored for question in drawn) == scored


def test_an_exam_follows_from_its_seed() -> None:
    exams = [[(q.item.id, q.scored) for q in draw(bank(200), seed=seed)] for seed in (1, 1, 2)]
    assert exams[0] == exams[1] != exams[2]


@pytest.mark.parametrize("seed", range(8))
def test_a_case_study_stays_together_or_away(seed: int) -> None:
    for length in (1, 4, 9):
        drawn = [question.item.id for question in draw([QUIZ], seed=seed, length=length)]
        assert len(drawn) <= length
        assert ("908" in drawn) == ("909" in drawn)
        if "908" in drawn:
            assert drawn.index("909") == drawn.index("908") + 1


def test_an_exam_may_ask_for_its_own_items_only() -> None:
    tagged = msgspec.structs.replace(SINGLE, exams=("SCS-C03 5.2", "DVA-C02"))
    quiz = msgspec.structs.replace(QUIZ, entries=(tagged, QUIZ.item("907")))
    assert [q.item.id for q in draw([quiz], seed=1, exam="SCS-C03")] == ["908"]
    assert draw([quiz], seed=1, exam="SAA-C03") == []
    assert domain(tagged, "SCS-C03") == "Data Protection"
    unknown = msgspec.structs.replace(tagged, exams=("SCS-C03 9.9",))
    assert domain(unknown, "SCS-C03") == "encryption-context"
    assert domain(tagged, "DVA-C02") == domain(tagged) == "encryption-context"


def test_time_runs_out_and_nothing_more_is_taken() -> None:
    sitting = Sitting(draw(bank(3), seed=1), started=NOON, limit=dt.timedelta(minutes=6))
    assert sitting.left(later(2)) == dt.timedelta(minutes=4)
    sitting.answer(0, ["a"], later(5.99))
    for call in (lambda: sitting.answer(1, ["a"], later(6)), lambda: sitting.clear(0, later(7))):
        with pytest.raises(TimeUp):
            call()
    assert sitting.left(later(99)) == dt.timedelta()
    assert sitting.report().results[0].verdict.correct
    assert Sitting(draw(bank(3), seed=1), started=NOON).left(later(10_000)) is None


def test_answers_are_replaced_and_taken_back_and_flags_turned() -> None:
    sitting = Sitting(draw(bank(3), seed=1), started=NOON)
    sitting.answer(1, ["b"], NOON)
    sitting.answer(1, ["a"], NOON)
    with pytest.raises(AnswerError):
        sitting.answer(2, ["z"], NOON)
    assert sitting.open() == [0, 2]
    sitting.clear(1, NOON)
    sitting.clear(1, NOON)
    assert sitting.open() == [0, 1, 2]
    assert (sitting.flag(2), sitting.flags) == (True, {2})
    assert (sitting.flag(2), sitting.flags) == (False, set())


def test_unanswered_is_wrong_and_unscored_counts_nowhere() -> None:
    questions = draw(bank(13), seed=1)
    sitting = Sitting(questions, started=NOON)
    for place, question in enumerate(questions):
        if not question.scored:
            sitting.answer(place, ["a"], NOON)
    first = next(place for place, question in enumerate(questions) if question.scored)
    sitting.answer(first, ["b"], NOON)
    report = sitting.report()
    assert (report.total.right, report.total.total) == (0, 10)
    assert sum(share.total for share in report.domains.values()) == 10
    assert report.misconceptions == {"mc.alias-separates": 1}
    sitting.answer(first, ["a"], NOON)
    assert sitting.report().total.right == 1


@pytest.mark.parametrize("item", QUIZ.items, ids=lambda item: item.id)
def test_every_kind_can_be_in_an_exam(item: Item) -> None:
    (question,) = draw([msgspec.structs.replace(QUIZ, entries=(item,))], seed=1)
    sitting = Sitting([question], started=NOON)
    assert not sitting.report().results[0].verdict.correct
    sitting.answer(0, kind_of(item).key(item), NOON)
    assert sitting.report().total.right == 1


@pytest.mark.parametrize(
    ("right", "total", "low", "high"),
    # Wilson 1927, computed by hand for z = 1.96; 81 of 263 is Newcombe's (1998) example.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718), (0, 0, 0.0, 1.0)],
)  # fmt: skip
def test_the_interval_is_wilsons(right: int, total: int, low: float, high: float) -> None:
    assert Share(right, total).interval == pytest.approx((low, high), abs=5e-5)


def test_a_finished_exam_is_kept_so_that_it_can_be_judged_again(tmp_path: Path) -> None:
    sitting = Sitting(draw(bank(2), seed=4), started=NOON)
    sitting.answer(0, ["a"], NOON)
    append(tmp_path / "exams.jsonl", kept(sitting.report(), sitting, at=later(3), seed=4, exam=""))
    (line,) = (tmp_path / "exams.jsonl").read_bytes().splitlines()
    told = msgspec.json.decode(line, type=Sat)
    assert (told.right, told.scored, told.seed, told.started) == (
        told.questions[0].scored,
        2,
        4,
        NOON,
    )
    assert [each.answer for each in told.questions] == [["a"], None]
    assert [each.correct for each in told.questions] == [True, False]
