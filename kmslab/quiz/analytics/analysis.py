"""Answers to findings: a row for each item, the whole test, and what to look at.

An item is suspected of a wrong key where those who know the rest get it wrong: its discrimination
lies below nothing with its whole interval, over enough takers. Refuses to know faces.
"""

from collections import Counter
from collections.abc import Mapping

import msgspec

from kmslab.quiz.analytics.answers import Answers
from kmslab.quiz.analytics.statistics import ENOUGH, Figure, alpha, discrimination, facility
from kmslab.quiz.catalog import Item
from kmslab.quiz.kinds.choice import Multiple, Option, Single
from kmslab.quiz.kinds.hotspot import Hotspot, options

RARE = 0.05  # of the takers: a distractor that fewer pick does no work
WEAK = 0.2  # a discrimination below it tells little


class Use(msgspec.Struct, frozen=True):
    """How often an option was picked; `discrimination` is that of its picking."""

    option: str
    correct: bool
    picked: Figure
    discrimination: Figure


class Row(msgspec.Struct, frozen=True):
    """What is known of one item; `findings` are words for its author."""

    item: str
    facility: Figure
    discrimination: Figure
    uses: tuple[Use, ...] = ()
    findings: tuple[str, ...] = ()


class Analysis(msgspec.Struct, frozen=True):
    """What is known of all items, the most suspicious first; `lost` lines were unreadable."""

    takers: int
    reliability: Figure
    rows: tuple[Row, ...]
    lost: int = 0


def analyse(answers: Answers, known: Mapping[str, Item] | None = None) -> Analysis:
    """Analyse answers; of known items it is also told how their options were used."""
    takers, items = answers.takers, answers.items
    right: Counter[str] = Counter()
    count: Counter[str] = Counter()
    for (taker, _), score in answers.scores.items():
        right[taker] += score
        count[taker] += 1
    rows = [_row(answers, item, takers, right, count, known or {}) for item in items]
    whole = [
        [answers.scores[taker, item] for item in items]
        for taker in takers
        if count[taker] == len(items)
    ]
    return Analysis(len(takers), alpha(whole), tuple(sorted(rows, key=_suspicion)), answers.lost)


def _suspicion(row: Row) -> tuple[bool, float, str]:
    value = row.discrimination.value
    return (not row.findings, 1.0 if value is None else value, row.item)


def _row(
    answers: Answers,
    item: str,
    takers: list[str],
    right: Counter[str],
    count: Counter[str],
    known: Mapping[str, Item],
) -> Row:
    mine = [taker for taker in takers if (taker, item) in answers.scores]
    scores = [answers.scores[taker, item] for taker in mine]
    rest = {
        taker: (right[taker] - score) / (count[taker] - 1)
        for taker, score in zip(mine, scores, strict=True)
        if count[taker] > 1
    }
    told = discrimination([answers.scores[taker, item] for taker in rest], list(rest.values()))
    uses = tuple(_use(answers, item, option, mine, rest) for option in _options(known.get(item)))
    return Row(item, facility(scores), told, uses, tuple(_findings(facility(scores), told, uses)))


def _options(item: Item | None) -> tuple[Option, ...]:
    if isinstance(item, Hotspot):
        return options(item)
    return item.options if isinstance(item, Single | Multiple) else ()


def _use(
    answers: Answers, item: str, option: Option, mine: list[str], rest: Mapping[str, float]
) -> Use:
    told = [taker for taker in mine if (taker, item) in answers.picks]
    picked = {taker: int(option.id in answers.picks[taker, item]) for taker in told}
    both = [taker for taker in told if taker in rest]
    return Use(
        option.id,
        option.correct,
        facility(list(picked.values())),
        discrimination([picked[taker] for taker in both], [rest[taker] for taker in both]),
    )


def _findings(facility: Figure, told: Figure, uses: tuple[Use, ...]) -> list[str]:
    """Say what to look at; of a discrimination nothing where too few stand behind it."""
    out: list[str] = []
    if told.is_firm and told.high is not None and told.high < 0:
        out.append("check the key: who knows the rest gets this wrong")
        rivals = [use for use in uses if not use.correct and (use.discrimination.value or 0) > 0]
        out += [f"option {use.option} is picked by those who know the rest" for use in rivals]
    elif told.is_firm and told.value is not None and told.value < WEAK:
        out.append("tells little about who knows the rest")
    for use in uses:
        if not use.correct and use.picked.n >= ENOUGH and (use.picked.high or 1) < RARE:
            out.append(f"option {use.option} is hardly picked")
    if facility.n >= ENOUGH and facility.value in (0, 1):
        out.append(f"{'everybody' if facility.value else 'nobody'} gets it right")
    return out
