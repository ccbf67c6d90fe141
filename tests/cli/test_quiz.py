"""`kmslab quiz`: asking, linting and proving from the command line."""

import datetime as dt
import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kmslab.cli import quiz, quiz_ask, quiz_exam
from kmslab.cli.quiz_prove import proofs_of
from kmslab.families import load_quiz
from kmslab.lab import course
from kmslab.lab.course import copy_course
from kmslab.quiz.catalog import kind_of
from kmslab.quiz.screen.exam import Sitting as FullExam
from kmslab.quiz.screen.practice import Practice
from tests.tracing import untraced

Command = Callable[..., Any]
KINDS = str(Path(__file__).parents[1] / "vectors/quiz/00-kinds.yaml")
BANK = Path(__file__).parents[2] / "quizzes"

QUIZ = """\
quiz: 01-first
title: Keys
about: One question.
as_of: 2026-11-24
items:
  - type: single
    id: "901"
    title: Decrypt
    stem: Which parameter may Decrypt lack?
    why: The blob names its key.
    lab: {name: 01-first, section: decrypt}
    topic: operations
    skills: [decrypt]
    refs: [{title: Decrypt, url: "https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html"}]
    as_of: 2026-11-24
    options:
      - {id: a, text: KeyId, why: Because the blob names it., correct: true}
      - {id: b, text: CiphertextBlob, why: Nothing could be decrypted., misconception: mc.alias-is-the-key}
      - {id: c, text: Neither, why: One of them may., misconception: mc.alias-moves-data}
    proof: |
      PROOF
"""
TRUE = "answer = {'a': True, 'b': False, 'c': False}"
ON_THE_SERVICE = """\
kms = Kms.fresh(seed=1).client()
      key = kms.create_key()['KeyMetadata']['KeyId']
      blob = kms.encrypt(KeyId=key, Plaintext=b'x')['CiphertextBlob']
      without_key = kms.decrypt(CiphertextBlob=blob)['Plaintext'] == b'x'
      answer = {'a': without_key, 'b': False, 'c': not without_key}
"""


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Make a bank of one quiz with this proof; return its path."""

    def put(proof: str) -> str:
        path = tmp_path / "01-first.yaml"
        path.write_text(QUIZ.replace("PROOF", proof))
        for module in (quiz, course):
            monkeypatch.setattr(module, "course_files", lambda: {f"quizzes/{path.name}": path})
        return str(path)

    return put


def answering(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


# --------------------------------------------------------------------------------------- asking


def test_without_a_name_the_quizzes_are_listed(
    kmslab_command: Command, write: Callable[[str], str]
) -> None:
    write(TRUE)
    assert kmslab_command("quiz").out == "01-first\n"


@pytest.mark.parametrize("name", ["01", "1", "01-first", "path"])
def test_all_three_letters_lead_to_the_key_and_only_one_is_right(
    kmslab_command: Command,
    write: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    path = write(TRUE)
    codes = []
    for letter in "abc":
        answering(monkeypatch, letter)
        ended = kmslab_command("quiz", path if name == "path" else name)
        assert "The blob names its key." in ended.out
        codes.append(ended.code)
    assert sorted(codes) == [0, 1, 1]


def test_what_is_no_answer_is_asked_again(
    kmslab_command: Command, write: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(TRUE)
    answering(monkeypatch, "z", "a")
    ended = kmslab_command("quiz", "01")
    assert "Answer with letters from a, b, c." in ended.out
    assert ended.code in (0, 1)


def test_an_unknown_quiz_is_answered_with_those_there_are(
    kmslab_command: Command, write: Callable[[str], str]
) -> None:
    write(TRUE)
    ended = kmslab_command("quiz", "77")
    assert ended.code == 2
    assert ended.err == "kmslab: no quiz '77' in the course; it has: 01-first\n"


# -------------------------------------------------------------------------------------- linting


def test_a_sound_file_has_no_faults(kmslab_command: Command, write: Callable[[str], str]) -> None:
    ended = kmslab_command("quiz", "lint", write(TRUE))
    assert (ended.code, ended.out, ended.err) == (0, "", "files: 1, faults: 0, advice: 0\n")


def test_a_fault_is_named_by_its_place(
    kmslab_command: Command, write: Callable[[str], str]
) -> None:
    path = Path(write(TRUE))
    path.write_text(path.read_text().replace("title: Keys", "titel: Keys"))
    ended = kmslab_command("quiz", "lint", str(path.parent))
    assert ended.code == 2
    assert ended.out.startswith(f"{path}:2:1: ")
    (fault, *_) = json.loads(kmslab_command("quiz", "lint", "--json", str(path)).out)
    assert (fault["path"], fault["line"]) == (str(path), 2)


@pytest.mark.parametrize("command", ["lint", "prove", "ask"])
def test_a_file_that_is_not_there_is_named(kmslab_command: Command, command: str) -> None:
    ended = kmslab_command("quiz", command, "nowhere.yaml")
    assert ended.code == 2
    assert "nowhere.yaml" in ended.out + ended.err
    assert "Traceback" not in ended.err


def test_a_broken_rule_of_writing_is_a_verdict_of_no(
    kmslab_command: Command, write: Callable[[str], str]
) -> None:
    path = Path(write(TRUE))
    path.write_text(path.read_text().replace("Which parameter", "Why? Which parameter"))
    ended = kmslab_command("quiz", "lint", str(path))
    assert (ended.code, ended.err) == (1, "files: 1, faults: 0, advice: 1\n")
    assert ended.out == f"{path}:9:11: one-question: 2 questions; ask one; make an item of each\n"
    (told,) = json.loads(kmslab_command("quiz", "lint", "--json", str(path)).out)
    assert told["rule"] == "one-question"


# ------------------------------------------------------------------------------------ beginning


def test_a_new_quiz_lints_and_takes_free_ids(
    kmslab_command: Command,
    write: Callable[[str], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write(TRUE)
    monkeypatch.chdir(tmp_path)
    assert kmslab_command("quiz", "new", "05-grants").out == "05-grants.yaml\n"
    assert 'id: "902"' in (tmp_path / "05-grants.yaml").read_text()
    assert kmslab_command("quiz", "lint", "05-grants.yaml").code == 0
    assert kmslab_command("quiz", "prove", "05-grants.yaml").code == 0
    again = kmslab_command("quiz", "new", "05-grants")
    assert (again.code, again.err[:28]) == (2, "kmslab: 05-grants.yaml exist")
    (tmp_path / "quizzes").mkdir()
    (tmp_path / "quizzes/torn.yaml").write_text("a: [")
    assert kmslab_command("quiz", "new", "06-keys").out == "quizzes/06-keys.yaml\n"


def test_a_new_quiz_has_the_name_of_a_lab(kmslab_command: Command) -> None:
    ended = kmslab_command("quiz", "new", "grants")
    assert (ended.code, "as 05-grants" in ended.err) == (2, True)


# ------------------------------------------------------------------------------------ all kinds


def line_of(item: Any) -> str:
    """What a student types for the right answer, as the terminal asks for it."""
    kind = kind_of(item)
    key, shown = kind.key(item), kind.view(item, 1)
    options = [option["id"] for option in shown.get("options", shown.get("spots", []))]
    options = [name for name in options if name]
    letter = {name: "abcdefgh"[place] for place, name in enumerate(options)}
    if isinstance(key, str):
        return key
    if isinstance(key, list):
        return " ".join(letter.get(each, each) for each in key)
    gaps = {g["id"]: [o["id"] for o in g["options"]] for g in shown.get("gaps", [])}
    if not gaps:
        return " ".join(letter[each] for each in key.values())
    return "; ".join(
        "abcdefgh"[gaps[gap].index(each)] if each in gaps[gap] else each
        for gap, each in key.items()
    )


def test_every_kind_is_asked_and_explained_in_the_terminal(
    kmslab_command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = load_quiz(KINDS).items
    answering(monkeypatch, *map(line_of, items))
    ended = kmslab_command("quiz", KINDS)
    assert (ended.code, ended.out.splitlines()[-1]) == (0, "9 of 9 right")
    assert ended.out.count("A shop keeps records of two tenants under one key.") == 1
    wrong = ["true a", "6144", "decrypt", "a", "aa", "a; context", "a", "b", "a"]
    answering(monkeypatch, *wrong)
    told = kmslab_command("quiz", KINDS).out
    for words in (
        "your answer wrong: That is the longest blob. Right: 4096 bytes.",
        "your answer wrong: Its answer holds the plaintext. Right: ReEncrypt.",
        "missed: Step 2. With the plaintext half.",
        "[2] wrong: The name is longer. Right: EncryptionContext.",
        "b) missed: REASON-DENY it denies.",
    ):
        assert words in told, told


@untraced
@pytest.mark.parametrize("path", sorted(BANK.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_key_of_the_course_is_proven(path: Path) -> None:
    proofs = list(proofs_of(path, load_quiz(path)))
    assert [proof for proof in proofs if not (proof.proven or proof.unprovable)] == []


# ------------------------------------------------------------------------------------- an exam


def test_an_exam_tells_no_key_before_its_end(
    kmslab_command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    copy_course(tmp_path)
    monkeypatch.chdir(tmp_path)
    lines = [
        "q",
        "/flag",
        "/nonsense",
        "a",
        "/go 99",
        "/go 1",
        "/clear",
        "/back",
        *[""] * 9,
        "/end",
        "n",
        "/end",
        "y",
    ]
    answering(monkeypatch, *lines)
    ended = kmslab_command("quiz", "exam", KINDS)
    assert ended.code == 0
    before, _, after = ended.out.partition("9 unanswered, which count as wrong. End the exam?")
    assert "9 items, 7 of them scored." in before
    assert "Question 1 of 9   flagged   18 min left" in before
    assert "Questions are numbered from 1 to 9" in before
    assert "Open: 1, 2, 3, 4, 5, 6, 7, 8, 9. Flagged: 1." in before
    assert not [word for word in ("Right", "REASON-", "mc.", "It denies") if word in before]
    assert "REASON-DENY it denies." in after
    assert "0 of   7 right, 95% interval   0% to  35%" in after
    assert after.count("(not scored)") == 2
    assert '"event":"sat"' in (tmp_path / ".kmslab/exams.jsonl").read_text()


def test_right_answers_are_right_in_an_exam(
    kmslab_command: Command, write: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(TRUE)
    told = []
    for letter in "abc":
        answering(monkeypatch, letter, "/end", "y")
        told.append(kmslab_command("quiz", "exam", "--untimed").out)
    assert all("No time limit" in out for out in told)
    assert sum("1 of   1 right" in out for out in told) == 1
    assert sum("believed 1 time(s): mc." in out for out in told) == 2


def test_time_ends_an_exam(
    kmslab_command: Command, write: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(TRUE)
    start = quiz_exam.wall_clock()
    for minutes, options, over in ((2.5, (), True), (2.9, ("--extra", "50"), False)):
        later = start + dt.timedelta(minutes=minutes)
        times = iter([start] * 3)  # the start and the first screen
        monkeypatch.setattr(
            quiz_exam, "wall_clock", lambda times=times, later=later: next(times, later)
        )
        answering(monkeypatch, "a", "/end", "y")
        assert ("\nTime is up.\n" in kmslab_command("quiz", "exam", *options).out) == over


def test_an_exam_that_was_broken_off_is_taken_up(
    kmslab_command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    copy_course(tmp_path)
    monkeypatch.chdir(tmp_path)
    answering(monkeypatch, "/flag", "a")  # and nothing more: the input ends, as at Ctrl-C
    broken_off = kmslab_command("quiz", "exam", KINDS)
    assert (broken_off.code, broken_off.err) == (
        130,
        "\nkmslab: the input ended before the answers did\n",
    )
    answering(monkeypatch, "/review", "/end", "y")
    ended = kmslab_command("quiz", "exam", KINDS)
    assert "Taken up again where it was broken off" in ended.out
    assert "Open: 2, 3, 4, 5, 6, 7, 8, 9. Flagged: 1." in ended.out
    assert ended.code == 0


def test_a_terminal_is_filled_and_a_pipe_is_not(
    kmslab_command: Command, write: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(TRUE)
    ran: list[str] = []
    monkeypatch.setattr(Practice, "run", lambda self: ran.append(self.title) or 1)
    monkeypatch.setattr(FullExam, "run", lambda self: ran.append(self.title))
    answering(monkeypatch, "a")
    assert "of 1 right" in kmslab_command("quiz", "01").out
    for module in (quiz_ask, quiz_exam):
        monkeypatch.setattr(module, "is_full_screen", lambda *, plain: not plain)
    assert (kmslab_command("quiz", "01").code, kmslab_command("quiz", "exam").code) == (1, 0)
    assert ran == [load_quiz(write(TRUE)).title, "Exam"]
    answering(monkeypatch, "a")
    assert "of 1 right" in kmslab_command("quiz", "01", "--plain").out


@pytest.mark.parametrize(
    ("tty", "term", "plain", "full"),
    [(True, "xterm", False, True), (True, "xterm", True, False), (True, "dumb", False, False), (False, "xterm", False, False)],
)  # fmt: skip
def test_what_counts_as_a_screen(
    monkeypatch: pytest.MonkeyPatch, *, tty: bool, term: str, plain: bool, full: bool
) -> None:
    monkeypatch.setenv("TERM", term)
    for name in ("stdin", "stdout"):
        stream = io.StringIO()
        stream.isatty = lambda: tty  # type: ignore[method-assign]
        monkeypatch.setattr(sys, name, stream)
    assert quiz_ask.is_full_screen(plain=plain) is full


def test_an_exam_needs_items(kmslab_command: Command, write: Callable[[str], str]) -> None:
    write(TRUE)
    ended = kmslab_command("quiz", "exam", "--exam", "SAA-C03")
    assert (ended.code, "no items of SAA-C03 here" in ended.err) == (2, True)
    Path(write(TRUE)).write_text("a: [")
    assert kmslab_command("quiz", "exam").code == 2


# ------------------------------------------------------------------------------------- exchange


@pytest.mark.parametrize("form", ["csv", "gift", "moodle", "jupyterquiz", "qti21", "qti30"])
def test_a_quiz_goes_out_and_comes_back(
    kmslab_command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.chdir(tmp_path)
    out = kmslab_command("quiz", "export", KINDS, "--format", form)
    assert (out.code, out.err.splitlines()[-1].endswith("comes back whole")) == (0, True)
    assert ("item 901 (true-false): " in out.err) == (form != "csv")
    back = kmslab_command("quiz", "import", out.out.strip(), "--format", form)
    Path("back.yaml").write_text(back.out)
    assert load_quiz("back.yaml") == load_quiz(KINDS)


def test_a_way_out_without_a_way_back_says_so(
    kmslab_command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    out = kmslab_command("quiz", "export", KINDS, "--format", "anki", "-o", "x.apkg")
    assert (out.out, out.err.splitlines()[-1]) == (
        "x.apkg\n",
        "9 items, 9 with losses in anki, and there is no way back",
    )
    assert kmslab_command("quiz", "import", "x.apkg", "--format", "anki").code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("import", "nowhere.xml", "--format", "moodle"),
        ("import", KINDS, "--format", "moodle"),
        ("import", KINDS, "--format", "csv"),
        ("import", os.devnull, "--format", "gift"),
        ("export", KINDS, "--format", "csv", "-o", "no/such/folder.csv"),
        ("export", "77", "--format", "csv"),
    ],
)
def test_what_cannot_be_exchanged_is_said_in_a_line(
    kmslab_command: Command, arguments: tuple[str, ...]
) -> None:
    ended = kmslab_command("quiz", *arguments)
    assert (ended.code, ended.err.count("\n")) == (2, 1)


# -------------------------------------------------------------------------------------- proving


def test_a_proof_runs_on_the_service(kmslab_command: Command, write: Callable[[str], str]) -> None:
    ended = kmslab_command("quiz", "prove", write(ON_THE_SERVICE))
    assert (ended.code, ended.out) == (
        0,
        "1 of 1 answer keys proven by the service; of those that can be run: 100%\n",
    )


@pytest.mark.parametrize(
    ("proof", "said"),
    [
        ("answer = {'a': False, 'b': True, 'c': False}", "option a"),
        ("answer = 1 / 0", "ZeroDivisionError"),
        ("pass", "`answer` must be"),
    ],
)
def test_a_proof_that_disagrees_breaks_the_build(
    kmslab_command: Command, write: Callable[[str], str], proof: str, said: str
) -> None:
    ended = kmslab_command("quiz", "prove", write(proof))
    assert ended.code == 1
    assert ended.out.startswith("01-first.yaml: item 901: ")
    assert said in ended.out


def test_json_says_what_was_not_proven(
    kmslab_command: Command, write: Callable[[str], str]
) -> None:
    path = Path(write("pass"))
    path.write_text(path.read_text().partition("    proof:")[0])
    assert json.loads(kmslab_command("quiz", "prove", "--json", str(path)).out) == [
        {
            "file": "01-first.yaml",
            "item": "901",
            "proven": False,
            "disagreement": "",
            "unprovable": "",
        }
    ]
