"""What can be counted of a bank: reasons, misconceptions, references, proofs, balance.

Refuses to run proofs; how many there are is handed in.
"""

from collections.abc import Iterable, Sequence

import msgspec

from kmslab.quiz.balance import chi_square, longest_is_key, placed
from kmslab.quiz.catalog import Item
from kmslab.quiz.offers import offered


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


AT_5_PERCENT = {3: 5.991, 4: 7.815, 5: 9.488}  # of chi-square, for one degree less than options


def parts(items: Sequence[Item], *, proven: int, provable: int) -> list[Part]:
    """Return the shares; `proven` of `provable` keys were run."""
    picks = [option for item in items for _, option in offered(item)]
    wrong = [option for option in picks if not option.correct]
    hits, single = longest_is_key(items)
    return [
        Part("options with a reason", sum(bool(o.why) for o in picks), len(picks)),
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


def spreads(items: Iterable[Item]) -> list[Spread]:
    """Return where keys stand, as they are written, for each number of options."""
    return [
        Spread(
            size,
            tuple(places.count(n) for n in range(size)),
            chi_square(places, size),
            AT_5_PERCENT[size],
        )
        for size, places in placed(items).items()
        if size in AT_5_PERCENT
    ]
