"""Quizzes: the files, their faults with places, and the judge."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from kmslab.families import load_quiz
from kmslab.quiz import AnswerError, QuizFileError, judge
from kmslab.quiz import schema as schemas
from kmslab.quiz.catalog import KINDS, Quiz, kind_of
from kmslab.quiz.kinds.choice import Multiple, Single

BANK = Path(__file__).parents[2] / "quizzes"
GOOD = (BANK / "04-envelope.yaml").read_text()


@pytest.fixture(scope="module")
def quiz() -> Quiz:
    return load_quiz(BANK / "04-envelope.yaml")


def faults(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "04-envelope.yaml"
    path.write_text(text)
    with pytest.raises(QuizFileError) as refused:
        load_quiz(path)
    return [str(fault) for fault in refused.value.faults]


@pytest.mark.parametrize("path", sorted(BANK.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_bank_is_sound(path: Path) -> None:
    quiz = load_quiz(path)
    assert quiz.quiz == path.stem
    for item in quiz.items:
        assert item.proof or item.unprovable or item.id in quiz.families, item.id


def test_a_file_is_checked_once_in_a_process_and_again_when_it_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "04-envelope.yaml"
    path.write_text(GOOD)
    before = load_quiz(path)
    assert load_quiz(path) is before
    path.write_text(GOOD.replace(before.title, "Another title"))
    assert (load_quiz(path).title, load_quiz(path).items) == ("Another title", before.items)


def test_the_bank_has_items_of_every_kind() -> None:
    items = [item for path in BANK.glob("*.yaml") for item in load_quiz(path).items]
    assert {type(item) for item in items} == set(KINDS)


def test_ids_are_unique_in_the_bank() -> None:
    ids = [item.id for path in BANK.glob("*.yaml") for item in load_quiz(path).items]
    assert len(ids) == len(set(ids))
    assert {"001", "002"} <= set(ids)  # the study page's two questions


def test_the_published_schema_is_that_of_the_types() -> None:
    assert schemas.TARGET.read_text() == schemas.text()
    assert "$defs" in msgspec.json.decode(schemas.text())


@pytest.mark.parametrize(
    ("old", "new", "place", "told"),
    [
        ("type: single", "type: riddle", "", "riddle"),
        ("correct: true", "correct: maybe", "22:18", "write true or false"),
        ("    title: A 50 MB file before it is stored\n", "", "", "title"),
        ("    type: single\n    title: The", "    typ: single\n    title: The", "", "type"),
        ('id: "002"', 'id: "001"', "", "001"),
        ("topic: envelope", "topic: Envelope!", "32:12", "has to match"),
        ("items:", "items: [", "", ""),
        ("title: An envelope", "title: *missing", "", ""),
    ],
)
def test_a_fault_has_its_place(tmp_path: Path, old: str, new: str, place: str, told: str) -> None:
    assert old in GOOD
    found = faults(tmp_path, GOOD.replace(old, new, 1))
    assert all("04-envelope.yaml:" in fault for fault in found)
    assert all("\n" not in fault for fault in found)
    assert any(told in fault and place in fault for fault in found)


def test_a_single_item_has_one_right_option(tmp_path: Path) -> None:
    found = faults(tmp_path, GOOD.replace("        correct: true\n", "", 1))
    assert any("0 options are correct" in fault for fault in found)


@pytest.mark.parametrize("text", ["", "just words", "[1, 2]", "a: &x [1]\nb: *x", "a: 1\na: 2"])
def test_what_is_no_quiz_is_refused_in_lines(tmp_path: Path, text: str) -> None:
    assert all("\n" not in fault for fault in faults(tmp_path, text))


def test_single_answers_are_judged(quiz: Quiz) -> None:
    item = quiz.item("001")
    assert isinstance(item, Single)
    right = judge(item, ["b"])
    assert (right.correct, right.credit, right.misconceptions) == (True, 1.0, ())
    wrong = judge(item, ["a"])
    assert (wrong.correct, wrong.credit) == (False, 0.0)
    assert wrong.misconceptions == ("mc.encrypt-takes-files",)
    assert all(remark.why for remark in wrong.remarks)


def test_multiple_answers_are_all_or_nothing_in_the_exam(quiz: Quiz) -> None:
    item = quiz.item("010")
    assert isinstance(item, Multiple)
    assert judge(item, ["b", "a"]).correct
    half = judge(item, ["a"])
    assert (half.correct, half.credit) == (False, 0.5)
    assert judge(item, ["a", "c"]).credit == 0.0


@pytest.mark.parametrize("answer", [[], "a", None, ["z"], [1], ["a", "b"]])
def test_what_is_no_answer_is_not_judged(quiz: Quiz, answer: Any) -> None:
    with pytest.raises(AnswerError):
        judge(quiz.item("001"), answer)


@pytest.mark.parametrize("seed", range(5))
def test_a_view_never_shows_the_key(quiz: Quiz, seed: int) -> None:
    for item in quiz.items:
        shown = msgspec.json.encode(kind_of(item).view(item, seed)).decode()
        for word in ("correct", "why", "misconception", "mc."):
            assert f'"{word}' not in shown


def test_an_order_follows_from_its_seed(quiz: Quiz) -> None:
    item = quiz.item("001")
    orders = {
        tuple(option["id"] for option in kind_of(item).view(item, seed)["options"])
        for seed in range(20)
    }
    assert len(orders) > 5
    assert kind_of(item).view(item, 3) == kind_of(item).view(item, 3)


@pytest.mark.parametrize(("line", "ids"), [("a", 1), ("a c", 2), ("a,b", 2), ("ab", 2), ("A", 1)])
def test_a_typed_line_is_an_answer(quiz: Quiz, line: str, ids: int) -> None:
    item = quiz.item("010")
    shown = kind_of(item).view(item, 1)
    assert len(kind_of(item).parse_line(shown, line)) == ids
    assert len(kind_of(item).lines(shown)) == 4
    with pytest.raises(AnswerError):
        kind_of(item).parse_line(shown, "x y")


@pytest.mark.parametrize(
    ("proved", "agrees"),
    [
        ({"a": False, "b": True, "c": None, "d": False}, True),
        ({"a": True, "b": True, "c": None, "d": False}, False),
        ({"a": False, "b": None, "c": None, "d": False}, False),
        ({"a": False, "b": True, "c": None, "d": "no"}, False),
        ({"a": False, "b": True}, False),
        (None, False),
    ],
)
def test_a_proof_has_to_agree_with_the_key(quiz: Quiz, proved: Any, *, agrees: bool) -> None:
    item = quiz.item("001")
    assert (kind_of(item).differs(item, proved) is None) == agrees


def test_an_unknown_item_is_a_key_error(quiz: Quiz) -> None:
    with pytest.raises(KeyError):
        quiz.item("999")
