"""Packages and files of others: QTI of both versions, JupyterQuiz, decks of Anki, and families."""

import contextlib
import datetime as dt
import io
import json
import sqlite3
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import pytest

from kmslab.families import load_quiz
from kmslab.quiz.exchange import jupyterquiz, qti_package
from kmslab.quiz.exchange.formats import FORMATS
from kmslab.quiz.exchange.plain import yaml_of
from kmslab.quiz.load import quiz_of
from kmslab.quiz.source import parse

ROOT = Path(__file__).parents[2]
KINDS = load_quiz(ROOT / "tests/vectors/quiz/00-kinds.yaml")

FOREIGN_ITEM = """<?xml version="1.0"?>
<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1" identifier="capital" title="A capital"
  adaptive="false" timeDependent="false">
<responseDeclaration identifier="R" cardinality="single" baseType="identifier">
  <correctResponse><value>BERN</value></correctResponse></responseDeclaration>
<itemBody><div><p>Think of <strong>Switzerland</strong>,
  and of <code>CH</code>.</p></div>
<choiceInteraction responseIdentifier="R" shuffle="true" maxChoices="1">
  <prompt>Which is its capital?</prompt>
  <simpleChoice identifier="ZURICH">Zurich</simpleChoice>
  <simpleChoice identifier="BERN">Bern<feedbackInline outcomeIdentifier="F" identifier="BERN"
    showHide="show">Since 1848.</feedbackInline></simpleChoice>
  <simpleChoice identifier="BASEL">Basel</simpleChoice></choiceInteraction></itemBody>
</assessmentItem>"""
FOREIGN_ITEM_3 = """<qti-assessment-item xmlns="http://www.imsglobal.org/xsd/imsqtiasi_v3p0"
  identifier="order" title="An order" adaptive="false" time-dependent="false">
<qti-response-declaration identifier="R" cardinality="ordered" base-type="identifier">
  <qti-correct-response><qti-value>x2</qti-value><qti-value>x1</qti-value><qti-value>x3</qti-value>
  </qti-correct-response></qti-response-declaration>
<qti-item-body><p>Put them in order.</p>
<qti-order-interaction response-identifier="R" shuffle="true">
  <qti-simple-choice identifier="x1">one</qti-simple-choice>
  <qti-simple-choice identifier="x2">two</qti-simple-choice>
  <qti-simple-choice identifier="x3">three</qti-simple-choice>
</qti-order-interaction></qti-item-body>
<qti-modal-feedback outcome-identifier="F" identifier="f" show-hide="show">
  <qti-content-body><p>Two comes first.</p></qti-content-body></qti-modal-feedback>
</qti-assessment-item>"""
MANIFEST = """<manifest xmlns="http://www.imsglobal.org/xsd/imscp_v1p1"><resources>
<resource identifier="a" type="imsqti_item_xmlv2p1" href="./a.xml"><file href="a.xml"/></resource>
</resources></manifest>"""


def packed(**files: str) -> bytes:
    """A package of these files, each named without its suffix."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, text in files.items():
            package.writestr(f"{name}.xml", text)
    return out.getvalue()


def test_a_foreign_qti_package_is_read() -> None:
    quiz = qti_package.read(packed(imsmanifest=MANIFEST, a=FOREIGN_ITEM))
    (item,) = quiz.items
    assert (item.title, item.stem) == (
        "A capital",
        "Think of **Switzerland**, and of `CH`.\n\nWhich is its capital?",
    )
    assert [(o.id, o.text, o.correct) for o in item.options] == [
        ("a", "Zurich", False),
        ("b", "Bern", True),
        ("c", "Basel", False),
    ]
    assert item.options[1].why == "Since 1848."
    assert quiz_of(parse(yaml_of(quiz).encode(), "x.yaml")) == quiz


def test_a_foreign_item_of_qti_3_is_read() -> None:
    (item,) = qti_package.read(packed(imsmanifest=MANIFEST, a=FOREIGN_ITEM_3)).items
    assert [step.text for step in item.steps] == ["two", "one", "three"]
    assert (item.stem, item.why) == ("Put them in order.", "Two comes first.")


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"PK", "no package"),
        (packed(other="<a/>"), "no package"),
        (packed(imsmanifest="<manifest/>"), "the manifest names no item"),
        (packed(imsmanifest=MANIFEST), "no package"),
        (packed(imsmanifest=MANIFEST, a="<assessmentItem/>"), "a.xml: no question"),
        (packed(imsmanifest=MANIFEST, a="<!DOCTYPE x [<!ENTITY a 'b'>]><x/>"), "a document type"),
        (packed(imsmanifest=MANIFEST, a=" " * 20_000_001), "more than 20,000,000 bytes"),
        (
            packed(
                imsmanifest=MANIFEST,
                a="<assessmentItem><itemBody><matchInteraction/></itemBody></assessmentItem>",
            ),
            "a.xml: ",
        ),
    ],
)
def test_a_package_that_cannot_be_read_says_why(raw: bytes, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        qti_package.read(raw)


PARTS = (  # of an assessmentItem, in this order: QTI 2.1, Assessment Test, Section, and Item Information Model
    *("responseDeclaration", "outcomeDeclaration", "templateDeclaration", "templateProcessing"),
    *("stylesheet", "itemBody", "responseProcessing", "modalFeedback"),
)


def test_the_parts_of_a_qti_item_stand_in_the_order_of_the_schema() -> None:
    with zipfile.ZipFile(io.BytesIO(FORMATS["qti21"].write(KINDS))) as package:
        roots = [ET.fromstring(package.read(f"items/{item.id}.xml")) for item in KINDS.items]
    for root in roots:
        places = [PARTS.index(part.tag.rpartition("}")[2]) for part in root]
        assert places == sorted(places)
        assert places.count(PARTS.index("itemBody")) == 1


XHTML = {"p", "pre", "code", "ul", "li", "strong", "em", "br", "div"}


def test_qti_3_is_spelled_with_hyphens_and_says_the_same() -> None:
    raw = FORMATS["qti30"].write(KINDS)
    assert raw == FORMATS["qti30"].write(KINDS)
    with zipfile.ZipFile(io.BytesIO(raw)) as package:
        roots = [ET.fromstring(package.read(f"items/{item.id}.xml")) for item in KINDS.items]
        test = ET.fromstring(package.read("test.xml"))
        manifest = package.read("imsmanifest.xml").decode()
    space = "{http://www.imsglobal.org/xsd/imsqtiasi_v3p0}"
    for root in (*roots, test):
        for node in root.iter():
            name = node.tag.removeprefix(space)
            assert name in XHTML or name.startswith("qti-"), name
            assert not [n for n in (name, *node.attrib) if n.lower() != n]
    assert "<schemaversion>3.0.0</schemaversion>" in manifest
    assert manifest.count('type="imsqti_item_xmlv3p0"') == len(KINDS.items)
    assert all(
        [child.tag for child in feedback] == [f"{space}qti-content-body"]
        for root in roots
        for feedback in root.iter(f"{space}qti-modal-feedback")
    )


def test_an_edit_in_an_item_of_a_package_comes_back() -> None:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(FORMATS["qti30"].write(KINDS))) as made,
        zipfile.ZipFile(out, "w") as edited,
    ):
        for name in made.namelist():
            raw = made.read(name)
            edited.writestr(name, raw.replace(b"It names a key.", b"A name and no more."))
    (option,) = (o for o in qti_package.read(out.getvalue()).item("908").options if o.id == "b")
    assert (option.why, option.misconception) == ("A name and no more.", "mc.alias-separates")


def test_a_foreign_jupyterquiz_file_is_read() -> None:
    told = [
        {
            "question": "Two?",
            "type": "numeric",
            "answers": [
                {"type": "range", "range": [1.5, 2.5], "correct": True, "feedback": "Yes."},
                {"type": "default", "feedback": "No."},
            ],
        },
        {
            "question": "Who?",
            "type": "string",
            "answers": [
                {"answer": "Ann", "correct": True, "match_case": True},
                {"answer": "Bob", "correct": False, "feedback": "He left."},
            ],
        },
    ]
    number, word = jupyterquiz.read(json.dumps(told).encode()).items
    assert (number.answer, number.tolerance.absolute, number.why) == (2.0, 0.5, "Yes.")
    assert (word.accepted, word.case, word.wrong[0].why) == (("Ann",), "keep", "He left.")


@pytest.mark.parametrize("raw", [b"[]", b"{}", b"[1]", b'[{"type": "map"}]', b"[", b"[{}]"])
def test_what_is_no_jupyterquiz_file_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - json has its own words
        jupyterquiz.read(raw)


def test_an_anki_deck_has_a_card_for_each_item(tmp_path: Path) -> None:
    raw = FORMATS["anki"].write(KINDS)
    assert raw == FORMATS["anki"].write(KINDS)
    with zipfile.ZipFile(io.BytesIO(raw)) as package:
        assert set(package.namelist()) == {"collection.anki2", "media"}
        (tmp_path / "deck.sqlite").write_bytes(package.read("collection.anki2"))
    with contextlib.closing(sqlite3.connect(tmp_path / "deck.sqlite")) as deck:
        notes = dict(deck.execute("select guid, flds from notes"))
        cards = deck.execute("select count(*) from cards").fetchone()
        (made,) = {mod for (mod,) in deck.execute("select mod from notes")}
    assert set(notes) == {f"kmslab-{item.id}" for item in KINDS.items}
    assert cards == (len(KINDS.items),)
    assert made == int(dt.datetime.combine(KINDS.as_of, dt.time(), dt.UTC).timestamp())
    front, back = notes["kmslab-908"].split("\x1f")
    assert "A shop keeps records" in front
    assert "It is authenticated." in back
    assert "It is authenticated." not in front


def test_a_family_goes_as_the_variant_of_its_seed() -> None:
    quiz = load_quiz(ROOT / "quizzes/01-first-key.yaml")
    assert quiz.families
    fixed = quiz.fixed(7)
    assert fixed.families == {}
    assert fixed.about.endswith(" Its families are the variants of seed 7.")
    for item, was in zip(fixed.items, quiz.items, strict=True):
        assert item == quiz.variant(was, 7)
    assert quiz_of(parse(yaml_of(fixed).encode(), "x.yaml")).items == fixed.items
    assert KINDS.fixed(7) is KINDS
