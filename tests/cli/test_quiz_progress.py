"""`kmslab quiz progress`, `review` and `regrade`: what a student's log says, in a terminal."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kmslab.cli import quiz_review
from kmslab.families import load_quiz
from kmslab.lab.course import PROGRESS, copy_course
from kmslab.quiz import Session

Command = Callable[..., Any]
BANK = Path(__file__).parents[2] / "quizzes"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy_course(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def answered(folder: Path) -> Path:
    session = Session(load_quiz(BANK / "04-envelope.yaml"), folder / PROGRESS)
    session.answer("001", ["a"], "sure")
    return folder


@pytest.mark.usefixtures("answered")
def test_the_map_names_what_is_due_and_what_was_believed(kmslab_command: Command) -> None:
    ended = kmslab_command("quiz", "progress", "--exam-date", "2099-01-01")
    assert ended.code == 0
    assert "envelope                    growing" in ended.out
    assert "% on the day" in ended.out
    assert "1 due today" in ended.out
    assert "believed 1 time(s): Encrypt takes files of any size. Lab 04: " in ended.out
    assert "sure: 0 of 1 right, 95% interval 0% to 79%" in ended.out


@pytest.mark.usefixtures("answered")
def test_the_map_as_json(kmslab_command: Command) -> None:
    told = json.loads(kmslab_command("quiz", "progress", "--json").out)
    assert told["map"][0]["skill"] == "envelope"
    assert told["misconceptions"][0] == {
        "misconception": "mc.encrypt-takes-files",
        "shown": 1,
        "mended": False,
    }
    assert told["unreadable"] == 0


def test_a_torn_line_is_said(kmslab_command: Command, answered: Path) -> None:
    with (answered / PROGRESS).open("ab") as file:
        file.write(b'{"event":"answ')
    ended = kmslab_command("quiz", "progress")
    assert (ended.code, ended.err) == (0, "1 unreadable line(s) of the log were skipped.\n")


def test_a_log_is_exported_and_deleted(kmslab_command: Command, answered: Path) -> None:
    line = (answered / PROGRESS).read_text()
    assert kmslab_command("quiz", "progress", "export").out == line
    assert kmslab_command("quiz", "progress", "export", "-o", "mine.jsonl").out == "mine.jsonl\n"
    assert Path("mine.jsonl").read_text() == line
    assert kmslab_command("quiz", "progress", "delete", "--yes").code == 0
    assert not (answered / PROGRESS).exists()
    assert "0 of" in kmslab_command("quiz", "progress").out


@pytest.mark.usefixtures("answered")
@pytest.mark.parametrize(
    "arguments",
    [
        ("progress", "--exam-date", "soon"),
        ("review", "--exam-date", "2026-13-01"),
        ("progress", "export", "-o", "no/such/folder.jsonl"),
    ],
)
def test_bad_input_is_one_line(kmslab_command: Command, arguments: tuple[str, ...]) -> None:
    ended = kmslab_command("quiz", *arguments)
    assert (ended.code, ended.err.count("\n")) == (2, 1)


@pytest.mark.parametrize("command", ["progress", "review", "regrade"])
def test_outside_of_a_course_there_is_no_progress(
    kmslab_command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = kmslab_command("quiz", command)
    assert ended.code == 2
    assert "there is no progress here" in ended.err


# ------------------------------------------------------------------------------------- a review


def test_a_review_asks_what_is_due(
    kmslab_command: Command, answered: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = kmslab_command("quiz", "review", "--list").out
    assert listed.startswith("envelope ")
    quiz = load_quiz(BANK / "04-envelope.yaml")
    monkeypatch.setattr(quiz_review, "choose", lambda *_: (quiz, quiz.item("001")))
    lines = iter(["a", "g"])
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: next(lines))
    ended = kmslab_command("quiz", "review", "--sure")
    assert "A 50 MB file before it is stored" in ended.out
    assert len((answered / PROGRESS).read_text().splitlines()) > 1
    assert '"confidence":"guess"' in (answered / PROGRESS).read_text()


@pytest.mark.usefixtures("answered")
def test_a_review_asks_variants_of_a_students_own(
    kmslab_command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiz = load_quiz(BANK / "04-envelope.yaml")
    monkeypatch.setattr(quiz_review, "choose", lambda *_: (quiz, quiz.item("0481")))
    monkeypatch.setattr("sys.stdin", io.StringIO())
    asked = [
        kmslab_command("quiz", "review", "--student", name).out for name in ("ann", "ann", "bob")
    ]
    assert quiz.item("0481").title in asked[0]
    assert asked[0] == asked[1] != asked[2]


@pytest.mark.usefixtures("folder")
def test_with_nothing_due_a_review_says_so(kmslab_command: Command) -> None:
    ended = kmslab_command("quiz", "review")
    assert (ended.code, ended.out) == (0, "Nothing is due today.\n")


# ------------------------------------------------------------------------------------ a regrade


def test_a_regrade_adds_what_the_keys_of_today_say(kmslab_command: Command, answered: Path) -> None:
    log = answered / PROGRESS
    log.write_text(log.read_text().replace('"correct":false', '"correct":true'))
    dry = kmslab_command("quiz", "regrade", "--dry-run")
    assert dry.out == "04-envelope 001: right was, wrong is\n1 answers would change\n"
    assert kmslab_command("quiz", "regrade").out.endswith("1 answers judged anew\n")
    assert kmslab_command("quiz", "regrade").out == "0 answers judged anew\n"
    assert [json.loads(line)["event"] for line in log.read_text().splitlines()] == [
        "answered",
        "regraded",
    ]
