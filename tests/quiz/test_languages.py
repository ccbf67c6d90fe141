"""Translations of items, and what has none."""

from pathlib import Path

import pytest

from kmslab.families import grow
from kmslab.quiz import QuizFileError, judge
from kmslab.quiz.catalog import Quiz
from kmslab.quiz.kinds.choice import Single
from kmslab.quiz.languages import spoken
from kmslab.quiz.load import quiz_of
from kmslab.quiz.source import parse

HEAD = """\
    lab: {name: 01-first, section: decrypt}
    topic: operations
    skills: [decrypt]
    refs: [{title: Decrypt, url: "https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html"}]
    as_of: 2026-11-28
"""
TEXT = f"""\
quiz: 01-first
title: Keys
about: Two items.
as_of: 2026-11-28
items:
  - type: single
    id: "901"
    title: Decrypt
    stem: Which parameter may be absent?
    why: The blob names its key.
    hints: [Look into the blob.]
{HEAD}    options:
      - {{id: a, text: The key ID, why: The blob has it., correct: true}}
      - {{id: b, text: The blob, why: Nothing could be opened.}}
      - {{id: c, text: Neither of the two, why: One of them may.}}
    i18n:
      de:
        stem: Welcher Parameter darf fehlen?
        parts:
          a: {{text: Die Schlüssel-ID}}
  - type: family
    family: state
    id: "902"
    title: States
    stem: Which TWO succeed in {{state}}?
    why: It is the state that counts.
{HEAD}    i18n:
      de: {{stem: "Welche ZWEI gelingen in {{state}}?"}}
"""


@pytest.fixture
def quiz() -> Quiz:
    return quiz_of(parse(TEXT.encode(), "01-first.yaml"), grow)


def test_what_is_translated_is_spoken_and_the_rest_stays(quiz: Quiz) -> None:
    item = spoken(quiz, "de").item("901")
    assert isinstance(item, Single)
    assert (item.stem, item.title, item.hints) == (
        "Welcher Parameter darf fehlen?",
        "Decrypt",
        ("Look into the blob.",),
    )
    assert [option.text for option in item.options] == [
        "Die Schlüssel-ID",
        "The blob",
        "Neither of the two",
    ]
    assert judge(item, ["a"]).correct


def test_a_family_is_translated_in_every_variant(quiz: Quiz) -> None:
    german = spoken(quiz, "de")
    item = german.item("902")
    assert item.stem.startswith("Welche ZWEI gelingen in ")
    assert german.variant(item, 9).stem.startswith("Welche ZWEI gelingen in ")
    assert german.variant(item, 9).options == quiz.variant(item, 9).options


@pytest.mark.parametrize("language", ["", "fr"])
def test_without_a_translation_a_quiz_is_as_it_was_written(quiz: Quiz, language: str) -> None:
    assert spoken(quiz, language) == quiz


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("          a: {", "          z: {", "no part z"),
        ("      de:\n", "      German:\n", "badly formed"),
    ],
)
def test_a_translation_of_nothing_is_a_fault(tmp_path: Path, old: str, new: str, told: str) -> None:
    with pytest.raises(QuizFileError) as refused:
        quiz_of(parse(TEXT.replace(old, new, 1).encode(), str(tmp_path)), grow)
    assert told in str(refused.value)
