"""A real Chromium, and a JupyterLab over a student's folder as `kmslab lab` starts it."""

import fcntl
import json
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
import pytest

from kmslab.families import load_quiz
from kmslab.lab.course import copy_course
from kmslab.quiz import Session, exam_page
from kmslab.quiz.exam_session import Exam
from kmslab.quiz.faces.module import EXAM, module, style
from kmslab.quiz.faces.spoken import practised, sat
from kmslab.quiz.faces.sureness import sureness

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
START = """
import sys
from pathlib import Path
from kmslab.lab.launch import start
start(Path(sys.argv[1]), opening="labs", browser=False)
"""
READY = re.compile(rb"(http://127\.0\.0\.1:\d+)/lab\S*\?token=(\w+)")
TASK = """
from kmslab import Kms
from kmslab.lab.recap import quiz

world = Kms.fresh()
kms = world.client()
key = kms.create_key(Description="diary 2025")["KeyMetadata"]["KeyId"]
kms.create_alias(AliasName="alias/diary", TargetKeyId=key)
kms.disable_key(KeyId=key)
"""  # the state that the quiz's task asks for
RECAP = f'{TASK}\nquiz("01", world=world)'
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
PATIENCE = 60  # seconds, for what takes three on a quiet machine

HTML = "<!doctype html><html lang=en><title>Quiz</title><style>{css}</style><main></main>"
MOUNT = """
async ([source, state]) => {
  window.heard = 0;
  document.addEventListener("keydown", (key) => { window.heard += !(key.ctrlKey || key.metaKey); });
  const url = URL.createObjectURL(new Blob([source], {type: "text/javascript"}));
  const { default: face } = await import(url);
  const heard = { "msg:custom": [], ...Object.fromEntries(Object.keys(state).map((name) => [`change:${name}`, []])) };
  const tell = (message) => heard["msg:custom"].forEach((call) => call(message));
  const model = {
    get: (name) => state[name],
    on: (name, call) => heard[name].push(call),
    off: (name, call) => { heard[name] = heard[name].filter((each) => each !== call); },
    send: async (message) => {
      const [notice, after] = await window.obey(message);
      if (after === null) return;
      if (notice) tell({ notice, place: message.place });
      Object.assign(state, after);
      Object.keys(after).forEach((name) => heard[`change:${name}`].forEach((call) => call()));
      tell({ done: true });
    },
  };
  window.synced = () => JSON.stringify(state);
  const leave = face.render({ model, el: document.querySelector("main") });
  window.leave = () => { leave(); return Object.values(heard).flat().length; };
}
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a file and a home on one worker, which starts that home once."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            home = getattr(item, "callspec", None) and item.callspec.params.get("home")
            item.add_marker(pytest.mark.xdist_group(f"{item.path.stem} {home}"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The distribution's own browser, headless."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip("Chromium is not installed; apt-get install chromium")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def blank(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Run a module in a blank page over the state that is synced and what obeys its messages.

    The page counts in `window.heard` the keys that would have been the notebook's.
    """
    pages: list[Any] = []

    def show(source: str, state: dict[str, Any], obey: Callable[..., Any], **options: Any) -> Any:
        page = chromium.new_page(**options)
        pages.append(page)
        page.expose_function("obey", obey)
        page.set_content(HTML.format(css=style()))
        page.evaluate(MOUNT, [source, plain(state)])
        return page

    yield show
    for page in pages:
        page.close()


@pytest.fixture
def stage(blank: Callable[..., Any], tmp_path: Path) -> Callable[..., Any]:
    """Show a quiz alone; a real session does what it sends, unless the kernel is dead."""

    def show(quiz: str, *, alive: bool = True, confidence: bool = False, **options: Any) -> Any:
        path = tmp_path / "01-first.yaml"
        path.write_text(quiz)
        session = Session(load_quiz(path))

        def obey(message: dict[str, Any]) -> tuple[str, Any]:
            notice = practised(session, message) if alive else ""
            return notice, plain(state()) if alive else None

        def state() -> dict[str, Any]:
            return {"page": session.page() | (sureness(session) if confidence else {})}

        return blank(module(), state(), obey, **options)

    return show


@pytest.fixture
def hall(blank: Callable[..., Any]) -> Callable[..., Any]:
    """Show an exam alone; it does what the page sends."""

    def show(exam: Exam, **options: Any) -> Any:
        def state() -> dict[str, Any]:
            return {"sitting": exam_page.sitting(exam), "report": exam_page.report(exam)}

        def obey(message: dict[str, Any]) -> tuple[str, Any]:
            return sat(exam, message), plain(state())

        return blank(module(EXAM), {"paper": exam_page.paper(exam), **state()}, obey, **options)

    return show


def plain(state: dict[str, Any]) -> dict[str, Any]:
    """The state as JSON carries it."""
    return dict(json.loads(json.dumps(state)))


class Lab(NamedTuple):
    """A running JupyterLab: where it listens, its token, the student's folder."""

    url: str
    token: str
    folder: Path

    def listens(self) -> bool:
        with suppress(OSError):
            self.sessions()
            return True
        return False

    def sessions(self) -> list[dict[str, Any]]:
        with urllib.request.urlopen(f"{self.url}/api/sessions?token={self.token}") as answer:
            return list(json.load(answer))

    def set_theme(self, name: str) -> None:
        settings = self.folder / ".kmslab/jupyter/user-settings/@jupyterlab/apputils-extension"
        settings.mkdir(parents=True, exist_ok=True)
        (settings / "themes.jupyterlab-settings").write_text(json.dumps({"theme": name}))


@pytest.fixture(scope="session")
def lab(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("course")
    assert chromium.is_connected()
    copy_course(folder)
    log = folder / "jupyter.log"
    with log.open("wb") as told, one_at_a_time(tmp_path_factory):
        server = subprocess.Popen([sys.executable, "-c", START, str(folder)], stderr=told)
        found = wait_for(lambda: READY.search(log.read_bytes()), "JupyterLab's URL")
        lab = Lab(found[1].decode(), found[2].decode(), folder)
        wait_for(lab.listens, "JupyterLab")
    try:
        yield lab
    finally:
        server.terminate()
        server.wait(PATIENCE)


@contextmanager
def one_at_a_time(factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the other workers waiting: JupyterLab looks for a free port some time before it takes it."""
    with (factory.getbasetemp().parent / "jupyter.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def wait_for(asked: Callable[[], Any], what: str) -> Any:
    """Ask until the answer is true."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if answer := asked():
            return answer
        time.sleep(0.1)
    raise TimeoutError(what)


class Visit(NamedTuple):
    """A page in JupyterLab with a notebook of ours, and what it said to whom."""

    page: Any
    path: Path
    requests: list[str]
    frames: list[str]

    @property
    def quiz(self) -> Any:
        return self.page.locator(".kq")

    def run_cell(self) -> None:
        self.page.locator(".jp-Notebook .jp-Cell .jp-Editor").first.click()
        self.page.keyboard.press("Shift+Enter")
        self.quiz.wait_for()

    def cells(self) -> int:
        return int(self.page.locator(".jp-Notebook .jp-Cell").count())

    def save(self) -> str:
        """Press Ctrl-S; return the notebook once it is there in whole, for JupyterLab writes it in place."""
        before = self.path.read_text()
        self.page.keyboard.press("Control+s")
        wait_for(lambda: _is_whole(self.path.read_text(), before), "the saved notebook")
        return self.path.read_text()

    def focus_is_in_quiz(self) -> bool:
        return bool(
            self.page.evaluate("document.querySelector('.kq').contains(document.activeElement)")
        )


def _is_whole(text: str, before: str) -> bool:
    with suppress(ValueError):
        return text != before and bool(json.loads(text))
    return False


@pytest.fixture
def visit(
    chromium: Any, lab: Lab, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Visit]]:
    """Open a fresh notebook with the quiz of lab 01 and two cells that nobody may touch."""
    pages: list[Any] = []

    def open_one(source: str = RECAP) -> Visit:
        path = lab.folder / "labs" / f"{request.node.name}.ipynb".replace("[", "-").replace("]", "")
        if not path.exists():
            sources = [source, "'second'", "'third'"]
            cells = [nbformat.v4.new_code_cell(source) for source in sources]
            nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=KERNEL), path)
        page = chromium.new_page(viewport={"width": 1200, "height": 900})
        pages.append(page)
        requests: list[str] = []
        frames: list[str] = []
        page.on("request", lambda each: requests.append(each.url))
        page.on("websocket", lambda socket: _listen(socket, requests, frames))
        page.goto(f"{lab.url}/lab/tree/labs/{path.name}?reset&token={lab.token}")
        wait_for(lambda: _is_ready(lab, path.name), f"the kernel of {path.name}")
        return Visit(page, path, requests, frames)

    yield open_one
    for page in pages:
        page.close()


def _listen(socket: Any, requests: list[str], frames: list[str]) -> None:
    requests.append(socket.url)
    socket.on("framereceived", lambda frame: frames.append(_text(frame)))


def _text(frame: str | bytes) -> str:
    return frame if isinstance(frame, str) else frame.decode("utf-8", "replace")


def _is_ready(lab: Lab, name: str) -> bool:
    return any(
        each["path"].endswith(name)
        and each["kernel"]["execution_state"] == "idle"
        and each["kernel"]["connections"]
        for each in lab.sessions()
    )
