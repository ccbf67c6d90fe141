"""The widgets in other homes than JupyterLab: Voila and marimo, light and dark, without a network."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import KERNEL, WCAG, wait_for

pytestmark = pytest.mark.browser

SPECIMENS = Path(__file__).parents[1] / "vectors/quiz/00-kinds.yaml"
CELL = f"""\
from kmslab.quiz import ExamWidget, QuizWidget, load_quiz

bank = load_quiz({str(SPECIMENS)!r})
"""
MARIMO = f"""\
import marimo

app = marimo.App()


@app.cell
def _():
    import marimo as mo
    from kmslab.quiz import ExamWidget, QuizWidget, load_quiz

    bank = load_quiz({str(SPECIMENS)!r})
    practice = mo.ui.anywidget(QuizWidget(bank))
    practice
    return ExamWidget, bank, mo


@app.cell
def _(ExamWidget, bank, mo):
    mo.ui.anywidget(ExamWidget([bank]))
    return
"""
READY = {"voila": rb"at:\s+(http://\S+)", "marimo": rb"URL:\s+(http://\S+)"}


class Home(NamedTuple):
    """A running host: its name, and where it listens."""

    name: str
    url: str


def command(name: str, folder: Path) -> list[str]:
    """Write the notebook of this host, and say how it is served."""
    if name == "marimo":
        (folder / "app.py").write_text(MARIMO)
        return [
            "-m",
            "marimo",
            "run",
            "app.py",
            "--headless",
            "--no-token",
            "--host",
            "127.0.0.1",
            "--port",
            "27181",
        ]
    sources = [f"{CELL}\nQuizWidget(bank)", "ExamWidget([bank])"]
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=KERNEL), folder / "app.ipynb")
    return ["-m", "voila", "app.ipynb", "--no-browser", "--port=27182", "--Voila.ip=127.0.0.1"]


@pytest.fixture(scope="module", params=["voila", "marimo"])
def home(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Home]:
    name = request.param
    folder = tmp_path_factory.mktemp(name)
    log = folder / "told.log"
    quiet = {"HOME": str(folder), "IPYTHONDIR": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with log.open("wb") as told:
        server = subprocess.Popen(
            [sys.executable, *command(name, folder)],
            cwd=folder, env=os.environ | quiet, stdout=told, stderr=told,
        )  # fmt: skip
    try:
        found = wait_for(lambda: re.search(READY[name], log.read_bytes()), f"{name}'s URL")
        yield Home(name, found[1].decode())
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture
def visit(chromium: Any, home: Home) -> Iterator[Callable[..., Any]]:
    """Open the host's page; what is not of this machine is blocked, and kept in `page.outside`."""
    contexts: list[Any] = []

    def open_one(theme: str) -> Any:
        context = chromium.new_context(color_scheme=theme, viewport={"width": 1000, "height": 900})
        contexts.append(context)
        page = context.new_page()
        page.outside = []

        def watch(route: Any) -> None:
            if urlsplit(route.request.url).hostname in ("127.0.0.1", "localhost", None):
                return route.continue_()
            page.outside.append(route.request.url)
            return route.abort()

        context.route("**/*", watch)
        page.goto(home.url)
        page.locator(".kq").first.wait_for(timeout=60_000)
        return page

    yield open_one
    for context in contexts:
        context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_practice_and_exam_in_another_home(
    visit: Callable[..., Any], home: Home, theme: str
) -> None:
    page = visit(theme)
    quiz = page.locator(".kq:not(.kq-exam)")
    quiz.get_by_role("tab", name="Question 8, not answered").click()
    quiz.locator("label:visible").filter(has_text="The alias").click()
    begun = time.perf_counter()
    quiz.get_by_role("button", name="Check answer", exact=True).locator("visible=true").click()
    quiz.get_by_text("Not yet.", exact=True).wait_for()
    print(f"{home.name}: a click is answered in {1000 * (time.perf_counter() - begun):.0f} ms")
    page.keyboard.press("Tab")
    quiz.get_by_role("tab", name="Question 9, not answered").click()
    for key in ("Tab", "a", "d", "d"):
        page.keyboard.press(key)
    assert page.locator(".kq").count() == 2
    exam = page.locator(".kq-exam")
    exam.get_by_role("button", name="Start the exam").click()
    exam.get_by_role("tab", name="Question 1, not answered", selected=True).wait_for()
    exam.get_by_role("button", name="Flag for review").locator("visible=true").click()
    exam.get_by_role("tab", name="Question 1, not answered, flagged").wait_for()
    # Of the whole page, for marimo shows widgets in shadow roots; only what is ours counts.
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG}}).response
    assert "kq-" in str(found["passes"])
    nodes = [(each["id"], node["html"]) for each in found["violations"] for node in each["nodes"]]
    assert [(rule, html) for rule, html in nodes if "kq" in html] == []
    if home.name == "marimo":
        assert page.outside == []
    else:
        print(
            f"voila asks for {sorted({urlsplit(url).hostname for url in page.outside})}, and is not answered"
        )
