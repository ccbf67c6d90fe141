"""Malformed quiz files: each is one line with its place, what is wrong and what would be right.

A case is an edit of BASE; the sign § in it, or `at` where something was taken out, stands before what has to
be named, so that the expected line and column are counted in the text and not by the code that is tested.
"""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kmslab.quiz.load import quiz_of
from kmslab.quiz.source import Fault, QuizFileError, parse

VECTORS = Path(__file__).parents[1] / "vectors/quiz"
CASES = json.loads((VECTORS / "malformed.json").read_text())
BASE = """\
quiz: 99-malformed
title: Malformed
about: One item.
as_of: 2026-11-27
items:
  - id: "901"
    type: single
    title: Contexts
    stem: Which is it?
    options:
      - id: a
        text: One
        why: It is one.
        correct: true
      - id: b
        text: Two
        why: It is two.
        misconception: mc.two
      - id: c
        text: Three
        why: It is three.
    why: It is bound.
    lab:
      name: 99-malformed
      section: Who
    topic: context
    skills: [context]
    difficulty: 2
    refs:
      - title: Guide
        url: https://docs.aws.amazon.com/kms/
    as_of: 2026-11-28
"""


def faults(text: str) -> tuple[Fault, ...]:
    """What is wrong with a text; nothing where it is a quiz."""
    try:
        quiz_of(parse(text.encode("utf-8", "surrogatepass"), "x.yaml"))
    except QuizFileError as error:
        return error.faults
    return ()


def test_the_base_is_sound_and_there_are_a_hundred_cases() -> None:
    assert faults(BASE) == ()
    assert len(CASES) >= 100
    assert len({case["why"] for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["why"])
def test_a_malformed_file_is_named_by_its_place(case: dict[str, str]) -> None:
    assert BASE.count(case["old"]) == 1
    marked = BASE.replace(case["old"], case["new"])
    (fault,) = faults(marked.replace("§", ""))
    before = marked[: marked.index(case.get("at", "§"))]
    assert (fault.line, fault.column) == (before.count("\n") + 1, len(before) - before.rfind("\n"))
    assert case["says"]
    assert case["says"] in str(fault)
    assert is_one_line(fault)


def is_one_line(fault: Fault) -> bool:
    """Tell whether a fault is a place, what is wrong, and what would be right, in one line."""
    return bool(re.fullmatch(r"x\.yaml:\d+:\d+: [^\n]+; [^\n]+", str(fault)))


SIGNS = st.text(st.sampled_from("{}[]:-?,&*!|>'\"%@`#\n \tax7\\é\x00\ue041"), max_size=6)


@settings(deadline=None, max_examples=200)
@given(st.integers(0, len(BASE)), st.integers(0, 12), SIGNS)
def test_whatever_is_torn_out_or_put_in_gives_lines_and_no_traceback(
    start: int, length: int, put: str
) -> None:
    text = BASE[:start] + put + BASE[start + length :]
    lines = len(text.splitlines()) + 1
    for fault in faults(text):
        assert is_one_line(fault), str(fault)
        assert 1 <= fault.line <= lines + 1


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=60))
def test_no_bytes_bring_the_parser_down(raw: bytes) -> None:
    found: tuple[Fault, ...] = ()
    try:
        parse(raw, "x.yaml")
    except QuizFileError as error:
        found = error.faults
    assert all(map(is_one_line, found))


def test_a_bomb_does_not_grow() -> None:
    rows = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40))]
    (fault,) = faults("\n".join(rows))
    assert (fault.line, fault.column, fault.wrong) == (1, 5, "anchor &a0")
