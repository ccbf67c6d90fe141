"""A quiz where nothing runs: on a code host, in a printed notebook, in a terminal's log.

Shows the questions and no answers. The HTML passes notebook sanitisers: no style element, no
script, no reliance on roles. Refuses to know progress, so that a stored notebook never changes.
"""

from html import escape

from kmslab.quiz.catalog import Item, Quiz, kind_of
from kmslab.quiz.markup import Block, Inline, parse, plain
from kmslab.quiz.page import Page, page

_HOW = "Run this cell in JupyterLab to answer here, or `kmslab quiz {}` in a terminal."


def as_text(quiz: Quiz) -> str:
    """Return the questions as plain text."""
    parts = [quiz.title]
    for number, (item, shown) in enumerate(_items(quiz), 1):
        parts += ["", f"{number}. {plain(shown['stem'])}", *kind_of(item).lines(shown["body"])]
    return "\n".join([*parts, "", _HOW.format(quiz.quiz)])


def as_html(quiz: Quiz) -> str:
    """Return the questions as HTML without a key and without anything that runs."""
    items = "".join(
        f"<li><p><b>{escape(item.title)}</b></p>{blocks(shown['stem'])}"
        f"<ul>{''.join(f'<li>{escape(_bare(line))}</li>' for line in lines)}</ul></li>"
        for item, shown in _items(quiz)
        for lines in [kind_of(item).lines(shown["body"])]
    )
    how = blocks(parse(_HOW.format(quiz.quiz)))
    return (
        f"<div><h3>{escape(quiz.title)}</h3>{blocks(parse(quiz.about))}<ol>{items}</ol>{how}</div>"
    )


def _items(quiz: Quiz) -> list[tuple[Item, Page]]:
    shown = page(quiz, {}, seed=1)["items"]
    return list(zip(quiz.items, shown, strict=True))


def _bare(line: str) -> str:
    return line.strip().partition(") ")[2] or line.strip()


_BLOCKS = {"p": ("<p>", "</p>"), "ul": ("<ul><li>", "</li></ul>"), "code": ("<pre>", "</pre>")}
_BETWEEN = {"p": "<br>", "ul": "</li><li>", "code": "\n"}


def blocks(parsed: list[Block]) -> str:
    """Return parsed text as escaped HTML."""
    return "".join(
        opening + _BETWEEN[block["kind"]].join(map(_line, block["lines"])) + closing
        for block in parsed
        for opening, closing in [_BLOCKS[block["kind"]]]
    )


def _line(inlines: list[Inline]) -> str:
    return "".join(_inline(inline) for inline in inlines)


def _inline(inline: Inline) -> str:
    text = escape(inline["text"])
    return f"<{inline['style']}>{text}</{inline['style']}>" if inline["style"] else text
