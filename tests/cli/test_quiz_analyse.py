"""`kmslab quiz analyse` and `kmslab quiz bank` from the command line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]
KINDS = str(Path(__file__).parents[1] / "vectors/quiz/00-kinds.yaml")


def test_a_table_is_analysed(kmslab_command: Command, tmp_path: Path) -> None:
    table = tmp_path / "class.csv"
    table.write_text("taker,901,902,903\nann,1,1,0\nbob,0,,0\ncy,1,1,1\n")
    page = tmp_path / "page.html"
    told = kmslab_command("quiz", "analyse", str(table), "--html", str(page))
    assert (told.code, told.err) == (0, "")
    assert "901           3  67% (21% to 94%)" in told.out
    assert "3 takers, 3 items, reliability (KR-20)" in told.out
    assert page.read_text().startswith("<div><svg ")
    figures = json.loads(kmslab_command("quiz", "analyse", str(table), "--json").out)
    by_item = {row["item"]: row["facility"]["n"] for row in figures["rows"]}
    assert by_item == {"901": 3, "902": 2, "903": 3}


def test_unreadable_lines_are_counted(kmslab_command: Command, tmp_path: Path) -> None:
    event = {
        "event": "answered",
        "at": "2026-11-28T12:00:00Z",
        "quiz": "00-kinds",
        "item": "908",
        "version": 1,
        "seed": 1,
        "answer": ["a"],
        "correct": True,
        "credit": 1.0,
    }
    (tmp_path / "ann.jsonl").write_text(f"{json.dumps(event)}\n{{torn\n")
    told = kmslab_command("quiz", "analyse", str(tmp_path))
    assert (told.code, told.err) == (0, "1 unreadable line(s) were skipped.\n")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "cannot"),
        ("a,b\n", "x.csv: line 1: the first column is not `taker`"),
        ("taker,901\nann,x\n", "line 2, item 901: 'x' is no score"),
    ],
)
def test_what_cannot_be_analysed_is_one_line(
    kmslab_command: Command, tmp_path: Path, text: str | None, words: str
) -> None:
    path = tmp_path / "x.csv"
    if text is not None:
        path.write_text(text)
    told = kmslab_command("quiz", "analyse", str(path))
    assert (told.code, told.out, told.err.count("\n")) == (2, "", 1)
    assert text is None or words in told.err


def test_a_page_that_cannot_be_written_is_one_line(kmslab_command: Command, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("taker,901\nann,1\n")
    told = kmslab_command("quiz", "analyse", str(tmp_path / "x.csv"), "--html", "no/such/page.html")
    assert (told.code, told.err.count("\n")) == (2, 1)


def test_a_bank_is_reported(kmslab_command: Command) -> None:
    told = kmslab_command("quiz", "bank", KINDS)
    assert told.code == 0
    lines = told.out.splitlines()
    assert [line.split("  ")[0] for line in lines[:6]] == [
        "options with a reason",
        "distractors with a misconception",
        "items with a reference",
        "items that name an exam",
        "executable keys that were run",
        "the longest option is the key",
    ]
    assert lines[2].split()[-4:] == ["9", "of", "9", "100%"]
    figures = json.loads(kmslab_command("quiz", "bank", KINDS, "--json").out)
    assert figures["keys"][0]["options"] == 3
    assert "SCS-C03 5.2     0 items  data at rest" in told.out
    assert figures["coverage"][0] == {
        "exam": "SCS-C03",
        "task": "",
        "what": "Security - Specialty",
        "count": 0,
    }
