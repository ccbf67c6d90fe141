"""The answers of many takers: a score, and a pick where there was one, of each taker and item.

Read from a folder of logs, one taker each, or from a table (CSV). Of each taker the first answer to
an item counts, without help or with it: later ones were taught by the first.
"""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import msgspec

from kmslab.quiz import exam_log, progress
from kmslab.quiz.exam import Sat
from kmslab.quiz.progress import Answered

Event = progress.Event | exam_log.Event
Cell = tuple[str, str]  # taker and item


class Answers(msgspec.Struct, frozen=True):
    """`scores` holds 1 for right and 0 for wrong, `picks` the options that were picked.

    An item is named by its id, and where its version is not the first, by that too: "114 v2".
    `lost` is the number of lines that could not be read.
    """

    scores: dict[Cell, int]
    picks: dict[Cell, tuple[str, ...]] = msgspec.field(default_factory=dict)
    lost: int = 0

    @property
    def takers(self) -> list[str]:
        """Whoever answered anything."""
        return sorted({taker for taker, _ in self.scores})

    @property
    def items(self) -> list[str]:
        """Whatever was answered by anyone."""
        return sorted({item for _, item in self.scores})


class AnswersError(ValueError):
    """Nothing that can be analysed: what is wrong, and what would be right."""

    def __init__(self, wrong: str, right: str) -> None:
        super().__init__(f"{wrong}; {right}")
        self.wrong, self.right = wrong, right


def read(path: Path) -> Answers:
    """Read a folder of logs or a table. Raises: AnswersError, OSError."""
    found = _folder(path) if path.is_dir() else of_table(path.read_bytes())
    if not found.scores:
        raise AnswersError("it holds no answers", "name a folder of logs (*.jsonl), or a CSV")
    return found


# ---------------------------------------------------------------------------------------- logs


def _folder(path: Path) -> Answers:
    events: list[tuple[str, Event]] = []
    lost = 0
    for file in sorted(path.rglob("*.jsonl")):
        taker = taker_of(file.relative_to(path))
        for line in filter(bytes.strip, file.read_bytes().split(b"\n")):
            try:
                events.append((taker, msgspec.json.decode(line, type=Event)))
            except (msgspec.DecodeError, UnicodeDecodeError):
                lost += 1
    scores: dict[Cell, int] = {}
    picks: dict[Cell, tuple[str, ...]] = {}
    for taker, event in sorted(events, key=lambda pair: pair[1].at):
        for item, answer, correct in _told(event):
            if (taker, item) not in scores:
                scores[taker, item] = int(correct)
                if picked := _picked(answer):
                    picks[taker, item] = picked
    return Answers(scores, picks, lost)


def taker_of(path: Path) -> str:
    """Return who a log belongs to: the student's folder, or the file's own name."""
    folders = [part for part in path.parts[:-1] if part != ".kmslab"]
    named = [] if path.stem in ("progress", "exams") and folders else [path.stem]
    return "/".join([*folders, *named])


def _told(event: Event) -> Iterator[tuple[str, object, bool]]:
    """Yield what was judged; an exam that was not ended is not."""
    if isinstance(event, Answered):
        yield _name(event.item, event.version), event.answer, event.correct
    elif isinstance(event, Sat):
        for each in event.questions:
            yield _name(each.item, each.version), each.answer, each.correct


def _name(item: str, version: int) -> str:
    return item if version == 1 else f"{item} v{version}"


def _picked(answer: object) -> tuple[str, ...]:
    """Return the letters that were picked; none where the item offers no choice."""
    letters = answer if isinstance(answer, list) else []
    return tuple(each for each in letters if isinstance(each, str) and len(each) == 1)


# --------------------------------------------------------------------------------------- table

_SCORES = {"1": 1, "0": 0, "": None}


def of_table(raw: bytes) -> Answers:
    """Read a CSV: a row for each taker, `taker` and then a column for each item; 1, 0 or empty.

    Raises: AnswersError with the line and the column.
    """
    try:
        rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise AnswersError(f"not a table: {error}", "save it as CSV in UTF-8") from None
    if not rows or rows[0][:1] != ["taker"]:
        raise AnswersError("line 1: the first column is not `taker`", "write taker,001,002,...")
    items = rows[0][1:]
    scores: dict[Cell, int] = {}
    for line, row in enumerate(rows[1:], 2):
        if len(row) != len(rows[0]):
            wrong = f"line {line}: {len(row)} columns where the first line has {len(rows[0])}"
            raise AnswersError(wrong, "write one for each item, empty where there was no answer")
        scores |= dict(_cells(line, row, items))
    return Answers(scores)


def _cells(line: int, row: list[str], items: list[str]) -> Iterator[tuple[Cell, int]]:
    for item, told in zip(items, row[1:], strict=True):
        if told.strip() not in _SCORES:
            wrong = f"line {line}, item {item}: {told!r} is no score"
            raise AnswersError(wrong, "write 1 for right, 0 for wrong, nothing for no answer")
        score = _SCORES[told.strip()]
        if score is not None:
            yield (row[0], item), score
