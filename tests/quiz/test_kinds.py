"""Every kind of item: how it is judged, shown, typed, proven and refused."""

import contextlib
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmslab.families import load_quiz
from kmslab.quiz import AnswerError, QuizFileError, Session, judge
from kmslab.quiz.catalog import KINDS, Item, kind_of
from kmslab.quiz.faces.fallback import as_html, as_text
from kmslab.quiz.judge import judge_nothing
from kmslab.quiz.model import Mark

VECTORS = Path(__file__).parents[1] / "vectors/quiz"
SPECIMENS = VECTORS / "00-kinds.yaml"
QUIZ = load_quiz(SPECIMENS)
CASES = json.loads((VECTORS / "judge.json").read_text())
ITEMS = pytest.mark.parametrize("item", QUIZ.items, ids=lambda item: f"{item.id}-{item.title}")


def test_there_is_a_specimen_of_every_kind() -> None:
    task = load_quiz(VECTORS / "00-task.yaml")  # it needs a world: test_task.py
    assert {type(item) for item in (*QUIZ.items, *task.items)} == set(KINDS)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['item']} {case['name']}")
def test_an_answer_is_judged(case: dict[str, Any]) -> None:
    item = QUIZ.item(case["item"])
    if "refused" in case:
        with pytest.raises(AnswerError, match=case["refused"]):
            judge(item, case["answer"])
        return
    verdict = judge(item, case["answer"])
    assert verdict.credit == pytest.approx(case["credit"], abs=1e-4)
    assert verdict.correct == (case["credit"] == 1)
    assert list(verdict.misconceptions) == case.get("shows", [])


@ITEMS
def test_the_key_is_right_and_nothing_else_is_full_credit(item: Item) -> None:
    verdict = judge(item, kind_of(item).key(item))
    assert (verdict.correct, verdict.credit) == (True, 1.0)
    assert {remark.mark for remark in verdict.remarks} <= {Mark.HIT, Mark.PASSED}


@ITEMS
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_view_tells_no_key(item: Item, seed: int) -> None:
    shown = json.dumps(kind_of(item).view(item, seed))
    assert kind_of(item).view(item, seed) == kind_of(item).view(item, seed)
    told = json.loads(msgspec.json.encode(item))
    secrets = {*_values(told, "why"), *_values(told, "misconception"), *_values(told, "accepted")}
    assert len(secrets) > 1
    assert [secret for secret in secrets if secret in shown] == []
    assert not {"correct", "truth", "match", "answer"} & set(_keys(json.loads(shown)))


def _values(told: Any, name: str) -> list[str]:
    if isinstance(told, dict):
        mine = told.get(name) or []
        inner = [value for each in told.values() for value in _values(each, name)]
        return [*([mine] if isinstance(mine, str) else mine), *inner]
    return (
        [value for each in told for value in _values(each, name)] if isinstance(told, list) else []
    )


def _keys(told: Any) -> list[str]:
    if isinstance(told, dict):
        return [*told, *(key for each in told.values() for key in _keys(each))]
    return [key for each in told for key in _keys(each)] if isinstance(told, list) else []


@ITEMS
def test_until_it_is_closed_a_page_holds_no_key_and_then_every_reason(item: Item) -> None:
    session = Session(QUIZ)
    wrong = next(c for c in CASES if c["item"] == item.id and c.get("credit", 1) < 1)
    session.answer(item.id, wrong["answer"])
    (shown,) = (each for each in session.page()["items"] if each["id"] == item.id)
    assert shown["status"] == "wrong"
    assert all(remark["key"] == [] for remark in shown["feedback"]["remarks"])
    assert "REASON-" not in json.dumps(shown["feedback"])
    session.reveal(item.id)
    (shown,) = (each for each in session.page()["items"] if each["id"] == item.id)
    parts = kind_of(item).names(shown["body"])
    for remark in shown["feedback"]["remarks"]:
        assert remark["part"] in parts
        assert remark["why"] or remark["key"] or remark["mark"] == "hit"


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text("abcd12 true", max_size=6),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["a", "b", "key", "action"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(JSONS, st.sampled_from(QUIZ.items))
def test_no_answer_breaks_the_judge(answer: Any, item: Item) -> None:
    try:
        verdict = judge(item, answer)
    except AnswerError:
        return
    assert 0 <= verdict.credit <= 1
    assert verdict.correct == (verdict.credit == 1)


@given(st.text(max_size=300), st.sampled_from(QUIZ.items), st.integers(0, 9))
def test_no_typed_line_breaks_the_terminal(line: str, item: Item, seed: int) -> None:
    shown = kind_of(item).view(item, seed)
    with contextlib.suppress(AnswerError):
        judge(item, kind_of(item).parse_line(shown, line))


@pytest.mark.parametrize(
    "path", sorted((VECTORS.parents[2] / "quizzes").glob("*.yaml")), ids=lambda p: p.stem
)
def test_no_page_of_the_course_holds_a_reason(path: Path) -> None:
    quiz = load_quiz(path)
    shown = json.dumps(Session(quiz).page(), ensure_ascii=False)
    told = json.loads(msgspec.json.encode(quiz.entries))
    secrets = {*_values(told, "why"), *_values(told, "misconception")}
    assert len(secrets) > 40
    assert [secret for secret in secrets if secret in shown] == []


TYPED = [
    ("901", "true {b}", ["true", "b"]),
    ("901", "F {a}", ["false", "a"]),
    ("902", "4 KiB", "4 KiB"),
    ("903", "ReEncrypt", "ReEncrypt"),
    ("904", "{c} {a} {d}", ["c", "a", "d"]),
    ("904", "{c}{a}", ["c", "a"]),
    ("905", "{b} {a}", {"a": "b", "b": "a"}),
    ("905", "{a},{a}", {"a": "a", "b": "a"}),
    ("906", "{b}; Encryption Context", {"action": "b", "key": "Encryption Context"}),
    ("907", "b", ["b"]),
]


@pytest.mark.parametrize(("item_id", "line", "answer"), TYPED)
def test_a_typed_line_is_an_answer(item_id: str, line: str, answer: object) -> None:
    item = QUIZ.item(item_id)
    shown = kind_of(item).view(item, 3)
    options = shown.get("options") or [o for g in shown.get("gaps", []) for o in g["options"]]
    letters = {option["id"]: letter for letter, option in zip("abcdefgh", options, strict=False)}
    assert kind_of(item).parse_line(shown, line.format(**letters)) == answer
    assert kind_of(item).ask(shown)


@pytest.mark.parametrize(
    ("item_id", "line"),
    [
        ("901", "b"),
        ("901", "true z"),
        ("904", "q"),
        ("905", "a"),
        ("905", "z z"),
        ("906", "a"),
        ("906", "q; x"),
        ("907", "q"),
    ],
)
def test_a_line_that_is_no_answer_is_said(item_id: str, line: str) -> None:
    item = QUIZ.item(item_id)
    with pytest.raises(AnswerError):
        kind_of(item).parse_line(kind_of(item).view(item, 1), line)


PROVED = [
    ("901", True, None),
    ("901", False, "proved false"),
    ("901", "yes", "must be True or False"),
    ("902", 4096, None),
    ("902", 4097.0, None),
    ("902", 1024, "proved 1024"),
    ("902", "4096", "must be a number of bytes"),
    ("903", "ReEncrypt", None),
    ("903", "Sign", "not among"),
    ("903", None, "must be the text"),
    ("904", ("c", "a", "d"), None),
    ("904", ["a", "c", "d"], "proved"),
    ("904", None, "must be the list"),
    ("905", {"a": "b", "b": None}, None),
    ("905", {"a": "c", "b": "a"}, "prompt a"),
    ("905", {"a": "b"}, "one entry for each"),
    ("906", {"action": "b", "key": None}, None),
    ("906", {"action": "a", "key": "EncryptionContext"}, "gap action"),
    ("906", {"action": "z", "key": "EncryptionContext"}, "no option z"),
    ("906", [], "one entry for each"),
    ("907", {"a": False, "b": True}, None),
    ("907", {"a": True, "b": True}, "option a"),
]


@pytest.mark.parametrize(("item_id", "proved", "told"), PROVED)
def test_a_proof_agrees_or_is_told_why_not(item_id: str, proved: Any, told: str | None) -> None:
    item = QUIZ.item(item_id)
    differs = kind_of(item).differs(item, proved)
    assert differs is None if told is None else told in str(differs)


FAULTS = [
    ("    truth: true\n", "", ":5", "field `truth` is missing"),
    ("truth: true", "truth: yes", ":12", "write true or false"),
    ("the material., correct: true}", "the material.}", ":7", "0 reasons are correct"),
    ("{id: c, text: Rotation", "{id: b, text: Rotation", ":14", "reason id b is used twice"),
    ("answer: 4096", "answer: about 4096", ":13", "number"),
    ("{relative: 0.01}", "{relative: 0.01, digits: 2}", ":16", "keep absolute, relative or digits"),
    ("{relative: 0.01}", "{relativ: 0.01}", ":17", "did you mean `relative`"),
    ("    unit: bytes\n", "", ":12", "add `unit:`"),
    ("low: 6000", "low: 4000", ":9", "holds the answer 4096 bytes"),
    ("low: 6000", "low: 7000", ":9", "an empty range"),
    ("credit: 0.25", "credit: 2.0", ":", "write a number < 1"),
    ("{text: Re-Encrypt", "{text: reencrypt", ":16", "is accepted too"),
    ('accepted: [ReEncrypt, "kms:ReEncrypt"]', "accepted: []", ":15", "length"),
    ("{id: c, text: Ask", "{id: A, text: Ask", ":14", "has to match"),
    ("{id: d, text: Store", "{id: a, text: Store", ":14", "step id a is used twice"),
    ("{id: b, text: Send", "{id: a, text: Send", ":14", "step id a is used twice"),
    ("match: b,", "match: z,", ":44", "the responses are a, b, c"),
    ("why: This one opens., ", "", ":9", "add `why:`"),
    ("{{key}}", "{{keys}}", ":11", "add `id: keys` to the gaps"),
    ("{{key}}", "{{action}}", ":13", "stands 2 times"),
    ("        accepted: [EncryptionContext]\n", "", ":9", "chosen and typed, or neither"),
    ("blob., correct: true}", "blob.}", ":11", "0 options are correct"),
    ("why: It allows., ", "", ":9", "add `why:`"),
    ("it denies., correct: true", "it denies.", ":7", "0 of 2 places are correct"),
    ('id: "909"', 'id: "908"', ":13", "used twice"),
    ("It is recorded., correct: true}", "It is recorded.}", ":11", "1 options are correct"),
    ("type: hotspot", "type: riddle", ":11", "case, cloze, family, hotspot, matching"),
    ("scenario: A shop", "scenery: A shop", "", "scenario"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "place", "told"), FAULTS)
def test_a_fault_has_its_place(tmp_path: Path, old: str, new: str, place: str, told: str) -> None:
    text = SPECIMENS.read_text()
    assert old in text
    path = tmp_path / "00-kinds.yaml"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(QuizFileError) as refused:
        load_quiz(path)
    found = [str(fault) for fault in refused.value.faults]
    assert any(told in fault and place in fault for fault in found), found


@pytest.mark.parametrize(
    ("swap", "told"),
    [({"id: c, text: Ask": "id: a, text: Ask", "id: a, text: Enc": "id: c, text: Enc"}, "spell the order"),
     ({"match: b,": "match: a,", "match: a, why: S3 opens": "match: b, why: S3 opens"}, "letter of its response")],
)  # fmt: skip
def test_ids_may_not_give_the_key_away(tmp_path: Path, swap: dict[str, str], told: str) -> None:
    text = SPECIMENS.read_text()
    for old, new in swap.items():
        text = text.replace(old, new, 1)
    path = tmp_path / "00-kinds.yaml"
    path.write_text(text)
    if "spell" in told:
        path.write_text(
            text.replace("id: c, text: Enc", "id: b, text: Enc").replace(
                "{id: b, text: Send", "{id: e, text: Send"
            )
        )
    with pytest.raises(QuizFileError, match=told):
        load_quiz(path)


@pytest.mark.parametrize(
    ("tolerance", "right", "wrong"),
    [({}, 4096, 4095), ({"absolute": 2}, 4094, 4093), ({"digits": 2}, 4149, 4151), ({"relative": 0.5}, 2048, 2047)],
)  # fmt: skip
def test_tolerances(tolerance: dict[str, float], right: float, wrong: float) -> None:
    told = {**msgspec.to_builtins(QUIZ.item("902")), "tolerance": tolerance, "ranges": []}
    item = msgspec.convert(told, Item)
    assert judge(item, right).correct
    assert not judge(item, wrong).correct


def test_where_nothing_runs_every_kind_is_shown_and_the_scenario_once() -> None:
    for told in (as_text(QUIZ), as_html(QUIZ)):
        for words in (
            "old ciphertext still opens",
            "Store the encrypted data key.",
            "Download from S3",
            "kms:[1]",
            "Deny",
            "A shop with two tenants",
        ):
            assert words in told, words
        assert told.count("A shop keeps records of") == 1
        assert not [secret for secret in ("mc.", "REASON-") if secret in told]
    assert "<pre>" in as_html(QUIZ)


@pytest.mark.parametrize("item", QUIZ.items, ids=lambda item: item.id)
def test_a_reason_of_what_was_missed_is_told_once(item: Item) -> None:
    missed = [each for each in judge_nothing(item).remarks if each.mark is Mark.MISSED]
    assert missed
    for remark in missed:
        assert bool(remark.why) != bool(remark.key), remark
