"""A student's copy before anything is solved: each check says no, politely, and says what to do.

The cells run in one namespace without a kernel. What a cell needs of an unsolved task may be missing;
what a check needs may not.
"""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from kmslab.lab.checks import CHECKS, Outcome
from kmslab.lab.course import student_version
from tests.tracing import untraced

LABS = sorted(Path(__file__).parents[2].glob("labs/*.ipynb"))


def cells(path: Path) -> list[str]:
    copy = json.loads(student_version(path.read_bytes()))
    return ["".join(cell["source"]) for cell in copy["cells"] if cell["cell_type"] == "code"]


def is_check(source: str) -> bool:
    return source.splitlines()[-1].startswith("check(") if source.strip() else False


def run(source: str, names: dict[str, Any]) -> Outcome:
    """Run a cell that ends with a check; return what the check found."""
    *before, last = source.splitlines()
    exec("\n".join(before), names)
    outcome = eval(last, names)
    assert isinstance(outcome, Outcome)
    return outcome


@untraced
@pytest.mark.parametrize("path", LABS, ids=lambda path: path.stem)
def test_an_unsolved_task_is_told_what_to_do(path: Path) -> None:
    names: dict[str, Any] = {}
    found: list[Outcome] = []
    for source in cells(path):
        if is_check(source):
            found.append(run(source, names))
            continue
        with suppress(Exception):  # of an unsolved task anything may be missing
            exec(source, names)
    assert found
    for outcome in found:
        assert not outcome.passed, outcome.text
        assert outcome.seen
        assert outcome.hint


def test_each_check_is_used_in_its_lab() -> None:
    used = {
        f"{path.stem[:2]}.{number}"
        for path in LABS
        for number in range(1, sum(is_check(source) for source in cells(path)) + 1)
    }
    assert used == set(CHECKS)


@pytest.mark.parametrize("path", LABS, ids=lambda path: path.stem)
def test_no_state_of_widgets_is_kept_beside_the_outputs(path: Path) -> None:
    assert "widgets" not in json.loads(path.read_bytes())["metadata"]
