"""The map of the course in a notebook."""

import datetime as dt
from pathlib import Path

import pytest
import yaml
from lxml import html

from kmslab.families import load_quiz
from kmslab.lab.course import copy_course, find_quiz, progress_log
from kmslab.lab.mastery import mastery
from kmslab.quiz import Session

QUIZZES = Path(__file__).parents[2] / "quizzes"


def first_lab(skill: str) -> str:
    """The lab of the course's first item that names the skill, read from the files themselves."""
    for path in sorted(QUIZZES.glob("*.yaml")):
        for entry in yaml.safe_load(path.read_text())["items"]:
            for item in entry.get("items", [entry]):
                if skill in item["skills"]:
                    return str(item["lab"]["name"])
    raise LookupError(skill)


def test_the_map_rises_with_answers_and_says_so_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_course(tmp_path)
    monkeypatch.chdir(tmp_path)
    before = mastery()
    assert {row.level for row in before.rows} == {"new"}
    session = Session(load_quiz(find_quiz("04")), progress_log())
    session.answer("001", ["b"])
    exam = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=30)
    after = mastery(exam=exam)
    (row,) = (row for row in after.rows if row.reviews)
    assert (row.skill, row.level) == ("envelope", "growing")
    assert row.lab == first_lab("envelope")
    shown = after._repr_mimebundle_()
    page = html.fromstring(shown["text/html"])
    assert page.xpath("//caption/text()") == [f"1 of {len(after.rows)} skills asked so far"]
    assert len(page.xpath("//tbody/tr/th[@scope='row']")) == len(after.rows)
    assert "growing, 100% now, " in shown["text/plain"]
    assert "on the day of the exam" in shown["text/plain"]
    assert not page.xpath("//script")
