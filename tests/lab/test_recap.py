"""The quiz at the end of a lab, and where its progress lies."""

from pathlib import Path

import pytest

from kmslab.lab.course import copy_course, find_quiz, progress_log
from kmslab.lab.recap import exam, quiz


def test_inside_a_course_folder_progress_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_course(tmp_path)
    monkeypatch.chdir(tmp_path / "labs")
    widget = quiz("04")
    assert widget.page["quiz"] == "04-envelope"
    widget._handle_custom_msg({"do": "reveal", "item": "001"}, [])
    kept = tmp_path / ".kmslab" / "progress.jsonl"
    assert kept == progress_log()
    assert '"revealed"' in kept.read_text()
    assert quiz("4").page["items"][0]["status"] == "shown"


def test_elsewhere_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert progress_log() is None
    quiz("01")._handle_custom_msg({"do": "reveal", "item": "003"}, [])
    assert list(tmp_path.iterdir()) == []


def test_a_quiz_has_a_number_and_a_name() -> None:
    assert find_quiz("1") == find_quiz("01") == find_quiz("01-first-key")
    with pytest.raises(LookupError, match="no quiz '77' in the course; it has: 01-first-key, "):
        find_quiz("77")


def test_an_exam_is_kept_beside_the_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_course(tmp_path)
    monkeypatch.chdir(tmp_path / "labs")
    widget = exam("SCS-C03", seed=4)
    assert 0 < widget.paper["scored"] < widget.paper["total"] <= 65
    widget._handle_custom_msg({"do": "start", "answer": None}, [])
    assert '"started"' in (tmp_path / ".kmslab" / "exams.jsonl").read_text()
    assert exam("SCS-C03", seed=4).sitting["phase"] == "running"


def test_whose_variants_are_asked_is_named_by_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stems() -> tuple[object, object]:
        asked = {item["id"]: item["stem"] for item in quiz("04").page["items"]}
        return asked["0481"], [each["stem"] for each in exam("SCS-C03").paper["questions"]]

    monkeypatch.chdir(tmp_path)
    alone = stems()
    monkeypatch.setenv("KMSLAB_STUDENT", "ann")
    monkeypatch.setenv("KMSLAB_COURSE_SECRET", "course")
    ann = stems()
    monkeypatch.setenv("KMSLAB_STUDENT", "bob")
    bob = stems()
    assert alone[0] != ann[0] != bob[0] != alone[0]
    assert alone[1] != ann[1] != bob[1] != alone[1]


def test_what_is_not_translated_is_asked_as_it_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert quiz("04", lang="fr").page == quiz("04").page
    assert exam("SCS-C03", lang="fr").paper == exam("SCS-C03").paper
