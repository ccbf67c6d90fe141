"""`kmslab quiz progress` and `kmslab quiz regrade`: a student's log, read, exported, deleted.

Knows files and tables; what follows from a log is the quiz engine's.
"""

import datetime as dt
import json
from pathlib import Path

import click
import msgspec

from kmslab.cli.quiz import bank
from kmslab.cli.refusals import BadInput, unreadable
from kmslab.families import load_quiz
from kmslab.lab.course import progress_log
from kmslab.lab.misconceptions import registry
from kmslab.quiz.catalog import Quiz
from kmslab.quiz.mastery import Row, calibration, due, profile, rows
from kmslab.quiz.memory import Plan
from kmslab.quiz.progress import EventLog, wall_clock
from kmslab.quiz.regrade import regraded

EXAM = click.option("--exam-date", metavar="YYYY-MM-DD", help="No interval leads beyond that day.")
RETENTION = click.option(
    "--retention",
    default=0.9,
    show_default=True,
    type=click.FloatRange(0.7, 0.99),
    help="The probability of recall that is aimed at.",
)


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print the map and what follows as JSON.")
@EXAM
@RETENTION
@click.pass_context
def progress(ctx: click.Context, exam_date: str | None, retention: float, *, as_json: bool) -> None:
    """Show how each skill of the course stands; it fades with time, and rises with reviews."""
    if ctx.invoked_subcommand is not None:
        return
    quizzes, log, now = course_bank(), need_log(), wall_clock()
    found = rows(quizzes, log.events, plan=plan_of(exam_date, retention), now=now)
    if as_json:
        told = {
            "map": found,
            "misconceptions": profile(quizzes, log.events),
            "calibration": calibration(log.events),
            "unreadable": log.lost,
        }
        click.echo(json.dumps(msgspec.to_builtins(told), indent=2))
        return
    if log.lost:
        click.echo(f"{log.lost} unreadable line(s) of the log were skipped.", err=True)
    tell(found, now)
    known = registry()
    for held in profile(quizzes, log.events):
        each = known.get(held.misconception)
        words = f"{each.belief} Lab {each.lab[:2]}: {each.section}" if each else held.misconception
        end = ", mended since" if held.mended else ""
        click.echo(f"believed {held.shown} time(s){end}: {words}")
    for sure in calibration(log.events):
        low, high = sure.interval
        click.echo(
            f"{sure.confidence}: {sure.right} of {sure.total} right, "
            f"95% interval {low:.0%} to {high:.0%}"
        )


def tell(found: list[Row], now: dt.datetime) -> None:
    """Print the map, a skill a line; new ones are counted."""
    known = [row for row in found if row.reviews]
    for row in known:
        bar = "#" * round(10 * row.recall)
        when = f"{row.due:%Y-%m-%d}" if row.due else ""
        then = f"  {row.then:4.0%} on the day" if row.then is not None else ""
        click.echo(f"{row.skill:28}{row.level:8}{bar:<10} {row.recall:4.0%}  due {when}{then}")
    late = len(due(found, now))
    click.echo(f"{len(known)} of {len(found)} skills asked so far, {late} due today")


@progress.command()
@click.option(
    "--output", "-o", type=click.Path(path_type=Path), help="Without it: standard output."
)
def export(output: Path | None) -> None:
    """Write the log, an event a line, as it may be read by other programs."""
    lines = b"".join(msgspec.json.encode(event) + b"\n" for event in need_log().events)
    if output is None:
        click.echo(lines.decode(), nl=False)
        return
    try:
        output.write_bytes(lines)
    except OSError as error:
        raise unreadable(output, error) from None
    click.echo(str(output))


@progress.command()
@click.confirmation_option(prompt="All your answers here are forgotten. Delete them?")
def delete() -> None:
    """Delete the log of this course folder."""
    path = need_path()
    path.unlink(missing_ok=True)
    click.echo(f"{path} is deleted")


@click.command()
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
def regrade(*, dry_run: bool) -> None:
    """Judge the last answer to each item by the keys of today; add to the log what differs."""
    log = need_log()
    changed = list(regraded(course_bank(), log.events, wall_clock))
    for event in changed:
        click.echo(f"{event.quiz} {event.item}: {_word(event.was)} was, {_word(event.correct)} is")
        if not dry_run:
            log.append(event)
    click.echo(f"{len(changed)} answers {'would change' if dry_run else 'judged anew'}")


def _word(correct: object) -> str:
    return "right" if correct else "wrong"


def course_bank() -> list[Quiz]:
    """Return the quizzes of the course."""
    return [load_quiz(path) for path in bank()]


def need_path() -> Path:
    """Return where the log lies. Raises: BadInput outside of a course folder."""
    path = progress_log()
    if path is None:
        remedy = "go into your course folder; `kmslab lab` makes one"
        raise BadInput("there is no progress here", remedy)
    return path


def need_log() -> EventLog:
    """Return the log of this course folder. Raises: BadInput."""
    path = need_path()
    try:
        return EventLog(path)
    except OSError as error:
        raise unreadable(path, error) from None


def plan_of(exam_date: str | None, retention: float) -> Plan:
    """Return the plan that the options describe. Raises: BadInput."""
    try:
        day = dt.date.fromisoformat(exam_date) if exam_date else None
    except ValueError:
        raise BadInput(f"{exam_date} is no date", "write it as 2026-12-01") from None
    return Plan(retention=retention, exam=day)
