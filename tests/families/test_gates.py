"""Quality gates for every family of the bank, over many seeds: a slice here, 1,000 in `make soak`."""

from collections import Counter
from pathlib import Path

import pytest

from kmslab.families import grow, load_quiz
from kmslab.families.catalog import FAMILIES
from kmslab.quiz import judge
from kmslab.quiz.catalog import Item, kind_of
from kmslab.quiz.family import Family
from kmslab.quiz.kinds.choice import Multiple, Single
from kmslab.quiz.kinds.lettered import said
from kmslab.quiz.writing import Known, broken
from tests.tracing import untraced

BANK = [load_quiz(path) for path in sorted((Path(__file__).parents[2] / "quizzes").glob("*.yaml"))]
PLANTED = {name: family for quiz in BANK for name, family in quiz.families.items()}
SLOW = {"throttle": 12}  # seeds of the slice, where a variant takes its time
CRITICAL = {3: 9.21, 4: 11.34}  # chi-square at 1 percent, 2 and 3 degrees of freedom

every_family = pytest.mark.parametrize("name", sorted(PLANTED))


def variants(family: Family, count: int) -> list[Item]:
    return [grow(family, seed) for seed in range(1, count + 1)]


def gates(items: list[Item]) -> None:
    stems = Counter(repr((item, item.stem)) for item in items)
    assert len(stems) >= 0.97 * len(items), "duplicates"
    for item in items:
        assert list(kind_of(item).faults(item)) == []
        assert [told for told in broken(item, Known()) if told[0] != "despite"] == []
        assert judge(item, kind_of(item).key(item)).correct
        if isinstance(item, Single | Multiple):
            assert len({option.text for option in item.options}) == len(item.options)
    single = [item for item in items if isinstance(item, Single)]
    if len(single) >= 40:
        even(single)


def even(items: list[Single]) -> None:
    """The key stands anywhere, and is not told by its length."""
    for size in {len(item.options) for item in items}:
        places = [kind_of(i).key(i)[0] for i in items if len(i.options) == size]
        expected = len(places) / size
        if expected < 10:
            continue
        counts = Counter(places)
        spread = sum((counts["abcdefgh"[n]] - expected) ** 2 / expected for n in range(size))
        assert spread < CRITICAL[size], counts
    longest = [max(item.options, key=lambda option: len(said(option.text))) for item in items]
    assert sum(option.correct for option in longest) <= 0.45 * len(items)


def test_the_bank_has_every_family_and_a_dozen_items_of_them() -> None:
    assert {family.family for family in PLANTED.values()} == set(FAMILIES)
    assert len(PLANTED) >= 12


@untraced
@every_family
def test_a_slice_of_the_variants_passes_the_gates(name: str) -> None:
    family = PLANTED[name]
    gates(variants(family, SLOW.get(family.family, 60)))


@pytest.mark.soak
@every_family
def test_a_thousand_variants_pass_the_gates(name: str) -> None:
    gates(variants(PLANTED[name], 1000))


@every_family
def test_a_variant_is_the_same_again(name: str) -> None:
    family = PLANTED[name]
    assert grow(family, 41) == grow(family, 41)
    assert grow(family, 41) != grow(family, 42)
