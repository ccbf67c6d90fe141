"""`kmslab quiz page`, `print` and `preview`: files, refusals, and what is said."""

import io
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest

from kmslab.cli import quiz_preview, quiz_print

Command = Callable[..., Any]
BANK = sorted((Path(__file__).parents[2] / "quizzes").glob("04*.yaml"))
KINDS = str(Path(__file__).parents[1] / "vectors/quiz/00-kinds.yaml")


def test_a_page_is_one_file(kmslab_command: Command, tmp_path: Path) -> None:
    path = tmp_path / "practice.html"
    ended = kmslab_command("quiz", "page", KINDS, "04", "-o", str(path))
    assert (ended.code, ended.out, ended.err) == (0, f"{path}\n", "")
    page = path.read_text()
    assert page.count("data-quiz=") == 2
    assert 'http-equiv="Content-Security-Policy" content="default-src \'none\'; ' in page


def test_what_stays_out_of_a_page_is_said(kmslab_command: Command, tmp_path: Path) -> None:
    source = tmp_path / "00-kinds.yaml"
    source.write_text(
        Path(KINDS).read_text().replace('    id: "901"\n', '    id: "901"\n    exam_only: true\n')
    )
    ended = kmslab_command("quiz", "page", str(source), "-o", str(tmp_path / "p.html"))
    assert ended.err == "left out: 00-kinds 901 Rotation and old data\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("page", "77", "-o", "p.html"), "no quiz '77'"),
        (("page", KINDS, "-o", "missing/p.html"), "missing/p.html: no such file"),
        (("print", KINDS, "--seed", "1", "-o", "missing/p.html"), "missing/p.html: no such file"),
        (
            ("print", KINDS, "--seed", "1", "-o", "p.html", "--exam", "SAA-C03"),
            "no items of SAA-C03 here",
        ),
        (("preview", "missing.yaml"), "missing.yaml is no file"),
        (("preview", "."), ". is no file"),
        (("lint", "."), ".: no quiz (*.yaml) in this folder"),
        (("exam", "."), ".: no quiz (*.yaml) in this folder"),
    ],
)
def test_bad_input_is_one_line(
    kmslab_command: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = kmslab_command("quiz", *arguments)
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert said in ended.err


def test_an_exam_and_its_key_are_printed(kmslab_command: Command, tmp_path: Path) -> None:
    exam, key = tmp_path / "exam.html", tmp_path / "key.html"
    ended = kmslab_command(
        "quiz", "print", KINDS, "--seed", "3", "-o", str(exam), "--key", str(key)
    )
    assert (ended.code, ended.out) == (0, f"{exam}\n{key}\n")
    assert ("REASON-DENY" in exam.read_text(), "REASON-DENY" in key.read_text()) == (False, True)


def test_a_pdf_is_a_pdf(kmslab_command: Command, tmp_path: Path) -> None:
    if not any(map(shutil.which, quiz_print.BROWSERS)):
        pytest.skip("Chromium is not installed; apt-get install chromium")
    path = tmp_path / "exam.pdf"
    assert kmslab_command("quiz", "print", KINDS, "--seed", "3", "-o", str(path), "--pdf").code == 0
    assert path.read_bytes().startswith(b"%PDF-")


def test_without_a_browser_there_is_no_pdf(
    kmslab_command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quiz_print, "BROWSERS", ("no-such-browser",))
    ended = kmslab_command(
        "quiz", "print", KINDS, "--seed", "3", "-o", str(tmp_path / "e.pdf"), "--pdf"
    )
    assert (ended.code, "leave --pdf out" in ended.err) == (2, True)
    monkeypatch.setattr(quiz_print, "BROWSERS", ("false",))
    ended = kmslab_command(
        "quiz", "print", KINDS, "--seed", "3", "-o", str(tmp_path / "e.pdf"), "--pdf"
    )
    assert (ended.code, "could not be printed" in ended.err) == (2, True)


class Served:
    """A server that says what it would have served."""

    server_port = 4711

    def __init__(self, preview: Any, token: str, port: int) -> None:
        self.preview, self.token, self.port = preview, token, port

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def serve_forever(self) -> None:
        assert "to look at" in self.preview.page()


def test_a_preview_prints_its_url_and_opens_it(
    kmslab_command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(quiz_preview, "server", Served)
    monkeypatch.setattr(quiz_preview, "has_browser", lambda _: True)
    monkeypatch.setattr(quiz_preview.webbrowser, "open", opened.append)
    ended = kmslab_command("quiz", "preview", KINDS)
    assert ended.out.startswith("http://127.0.0.1:4711/")
    assert opened == [ended.out.strip()]
    assert len(ended.out.strip().split("/")[3]) == 32
    kmslab_command("quiz", "preview", KINDS, "--no-browser")
    assert len(opened) == 1


def test_a_port_that_is_taken_is_said(
    kmslab_command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken(*_: object) -> None:
        raise OSError(98, "Address already in use")

    monkeypatch.setattr(quiz_preview, "server", taken)
    ended = kmslab_command("quiz", "preview", KINDS, "--port", "80")
    assert (ended.code, "port 80: address already in use" in ended.err) == (2, True)


GERMAN = """\
    i18n:
      de: {stem: Wie heisst der Aufruf?}
"""


@pytest.fixture
def german(tmp_path: Path) -> str:
    """One of the specimens, 903, in German too."""
    path = tmp_path / "00-kinds.yaml"
    text = Path(KINDS).read_text()
    path.write_text(text.replace('    id: "903"\n', f'    id: "903"\n{GERMAN}'))
    return str(path)


def test_pages_and_paper_are_in_a_language_as_far_as_there_is_one(
    kmslab_command: Command, german: str, tmp_path: Path
) -> None:
    out = tmp_path / "out.html"
    for command in (("page",), ("print", "--seed", "1")):
        for lang, is_german in ((("--lang", "de"), True), ((), False)):
            assert kmslab_command("quiz", *command, german, "-o", str(out), *lang).code == 0
            told = out.read_text()
            assert ("Wie heisst der Aufruf?" in told) == is_german
            assert "What keeps the records apart?" in told


def test_an_exam_is_sat_in_a_language(
    kmslab_command: Command, german: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for lang, is_german in ((("--lang", "de"), True), ((), False)):
        monkeypatch.setattr("sys.stdin", io.StringIO("\n" * 9))  # through all of them, then away
        ended = kmslab_command("quiz", "exam", german, *lang)
        assert ("Wie heisst der Aufruf?" in ended.out) == is_german
        assert "What keeps the records apart?" in ended.out


def test_a_student_has_a_paper_of_their_own(kmslab_command: Command, tmp_path: Path) -> None:
    def paper(student: str) -> str:
        out, key = tmp_path / f"{student}.html", tmp_path / f"{student}-key.html"
        bank = ("--seed", "1", "-o", str(out), "--key", str(key), "--student", student)
        assert kmslab_command("quiz", "print", *map(str, BANK), *bank).code == 0
        assert f"Key of exam 1 for {student}</h1>" in key.read_text()
        before, named, after = out.read_text().partition(f"Name {student} ")
        assert named
        return before + after  # what is left differs by its questions

    assert paper("ann") == paper("ann") != paper("bob")
