"""Figures of items: by hand where a hand can, by recovery of known parameters where it cannot.

Takers are simulated here: they validate the arithmetic and say nothing about any item.
"""

import datetime as dt
import math
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from kmslab.families import load_quiz
from kmslab.quiz.analytics import bank, face
from kmslab.quiz.analytics.analysis import analyse
from kmslab.quiz.analytics.answers import Answers, AnswersError, of_table, read, taker_of
from kmslab.quiz.analytics.statistics import alpha, discrimination, facility
from kmslab.quiz.exam import Kept, Sat
from kmslab.quiz.exam_log import Given
from kmslab.quiz.progress import Answered, append

ROOT = Path(__file__).parents[2]
KINDS = load_quiz(ROOT / "tests/vectors/quiz/00-kinds.yaml")
NOON = dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC)


def test_facility_is_a_share_with_wilsons_interval() -> None:
    told = facility([1] * 8 + [0] * 2)
    assert (told.n, told.value) == (10, 0.8)
    # Wilson 1927: (0.8 + z2/20) / (1 + z2/10) is the middle, with z2 = 3.8415
    assert (told.low, told.high) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert facility([]).value is None


def test_discrimination_is_a_correlation_with_fishers_interval() -> None:
    # scores 0 0 1 1 against 1 2 3 4: covariance 0.5, deviations 0.5 and sqrt(1.25)
    told = discrimination([0, 0, 1, 1], [1, 2, 3, 4])
    assert told.value == pytest.approx(0.5 / (0.5 * math.sqrt(1.25)))
    z = math.atanh(told.value or 0)
    assert told.high == pytest.approx(math.tanh(z + 1.959964))
    assert not told.is_firm
    assert discrimination([1, 1], [1, 2]).value is None
    assert discrimination([0, 1, 1], [0.1, 0.2, 0.3]).low is None


def test_alpha_is_kr20_with_bonetts_interval() -> None:
    rows = [[1, 1, 1], [1, 1, 0], [1, 0, 0], [0, 0, 0]]
    told = alpha(rows)
    # sums of p * q: 3/16 + 4/16 + 3/16; variance of 3, 2, 1, 0 is 1.25; KR-20 = 3/2 (1 - 0.5)
    assert told.value == pytest.approx(0.75)
    half = 1.959964 * math.sqrt(2 * 3 / (2 * 2))
    assert told.low == pytest.approx(1 - math.exp(math.log(0.25) + half))
    assert alpha([]).value is None
    assert alpha([[1, 0]] * 5).value is None
    assert alpha([[1, 1], [0, 0], [1, 1]]).value == pytest.approx(1)


# -------------------------------------------------------------------------- simulated takers


class Takers:
    """Simulated: two parameters for each item and a guess of 0.25, over abilities like a bell."""

    def __init__(self, count: int, seed: int, items: int = 65) -> None:
        chance = np.random.default_rng(20261128)  # the items, the same for any takers
        steep = np.exp(chance.normal(0, 0.3, items))
        hard = chance.normal(0, 1, items)
        drawn = np.random.default_rng(seed)
        able = drawn.normal(0, 1, (count, 1))
        chances = 0.25 + 0.75 / (1 + np.exp(-1.0 * steep * (able - hard)))
        self.scores = (drawn.random((count, items)) < chances).astype(int)

    def answers(self) -> Answers:
        return Answers(
            {
                (f"t{taker:04}", f"{item:03}"): int(score)
                for (taker, item), score in np.ndenumerate(self.scores)
            }
        )

    def figures(self) -> tuple[Any, Any]:
        """Facility and corrected point-biserial, computed by numpy instead."""
        total = self.scores.sum(axis=1)
        columns = self.scores.T
        rs = [np.corrcoef(column, total - column)[0, 1] for column in columns]
        return self.scores.mean(axis=0), np.array(rs)


TRUE_P, TRUE_R = Takers(40_000, seed=1).figures()


@pytest.mark.parametrize(
    ("count", "error_p", "error_r"),
    [(30, 0.064, 0.160), (100, 0.036, 0.085), (300, 0.021, 0.049)],
)
def test_known_parameters_are_recovered(count: int, error_p: float, error_r: float) -> None:
    # the errors that theory and an independent simulation of this design give; a third of room
    errors_p, errors_r = [], []
    for seed in range(2, 6):
        rows = sorted(analyse(Takers(count, seed).answers()).rows, key=lambda row: row.item)
        errors_p.append(np.mean(np.abs([row.facility.value for row in rows] - TRUE_P)))
        found = np.array([row.discrimination.value or 0.0 for row in rows])
        errors_r.append(math.sqrt(np.mean((found - TRUE_R) ** 2)))
    assert np.mean(errors_p) == pytest.approx(error_p, rel=0.34)
    assert np.mean(errors_r) == pytest.approx(error_r, rel=0.34)


def test_intervals_hold_what_they_promise() -> None:
    held = total = 0
    for seed in range(7, 11):
        for row, p, r in zip(
            sorted(analyse(Takers(150, seed).answers()).rows, key=lambda row: row.item),
            TRUE_P,
            TRUE_R,
            strict=True,
        ):
            held += (row.facility.low or 0) <= p <= (row.facility.high or 1)
            held += (row.discrimination.low or 0) <= r <= (row.discrimination.high or 1)
            total += 2
    assert 0.91 <= held / total <= 0.99  # of 95 %


def test_a_wrong_key_is_found_and_no_other_is_suspected() -> None:
    takers = Takers(300, seed=3)
    takers.scores[:, 17] = 1 - takers.scores[:, 17]
    found = analyse(takers.answers())
    assert found.rows[0].item == "017"
    suspected = [row.item for row in found.rows if row.findings[:1] and "key" in row.findings[0]]
    assert suspected == ["017"]


def test_few_takers_lead_to_no_finding() -> None:
    takers = Takers(99, seed=3)
    takers.scores[:, 17] = 1 - takers.scores[:, 17]
    found = analyse(takers.answers())
    assert not [row for row in found.rows if row.findings]
    assert found.rows[0].item == "017"
    assert face.decimal(found.rows[0].discrimination).startswith("[-0.")


# ------------------------------------------------------------------------------- where from


def answered(item: str, answer: object, *, correct: bool, hour: int = 0) -> Answered:
    at = NOON + dt.timedelta(hours=hour)
    return Answered(
        at=at,
        quiz="00-kinds",
        item=item,
        version=1,
        seed=1,
        answer=answer,
        correct=correct,
        credit=0,
    )


def test_of_each_taker_the_first_answer_counts(tmp_path: Path) -> None:
    log = tmp_path / "ann/.kmslab/progress.jsonl"
    append(log, answered("908", ["b"], correct=False))
    append(log, answered("908", ["a"], correct=True))
    append(log, answered("902", "4096", correct=True))
    kept = Kept("00-kinds", "908", 1, scored=True, answer=["c"], correct=False)
    newer = Kept("00-kinds", "909", 2, scored=False, answer=None, correct=False)
    sat = Sat(
        at=NOON + dt.timedelta(1),
        started=NOON,
        seed=1,
        exam="",
        right=0,
        scored=1,
        questions=(kept, newer),
    )
    open_ = Given(at=NOON, started=NOON, place=0, answer=["a"])  # of an exam that has not ended
    append(log.with_name("exams.jsonl"), open_)
    append(log.with_name("exams.jsonl"), sat)
    append(tmp_path / "bob.jsonl", sat)
    (tmp_path / "torn.jsonl").write_bytes(b'{"event": "answ\n')
    found = read(tmp_path)
    assert found.scores == {
        ("ann", "902"): 1,
        ("ann", "908"): 0,
        ("ann", "909 v2"): 0,
        ("bob", "908"): 0,
        ("bob", "909 v2"): 0,
    }
    assert found.picks == {("ann", "908"): ("b",), ("bob", "908"): ("c",)}
    assert (found.lost, found.takers) == (1, ["ann", "bob"])


def test_a_log_belongs_to_its_folder_or_to_its_name() -> None:
    assert taker_of(Path("ann/.kmslab/progress.jsonl")) == "ann"
    assert taker_of(Path("class/ann.jsonl")) == "class/ann"
    assert taker_of(Path("progress.jsonl")) == "progress"


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"", "line 1: the first column is not `taker`"),
        (b"taker,001\nann,2\n", "line 2, item 001: '2' is no score"),
        (b"taker,001,002\nann,1\n", "line 2: 2 columns where the first line has 3"),
        (b"\xff\xfe", "not a table"),
    ],
)
def test_a_table_that_is_none_is_refused_by_its_place(raw: bytes, told: str) -> None:
    with pytest.raises(AnswersError, match=told):
        of_table(raw)


def test_a_folder_without_answers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AnswersError, match="it holds no answers; name a folder of logs"):
        read(tmp_path)


# ---------------------------------------------------------------------- options and the face


def crowd() -> Answers:
    """120 takers of two items: half knows, and picks the key; b is picked by the others alone."""
    scores: dict[tuple[str, str], int] = {}
    picks: dict[tuple[str, str], tuple[str, ...]] = {}
    for n in range(120):
        taker, knows = f"t{n:03}", n % 2
        for item in ("902", "903"):
            scores[taker, item] = int(knows if n % 5 else 1 - knows)
        scores[taker, "908"] = knows
        picks[taker, "908"] = ("a" if knows else "b",)
    return Answers(scores, picks)


def test_the_use_of_options_is_told() -> None:
    found = analyse(crowd(), {item.id: item for item in KINDS.items})
    row = next(row for row in found.rows if row.item == "908")
    a, b, c = row.uses
    assert (a.picked.value, b.picked.value, c.picked.value) == (0.5, 0.5, 0)
    assert (a.discrimination.value or 0) > 0 > (b.discrimination.value or 0)
    assert row.findings == ("option c is hardly picked",)


def test_a_wrong_key_names_the_option_of_those_who_know() -> None:
    crowded = crowd()
    wrong = {cell: 1 - s if cell[1] == "908" else s for cell, s in crowded.scores.items()}
    picks = {cell: ("b",) if p == ("a",) else ("a",) for cell, p in crowded.picks.items()}
    found = analyse(Answers(wrong, picks), {"908": KINDS.item("908")})
    assert found.rows[0].findings[:2] == (
        "check the key: who knows the rest gets this wrong",
        "option b is picked by those who know the rest",
    )


def test_the_page_is_well_formed_inert_and_pale_where_few_took_part() -> None:
    name = "<script>x</script>"
    few = analyse(Answers({(f"t{n}", item): n % 2 for n in range(6) for item in (name, "b")}))
    page = face.html(few)
    root = ET.fromstring(page)
    assert "<script" not in page
    assert (
        len(root.findall(".//{http://www.w3.org/2000/svg}circle"))
        == len(root.findall(".//tbody/tr"))
        == 2
    )
    assert all("opacity" in row.attrib["style"] for row in root.findall(".//tbody/tr"))
    assert "[1.00" in page
    firm = face.html(analyse(crowd()))
    assert not [row for row in ET.fromstring(firm).findall(".//tbody/tr") if row.attrib]


def test_everybody_right_is_told_and_has_no_discrimination() -> None:
    found = analyse(Answers({(f"t{n}", item): 1 for n in range(100) for item in "ab"}))
    assert found.rows[0].findings == ("everybody gets it right",)
    assert found.rows[0].discrimination.value is None
    assert "none" in next(line for line in face.lines(found) if line.startswith("a "))
    assert face.percent(facility([])) == "none"


# --------------------------------------------------------------------------------- the bank


def test_a_bank_is_counted() -> None:
    told = {
        part.name: (part.count, part.total)
        for part in bank.parts(KINDS.items, proven=1, provable=2)
    }
    assert told["items with a reference"] == (9, 9)
    assert told["executable keys that were run"] == (1, 2)
    assert told["options with a reason"][0] == told["options with a reason"][1]
    assert str(bank.Part("x", 1, 2)).endswith("1 of     2    50%")
    assert str(bank.Part("x", 0, 0)).endswith("none")


def test_a_chi_square_is_summed_over_the_places_of_keys() -> None:
    item = KINDS.item("908")
    (spread,) = bank.spreads([item] * 6)
    assert spread.counts == (6, 0, 0)
    assert spread.chi_square == pytest.approx(12)  # (6-2)^2/2 + 2 * (0-2)^2/2
    assert spread.critical == 5.991  # chi-square, 2 degrees, 95 %
    assert bank.spreads([msgspec.structs.replace(item, options=item.options * 2)]) == []
