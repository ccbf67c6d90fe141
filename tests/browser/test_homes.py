"""Every kind in every home: JupyterLab, Voila, marimo and the page without a kernel, light and dark."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import nbformat
import pytest
import yaml

from bench.servers import free_port
from kmslab.quiz import load_quiz
from kmslab.quiz.catalog import Item, Quiz, kind_of
from kmslab.quiz.exam import draw
from kmslab.quiz.faces.static import JUDGED, html, left_out
from kmslab.quiz.page import kind_name
from tests.browser.answering import (
    VECTORS,
    WRONG,
    by_pointer,
    inspect,
    keys_of,
    press_by_keyboard,
    tab_to,
)
from tests.browser.conftest import KERNEL, wait_for

pytestmark = pytest.mark.browser

HEARD = yaml.safe_load((VECTORS / "heard.yaml").read_text())
HANDS = ("keyboard", "pointer")
GROUNDS = {"light": "rgb(255, 255, 255)", "dark": "rgb(22, 26, 36)"}
# The world that a task looks at is not right at the first look, and is at the second.
PRACTICE = """\
from itertools import cycle
from kmslab.quiz import ExamWidget, QuizWidget, load_quiz

bank = load_quiz({path!r})
seen = cycle([{{"a": state, "b": 180, "c": 1}} for state in ("Enabled", "Disabled")])
practice = QuizWidget(bank, look=lambda _: next(seen))
"""
MARIMO = """\
import marimo

app = marimo.App()


@app.cell
def _():
    import marimo as mo
{practice}
    mo.ui.anywidget(practice)
    return ExamWidget, bank, mo


@app.cell
def _(ExamWidget, bank, mo):
    mo.ui.anywidget(ExamWidget([bank]))
    return
"""
SERVED = {
    "voila": "-m voila app.ipynb --no-browser --port={port} --Voila.ip=127.0.0.1",
    "marimo": "-m marimo run app.py --headless --no-token --host 127.0.0.1 --port {port}",
}
READY = {"voila": rb"at:\s+(http://\S+)", "marimo": rb"URL:\s+(http://\S+)"}
VOILAS_OWN = {"cdn.jsdelivr.net", "cdnjs.cloudflare.com"}  # icons and formulas of its template
LISTEN = """
quiz => {
  window.heard = [];
  document.addEventListener("keydown", event => {
    if (event.composedPath().includes(quiz) && !event.ctrlKey && !event.metaKey) heard.push(event.key);
  });
}
"""
MOVING = """
quiz => [quiz, ...quiz.querySelectorAll("*")].map(each => getComputedStyle(each))
  .filter(({ animationName, transitionDuration }) => animationName !== "none" || transitionDuration !== "0s").length
"""


def combined(homes: tuple[str, ...], *daily: tuple[str, str, str]) -> pytest.MarkDecorator:
    """Each home, in each look, by each hand; those that are not for every day soak."""
    cases = [
        pytest.param(*each, marks=() if each in daily else pytest.mark.soak)
        for each in product(homes, GROUNDS, HANDS)
    ]
    return pytest.mark.parametrize(("home", "theme", "way"), cases)


class Shown(NamedTuple):
    """A quiz in a home; `outside` are the requests that would have left the machine."""

    page: Any
    quiz: Any
    outside: list[str]

    @property
    def panel(self) -> Any:
        return self.quiz.locator(".kq-panel:not([hidden])")

    def button(self, *names: str) -> Any:
        return self.panel.get_by_role("button", name=re.compile(f"^({'|'.join(names)})$"))

    def has_focus(self) -> bool:
        return bool(self.quiz.evaluate("quiz => quiz.contains(quiz.getRootNode().activeElement)"))


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A quiz with a specimen of every kind, tasks too."""
    kinds, task = ((VECTORS / f"00-{name}.yaml").read_text() for name in ("kinds", "task"))
    path = tmp_path_factory.mktemp("bank") / "00-kinds.yaml"
    path.write_text(kinds + task.partition("items:\n")[2])
    return path


@pytest.fixture(scope="module")
def served(bank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """Start a host when it is first asked for; say where it listens."""
    running: dict[str, str] = {}
    with ExitStack() as stack:

        def at(name: str) -> str:
            if name not in running:
                folder = tmp_path_factory.mktemp(name)
                running[name] = stack.enter_context(host(name, folder, str(bank)))
            return running[name]

        yield at


@contextmanager
def host(name: str, folder: Path, path: str) -> Iterator[str]:
    """Serve both widgets over a bank, with a home folder of their own."""
    practice = PRACTICE.format(path=path)
    if name == "marimo":
        indented = "".join(f"    {line}\n" for line in practice.splitlines())
        (folder / "app.py").write_text(MARIMO.format(practice=indented))
    else:
        sources = [f"{practice}practice", "ExamWidget([bank])"]
        cells = [nbformat.v4.new_code_cell(source) for source in sources]
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=KERNEL), folder / "app.ipynb")
    log = folder / "told.log"
    quiet = {"HOME": str(folder), "IPYTHONDIR": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with log.open("wb") as told:
        server = subprocess.Popen(
            [sys.executable, *SERVED[name].format(port=free_port()).split()],
            cwd=folder, env=os.environ | quiet, stdout=told, stderr=told,
        )  # fmt: skip
    try:
        url = wait_for(lambda: re.search(READY[name], log.read_bytes()), name)[1].decode()
        wait_for(lambda: listens(url), url)
        yield url
    finally:
        server.terminate()
        server.wait(30)


def listens(url: str) -> bool:
    """Whether somebody answers there: marimo says where it will listen before it does."""
    place = urlsplit(url)
    with suppress(OSError), socket.create_connection((place.hostname, place.port)):
        return True
    return False


@pytest.fixture
def show(
    chromium: Any, bank: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Shown]]:
    """Open a quiz, to practise or as an exam, in a home and a look. What is not of this machine is not answered."""
    contexts: list[Any] = []

    def at_url(url: str, theme: str, *, exam: bool = False, **options: Any) -> Shown:
        size = {"width": 1000, "height": 900}
        contexts.append(chromium.new_context(color_scheme=theme, viewport=size, **options))
        outside: list[str] = []

        def watch(route: Any) -> None:
            if urlsplit(route.request.url).hostname in ("127.0.0.1", "localhost", "", None):
                return route.continue_()
            outside.append(route.request.url)
            return route.abort()

        contexts[-1].route("**/*", watch)
        page = contexts[-1].new_page()
        page.goto(url)
        quiz = page.locator(".kq-exam" if exam else ".kq:not(.kq-exam)")
        quiz.wait_for(timeout=60_000)
        return Shown(page, quiz, outside)

    def show_one(home: str, theme: str, *, exam: bool = False) -> Shown:
        if home == "page":
            file = tmp_path / "practice.html"
            file.write_text(html([load_quiz(bank)]))
            return at_url(file.as_uri(), theme, offline=True)
        if home != "jupyterlab":
            dark = "?theme=dark" if (home, theme) == ("voila", "dark") else ""
            return at_url(request.getfixturevalue("served")(home) + dark, theme, exam=exam)
        request.getfixturevalue("lab").set_theme(f"JupyterLab {theme.title()}")
        asked = "ExamWidget([bank])" if exam else "practice"
        visit = request.getfixturevalue("visit")(f"{PRACTICE.format(path=str(bank))}{asked}")
        visit.run_cell()
        visit.page.keyboard.press("Escape")
        return Shown(visit.page, visit.quiz, visit.requests)

    yield show_one
    for context in contexts:
        context.close()


def asked(quiz: Quiz, home: str) -> list[Item]:
    """The items that a home asks: a page without a kernel has no world to look at."""
    out = left_out(quiz) if home == "page" else []
    return [item for item in quiz.items if item not in out]


@combined(
    ("jupyterlab", "voila", "marimo", "page"),
    ("jupyterlab", "light", "keyboard"),
    ("jupyterlab", "dark", "pointer"),
    ("voila", "light", "keyboard"),
    ("marimo", "dark", "pointer"),
    ("page", "light", "keyboard"),
    ("page", "dark", "pointer"),
)
def test_every_kind_is_heard_and_answered(
    show: Callable[[str, str], Shown], bank: Path, home: str, theme: str, way: str
) -> None:
    shown = show(home, theme)
    items = asked(load_quiz(bank), home)
    assert shown.quiz.evaluate("quiz => getComputedStyle(quiz).backgroundColor") == GROUNDS[theme]
    shown.quiz.evaluate(LISTEN)
    before = list(shown.outside)
    tab_to(shown.page, shown.quiz.get_by_role("tab", selected=True))
    for item in items:
        hear(shown, item)
        WAYS[way](shown, item)
    shown.quiz.get_by_role("heading", name=f"{len(items)} of {len(items)} right").wait_for()
    inspect(shown.page, shown.quiz, "result")
    assert shown.page.evaluate("window.heard") == []
    stays_at_home(shown, home, before)


def hear(shown: Shown, item: Item) -> None:
    """A screen reader is given the same everywhere."""
    told = shown.panel.aria_snapshot()
    assert _anywhere(told) == _anywhere(HEARD[item.id]), item.id


def _anywhere(told: str) -> str:
    return re.sub(r"Question \d+( of \d+)?", "Question", told)


def answer_by_keyboard(shown: Shown, item: Item) -> None:
    """Wrong, shown, cleared and right, and on to what comes next; no key leaves the quiz."""
    page, key = shown.page, kind_of(item).key(item)
    page.keyboard.press("Tab")
    check_by_keyboard(shown, item, WRONG.get(item.id))
    verdict(shown, "wrong")
    inspect(page, shown.quiz, f"{item.id} wrong")
    press_by_keyboard(page, shown.button("Show the answer"))
    verdict(shown, "shown")
    press_by_keyboard(page, shown.button("Clear and answer again"))
    shown.panel.locator(".kq-verdict").wait_for(state="detached")
    check_by_keyboard(shown, item, key)
    verdict(shown, "right")
    for name in ("d", "d", "x", "Escape", "ArrowDown", "ArrowUp"):
        page.keyboard.press(name)
        assert shown.has_focus(), name
    press_by_keyboard(page, shown.button("Next question", "See the result"))


def check_by_keyboard(shown: Shown, item: Item, answer: Any) -> None:
    """Enter checks from an input; from elsewhere Tab leads to the button."""
    for key in keys_of(item, 1, answer):
        shown.page.keyboard.press(key)
    if kind_name(item) not in ("numeric", "short"):
        tab_to(shown.page, shown.button("Check answer", "Check my world"))
    shown.page.keyboard.press("Enter")


def answer_by_pointer(shown: Shown, item: Item) -> None:
    """The same by clicks; it stands still where that is wanted."""
    by_pointer(shown.panel, item, WRONG.get(item.id))
    shown.button("Check answer", "Check my world").click()
    verdict(shown, "wrong")
    assert shown.quiz.evaluate(MOVING) > 0
    shown.page.emulate_media(reduced_motion="reduce")
    assert shown.quiz.evaluate(MOVING) == 0
    shown.page.emulate_media(reduced_motion="no-preference")
    shown.button("Show the answer").click()
    verdict(shown, "shown")
    shown.button("Clear and answer again").click()
    shown.panel.locator(".kq-verdict").wait_for(state="detached")
    by_pointer(shown.panel, item, kind_of(item).key(item))
    shown.button("Check answer", "Check my world").click()
    verdict(shown, "right")
    inspect(shown.page, shown.quiz, f"{item.id} right")
    shown.button("Next question", "See the result").click()


WAYS = {"keyboard": answer_by_keyboard, "pointer": answer_by_pointer}


def verdict(shown: Shown, status: str) -> None:
    shown.panel.locator(f".kq-verdict[data-status={status}]").wait_for()


def stays_at_home(shown: Shown, home: str, before: list[str]) -> None:
    """Nothing asked another machine, but for Voila's own page when it was loaded."""
    hosts = {
        urlsplit(url).hostname for url in shown.outside if not url.startswith(("data:", "blob:"))
    }
    if home == "jupyterlab":
        assert hosts == {"127.0.0.1"}
        assert shown.page.locator(".jp-Notebook .jp-Cell").count() == 3
        prompts = shown.page.locator(".jp-InputPrompt").all_inner_texts()
        assert [prompt.strip() for prompt in prompts] == ["[1]:", "[ ]:", "[ ]:"]
    else:
        assert shown.outside == before
        assert hosts <= (VOILAS_OWN if home == "voila" else set())


@combined(
    ("jupyterlab", "voila", "marimo"),
    ("jupyterlab", "light", "keyboard"),
    ("voila", "dark", "pointer"),
)
def test_every_kind_is_answered_in_an_exam(
    show: Callable[..., Shown], bank: Path, home: str, theme: str, way: str
) -> None:
    shown = show(home, theme, exam=True)
    questions = draw([load_quiz(bank)], seed=1)
    assert {kind_name(each.item) for each in questions} == JUDGED
    shown.quiz.evaluate(LISTEN)
    before = list(shown.outside)
    press = PRESSES[way]
    press(shown, "Start the exam")
    shown.quiz.get_by_role("tab", name="Question 1, not answered", selected=True).wait_for()
    for question in questions:
        give(shown, question.item, way)
        shown.panel.get_by_text("Saved", exact=True).wait_for()
        press(shown, "Next", "Review")
    inspect(shown.page, shown.quiz, "review")
    press(shown, "End the exam")
    press(shown, "End now")
    scored = sum(each.scored for each in questions)
    shown.quiz.get_by_role("heading", name=f"{scored} of {scored} right").wait_for()
    inspect(shown.page, shown.quiz, "report")
    assert shown.page.evaluate("window.heard") == []
    stays_at_home(shown, home, before)


def give(shown: Shown, item: Item, way: str) -> None:
    """Answer a question whose heading has the focus; no key of those that cells obey leaves it."""
    key = kind_of(item).key(item)
    if way == "pointer":
        return by_pointer(shown.panel, item, key)
    for name in ("d", "d", "x", "Escape") if item.id == "902" else ():
        shown.page.keyboard.press(name)
        assert shown.has_focus(), name
    for name in ("Tab", *keys_of(item, 1, key)):
        shown.page.keyboard.press(name)
    return None


PRESSES: dict[str, Callable[..., None]] = {
    "keyboard": lambda shown, *names: press_by_keyboard(shown.page, shown.button(*names)),
    "pointer": lambda shown, *names: shown.button(*names).click(),
}
