"""What can be counted of a bank: reasons, misconceptions, references, proofs, balance.

Refuses to run proofs; how many there are is handed in.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from kmslab.quiz.catalog import Item
from kmslab.quiz.kinds.choice import Option, Single
from kmslab.quiz.kinds.hotspot import Hotspot, options
from kmslab.quiz.writing import choices, longest_is_key


class Part(msgspec.Struct, frozen=True):
    """How many of how many."""

    name: str
    count: int
    total: int

    def __str__(self) -> str:
        share = f"{self.count / self.total:.0%}" if self.total else "none"
        return f"{self.name:44}{self.count:5} of {self.total:5}  {share:>5}"


class Spread(msgspec.Struct, frozen=True):
    """Where the keys of items with so many options stand; chi-square, and its 5 % point."""

    options: int
    counts: tuple[int, ...]
    chi_square: float
    critical: float

    def __str__(self) -> str:
        told = f"keys of {self.options} options stand at {', '.join(map(str, self.counts))}"
        return f"{told}: chi-square {self.chi_square:.2f}, {self.critical} at 5 %"


CRITICAL = {3: 5.991, 4: 7.815, 5: 9.488}  # chi-square, 95 %, for one degree less than options


def parts(items: Sequence[Item], *, proven: int, provable: int) -> list[Part]:
    """Return the shares; `proven` of `provable` keys were run."""
    offered = [option for item in items for option in _offered(item)]
    wrong = [option for option in offered if not option.correct]
    hits, single = longest_is_key(list(items))
    return [
        Part("options with a reason", sum(bool(o.why) for o in offered), len(offered)),
        Part(
            "distractors with a misconception",
            sum(bool(o.misconception) for o in wrong),
            len(wrong),
        ),
        Part("items with a reference", sum(bool(item.refs) for item in items), len(items)),
        Part("items that name an exam", sum(bool(item.exams) for item in items), len(items)),
        Part("executable keys that were run", proven, provable),
        Part("the longest option is the key", hits, single),
    ]


def _offered(item: Item) -> Iterable[Option]:
    if isinstance(item, Hotspot):
        return options(item)
    return [option for group in choices(item) for option in group.options]


def spreads(items: Iterable[Item]) -> list[Spread]:
    """Return where keys stand, as they are written, for each number of options."""
    placed: dict[int, list[int]] = {}
    for item in items:
        if isinstance(item, Single) and len(item.options) in CRITICAL:
            key = next(n for n, option in enumerate(item.options) if option.correct)
            placed.setdefault(len(item.options), []).append(key)
    return [_spread(size, places) for size, places in sorted(placed.items())]


def _spread(size: int, places: list[int]) -> Spread:
    counts = tuple(places.count(n) for n in range(size))
    expected = len(places) / size
    chi = sum((count - expected) ** 2 / expected for count in counts)
    return Spread(size, counts, chi, CRITICAL[size])


def objectives(items: Iterable[Item]) -> dict[str, int]:
    """Return how many items each task statement of an exam has, and each exam as a whole."""
    named = ({*item.exams, *(exam.split()[0] for exam in item.exams)} for item in items)
    return dict(sorted(Counter(name for names in named for name in names).items()))
