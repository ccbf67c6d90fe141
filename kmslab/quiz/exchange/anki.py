"""A deck for Anki: a card for each item, the question in front, key and reasons behind.

There is no way back: a card is text. Ids follow from the quiz and its items, so that a deck that
is imported again updates its cards; all times are the day the quiz was last reviewed.
"""

import datetime as dt
import hashlib
import io
import tempfile
import zipfile
from html import escape
from pathlib import Path
from typing import Any

from kmslab.quiz.catalog import Item, Quiz, kind_of
from kmslab.quiz.exchange.xhtml import html
from kmslab.quiz.family import FIRST
from kmslab.quiz.judge import judge_nothing
from kmslab.quiz.kinds.case import Case
from kmslab.quiz.model import Mark

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date of a zip: the same quiz makes the same bytes


def write(quiz: Quiz) -> bytes:
    """Return the package, a zip file with a database in it."""
    import genanki  # noqa: PLC0415 - a library that only this needs

    deck = genanki.Deck(_number(f"deck {quiz.quiz}"), f"kmslab::{quiz.quiz} {quiz.title}")
    model = genanki.Model(
        _number("kmslab model 1"),
        "kmslab",
        fields=[{"name": "Front"}, {"name": "Back"}],
        templates=[
            {
                "name": "Card",
                "qfmt": "{{Front}}",
                "afmt": '{{FrontSide}}<hr id="answer">{{Back}}',
            }
        ],
    )
    for _, item, case in quiz.worldless().placed():
        deck.add_note(
            genanki.Note(
                model=model,
                fields=[front(item, case), back(item)],
                tags=[item.topic, *(exam.replace(" ", "-") for exam in item.exams)],
                guid=f"kmslab-{item.id}",
            )
        )
    return _packed(genanki.Package(deck), quiz.as_of)


def _number(name: str) -> int:
    """Return an id that Anki takes, always the same for a name: 31 bits."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) >> 1


def _packed(package: Any, day: dt.date) -> bytes:  # noqa: ANN401 - genanki has no types
    """Return the bytes of a package, with the day instead of this moment."""
    moment = dt.datetime.combine(day, dt.time(), dt.UTC).timestamp()
    out = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "deck.apkg"
        package.write_to_file(path, timestamp=moment)
        with zipfile.ZipFile(path) as made, zipfile.ZipFile(out, "w") as fixed:
            for name in made.namelist():
                info = zipfile.ZipInfo(name, EPOCH)
                fixed.writestr(info, made.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def front(item: Item, case: Case[Item] | None) -> str:
    """Return the question as HTML."""
    lines = kind_of(item).lines(kind_of(item).view(item, FIRST))
    offered = f"<pre>{escape(chr(10).join(lines))}</pre>" if any(lines) else ""
    scenario = html(case.scenario) if case else ""
    return f"<b>{escape(item.title)}</b>{scenario}{html(item.stem)}{offered}"


def back(item: Item) -> str:
    """Return the key, every reason and the references as HTML."""
    names = kind_of(item).names(kind_of(item).view(item, FIRST))
    rows = "".join(
        f"<li>{escape(names[each.part])} {'&#10003; ' * (each.mark is Mark.MISSED)}"
        f"{html(each.key or each.why)}</li>"
        for each in judge_nothing(item).remarks
    )
    links = "".join(f'<li><a href="{escape(r.url)}">{escape(r.title)}</a></li>' for r in item.refs)
    return f"<ul>{rows}</ul>{html(item.why)}<ul>{links}</ul>"
