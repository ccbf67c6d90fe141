"""A student at a quiz: the four verbs, what a face may know, and what is kept."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from kmslab import quiz as door
from kmslab.quiz import AnswerError, Session, load_quiz
from kmslab.quiz.catalog import Quiz
from kmslab.quiz.faces.fallback import as_html, as_text
from kmslab.quiz.faces.widget import QuizWidget
from kmslab.quiz.markup import parse

QUIZ = """\
quiz: 01-first
title: Keys & locks
about: Two questions.
as_of: 2026-11-24
items:
  - type: single
    id: "901"
    version: VERSION
    title: Decrypt
    stem: Which parameter may `Decrypt` lack? <b>Think.</b>
    why: The blob names its key.
    lab: {name: 01-first, section: decrypt}
    topic: operations
    skills: [decrypt]
    hints: [Look at the blob., It begins with a header.]
    refs: [{title: Decrypt, url: "https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html"}]
    as_of: 2026-11-24
    options:
      - {id: a, text: KeyId, why: Because the blob names it., correct: true}
      - {id: b, text: CiphertextBlob, why: Nothing could be decrypted., misconception: mc.no-blob}
      - {id: c, text: Neither, why: One of them may., misconception: mc.neither}
  - type: multiple
    id: "902"
    title: Envelope
    stem: Which TWO are in an envelope?
    why: Data and its wrapped key travel together.
    lab: {name: 01-first, section: envelope}
    topic: envelope
    skills: [envelope]
    refs: [{title: Envelope, url: "https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html"}]
    as_of: 2026-11-24
    options:
      - {id: a, text: Encrypted data, why: That is the letter., correct: true}
      - {id: b, text: An encrypted data key, why: That is what opens it., correct: true}
      - {id: c, text: A KMS key, why: It never leaves KMS., misconception: mc.key-travels}
"""
SECRETS = (
    "correct",
    "Because the blob",
    "Nothing could",
    "One of them may",
    "mc.",
    "names its key",
)
NOON = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


def quiz_of(folder: Path, *, version: int = 1) -> Quiz:
    path = folder / "01-first.yaml"
    path.write_text(QUIZ.replace("VERSION", str(version)))
    return load_quiz(path)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "mine" / "progress.jsonl"


@pytest.fixture
def session(tmp_path: Path, log: Path) -> Session:
    return Session(quiz_of(tmp_path), log, now=lambda: NOON)


def item(session: Session, place: int = 0) -> dict[str, Any]:
    return dict(session.page()["items"][place])


# -------------------------------------------------------------------------------- what is shown


def test_an_open_item_holds_nothing_of_its_key(session: Session) -> None:
    shown = json.dumps(session.page())
    assert [secret for secret in SECRETS if secret in shown] == []
    assert (item(session)["status"], item(session)["feedback"]) == ("open", None)


def test_a_wrong_answer_shows_the_reason_of_what_was_given_and_no_more(session: Session) -> None:
    assert not session.answer("901", ["b"]).correct
    shown = item(session)
    assert (shown["status"], shown["tries"], shown["answer"]) == ("wrong", 1, ["b"])
    assert [remark["part"] for remark in shown["feedback"]["remarks"]] == ["b"]
    assert shown["feedback"]["headline"] == "Not yet."
    assert {"why", "refs"}.isdisjoint(shown["feedback"])


def test_a_right_answer_shows_everything(session: Session) -> None:
    session.answer("901", ["b"])
    session.answer("901", ["a"])
    shown = item(session)
    assert (shown["status"], shown["feedback"]["headline"]) == ("right", "Right, at try 2.")
    assert {remark["part"]: remark["mark"] for remark in shown["feedback"]["remarks"]} == {
        "a": "hit",
        "b": "passed",
        "c": "passed",
    }
    assert shown["feedback"]["why"] == parse("The blob names its key.")
    page = session.page()
    assert (page["right"], page["first"]) == (1, 0)


def test_half_an_answer_is_worth_half_in_practice(session: Session) -> None:
    session.answer("902", ["a"])
    told = item(session, 1)["feedback"]["headline"]
    assert told == "Not yet: worth 50% in practice, nothing in an exam."


def test_right_at_once_counts_as_first_unless_a_hint_was_taken(session: Session) -> None:
    session.hint("901")
    session.answer("901", ["a"])
    session.answer("902", ["a", "b"])
    page = session.page()
    assert (page["right"], page["first"]) == (2, 1)
    assert item(session, 1)["feedback"]["headline"] == "Right."


def test_hints_come_one_at_a_time_and_end(session: Session) -> None:
    assert (item(session)["hints"], item(session)["hints_left"]) == ([], 2)
    session.hint("901")
    assert item(session)["hints"] == [parse("Look at the blob.")]
    session.hint("901")
    session.hint("901")
    assert (len(item(session)["hints"]), item(session)["hints_left"]) == (2, 0)
    assert len(session.log.events) == 2


@pytest.mark.parametrize("answered", [True, False])
def test_a_revealed_item_shows_what_was_missed(session: Session, *, answered: bool) -> None:
    if answered:
        session.answer("901", ["b"])
    session.reveal("901")
    shown = item(session)
    marks = {remark["part"]: remark["mark"] for remark in shown["feedback"]["remarks"]}
    assert (shown["status"], shown["feedback"]["headline"]) == ("shown", "This is the answer.")
    assert marks == {"a": "missed", "b": "wrong" if answered else "passed", "c": "passed"}


def test_a_closed_item_only_restarts(session: Session) -> None:
    session.answer("901", ["a"])
    session.answer("901", ["b"])
    session.hint("901")
    session.reveal("901")
    assert item(session)["status"] == "right"
    assert len(session.log.events) == 1
    session.restart("901")
    session.restart("901")
    assert item(session)["status"] == "open"
    assert len(session.log.events) == 2


@pytest.mark.parametrize("answer", [[], ["z"], "a", None, ["a", "b"]])
def test_what_is_no_answer_leaves_no_event(session: Session, answer: object) -> None:
    with pytest.raises(AnswerError):
        session.answer("901", answer)
    with pytest.raises(KeyError):
        session.answer("999", ["a"])
    assert session.log.events == []


# --------------------------------------------------------------------------------- what is kept


def test_progress_is_taken_up_again(tmp_path: Path, session: Session, log: Path) -> None:
    session.answer("901", ["b"])
    session.hint("901")
    session.answer("902", ["b", "a"])
    again = Session(quiz_of(tmp_path), log)
    assert again.page() == session.page()
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["event"] for line in lines] == ["answered", "hinted", "answered"]
    assert lines[0] == {
        "event": "answered",
        "at": "2026-11-24T12:00:00Z",
        "quiz": "01-first",
        "item": "901",
        "version": 1,
        "seed": 1,
        "answer": ["b"],
        "correct": False,
        "credit": 0.0,
    }


def test_answers_to_an_older_version_no_longer_count(
    tmp_path: Path, session: Session, log: Path
) -> None:
    session.answer("901", ["a"])
    session.answer("902", ["a", "b"])
    newer = Session(quiz_of(tmp_path, version=2), log).page()
    assert [each["status"] for each in newer["items"]] == ["open", "right"]


@pytest.mark.parametrize("torn", [b'{"event":"answ', b"\xff\xfe", b"{}", b'{"event":"eaten"}'])
def test_a_torn_line_is_counted_and_the_next_event_stands_alone(
    tmp_path: Path, session: Session, log: Path, torn: bytes
) -> None:
    session.answer("901", ["b"])
    with log.open("ab") as file:
        file.write(torn)
    again = Session(quiz_of(tmp_path), log)
    assert again.log.lost == 1
    assert again.page()["notice"] == "1 unreadable line(s) of your progress were skipped."
    again.answer("901", ["a"])
    third = Session(quiz_of(tmp_path), log)
    assert third.log.lost == 1
    assert third.page()["items"][0]["status"] == "right"
    assert torn in log.read_bytes()


def test_a_kept_answer_that_the_item_no_longer_knows_is_none(
    tmp_path: Path, session: Session, log: Path
) -> None:
    session.answer("901", ["b"])
    log.write_bytes(log.read_bytes().replace(b'["b"]', b'["q"]'))
    shown = item(Session(quiz_of(tmp_path), log))
    assert (shown["status"], shown["feedback"]["remarks"]) == ("wrong", [])


def test_without_a_log_nothing_is_written(tmp_path: Path) -> None:
    session = Session(quiz_of(tmp_path))
    session.answer("901", ["a"])
    assert session.log.events[0].at.tzinfo is dt.UTC
    assert [path.name for path in tmp_path.iterdir()] == ["01-first.yaml"]


# ------------------------------------------------------------------------------------ the faces


def test_the_widget_does_what_the_page_asks(tmp_path: Path, log: Path) -> None:
    widget = QuizWidget(quiz_of(tmp_path), log)
    sent: list[object] = []
    widget.send = lambda content, _buffers=None: sent.append(content)
    tell = widget._handle_custom_msg
    tell({"do": "hint", "item": "901"}, [])
    assert len(widget.page["items"][0]["hints"]) == 1
    tell({"do": "answer", "item": "901", "answer": ["b"]}, [])
    assert widget.page["items"][0]["status"] == "wrong"
    tell({"do": "reveal", "item": "901"}, [])
    assert widget.page["items"][0]["status"] == "shown"
    tell({"do": "restart", "item": "901"}, [])
    assert widget.page["items"][0]["status"] == "open"
    assert sent == [{"done": True}] * 4


@pytest.mark.parametrize(
    "message",
    [
        "reveal",
        None,
        {},
        {"do": "sing"},
        {"do": "answer", "item": "7"},
        {"do": "answer", "item": "901"},
    ],
)
def test_a_message_that_is_none_of_ours_is_answered_in_words(
    tmp_path: Path, message: object
) -> None:
    widget = QuizWidget(quiz_of(tmp_path))
    sent: list[dict[str, object]] = []
    widget.send = lambda content, _buffers=None: sent.append(content)
    widget._handle_custom_msg(message, [])
    assert [sorted(each) for each in sent] == [["notice"], ["done"]]
    assert widget.page["items"][0]["status"] == "open"


def test_the_key_is_in_no_synced_state(tmp_path: Path) -> None:
    widget = QuizWidget(quiz_of(tmp_path))
    state = {name: value for name, value in widget.get_state().items() if name != "_esm"}
    assert "page" in state
    told = json.dumps(state, default=str)
    assert [secret for secret in SECRETS if secret in told] == []


def test_where_nothing_runs_the_questions_are_shown_without_answers(tmp_path: Path) -> None:
    quiz = quiz_of(tmp_path)
    shown, metadata = QuizWidget(quiz)._repr_mimebundle_()
    assert metadata == {} or isinstance(metadata, dict)
    assert "application/vnd.jupyter.widget-view+json" in shown
    assert shown["text/plain"] == as_text(quiz)
    assert shown["text/html"] == as_html(quiz)
    for told in (shown["text/plain"], shown["text/html"]):
        assert "CiphertextBlob" in told
        assert "kmslab quiz 01-first" in told
        assert [secret for secret in SECRETS if secret in told] == []
    assert "&lt;b&gt;Think.&lt;/b&gt;" in shown["text/html"]
    assert "<code>Decrypt</code>" in shown["text/html"]
    assert not {"<script", "<style", "role=", "onclick"} & set(shown["text/html"].split())


def test_fallback_draws_lists_and_code() -> None:
    from kmslab.quiz.faces.fallback import blocks  # noqa: PLC0415 - only here

    text = "One **two** *three*:\n\n- `a<b`\n- c\n\n```\nx\n  y & z\n```"
    assert blocks(parse(text)) == (
        "<p>One <strong>two</strong> <em>three</em>:</p><ul><li><code>a&lt;b</code></li>"
        "<li>c</li></ul><pre>x\n  y &amp; z</pre>"
    )


def test_the_door_opens_to_what_it_names() -> None:
    assert door.QuizWidget is QuizWidget
    with pytest.raises(AttributeError, match="no attribute 'Riddle'"):
        _ = door.Riddle  # type: ignore[attr-defined]
