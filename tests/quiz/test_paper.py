"""An exam on paper and its key, and the preview of a file that is being written."""

import re
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from lxml import html as parser

from kmslab.quiz import load_quiz
from kmslab.quiz.exam import draw
from kmslab.quiz.faces import paper
from kmslab.quiz.faces.preview import Preview, server
from kmslab.quiz.faces.static import html, left_out
from kmslab.quiz.source import Fault

SPECIMENS = Path(__file__).parents[1] / "vectors/quiz/00-kinds.yaml"
QUIZ = load_quiz(SPECIMENS)
QUESTIONS = draw([QUIZ], seed=5)


def text(document: str) -> str:
    return " ".join(parser.fromstring(document).text_content().split())


def test_the_paper_asks_everything_and_tells_nothing() -> None:
    shown = paper.exam(QUESTIONS, seed=5)
    told = text(shown)
    assert [f"Question {n}" in told for n in range(1, 10)] == [True] * 9
    assert "9 questions, 7 of which count; 18 minutes." in told
    assert told.count("A shop keeps records of two tenants") == 1
    for item in QUIZ.items:
        assert item.why not in told
        assert item.title not in told
    for secret in ("REASON-", "mc.", "ReEncrypt,", "EncryptionContext"):
        assert secret not in shown
    assert "<script" not in shown


def test_the_key_says_what_is_right_and_why() -> None:
    told = text(paper.key(QUESTIONS, seed=5))
    for item in QUIZ.items:
        assert item.title in told
        assert item.refs[0].url in told
    assert told.count("Does not count.") == 2
    assert "REASON-DENY it denies." in told


def letters(item_id: str, *parts: str) -> str:
    view = next(q for q in QUESTIONS if q.item.id == item_id).item
    from kmslab.quiz.catalog import kind_of  # noqa: PLC0415 - only here

    order = [option["id"] for option in kind_of(view).view(view, 5)["options"]]
    return " ".join("ABCDEFGH"[order.index(part)] for part in parts)


@pytest.mark.parametrize(
    ("item_id", "right"),
    [
        ("901", f"true {letters('901', 'b')}"),
        ("902", "4096 bytes"),
        ("903", "ReEncrypt"),
        ("904", letters("904", "c", "a", "d")),
        ("905", f"1 {letters('905', 'b')}, 2 {letters('905', 'a')}"),
        ("907", "B"),
        ("909", letters("909", "a", "b")),
    ],
)
def test_a_key_is_written_in_the_letters_of_the_paper(item_id: str, right: str) -> None:
    assert paper.right(QUIZ.item(item_id), 5) == right


def test_gaps_are_numbered_on_paper_and_in_the_key() -> None:
    assert paper.right(QUIZ.item("906"), 5).endswith(", [2] EncryptionContext")
    assert '"kms:[1]____"' in text(paper.exam(QUESTIONS, seed=5))


def test_what_is_for_exams_only_is_on_no_page() -> None:
    first = msgspec.structs.replace(QUIZ.items[0], exam_only=True, stem="UNSEEN")
    quiz = msgspec.structs.replace(QUIZ, entries=(first, *QUIZ.entries[1:]))
    assert [item.id for item in left_out(quiz)] == ["901"]
    assert "UNSEEN" not in html([quiz])
    assert "REASON-B" not in html([quiz])
    assert "UNSEEN" in paper.exam(draw([quiz], seed=1), seed=1)


@pytest.fixture
def shown(tmp_path: Path) -> Iterator[tuple[Path, Callable[..., str]]]:
    """A preview that is served, and what fetches of it."""
    path = tmp_path / "00-kinds.yaml"
    path.write_text(SPECIMENS.read_text())
    advice = [Fault(str(path), 7, 3, "too <long>", "shorten it", "length")]
    running = server(Preview(path, load_quiz, lambda _: advice), "t0ken")
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()

    def fetch(where: str, host: str = "") -> str:
        url = f"http://127.0.0.1:{running.server_port}{where}"
        request = urllib.request.Request(url, headers={"Host": host} if host else {})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return str(answer.read().decode())

    yield path, fetch
    running.shutdown()
    running.server_close()
    thread.join()


def test_a_preview_shows_the_quiz_and_what_breaks_a_rule(
    shown: tuple[Path, Callable[..., str]],
) -> None:
    _, fetch = shown
    page = fetch("/t0ken/")
    assert "1 to look at" in page
    assert "<code>7:3</code>length: too &lt;long&gt;; shorten it" in page
    assert 'data-quiz="00-kinds"' in page


def test_a_preview_follows_the_file_through_faults(
    shown: tuple[Path, Callable[..., str]],
) -> None:
    path, fetch = shown
    before = fetch("/t0ken/version")
    path.write_text("quiz: [")
    broken = fetch("/t0ken/")
    assert "data-quiz=" not in broken.partition('<script type="module">')[0]
    assert re.search(r"<code>\d+:\d+</code>", broken)
    assert fetch("/t0ken/version") not in (before, "gone")
    path.unlink()
    assert fetch("/t0ken/version") == "gone"
    assert "to look at" in fetch("/t0ken/")


@pytest.mark.parametrize(
    ("where", "host"),
    [("/", ""), ("/other/", ""), ("/t0ken/../t0ken/", ""), ("/t0ken/", "evil.example")],
)
def test_a_preview_answers_nobody_else(
    shown: tuple[Path, Callable[..., str]], where: str, host: str
) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404"):
        shown[1](where, host)
