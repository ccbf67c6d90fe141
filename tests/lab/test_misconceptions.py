"""The registry of wrong beliefs: what the bank and the checks name, and nothing that is not taught."""

import json
import re
from pathlib import Path

import pytest

from kmslab.families import load_quiz
from kmslab.families.traps import TRAPS
from kmslab.lab import checks
from kmslab.lab.checks.outcome import Finding, worded
from kmslab.lab.course import find_lab
from kmslab.lab.misconceptions import missing, named, registry, row
from tests.tracing import untraced

ROOT = Path(__file__).parents[2]


@untraced
@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("quizzes/*.yaml")), ids=lambda path: str(path.stem)
)
def test_a_quiz_names_no_other_beliefs(path: Path) -> None:
    assert missing(registry(), [load_quiz(path)]) == {}


def test_the_families_name_no_other_beliefs() -> None:
    assert {belief for trap in TRAPS.values() for belief in (trap.trusts, trap.doubts)} <= set(
        registry()
    )


def test_each_belief_is_put_right_in_a_section_that_exists() -> None:
    headings = {
        path.stem: "".join(
            "".join(cell["source"])
            for cell in json.loads(path.read_text())["cells"]
            if cell["cell_type"] == "markdown"
        )
        for path in ROOT.glob("labs/*.ipynb")
    }
    wrong = [
        name
        for name, each in registry().items()
        if f"# {each.section}" not in headings.get(each.lab, "")
    ]
    assert wrong == []


def test_no_belief_is_kept_that_nothing_names() -> None:
    named = {
        word
        for folder, files in (
            ("quizzes", "*.yaml"),
            ("kmslab", "**/*.py"),
            ("kmslab/quiz", "*.yaml"),
        )
        for path in (ROOT / folder).glob(files)
        for word in re.findall(r"mc\.[a-z0-9-]+", path.read_text())
    }
    assert set(registry()) <= named


def test_a_missing_belief_gets_a_row_to_copy() -> None:
    quiz = load_quiz(ROOT / "quizzes/04-envelope.yaml")
    item, belief = next(iter(named(quiz)))
    assert row(belief, item) == (
        f'{belief[3:]} = {{ belief = "{belief[3:].replace("-", " ").capitalize()}.", '
        f'lab = "04-envelope", section = "{item.lab.section}" }}'
    )
    known = {name: each for name, each in registry().items() if name != belief}
    assert set(missing(known, [quiz])) == {belief}


def test_a_failed_check_names_the_belief_behind_it_and_where_to_read_on() -> None:
    told = worded(
        "15.2",
        Finding(
            passed=False, seen="No.", hint="Try.", misconception="mc.on-demand-resets-schedule"
        ),
    )
    assert "Rotation on demand begins the period anew." in told.text
    assert "in lab 15" in told.text
    assert (
        worded(
            "15.2", Finding(passed=True, seen="Yes.", misconception="mc.on-demand-resets-schedule")
        ).text
        == "✓ 15.2 Yes."
    )


@pytest.mark.parametrize(
    "module", sorted(Path(checks.__file__).parent.glob("*.py")), ids=lambda path: path.stem
)
def test_checks_name_known_beliefs(module: Path) -> None:
    words = {word.strip('",()') for word in module.read_text().split() if word.startswith('"mc.')}
    assert words <= set(registry())
    assert find_lab("15").exists()
