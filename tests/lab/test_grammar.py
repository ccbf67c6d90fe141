"""What all labs have in common: the order of their parts, their cells, and the way their quizzes point back."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from kmslab.families import load_quiz

ROOT = Path(__file__).parents[2]
LABS = sorted(ROOT.glob("labs/*.ipynb"))
PARTS = ["Predict", "Worked example", "Task 1", "What AWS really does", "Recap"]
MARKERS = re.compile(r"NBVAL_|raises-exception")

each_lab = pytest.mark.parametrize("path", LABS, ids=lambda path: path.stem)


def cells(path: Path, kind: str = "") -> list[dict[str, Any]]:
    found = json.loads(path.read_text())["cells"]
    return [cell for cell in found if kind in ("", cell["cell_type"])]


def text(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def headings(path: Path) -> list[str]:
    prose = "\n".join(text(cell) for cell in cells(path, "markdown"))
    return re.findall(r"^## (.+)$", prose, re.MULTILINE)


@each_lab
def test_a_lab_has_its_parts_in_order(path: Path) -> None:
    found = headings(path)
    places = [next(n for n, name in enumerate(found) if name.startswith(part)) for part in PARTS]
    assert places == sorted(places)
    assert re.search(r"^> \*\*Goal\.\*\* (.|\n)+ minutes\.", text(cells(path)[0]), re.MULTILINE)


@each_lab
def test_cells_are_numbered_and_hide_nothing(path: Path) -> None:
    number = path.stem[:2]
    assert [cell["id"] for cell in cells(path)] == [
        f"{number}-{place:02d}" for place in range(len(cells(path)))
    ]
    assert not [cell["id"] for cell in cells(path) if MARKERS.search(json.dumps(cell))]
    assert {tag for cell in cells(path) for tag in cell["metadata"].get("tags", [])} == {"solution"}


@each_lab
def test_a_solution_opens_with_its_prompt(path: Path) -> None:
    for cell in cells(path, "code"):
        if "solution" in cell["metadata"].get("tags", []):
            assert text(cell).startswith("# "), cell["id"]


@each_lab
def test_a_lab_shows_a_picture_that_says_what_it_shows(path: Path) -> None:
    outputs = [output for cell in cells(path, "code") for output in cell["outputs"]]
    pages = ["".join(output.get("data", {}).get("text/html", "")) for output in outputs]
    pictures = [page for page in pages if page.startswith("<svg")]
    assert pictures
    for picture in pictures:
        assert 'role="img"' in picture
        assert re.search(r"<title>.+</title><desc>.+</desc>", picture)


@each_lab
def test_each_question_points_into_its_lab(path: Path) -> None:
    quiz = load_quiz(ROOT / "quizzes" / f"{path.stem}.yaml")
    asked = {(item.lab.name, item.lab.section) for item in quiz.items}
    assert asked <= {(path.stem, heading) for heading in headings(path)}
