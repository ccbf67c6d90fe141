"""`kmslab lab`: what it says and how it ends. The copying and running are tested in tests/lab."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from kmslab.cli import lab
from kmslab.lab.course import Copied
from kmslab.lab.mark import CHECK_MIME

Command = Callable[..., Any]


def check(name: str, *, passed: bool) -> str:
    bundle = {"name": name, "passed": passed, "text": "as seen"}
    return f"display({{{CHECK_MIME!r}: {bundle}}}, raw=True)"


def write(folder: Path, *sources: str) -> str:
    notebook: Any = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s) for s in sources])
    nbformat.write(notebook, folder / "mine.ipynb")
    return str(folder / "mine.ipynb")


def test_a_run_prints_its_checks(kmslab_command: Command, tmp_path: Path) -> None:
    path = write(tmp_path, check("04.1", passed=True), check("04.2", passed=True))
    ended = kmslab_command("lab", "--run", path)
    assert ended.code == 0
    assert ended.out.splitlines() == [
        "passed  04.1  as seen",
        "passed  04.2  as seen",
        "mine.ipynb: 2 of 2 checks passed",
    ]


def test_a_failed_check_and_an_error_are_told_and_end_with_1(
    kmslab_command: Command, tmp_path: Path
) -> None:
    ended = kmslab_command("lab", "--run", write(tmp_path, check("04.1", passed=False), "1 / 0"))
    assert ended.code == 1
    assert ended.out.splitlines() == [
        "FAILED  04.1  as seen",
        "stopped: ZeroDivisionError: division by zero",
        "mine.ipynb: 0 of 1 checks passed",
    ]


def test_json_says_the_same(kmslab_command: Command, tmp_path: Path) -> None:
    path = write(tmp_path, check("04.1", passed=True))
    assert json.loads(kmslab_command("lab", "--json", "--run", path).out) == {
        "notebook": "mine.ipynb",
        "checks": [{"name": "04.1", "passed": True, "text": "as seen"}],
        "failure": "",
        "passed": True,
    }


def test_a_run_leaves_nothing_where_it_was_started(
    kmslab_command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "open('left', 'w').close()")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    kmslab_command("lab", "--run", path)
    assert list((tmp_path / "here").iterdir()) == []


def test_what_is_no_notebook_is_named(kmslab_command: Command, tmp_path: Path) -> None:
    (tmp_path / "x.ipynb").write_text("{}")
    ended = kmslab_command("lab", "--run", str(tmp_path / "x.ipynb"))
    assert ended.code == 2
    assert ended.err.count("\n") == 1
    assert "x.ipynb" in ended.err


def test_json_without_a_run_opens_nothing(kmslab_command: Command) -> None:
    ended = kmslab_command("lab", "--json")
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert "--run NN" in ended.err


def test_the_folder_may_come_from_the_environment(
    kmslab_command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: dict[str, Any] = {}
    monkeypatch.setattr(
        lab.launch, "start", lambda folder, **how: started.update(how, folder=folder)
    )
    monkeypatch.setenv("KMSLAB_COURSE", str(tmp_path / "course"))
    ended = kmslab_command("lab", "--no-browser")
    assert ended.code == 0
    assert started == {
        "folder": tmp_path / "course",
        "opening": "labs/README.md",
        "browser": False,
    }
    assert "files copied to" in ended.err


def test_a_new_edition_beside_ones_work_is_reported(
    kmslab_command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = Copied("labs/04.ipynb", "beside", tmp_path / "labs/04.abcd.ipynb")
    monkeypatch.setattr(lab, "copy_course", lambda _: [copied])
    monkeypatch.setattr(lab.launch, "start", lambda *_, **__: None)
    assert (
        f"you changed labs/04.ipynb; new edition: {copied.path}"
        in kmslab_command("lab", "--dir", str(tmp_path)).err
    )


def test_a_folder_that_cannot_be_written_is_named(kmslab_command: Command, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ended = kmslab_command("lab", "--dir", str(tmp_path / "file" / "below"))
    assert ended.code == 2
    assert ended.err.count("\n") == 1
    assert "not a directory" in ended.err
