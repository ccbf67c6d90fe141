"""How long a bank of 1,000 items takes to be read and linted, and beside libyaml alone on its text.

Processor seconds, so that neighbours count little. Run with `python -m bench`.
"""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import yaml

from bench.measure import Row, alternate
from kmslab.quiz.load import quiz_of
from kmslab.quiz.source import parse
from kmslab.quiz.writing import Known, broken

ITEMS: Final = 1000
MAX_SECONDS: Final = 2.0
ROUNDS: Final = 3
SPECIMENS: Final = Path(__file__).parents[1] / "tests/vectors/quiz/00-kinds.yaml"


def rows() -> Iterator[Row]:
    """Measure the whole of it against the clock and against the C loader."""
    text = many(ITEMS)
    ours, theirs, ratio = alternate(_seconds(lint, text), _seconds(_load, text), ROUNDS)
    name = f"{ITEMS:,} quiz items: read, lint"
    yield Row(name, f"{MAX_SECONDS:.0f} s", ours / MAX_SECONDS, 1, 0.3, False, f"{ours:.2f} s")
    figures = f"{ours * 1000:,.0f} ms : {theirs * 1000:,.0f} ms"
    yield Row(name, "PyYAML's C loader", ratio, 1.5, 1.0, False, figures)


def many(count: int) -> bytes:
    """Return a quiz of specimens, over and over, each with an id of its own."""
    head, _, body = SPECIMENS.read_text().partition("items:\n")
    blocks = [b for b in re.split(r"(?=^  - type: )", body, flags=re.MULTILINE) if b.strip()]
    blocks = [block for block in blocks if "type: case" not in block]
    items = (
        re.sub(r'    id: "\d+"', f'    id: "{10_000 + n}"', blocks[n % len(blocks)], count=1)
        for n in range(count)
    )
    return f"{head}items:\n{''.join(items)}".encode()


def lint(text: bytes) -> int:
    """Read a quiz and ask every rule about every item; return how many items there were."""
    quiz = quiz_of(parse(text, "00-kinds.yaml"))
    for item in quiz.items:
        list(broken(item, Known()))
    return len(quiz.items)


def _load(text: bytes) -> int:
    return len(yaml.load(text, Loader=yaml.CSafeLoader)["items"])


def _seconds(work: Callable[[bytes], int], text: bytes) -> Callable[[], float]:
    def measured() -> float:
        begun = time.process_time()
        if work(text) != ITEMS:
            raise RuntimeError("items were lost")
        return time.process_time() - begun

    return measured
