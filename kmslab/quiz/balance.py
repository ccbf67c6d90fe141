"""Rules for a bank as a whole: what gives keys away over many items, and how hard they are together.

What one item may break is in `writing.py`. Refuses to know files.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from statistics import mean

from kmslab.quiz.catalog import Item
from kmslab.quiz.kinds.choice import Option, Single
from kmslab.quiz.kinds.lettered import said
from kmslab.quiz.writing import question

MIN_BANK = 20  # items, below which chance tells more than the author
TELLING = 0.4  # of the keys
NEGATIVE = 0.05  # of the questions
BAND = {1: 0.30, 2: 0.45, 3: 0.25}  # the share of items that recall, apply, analyse
MARGIN = 0.10  # to each side of it
MIN_LEVELS = 100  # items that have a band; one quiz may be about one level

Faulty = tuple[str, str]  # what is wrong, what would be right


def longest_is_key(items: Iterable[Item]) -> tuple[int, int]:
    """Return how often the key is the longest option, of how many items with one right option."""
    return _hits(items, max)


def shortest_is_key(items: Iterable[Item]) -> tuple[int, int]:
    """Return how often the key is the shortest option, of how many items with one right option."""
    return _hits(items, min)


def _hits(items: Iterable[Item], end: Callable[[Iterable[int]], int]) -> tuple[int, int]:
    """Count the items whose key alone has the end's length; a tie tells nothing."""
    single = [item for item in items if isinstance(item, Single)]
    return sum(_alone(item.options, end) for item in single), len(single)


def _alone(options: Iterable[Option], end: Callable[[Iterable[int]], int]) -> bool:
    lengths = [(len(said(option.text)), option.correct) for option in options]
    at_end = end(length for length, _ in lengths)
    return [correct for length, correct in lengths if length == at_end] == [True]


def placed(items: Iterable[Item]) -> dict[int, list[int]]:
    """Return where the one right option stands, for each number of options."""
    found: dict[int, list[int]] = {}
    for item in items:
        if isinstance(item, Single):
            key = next(n for n, option in enumerate(item.options) if option.correct)
            found.setdefault(len(item.options), []).append(key)
    return dict(sorted(found.items()))


def chi_square(places: Sequence[int], size: int) -> float:
    """Return how far places are from being even."""
    expected = len(places) / size
    return size * mean((places.count(n) - expected) ** 2 / expected for n in range(size))


def _lengths(items: Sequence[Item]) -> Iterator[Faulty]:
    """Let the key be neither the longest nor the shortest option too often."""
    for name, count in (("longest", longest_is_key), ("shortest", shortest_is_key)):
        hits, total = count(items)
        if total >= MIN_BANK and hits > TELLING * total:
            yield f"the {name} option is the key in {hits} of {total} items", "even out lengths"


def _negatives(items: Sequence[Item]) -> Iterator[Faulty]:
    """Ask rarely for what is not so."""
    count = sum(bool(re.search(r"\b(NOT|EXCEPT)\b", question(item))) for item in items)
    if count > NEGATIVE * len(items):
        yield f"{count} of {len(items)} questions are negative", "5 percent at most"


def _places(items: Sequence[Item]) -> Iterator[Faulty]:
    """Let keys stand anywhere in the file: chi-square at the 1 percent level."""
    for size, places in placed(items).items():
        if len(places) >= MIN_BANK and chi_square(places, size) > AT_1_PERCENT[size]:
            counts = [places.count(n) for n in range(size)]
            yield f"keys of {size} options stand at {counts}", "write them anywhere"


# The points of chi-square that even places pass in 1 of 100 banks, by the number of options.
AT_1_PERCENT = {3: 9.21, 4: 11.34, 5: 13.28, 6: 15.09, 7: 16.81, 8: 18.48}


def _difficulties(items: Sequence[Item]) -> Iterator[Faulty]:
    """Ask for recall, use and analysis in the shares of BAND."""
    for level, aim in BAND.items() if len(items) >= MIN_LEVELS else ():
        share = sum(item.difficulty == level for item in items) / len(items)
        if abs(share - aim) > MARGIN:
            yield f"{share:.0%} of the items have difficulty {level}", f"aim at {aim:.0%}"


RULES: dict[str, Callable[[Sequence[Item]], Iterator[Faulty]]] = {
    "telling-lengths": _lengths,
    "rare-negatives": _negatives,
    "key-position": _places,
    "difficulty-band": _difficulties,
}


def unbalanced(items: Sequence[Item]) -> Iterator[tuple[str, str, str]]:
    """Yield (rule, what is wrong, what would be right) of a bank that is large enough."""
    if len(items) >= MIN_BANK:
        for name, rule in RULES.items():
            yield from ((name, *each) for each in rule(items))
