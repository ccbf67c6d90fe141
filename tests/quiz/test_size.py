"""A big bank: 1,000 items load and are checked in less than two seconds of a processor."""

import re
import time
from pathlib import Path

from kmslab.quiz.load import quiz_of
from kmslab.quiz.source import parse
from kmslab.quiz.writing import Known, broken

SPECIMENS = (Path(__file__).parents[1] / "vectors/quiz/00-kinds.yaml").read_text()


def many(count: int) -> bytes:
    """Return a quiz of specimens, over and over, each with an id of its own."""
    head, _, body = SPECIMENS.partition("items:\n")
    blocks = [b for b in re.split(r"(?=^  - type: )", body, flags=re.MULTILINE) if b.strip()]
    blocks = [block for block in blocks if "type: case" not in block]
    items = (
        re.sub(r'    id: "\d+"', f'    id: "{10_000 + n}"', blocks[n % len(blocks)], count=1)
        for n in range(count)
    )
    return f"{head}items:\n{''.join(items)}".encode()


def test_a_thousand_items_load_and_are_checked_in_time() -> None:
    raw = many(1000)
    began = time.process_time()
    quiz = quiz_of(parse(raw, "00-kinds.yaml"))
    for item in quiz.items:
        list(broken(item, Known()))
    assert len(quiz.items) == 1000
    assert time.process_time() - began < 2.0
