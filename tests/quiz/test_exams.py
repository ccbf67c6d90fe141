"""The table of exams, and how far the course covers it."""

from pathlib import Path

import msgspec
import pytest

from kmslab.families import load_quiz
from kmslab.quiz.exams import ANY, coverage, exams

QUIZZES = Path(__file__).parents[2] / "quizzes"


@pytest.mark.parametrize("code", exams())
def test_the_domains_of_an_exam_are_the_whole_of_it(code: str) -> None:
    plan = exams()[code]
    assert sum(percent for _, percent in plan.domains) == 100
    assert {int(task.split(".")[0]) for task in plan.tasks} <= set(range(1, len(plan.domains) + 1))


def test_sixty_five_are_fifty_and_fifteen() -> None:
    assert (ANY.scored, ANY.unscored, ANY.length) == (50, 15, 65)
    assert exams()["DOP-C02"].length == 75


def test_what_no_item_names_is_listed_as_well() -> None:
    assert {row.count for row in coverage([])} == {0}
    assert len(coverage([])) == sum(1 + len(plan.tasks) for plan in exams().values())


def test_an_item_counts_once_for_an_exam_and_once_for_each_of_its_tasks() -> None:
    item = load_quiz(QUIZZES / "01-first-key.yaml").items[0]
    named = msgspec.structs.replace(item, exams=("SCS-C03 5.2", "SCS-C03 1.2", "DVA-C03"))
    found = {f"{row.exam} {row.task}".rstrip(): row.count for row in coverage([named, named])}
    assert {name: count for name, count in found.items() if count} == {
        "SCS-C03": 2,
        "SCS-C03 1.2": 2,
        "SCS-C03 5.2": 2,
        "DVA-C03": 2,
    }


def test_the_course_covers_the_exams_it_is_for() -> None:
    items = [item for path in QUIZZES.glob("*.yaml") for item in load_quiz(path).items]
    found = {f"{row.exam} {row.task}".rstrip(): row.count for row in coverage(items)}
    wanted = {"SCS-C03": 130, "DVA-C03": 90, "SAA-C03": 60}
    wanted |= {f"SCS-C03 {task}": 6 for task in exams()["SCS-C03"].tasks}
    assert {name: found[name] for name, least in wanted.items() if found[name] < least} == {}
    assert all(item.exams for item in items)
