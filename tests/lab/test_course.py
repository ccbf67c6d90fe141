import json
from pathlib import Path
from typing import Any

import pytest

from kmslab.lab import course
from kmslab.lab.course import LEDGER, copy_course, course_files, find_lab, student_version

NAME = "labs/04-envelope.ipynb"


def notebook(*cells: dict[str, Any]) -> bytes:
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def code(source: str, *tags: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": "a",
        "metadata": {"tags": list(tags)},
        "source": source,
        "outputs": [{"output_type": "stream", "name": "stdout", "text": "the answer"}],
        "execution_count": 3,
    }


def publish(monkeypatch: pytest.MonkeyPatch, root: Path, content: bytes) -> None:
    """Make `content` the course's only notebook."""
    path = root / NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    monkeypatch.setattr(course, "course_files", lambda: {NAME: path})


def fates(folder: Path) -> list[str]:
    return [copied.fate for copied in copy_course(folder)]


EDITION_1 = notebook(code("x = 1"))
EDITION_2 = notebook(code("x = 2"))


# ------------------------------------------------------------------------------------- deriving


def test_a_solution_keeps_its_prompt_and_loses_the_rest() -> None:
    solved = notebook(
        code("# Ask KMS for a data key.\n\n# Which call?\nkey = 1\n# no prompt\n", "solution")
    )
    (cell,) = json.loads(student_version(solved))["cells"]
    assert cell["source"] == "# Ask KMS for a data key.\n\n# Which call?\n"


def test_a_source_in_lines_is_treated_as_one_in_a_piece() -> None:
    cell = code("", "solution") | {"source": ["# Prompt\n", "answer()"]}
    (derived,) = json.loads(student_version(notebook(cell)))["cells"]
    assert derived["source"] == "# Prompt\n"


def test_other_cells_keep_their_source_and_every_output_goes() -> None:
    text = {"cell_type": "markdown", "id": "b", "metadata": {}, "source": "# Title"}
    derived = json.loads(student_version(notebook(text, code("print(1)"))))["cells"]
    assert derived[0] == text
    assert derived[1]["source"] == "print(1)"
    assert (derived[1]["outputs"], derived[1]["execution_count"]) == ([], None)


# -------------------------------------------------------------------------------------- copying


def test_a_first_copy_and_a_second(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    publish(monkeypatch, tmp_path / "course", EDITION_1)
    assert [fates(tmp_path / "mine"), fates(tmp_path / "mine")] == [["new"], ["same"]]
    assert (tmp_path / "mine" / NAME).read_bytes() == student_version(EDITION_1)


def test_an_untouched_notebook_follows_the_course(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    publish(monkeypatch, tmp_path / "course", EDITION_1)
    copy_course(tmp_path / "mine")
    publish(monkeypatch, tmp_path / "course", EDITION_2)
    assert fates(tmp_path / "mine") == ["updated"]
    assert (tmp_path / "mine" / NAME).read_bytes() == student_version(EDITION_2)


def test_work_is_kept_while_the_course_stands_still(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    publish(monkeypatch, tmp_path / "course", EDITION_1)
    copy_course(tmp_path / "mine")
    (tmp_path / "mine" / NAME).write_text("my work")
    assert fates(tmp_path / "mine") == ["kept"]
    assert sorted(path.name for path in (tmp_path / "mine/labs").iterdir()) == ["04-envelope.ipynb"]


@pytest.mark.parametrize("ledger", ["there", "lost", "broken"])
def test_a_new_edition_is_put_beside_work_and_only_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ledger: str
) -> None:
    mine = tmp_path / "mine"
    publish(monkeypatch, tmp_path / "course", EDITION_1)
    copy_course(mine)
    (mine / NAME).write_text("my work")
    publish(monkeypatch, tmp_path / "course", EDITION_2)
    if ledger == "lost":
        (mine / LEDGER).unlink()
    if ledger == "broken":
        (mine / LEDGER).write_text("[}")

    (copied,) = copy_course(mine)

    assert copied.fate == "beside"
    assert copied.path.read_bytes() == student_version(EDITION_2)
    assert (mine / NAME).read_text() == "my work"
    copied.path.write_text("my work too")
    assert fates(mine) == ["kept"]
    assert copied.path.read_text() == "my work too"


def test_a_deleted_notebook_comes_back(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    publish(monkeypatch, tmp_path / "course", EDITION_1)
    copy_course(tmp_path / "mine")
    (tmp_path / "mine" / NAME).unlink()
    assert fates(tmp_path / "mine") == ["new"]


# -------------------------------------------------------------------------------------- finding


def test_the_course_is_found_in_a_checkout_and_in_a_wheel(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert "labs/README.md" in course_files()
    packaged = tmp_path / "kmslab/course/quizzes/01-first.yaml"
    packaged.parent.mkdir(parents=True)
    packaged.touch()
    monkeypatch.setattr("kmslab.__file__", str(tmp_path / "kmslab/__init__.py"))
    assert course_files() == {"quizzes/01-first.yaml": packaged}


@pytest.mark.parametrize("number", ["04", "4"])
def test_a_lab_is_found_by_its_number(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: str
) -> None:
    publish(monkeypatch, tmp_path, EDITION_1)
    assert find_lab(number) == tmp_path / NAME


def test_a_lab_that_is_not_there_is_answered_with_those_that_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    publish(monkeypatch, tmp_path, EDITION_1)
    with pytest.raises(LookupError, match="it has: 04"):
        find_lab("12")
