"""A quiz where nothing runs: on a code host, in a printed notebook, in a terminal's log.

Shows the questions and no answers. The HTML passes notebook sanitisers: no style element, no
script, no reliance on roles. Refuses to know progress, so that a stored notebook never changes.
"""

import re
from collections.abc import Iterator
from html import escape

from kmslab.quiz.catalog import Item, Quiz, kind_of
from kmslab.quiz.markup import Block, Inline, lang_of, parse, plain
from kmslab.quiz.page import Page, page

_HOW = "Run this cell in JupyterLab to answer here, or `kmslab quiz {}` in a terminal."


def as_text(quiz: Quiz) -> str:
    """Return the questions as plain text."""
    parts = [quiz.title]
    for number, (item, shown, opens) in enumerate(_items(quiz), 1):
        if opens:
            parts += ["", opens["title"], plain(opens["scenario"])]
        parts += ["", f"{number}. {plain(shown['stem'])}", *kind_of(item).lines(shown["body"])]
    return "\n".join([*parts, "", _HOW.format(quiz.quiz)])


def as_html(quiz: Quiz) -> str:
    """Return the questions as HTML without a key and without anything that runs."""
    items = "".join(
        f"<li>{_scenario(opens)}<p><b{lang(item.title)}>{escape(item.title)}</b></p>{blocks(shown['stem'])}"
        f"{_choices(kind_of(item).lines(shown['body']))}</li>"
        for item, shown, opens in _items(quiz)
    )
    how = blocks(parse(_HOW.format(quiz.quiz)))
    return (
        f"<div><h3>{escape(quiz.title)}</h3>{blocks(parse(quiz.about))}<ol>{items}</ol>{how}</div>"
    )


def _items(quiz: Quiz) -> Iterator[tuple[Item, Page, Page | None]]:
    """Yield each item, its page, and the case study that begins with it."""
    before = None
    quiz = quiz.practice()
    for item, shown in zip(quiz.items, page(quiz, {}, seed=1)["items"], strict=True):
        yield item, shown, shown["case"] if shown["case"] != before else None
        before = shown["case"]


def _scenario(case: Page | None) -> str:
    return f"<h4>{escape(case['title'])}</h4>{blocks(case['scenario'])}" if case else ""


def _choices(lines: list[str]) -> str:
    """Return what is to choose from as a list; a text that was picked apart stays a text."""
    if any("\n" in line for line in lines):
        return f"<pre>{escape(chr(10).join(lines))}</pre>"
    rows = "".join(f"<li{lang(line)}>{escape(_bare(line))}</li>" for line in lines if line.strip())
    return f"<ul>{rows}</ul>" if rows else ""


def _bare(line: str) -> str:
    """Return a line without the letter that a terminal gives it."""
    return _LETTER.sub("", line.strip(), count=1) if _LETTER.match(line.strip()) else line.strip()


_LETTER = re.compile(r"[a-z]\) ")


_BLOCKS = {
    "p": ("<p{}>", "<br>", "</p>"),
    "ul": ("<ul{}><li>", "</li><li>", "</li></ul>"),
    "code": ("<pre{}>", "\n", "</pre>"),
}


def blocks(parsed: list[Block]) -> str:
    """Return parsed text as escaped HTML."""
    return "".join(
        opening.format(_lang(block.get("lang")))
        + between.join(map(_line, block["lines"]))
        + closing
        for block in parsed
        for opening, between, closing in [_BLOCKS[block["kind"]]]
    )


def lang(text: str) -> str:
    """Return the attribute that says a text's language, where it is another than the page's."""
    return _lang(lang_of(text))


def _lang(language: str | None) -> str:
    return f' lang="{language}"' if language else ""


def _line(inlines: list[Inline]) -> str:
    return "".join(_inline(inline) for inline in inlines)


def _inline(inline: Inline) -> str:
    text = escape(inline["text"])
    return f"<{inline['style']}>{text}</{inline['style']}>" if inline["style"] else text
