"""The language of a text reaches those who hear it: the element that holds it names it (WCAG 3.1.1, 3.1.2)."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import html as tree

from kmslab.families import load_quiz
from kmslab.quiz.catalog import Item, Quiz
from kmslab.quiz.exam import draw
from kmslab.quiz.exam_page import question_page
from kmslab.quiz.faces import fallback, paper, static
from kmslab.quiz.languages import spoken
from kmslab.quiz.session import Session

QUIZ = load_quiz(Path(__file__).parents[1] / "vectors/quiz/01-spoken.yaml")
GERMAN = (
    "Entschlüsseln",
    "Welcher Parameter darf fehlen?",
    "Die Schlüssel-ID",
    "öffnet",
)
ENGLISH = ("Pairs", "Match them.", "The blob", "closes")


def quiz_in(language: str) -> Quiz:
    return spoken(QUIZ, language)


def languages(page: str, text: str) -> set[str]:
    """Return the languages in which a page has a text, as an assistive technology finds them."""
    found = tree.document_fromstring(page).xpath("//body//text()")
    holders = [each.getparent() for each in found if re.search(rf"(^|[:)] ?){text}$", each.strip())]
    assert holders, text
    return {next(iter(each.xpath("ancestor-or-self::*[@lang][1]/@lang"))) for each in holders}


PAGES: dict[str, Callable[[Quiz], str]] = {
    "page": lambda quiz: static.html([quiz]),
    "exam on paper": lambda quiz: paper.exam(draw([quiz], seed=1), seed=1),
    "key on paper": lambda quiz: paper.key(draw([quiz], seed=1), seed=1),
}


@pytest.mark.parametrize("face", PAGES)
def test_the_page_names_the_language_it_was_asked_for_where_there_is_one(face: str) -> None:
    asked = {
        language: tree.document_fromstring(PAGES[face](quiz_in(language))).get("lang")
        for language in ("", "de", "fr")
    }
    assert asked == {"": "en", "de": "de", "fr": "en"}


@pytest.mark.parametrize("face", ["page", "exam on paper"])
def test_a_translated_text_names_its_language_and_another_does_not(face: str) -> None:
    page = PAGES[face](quiz_in("de"))
    seen = tree.document_fromstring(page).text_content()
    told = [text for text in GERMAN if text in seen]
    assert told[-3:] == list(GERMAN[1:])  # an exam does not name its questions
    assert {text: languages(page, re.escape(text)) for text in told} == {t: {"de"} for t in told}
    others = [text for text in ENGLISH if text in seen]
    assert len(others) >= 3
    assert {text: languages(page, re.escape(text)) for text in others} == {
        t: {"en"} for t in others
    }


def test_reasons_name_their_language_too() -> None:
    page = PAGES["key on paper"](quiz_in("de"))
    for text in ("Entschlüsseln", "Das Chiffrat nennt den Schlüssel.", "Das Chiffrat hat sie."):
        assert languages(page, re.escape(text)) == {"de"}
    assert languages(page, re.escape("Nothing could be opened.")) == {"en"}


def test_a_notebook_without_a_kernel_says_it_as_well() -> None:
    shown = f"<body lang='en'>{fallback.as_html(quiz_in('de'))}</body>"
    assert languages(shown, re.escape("Die Schlüssel-ID")) == {"de"}
    assert languages(shown, re.escape("The blob")) == {"en"}


def test_what_a_face_is_told_has_the_language_of_each_text() -> None:
    quiz = quiz_in("de")
    session = Session(quiz)
    session.hint("901")
    session.answer("901", ["a"])
    shown = {item["id"]: item for item in session.page()["items"]}
    one = shown["901"]
    assert one["title_lang"] == "de"
    assert [block.get("lang") for block in (*one["stem"], *one["hints"][0])] == ["de", "de"]
    assert [block.get("lang") for block in one["feedback"]["why"]] == ["de"]
    texts = {option["id"]: option["text"][0].get("lang") for option in one["body"]["options"]}
    assert texts == {"a": "de", "b": None, "c": None}
    reasons = {each["part"]: each["why"][0].get("lang") for each in one["feedback"]["remarks"]}
    assert reasons == {"a": "de", "b": None, "c": None}
    assert (shown["902"]["title_lang"], shown["902"]["stem"][0].get("lang")) == (None, None)
    assert shown["903"]["stem"][0]["lang"] == "de"


def test_a_key_put_together_has_the_language_of_its_reason() -> None:
    session = Session(quiz_in("de"))
    session.answer("902", {"a": "f", "b": "f"})
    session.reveal("902")
    (item,) = (each for each in session.page()["items"] if each["id"] == "902")
    told = {each["part"]: each["why"][0].get("lang") for each in item["feedback"]["remarks"]}
    assert told == {"a": "de", "b": None}


def test_an_exam_asks_each_question_in_its_language() -> None:
    asked = {each.item.id: question_page(each, 1) for each in draw([quiz_in("de")], seed=1)}
    assert {name: page["stem"][0].get("lang") for name, page in asked.items()} == {
        "901": "de",
        "902": None,
        "903": "de",
    }


def test_what_a_page_judges_by_has_the_language_as_well() -> None:
    item: Item = quiz_in("de").item("901")
    reasons = {
        each["id"]: each["why"][0].get("lang") for each in static.closed(item)["told"]["options"]
    }
    assert reasons == {"a": "de", "b": None, "c": None}
