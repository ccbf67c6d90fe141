"""A quiz in the browser while it is being written: the page as it is, above it what is wrong.

Served on loopback only, under a token that is handed in; the page asks now and then whether the
file has changed, and loads itself anew. Refuses to know how a file is read
and linted: that is handed in.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from kmslab.quiz.catalog import Quiz
from kmslab.quiz.faces.static import html, left_out
from kmslab.quiz.source import Fault, QuizFileError

Load = Callable[[Path], Quiz]  # raises QuizFileError
Lint = Callable[[Path], Iterable[Fault]]

_SCRIPT = """
const seen = VERSION;
const place = sessionStorage.getItem("kmslab tab");
if (place) document.querySelectorAll("[role=tab]")[Number(place)]?.click();
setInterval(async () => {
  try {
    const now = await (await fetch("version")).text();
    if (now === seen) return;
    const tabs = [...document.querySelectorAll("[role=tab]")];
    sessionStorage.setItem("kmslab tab", String(tabs.findIndex((tab) => tab.ariaSelected === "true")));
    location.reload();
  } catch { document.title = "The preview has ended"; }
}, 700);
"""
_STYLE = """<style>
.faults { box-sizing: border-box; padding: 1rem 1.25rem; border: 1px solid light-dark(#d9deea, #343c50); border-radius: 12px;
  background: light-dark(#fff, #161a24); color: light-dark(#172033, #e9ecf5); font: 14px/1.5 system-ui, "Noto Sans", sans-serif; }
.faults h2 { margin: 0 0 0.5rem; font-size: 1rem; }
.faults ul { display: grid; gap: 0.4rem; margin: 0; padding: 0; list-style: none; }
.faults code { margin-right: 0.6rem; font: 600 0.9em ui-monospace, "DejaVu Sans Mono", monospace; color: light-dark(#4338ca, #a9b1ff); }
</style>"""


class Preview:
    """What is shown of a file now."""

    def __init__(self, path: Path, load: Load, lint: Lint) -> None:
        self.path = path
        self._load = load
        self._lint = lint

    def version(self) -> str:
        """Return what changes when the file does."""
        try:
            return hashlib.sha256(self.path.read_bytes()).hexdigest()[:16]
        except OSError:
            return "gone"

    def page(self) -> str:
        """Return the page; a file that is no quiz has its faults and nothing else."""
        version = self.version()
        try:
            quizzes = [self._load(self.path)]
            faults = sorted(self._lint(self.path))
        except QuizFileError as error:
            quizzes, faults = [], list(error.faults)
        silent = [item.id for quiz in quizzes for item in left_out(quiz)]
        above = _told(self.path, faults, silent)
        return html(quizzes, above=above, script=_SCRIPT.replace("VERSION", json.dumps(version)))


def _told(path: Path, faults: Iterable[Fault], silent: list[str]) -> str:
    rows = [
        f"<li><code>{fault.line}:{fault.column}</code>{escape(_words(fault))}</li>"
        for fault in faults
    ]
    rows += [f"<li><code>{escape(name)}</code>is not practised on a page</li>" for name in silent]
    head = f"{len(rows)} to look at" if rows else "nothing to mend"
    return (
        f'{_STYLE}<section class="faults" aria-live="polite"><h2>{escape(path.name)}: {head}</h2>'
        f"<ul>{''.join(rows)}</ul></section>"
    )


def _words(fault: Fault) -> str:
    rule = f"{fault.rule}: " if fault.rule else ""
    return f"{rule}{fault.wrong}; {fault.right}"


def server(preview: Preview, token: str, port: int = 0) -> ThreadingHTTPServer:
    """Return a server on loopback that shows the preview under /TOKEN/ and nothing elsewhere."""
    shown: dict[str, tuple[str, Callable[[], str]]] = {
        f"/{token}/": ("text/html; charset=utf-8", preview.page),
        f"/{token}/version": ("text/plain; charset=utf-8", preview.version),
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            here = {f"{host}:{self.server.server_port}" for host in ("127.0.0.1", "localhost")}  # type: ignore[attr-defined]
            found = shown.get(self.path) if self.headers.get("Host") in here else None
            kind, text = (found[0], found[1]()) if found else ("text/plain", "not here")
            body = text.encode()
            self.send_response(HTTPStatus.OK if found else HTTPStatus.NOT_FOUND)
            for name, value in (
                ("Content-Type", kind),
                ("Content-Length", str(len(body))),
                *_HEADERS,
            ):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:  # noqa: ANN401 - http.server's signature
            """Say nothing: the page says what is to be said."""

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


_HEADERS = (("Cache-Control", "no-store"), ("Referrer-Policy", "no-referrer"))
