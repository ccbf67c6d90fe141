"""A big bank and a light start: 1,000 items in two seconds of a processor, and no Jupyter for them."""

import subprocess
import sys
import time

from bench.quiz import ITEMS, MAX_SECONDS, SPECIMENS, lint, many

HEAVY = {"IPython", "anywidget", "boto3", "botocore", "ipywidgets", "jupyterlab", "textual"}


def test_a_thousand_items_load_and_are_checked_in_time() -> None:
    text = many(ITEMS)
    began = time.process_time()
    assert lint(text) == ITEMS == 1000
    assert time.process_time() - began < MAX_SECONDS == 2.0


PROGRAM = """
import sys
from kmslab.quiz import Session, load_quiz
from kmslab.quiz.catalog import kind_of
from kmslab.quiz.exam_session import Exam

quiz = load_quiz(sys.argv[1])
session, exam = Session(quiz), Exam([quiz])
session.page()
exam.start()
for item in quiz.items:
    assert session.answer(item.id, kind_of(item).key(item)).correct
for place, question in enumerate(exam.questions):
    exam.answer(place, kind_of(question.item).key(question.item))
exam.end()
assert exam.report.total.right == exam.report.total.total
print(*{name.partition(".")[0] for name in sys.modules})
"""


def test_the_engine_asks_and_judges_without_jupyter_and_botocore() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, SPECIMENS], capture_output=True, text=True, check=True
    )
    loaded = set(ended.stdout.split())
    assert {"kmslab", "msgspec", "yaml"} <= loaded
    assert loaded & HEAVY == set()
