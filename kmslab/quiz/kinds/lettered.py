"""Things with letters: how a terminal names what it shows, and how a typed line names it back.

Refuses to know what the things are: it sees their ids in the order shown.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from kmslab.quiz.kinds.kind import Wrong
from kmslab.quiz.markup import alike, parse, plain
from kmslab.quiz.model import AnswerError


def letter(place: int) -> str:
    """Return the letter of the thing at this place, from 0."""
    return chr(ord("a") + place)


def names(ids: Iterable[str]) -> dict[str, str]:
    """Return what each thing is called: its letter with a bracket."""
    return {name: f"{letter(place)})" for place, name in enumerate(ids)}


def lines(shown: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return a lettered line for each thing that has a `text` of blocks."""
    texts = [plain(thing["text"]) for thing in shown]
    return [alike(f"  {letter(place)}) {text}", text) for place, text in enumerate(texts)]


def read(line: str, ids: Sequence[str]) -> list[str]:
    """Read "b", "a c", "a,c" or "ac" as ids, each once. Raises: AnswerError."""
    known = {letter(place): name for place, name in enumerate(ids)}
    letters = line.lower().replace(",", " ").split()
    if len(letters) == 1 and letters[0] not in known:
        letters = list(letters[0])
    if not letters or not all(each in known for each in letters):
        raise AnswerError(f"Answer with letters from {', '.join(known)}.")
    return [known[each] for each in dict.fromkeys(letters)]


def repeated(ids: Sequence[str], where: str, what: str) -> Iterator[Wrong]:
    """Name each id that stands twice, as a fault of the list at `where`."""
    for place, name in enumerate(ids):
        if name in ids[:place]:
            wrong = f"{what} id {name} is used twice"
            yield f"{where}[{place}].id", wrong, "use each letter once"


def said(text: str) -> str:
    """Return a text without its markup, to stand inside a sentence of ours."""
    return " ".join(plain(parse(text)).split())
