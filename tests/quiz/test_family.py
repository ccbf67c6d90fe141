"""Families: growing in a session, an exam and a file; the generator here is the test's own."""

import datetime as dt
import hmac
import json
from pathlib import Path

import pytest

from kmslab.families import grow, load_quiz
from kmslab.quiz import QuizFileError, Session, judge
from kmslab.quiz import load_quiz as load_alone
from kmslab.quiz.catalog import Item, Quiz, kind_of
from kmslab.quiz.exam import draw
from kmslab.quiz.exam_session import Exam
from kmslab.quiz.family import FIRST, Family, head, variant_seed
from kmslab.quiz.kinds.numeric import Numeric
from kmslab.quiz.load import quiz_of
from kmslab.quiz.source import parse

QUIZ = """\
quiz: 01-first
title: Sums
about: One family.
as_of: 2026-11-28
items:
  - type: family
    id: "901"
    version: 2
    family: FAMILY
    params: {PARAMS}
    title: A sum
    stem: What is {number} and one?
    why: It is {number} and one more.
    hints: ["Count on from {number}."]
    lab: {name: 01-first, section: sums}
    topic: sums
    skills: [sums]
    refs: [{title: Sums, url: "https://docs.aws.amazon.com/kms/"}]
    as_of: 2026-11-28
"""
NOON = dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC)


def sums(family: Family, seed: int) -> Item:
    number = seed % 1_000_003
    return Numeric(**head(family, {"number": str(number)}), answer=number + 1)


def text(family: str = "sums", params: str = "") -> str:
    return QUIZ.replace("FAMILY", family).replace("PARAMS", params)


@pytest.fixture
def quiz() -> Quiz:
    return quiz_of(parse(text().encode(), "01-first.yaml"), sums)


def test_a_family_stands_in_the_quiz_as_its_first_variant(quiz: Quiz) -> None:
    item = quiz.item("901")
    assert isinstance(item, Numeric)
    assert (item.stem, item.why) == (f"What is {FIRST} and one?", f"It is {FIRST} and one more.")
    assert (item.hints, item.version) == ((f"Count on from {FIRST}.",), 2)
    assert quiz.variant(item, 41).stem == "What is 41 and one?"
    assert quiz.written().entries[0] == quiz.families["901"]


def test_a_seed_is_the_hmac_of_who_asks_what_and_how_often() -> None:
    mac = hmac.new(b"course", b"ann\x00901\x002\x003", "sha256").digest()
    found = variant_seed("course", student="ann", item="901", version=2, attempt=3)
    assert found == int.from_bytes(mac[:6], "big") < 2**53


def test_each_restart_asks_another_variant_and_the_log_can_tell_which(
    quiz: Quiz, tmp_path: Path
) -> None:
    log = tmp_path / "progress.jsonl"
    session = Session(quiz, log, now=lambda: NOON, secret="course", student="ann")
    answers = []
    for _ in range(3):
        asked = session.item("901")
        assert isinstance(asked, Numeric)
        session.answer("901", asked.answer - 1)
        assert session.item("901") == asked  # another try at the same variant
        assert session.answer("901", asked.answer).correct
        answers.append(asked.answer)
        session.restart("901")
    assert len(set(answers)) == 3
    for line in map(json.loads, log.read_text().splitlines()):
        if line["event"] == "answered":
            again = quiz.variant(quiz.item("901"), line["seed"])
            assert judge(again, line["answer"]).correct == line["correct"]
    resumed = Session(quiz, log, secret="course", student="ann")
    assert resumed.item("901") == session.item("901")
    assert resumed.page() == session.page()
    assert Session(quiz, log, secret="course", student="bob").item("901") != session.item("901")


def test_what_was_done_with_another_variant_is_not_shown_over_this_one(
    quiz: Quiz, tmp_path: Path
) -> None:
    log = tmp_path / "progress.jsonl"

    def session(student: str, secret: str = "course") -> Session:
        return Session(quiz, log, now=lambda: NOON, secret=secret, student=student)

    def status(student: str, secret: str = "course") -> tuple[str, int, int]:
        (shown,) = session(student, secret).page()["items"]
        return shown["status"], shown["tries"], len(shown["hints"])

    ann = session("ann")
    asked = ann.item("901")
    assert isinstance(asked, Numeric)
    ann.hint("901")
    ann.answer("901", asked.answer)
    session("eve").reveal("901")
    assert status("ann") == ("right", 1, 1)
    assert status("eve") == ("shown", 0, 0)
    assert status("bob") == status("ann", "another secret") == ("open", 0, 0)
    bob = session("bob")
    theirs = bob.item("901")
    assert isinstance(theirs, Numeric)
    assert not bob.answer("901", asked.answer).correct
    assert bob.answer("901", theirs.answer).correct
    assert (status("bob"), status("ann")) == (("right", 2, 0), ("right", 1, 1))


def test_an_older_log_that_names_no_variant_closes_none(quiz: Quiz, tmp_path: Path) -> None:
    log = tmp_path / "progress.jsonl"
    head = {"at": "2026-11-28T12:00:00Z", "quiz": "01-first", "item": "901", "version": 2}
    log.write_text(json.dumps(head | {"event": "revealed"}) + "\n")
    session = Session(quiz, log)
    assert session.log.lost == 0
    assert not session.attempt("901").is_closed


def test_the_page_shows_the_variant_that_is_judged(quiz: Quiz) -> None:
    session = Session(quiz)
    (shown,) = session.page()["items"]
    assert shown["stem"][0]["lines"][0][0]["text"] == session.item("901").stem
    assert shown["body"] == kind_of(session.item("901")).view(
        session.item("901"), session.seed_of("901")
    )


def test_an_exam_asks_a_variant_of_its_own(quiz: Quiz) -> None:
    stems = {draw([quiz], seed=seed)[0].item.stem for seed in range(5)}
    assert len(stems) == 5
    assert draw([quiz], seed=3) == draw([quiz], seed=3)


def test_in_an_exam_every_student_has_variants_of_their_own(quiz: Quiz, tmp_path: Path) -> None:
    def stem(secret: str, student: str, seed: int = 1) -> str:
        return draw([quiz], seed=seed, secret=secret, student=student)[0].item.stem

    asked = [("course", "ann", 1), ("course", "bob", 1), ("other", "ann", 1), ("course", "ann", 2)]
    assert len({stem(*each) for each in asked}) == len(asked)
    mac = hmac.new(b"course", b"ann 1\x00901\x002\x001", "sha256").digest()
    assert stem("course", "ann") == quiz.variant(quiz.item("901"), int.from_bytes(mac[:6])).stem
    log = tmp_path / "exams.jsonl"
    ann = Exam([quiz], log, now=lambda: NOON, secret="course", student="ann")
    ann.start()
    bob = Exam([quiz], log, now=lambda: NOON, secret="course", student="bob")
    assert bob.sitting is None
    again = Exam([quiz], log, now=lambda: NOON, secret="course", student="ann")
    assert again.sitting is not None
    assert again.questions == ann.questions
    assert "course" not in log.read_text()
    other = Exam([quiz], log, now=lambda: NOON, secret="other", student="ann")
    assert other.sitting is None  # its questions are others, and ann's answers would not fit them
    ann.end()
    kept = json.loads(log.read_text().splitlines()[-1])["questions"][0]
    assert quiz.variant(quiz.item("901"), kept["seed"]) == ann.questions[0].item


@pytest.mark.parametrize(
    ("family", "params", "place", "told"),
    [
        ("riddle", "", ":9:", "there is no family riddle; the families are verdict"),
        ("verdict", "tricks: 1", ":10:", "its parameters are traps, decoy"),
        ("verdict", "traps: [pit]", ":10:", "there is no trap pit"),
        ("verdict", "", ":12:", "the family has no value {number}; its values are action"),
    ],
)
def test_what_does_not_grow_is_a_fault_with_its_place(
    tmp_path: Path, family: str, params: str, place: str, told: str
) -> None:
    path = tmp_path / "01-first.yaml"
    path.write_text(text(family, params))
    with pytest.raises(QuizFileError) as refused:
        load_quiz(path)
    (fault,) = map(str, refused.value.faults)
    assert place in fault
    assert told in fault


def test_without_generators_a_family_says_how_to_load_it(tmp_path: Path) -> None:
    path = tmp_path / "01-first.yaml"
    path.write_text(text("verdict"))
    with pytest.raises(QuizFileError, match=r"load the quiz with kmslab\.families"):
        load_alone(path)


def test_a_variant_follows_from_its_seed() -> None:
    quiz = quiz_of(parse(text("verdict").replace("{number}", "{role}").encode(), "x.yaml"), grow)
    item = quiz.item("901")
    assert quiz.variant(item, 7) == quiz.variant(item, 7)
    assert quiz.variant(item, 7) != quiz.variant(item, 8)
