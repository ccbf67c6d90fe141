"""`kmslab quiz review`: what is due today, asked as new variants.

Knows the order of asking; what is due is the quiz engine's.
"""

import click

from kmslab.cli.quiz_ask import STUDENT, ask_once
from kmslab.cli.quiz_progress import EXAM, RETENTION, course_bank, need_log, plan_of
from kmslab.lab.taker import taker
from kmslab.quiz.mastery import choose, due, rows
from kmslab.quiz.progress import wall_clock
from kmslab.quiz.session import Session


@click.command()
@EXAM
@RETENTION
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1), help="At most.")
@click.option("--list", "only_list", is_flag=True, help="List what is due, and ask nothing.")
@click.option("--sure", is_flag=True, help="Ask before each verdict how sure you are.")
@STUDENT
@click.pass_context
def review(
    ctx: click.Context,
    exam_date: str | None,
    retention: float,
    limit: int,
    student: str,
    *,
    only_list: bool,
    sure: bool,
) -> None:
    """Ask one item of each skill that is due today; an item of a family comes as a new variant.

    What you believed wrongly comes first. The exit code is 1 where an answer was wrong.
    """
    quizzes = [quiz.worldless() for quiz in course_bank()]
    log, now = need_log(), wall_clock()
    plan = plan_of(exam_date, retention)
    found = due(rows(quizzes, log.events, plan=plan, now=now), now)[:limit]
    if not found:
        click.echo("Nothing is due today.")
    wrong = 0
    for row in found:
        quiz, item = choose(quizzes, row.skill, log.events, row.beliefs)
        if only_list:
            click.echo(f"{row.skill:28}{row.recall:4.0%}  {quiz.quiz} {item.id} {item.title}")
            continue
        session = Session(quiz, log.path, **taker(student))
        case = next(case for _, each, case in quiz.placed() if each.id == item.id)
        wrong += not ask_once(session, item, case, sure=sure).correct
        log = session.log
    ctx.exit(1 if wrong else 0)
