"""Practice as one HTML file that needs no kernel, no server and no network.

The page's own judge (`widget_judge.js`) grades, so the keys of what is practised are in the page;
those of items for exams only never are. A Content Security Policy lets nothing else run. Refuses
to know files.
"""

import base64
import json
from collections.abc import Iterable
from hashlib import sha256
from html import escape
from typing import Any

import msgspec

from kmslab.quiz.catalog import Item, Quiz, kind_of
from kmslab.quiz.faces import fallback
from kmslab.quiz.faces.module import PAGE, PRACTICE, module, style
from kmslab.quiz.languages import language_of
from kmslab.quiz.markup import WRITTEN, parse
from kmslab.quiz.page import kind_name
from kmslab.quiz.session import Session

JUDGED = frozenset(
    {"single", "multiple", "hotspot", "true-false", "numeric", "short"}
    | {"ordering", "matching", "cloze"}
)  # the kinds that `widget_judge.js` knows


def left_out(quiz: Quiz) -> list[Item]:
    """Return the items that a page cannot hold: exams keep them, or only Python grades them."""
    kept = {item.id for item in quiz.practice().items if kind_name(item) in JUDGED}
    return [item for item in quiz.items if item.id not in kept]


def html(quizzes: Iterable[Quiz], *, seed: int = 1, above: str = "", script: str = "") -> str:
    """Return the page; `above` is HTML that stands before the quizzes, `script` runs after them."""
    asked = [_without(quiz.practice()) for quiz in quizzes]
    title = asked[0].title if len(asked) == 1 else "Practice"
    code = module((*PRACTICE, *PAGE)) + script
    return document(
        title,
        above + "".join(_section(quiz, seed) for quiz in asked),
        head=f"<style>{style()}</style>",
        code=code,
        lang=language_of(item for quiz in asked for item in quiz.items),
        extra_policy="connect-src 'self'; " if script else "",
    )


def _without(quiz: Quiz) -> Quiz:
    """Return the quiz without items whose kind the page cannot judge."""
    unjudged = {item.id for item in left_out(quiz)}
    return quiz.only(lambda item: item.id not in unjudged)


def _section(quiz: Quiz, seed: int) -> str:
    session = Session(quiz, seed=seed)
    page = session.page()
    items = {item.id: closed(session.item(item.id)) for item in quiz.items}
    data: dict[str, Any] = {"page": page, "items": items}
    data["edition"] = sha256(json.dumps(data).encode()).hexdigest()[:12]
    told = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
    return (
        f'<section><script type="application/json" data-quiz="{escape(quiz.quiz)}">{told}</script>'
        f"<noscript>{fallback.as_html(quiz)}</noscript></section>"
    )


def closed(item: Item) -> dict[str, Any]:
    """Return what the page's judge needs of an item, and what is told when it is closed."""
    return {
        "kind": kind_name(item),
        "told": _parsed(
            json.loads(msgspec.json.encode(item, enc_hook=parse))
        ),  # what is translated
        "key": kind_of(item).key(item),
        "hints": [parse(hint) for hint in item.hints],
        "why": parse(item.why),
        "refs": [{"title": ref.title, "url": ref.url} for ref in item.refs],
        "lab": {"name": item.lab.name, "section": item.lab.section},
    }


_HEAD = ("id", "title", "stem", "why", "lab", "topic", "skills", "refs", "as_of", "hints")
_UNUSED = frozenset((*_HEAD, "exams", "difficulty", "version", "despite", "proof", "type", "i18n"))


def _parsed(item: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that are a kind's own, their reasons and the texts of parts parsed."""
    return {name: _texts(value) for name, value in item.items() if name not in _UNUSED}


def _texts(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, list):
        return [_texts(each) for each in value]
    if not isinstance(value, dict):
        return value
    names = {"why", "text"} if "id" in value else {"why"}
    return {
        name: parse(each) if name in names and isinstance(each, str) else _texts(each)
        for name, each in value.items()
        if name != "misconception"
    }


_PAGE = """<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title lang="{written}">{title}</title>
<style>{style}</style>{head}
</head>
<body lang="{written}"><main>{body}</main>{script}</body>
</html>
"""
_STYLE = """
:root { color-scheme: light dark; }
body { margin: 0; background: light-dark(#f4f5f9, #0e1118); }
main { display: grid; gap: 1.5rem; justify-items: center; padding: clamp(0.5rem, 3vw, 2.5rem) 0.5rem; }
main > section { width: min(48rem, 100%); }
@media print {
  body { background: none; }
  .kq { max-width: none; border: 0; box-shadow: none; }
  .kq .kq-panel[hidden] { display: block; }
  .kq :is(.kq-rail, .kq-actions, .kq-tools, .kq-score, .kq-sure), .kq .kq-panel:last-child { display: none; }
  .kq .kq-panel { break-inside: avoid; margin-top: 1.5rem; }
}
"""


def document(
    title: str,
    body: str,
    *,
    lang: str = WRITTEN,
    head: str = "",
    code: str = "",
    extra_policy: str = "",
) -> str:
    """Return an HTML document in which only `code` may run and nothing may be fetched.

    It is a page in the language `lang`; what it says by itself is in WRITTEN, and says so.
    """
    digest = base64.b64encode(sha256(code.encode()).digest()).decode()
    runs = f"script-src 'sha256-{digest}'; " if code else ""
    policy = f"default-src 'none'; {runs}{extra_policy}style-src 'unsafe-inline'; img-src data:"
    return _PAGE.format(
        policy=policy,
        lang=lang,
        written=WRITTEN,
        title=escape(title),
        style=_STYLE,
        head=head,
        body=body,
        script=f'<script type="module">{code}</script>' if code else "",
    )
