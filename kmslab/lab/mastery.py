"""The map of the course in a notebook: how each skill stands, as rows and as a table.

A native table with a caption and words beside every bar, so a screen reader knows it already; no
script, no network. Refuses to know how mastery is computed.
"""

import datetime as dt
from collections.abc import Sequence
from html import escape

import msgspec

from kmslab.families import load_quiz
from kmslab.lab.course import course_files, progress_log
from kmslab.quiz.mastery import Row, rows
from kmslab.quiz.memory import Plan
from kmslab.quiz.progress import EventLog, wall_clock

_STYLE = """\
<style>
.kmslab-map { color: var(--jp-content-font-color1, inherit); border-collapse: collapse;
  font-family: var(--jp-content-font-family, system-ui, sans-serif); }
.kmslab-map caption { text-align: start; font-weight: 600; padding-block-end: .4em; }
.kmslab-map th, .kmslab-map td { text-align: start; padding: .2em .9em .2em 0; }
.kmslab-map meter { inline-size: 8em; vertical-align: middle; }
</style>"""


class Map(msgspec.Struct, frozen=True):
    """The map as a notebook shows it; `rows` are its values."""

    rows: tuple[Row, ...]

    def __str__(self) -> str:
        return "\n".join(f"{row.skill}: {_stands(row)}" for row in self.rows)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": as_html(self.rows), "text/plain": str(self)}


def mastery(*, exam: dt.date | None = None, retention: float = 0.9) -> Map:
    """Return how each skill of the course stands now, those that are due first."""
    quizzes = [load_quiz(path) for name, path in course_files().items() if name.endswith(".yaml")]
    plan = Plan(retention=retention, exam=exam)
    events = EventLog(progress_log()).events
    return Map(tuple(rows(quizzes, events, plan=plan, now=wall_clock())))


def as_html(found: Sequence[Row]) -> str:
    """Draw the map as a table, a skill a row."""
    body = "".join(map(_line, found))
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Skill", "Stands", "Due", "Lab"))
    asked = sum(row.reviews > 0 for row in found)
    return (
        f'{_STYLE}<table class="kmslab-map"><caption>{asked} of {len(found)} skills asked so far'
        f"</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _line(row: Row) -> str:
    bar = f'<meter min="0" max="1" value="{row.recall:.2f}" aria-hidden="true"></meter> '
    due = f"{row.due:%Y-%m-%d}" if row.due else ""
    lab = escape(f"{row.lab[:2]}: {row.section}")
    return (
        f'<tr><th scope="row">{escape(row.skill)}</th><td>{bar if row.reviews else ""}'
        f"{escape(_stands(row))}</td><td>{due}</td><td>{lab}</td></tr>"
    )


def _stands(row: Row) -> str:
    """Say how a skill stands, in words."""
    if not row.reviews:
        return "not asked yet"
    then = f", {row.then:.0%} on the day of the exam" if row.then is not None else ""
    return f"{row.level}, {row.recall:.0%} now{then}"
