import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from kmslab.lab.mark import CHECK_MIME, Check
from kmslab.lab.run import Lab, Run

SHOW = "display({{'{mime}': {bundle}}}, raw=True)"


def check_cell(name: str, *, passed: bool) -> str:
    bundle = {"name": name, "passed": passed, "text": "seen"}
    return SHOW.format(mime=CHECK_MIME, bundle=bundle)


def passed(name: str) -> Check:
    return Check(name, passed=True, text="seen")


def write(folder: Path, *sources: str) -> Path:
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    notebook: Any = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# T"), *cells])
    path = folder / "04-lab.ipynb"
    nbformat.write(notebook, path)
    return path


def test_a_run_collects_its_checks_in_order(tmp_path: Path) -> None:
    lab = Lab(write(tmp_path, check_cell("04.1", passed=True), "", check_cell("04.2", passed=True)))
    seen: list[None] = []
    run = lab.run(tmp_path, on_cell=lambda: seen.append(None))
    assert run == Run("04-lab.ipynb", (passed("04.1"), passed("04.2")))
    assert run.passed
    assert len(seen) == lab.code_cells == 2


def test_a_failed_check_fails_the_run(tmp_path: Path) -> None:
    lab = Lab(write(tmp_path, check_cell("04.1", passed=False)))
    assert not lab.run(tmp_path).passed


def test_an_error_stops_the_run_and_is_named(tmp_path: Path) -> None:
    lab = Lab(write(tmp_path, check_cell("04.1", passed=True), "1 / 0", "unreached()"))
    run = lab.run(tmp_path)
    assert run.failure == "ZeroDivisionError: division by zero"
    assert [check.name for check in run.checks] == ["04.1"]
    assert not run.passed


def test_a_run_without_checks_proves_nothing(tmp_path: Path) -> None:
    assert not Lab(write(tmp_path, "1 + 1")).run(tmp_path).passed


def test_the_kernel_is_this_interpreter_in_the_given_folder(tmp_path: Path) -> None:
    source = "import os, sys, pathlib; pathlib.Path('who').write_text(sys.executable)"
    Lab(write(tmp_path, source)).run(tmp_path)
    assert (tmp_path / "who").read_text() == sys.executable


def test_talk_with_the_kernel_is_encrypted(tmp_path: Path) -> None:
    source = """
import json, pathlib
from ipykernel.connect import get_connection_info
pathlib.Path("connection").write_text(json.dumps(sorted(get_connection_info(unpack=True))))
"""
    Lab(write(tmp_path, source)).run(tmp_path)
    assert "curve_publickey" in json.loads((tmp_path / "connection").read_text())


def test_stored_outputs_are_not_taken_for_results(tmp_path: Path) -> None:
    path = write(tmp_path, "pass")
    notebook = json.loads(path.read_text())
    stored = {CHECK_MIME: {"name": "04.1", "passed": True}}
    notebook["cells"][1]["outputs"] = [
        {"output_type": "display_data", "data": stored, "metadata": {}}
    ]
    path.write_text(json.dumps(notebook))
    assert Lab(path).run(tmp_path).checks == ()


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"cells": 3, "nbformat": 4}', "\x00"])
def test_what_is_no_notebook_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "x.ipynb"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"."):
        Lab(path)


def test_a_cell_that_does_not_end_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kmslab.lab.run.CELL_SECONDS", 1)
    run = Lab(write(tmp_path, "import time; time.sleep(60)")).run(tmp_path)
    assert "timed out" in run.failure


def test_a_kernel_does_not_load_what_runs_notebooks() -> None:
    asked = "import sys, kmslab.lab.checks; print({'nbclient', 'nbformat'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "set()"
