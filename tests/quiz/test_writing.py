"""Rules of item writing: each is broken once, in a file that breaks none."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kmslab.cli.quiz_lint import advice, known_here
from kmslab.families import grow, load_quiz
from kmslab.quiz import template
from kmslab.quiz.catalog import KINDS, Item
from kmslab.quiz.load import quiz_of
from kmslab.quiz.source import parse
from kmslab.quiz.writing import RULES, bank_broken, longest_is_key

ROOT = Path(__file__).parents[2]
CASES = json.loads((ROOT / "tests/vectors/quiz/writing.json").read_text())
CLEAN = template.text("05-grants", day=dt.date(2026, 11, 25), first_id=7)
KNOWN = msgspec.structs.replace(known_here(), today=dt.date(2026, 11, 25))


def found(text: str) -> list[Any]:
    source = parse(text.encode(), "05-grants.yaml")
    return list(advice(source, quiz_of(source, grow), KNOWN))


def test_the_template_has_every_kind_and_breaks_no_rule() -> None:
    quiz = quiz_of(parse(CLEAN.encode(), "05-grants.yaml"), grow)
    assert {type(item) for item in quiz.items} == set(KINDS)
    assert [item.id for item in quiz.items] == [f"{n:03d}" for n in range(7, 7 + len(quiz.items))]
    assert found(CLEAN) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['rule']}: {case['why']}")
def test_a_broken_rule_is_named_by_its_place(case: dict[str, str]) -> None:
    assert CLEAN.count(case["old"]) >= 1
    (told,) = found(CLEAN.replace(case["old"], case["new"], 1))
    assert told.rule == case["rule"]
    assert told.line > 1
    assert str(told).startswith(f"05-grants.yaml:{told.line}:{told.column}: {case['rule']}: ")


@pytest.mark.parametrize(
    "name",
    [
        *("PendingDeletion", "PendingReplicaDeletion"),  # KeyState of the API Reference
        *("NumericLessThan", "DateGreaterThanEquals", "StringNotLikeIfExists"),  # IAM User Guide
        *("kms:ScheduleKeyDeletionPendingWindowInDays", "aws:PrincipalArn"),
        *("kms:EncryptionContext:tenant", "aws:ResourceTag/team", "ForAnyValue:StringEquals"),
    ],
)
def test_states_and_what_policies_are_made_of_are_names(name: str) -> None:
    assert found(CLEAN.replace("`Decrypt` leave out?", f"`{name}` leave out?", 1)) == []


def test_every_rule_is_broken_once() -> None:
    assert {case["rule"] for case in CASES} == {*RULES, "despite"}


def test_a_rule_may_be_broken_on_purpose() -> None:
    broken = CLEAN.replace("Which TWO does", "What does")
    assert [each.rule for each in found(broken)] == ["stated-number"]
    excuse = 'What it comes with\n    despite: {stated-number: "The lab counts them."}'
    assert found(broken.replace("What a data key comes with", excuse)) == []


@pytest.mark.parametrize("path", sorted((ROOT / "quizzes").glob("*.yaml")), ids=lambda p: p.stem)
def test_the_course_breaks_no_rule(path: Path) -> None:
    assert found(path.read_text()) == []


def test_the_course_as_a_whole_breaks_no_rule() -> None:
    items = [i for path in (ROOT / "quizzes").glob("*.yaml") for i in load_quiz(path).items]
    assert list(bank_broken(items)) == []
    hits, total = longest_is_key(items)
    assert hits <= 0.4 * total


def many(count: int, *, key: int, text: str = "short", stem: str = "Which?") -> list[Item]:
    """Items of three options whose key stands at one place and has this text."""
    quiz = quiz_of(parse(CLEAN.encode(), "05-grants.yaml"), grow)
    told = json.loads(msgspec.json.encode(quiz.items[0]))
    for place, option in enumerate(told["options"]):
        option |= {"correct": place == key, "text": text if place == key else "neither of two"}
    return [msgspec.convert(told | {"id": f"{n:03d}", "stem": stem}, Item) for n in range(count)]


@pytest.mark.parametrize(
    ("items", "rules"),
    [
        (many(19, key=0), []),
        (many(20, key=0), ["key-position"]),
        ([i for key in (0, 1, 2) for i in many(10, key=key)], []),
        (
            [i for key in (0, 1, 2) for i in many(10, key=key, text="a very long and precise one")],
            ["longest-is-key"],
        ),
        (
            [i for key in (0, 1, 2) for i in many(10, key=key, stem="NOT which?")],
            ["rare-negatives"],
        ),
    ],
)
def test_a_bank_is_looked_at_as_a_whole(items: list[Item], rules: list[str]) -> None:
    assert [rule for rule, _, _ in bank_broken(items)] == rules
