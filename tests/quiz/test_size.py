"""A big bank and a light start: 1,000 items in two seconds of a processor, and no Jupyter for them."""

import subprocess
import sys
import time

from bench.quiz import ITEMS, MAX_SECONDS, lint, many

HEAVY = {"IPython", "anywidget", "boto3", "botocore", "ipywidgets", "jupyterlab", "textual"}


def test_a_thousand_items_load_and_are_checked_in_time() -> None:
    text = many(ITEMS)
    began = time.process_time()
    assert lint(text) == ITEMS == 1000
    assert time.process_time() - began < MAX_SECONDS == 2.0


def test_the_engine_asks_and_judges_without_jupyter_and_botocore() -> None:
    program = (
        "import sys, kmslab.quiz, kmslab.quiz.exam_session, kmslab.quiz.memory\n"
        "kmslab.quiz.load_quiz, kmslab.quiz.judge, kmslab.quiz.Session\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = set(ended.stdout.split())
    assert {"kmslab", "msgspec", "yaml"} <= loaded
    assert loaded & HEAVY == set()
