"""Rules of item writing: each is broken once, in a file that breaks none."""

import datetime as dt
import json
import re
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kmslab.cli.quiz_lint import advice, known_here
from kmslab.families import grow, load_quiz
from kmslab.quiz import balance, template
from kmslab.quiz.balance import BAND, longest_is_key, unbalanced
from kmslab.quiz.catalog import KINDS, Item
from kmslab.quiz.kinds.choice import Single
from kmslab.quiz.load import quiz_of
from kmslab.quiz.source import parse
from kmslab.quiz.writing import RULES, Known

ROOT = Path(__file__).parents[2]
CASES = json.loads((ROOT / "tests/vectors/quiz/writing.json").read_text())
CLEAN = template.text("05-grants", day=dt.date(2026, 11, 25), first_id=7)
KNOWN = msgspec.structs.replace(known_here(), today=dt.date(2026, 11, 25))


@pytest.fixture(scope="module")
def course() -> list[Item]:
    """Every item of the bank."""
    return [item for path in (ROOT / "quizzes").glob("*.yaml") for item in load_quiz(path).items]


def found(text: str, known: Known = KNOWN) -> list[Any]:
    source = parse(text.encode(), "05-grants.yaml")
    return list(advice(source, quiz_of(source, grow), known))


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


def test_an_unknown_belief_is_named_where_it_stands() -> None:
    (told,) = found(CLEAN.replace("mc.allow-beats-deny", "mc.nobodys", 1))
    before, _, rest = CLEAN.partition("mc.allow-beats-deny")
    assert rest
    assert told.line == before.count("\n") + 1


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
def test_the_course_breaks_no_rule(path: Path, course: list[Item]) -> None:
    newest = max(item.as_of for item in course)  # a test must not become red by waiting
    assert found(path.read_text(), msgspec.structs.replace(KNOWN, today=newest)) == []


def test_the_course_as_a_whole_breaks_no_rule(course: list[Item]) -> None:
    assert list(unbalanced(course)) == []
    hits, total = longest_is_key(course)
    assert hits <= 0.4 * total


def test_every_item_of_the_course_names_a_lab_that_is_there(course: list[Item]) -> None:
    named = {item.lab.name for item in course}  # the rule `lab-sections` looks at the headings
    assert named <= set(KNOWN.sections)


def test_no_proof_reaches_past_the_public_road(course: list[Item]) -> None:
    private = re.compile(r"\w\._[a-z]|\bendpoint\b")
    assert [item.id for item in course if item.proof and private.search(item.proof)] == []


LEVELS = [1] * 6 + [2] * 9 + [3] * 5  # 30, 45 and 25 percent of twenty


def many(
    count: int,
    *,
    keys: tuple[int, ...] = (0, 1, 2),
    text: str = "as long as it",
    stem: str = "Which?",
    levels: Sequence[int] = LEVELS,
) -> list[Item]:
    """Items of three options, whose keys stand at these places in turn and have this text."""
    quiz = quiz_of(parse(CLEAN.encode(), "05-grants.yaml"), grow)
    told = json.loads(msgspec.json.encode(quiz.items[0]))

    def one(n: int) -> Item:
        key = keys[n % len(keys)]
        texts = [text if place == key else f"as long as {place}{place}" for place in range(3)]
        options = [
            option | {"correct": place == key, "text": texts[place]}
            for place, option in enumerate(told["options"])
        ]
        head = {"id": f"{n:03d}", "stem": stem, "difficulty": levels[n % len(levels)]}
        return msgspec.convert(told | head | {"options": options}, Item)

    return [one(n) for n in range(count)]


def others(count: int) -> list[Item]:
    """Items of the template that have no single right option."""
    quiz = quiz_of(parse(CLEAN.encode(), "05-grants.yaml"), grow)
    found = [item for item in quiz.items if not isinstance(item, Single)]
    return list(islice(cycle(found), count))


@pytest.mark.parametrize(
    ("items", "rules"),
    [
        (many(19, keys=(0,)), []),
        (many(20, keys=(0,)), ["key-position"]),
        (many(60), []),
        (many(60, text="a very long and precise one"), ["telling-lengths"]),
        (many(60, text="short"), ["telling-lengths"]),
        ([*many(1, text="a very long and precise one"), *others(19)], []),
        (many(60, stem="NOT which?"), ["rare-negatives"]),
        (many(90, levels=[1, 3, 3]), []),
        (many(120, levels=[1, 3, 3]), ["difficulty-band"] * 2),
    ],
)
def test_a_bank_is_looked_at_as_a_whole(items: list[Item], rules: list[str]) -> None:
    assert [rule for rule, _, _ in unbalanced(items)] == rules


def test_every_rule_for_a_bank_is_broken_once_above_and_the_band_is_whole() -> None:
    assert set(balance.RULES) == {
        "key-position",
        "telling-lengths",
        "rare-negatives",
        "difficulty-band",
    }
    assert sum(BAND.values()) == pytest.approx(1)
