"""Quizzes in other formats: round trips, what others see, and what is reported as lost."""

import csv
import io
import json
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kmslab.families import grow, load_quiz
from kmslab.quiz import Quiz
from kmslab.quiz.catalog import Item
from kmslab.quiz.exchange import gift, jupyterquiz, moodle, qti
from kmslab.quiz.exchange.formats import FORMATS, losses
from kmslab.quiz.exchange.plain import items_of, plain_of, quiz_from, yaml_of
from kmslab.quiz.exchange.rest import merged, rest
from kmslab.quiz.load import quiz_of
from kmslab.quiz.source import parse
from tests.tracing import untraced

ROOT = Path(__file__).parents[2]
FILES = [ROOT / "tests/vectors/quiz/00-kinds.yaml", *sorted((ROOT / "quizzes").glob("*.yaml"))]
QUIZZES = [load_quiz(path) for path in FILES]
KINDS = QUIZZES[0]
BACK = [form for form in FORMATS.values() if form.read]

every_quiz = pytest.mark.parametrize("quiz", QUIZZES, ids=lambda quiz: quiz.quiz)
JSONS = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner),
    max_leaves=12,
)


@every_quiz
@pytest.mark.parametrize("form", BACK, ids=lambda form: form.name)
def test_a_quiz_comes_back_whole(form: Any, quiz: Quiz) -> None:
    assert form.read(form.write(quiz)).entries == quiz.entries  # a family goes as its first variant


@every_quiz
def test_yaml_comes_back_whole(quiz: Quiz) -> None:
    assert quiz_of(parse(yaml_of(quiz).encode(), "x.yaml"), grow) == quiz


@given(
    st.dictionaries(st.sampled_from("xyz"), JSONS), st.dictionaries(st.sampled_from("xyz"), JSONS)
)
def test_whole_is_what_was_carried_and_the_rest(whole: Any, carried: Any) -> None:
    assert json.dumps(merged(carried, rest(whole, carried)), sort_keys=True) == json.dumps(
        whole, sort_keys=True
    )


TEXTS = st.text(
    st.sampled_from("ab1 \\~=#{}:%>-<&\"'`*\n\t/|?!,.[]()éß€\ue041"), min_size=1, max_size=30
)


def reworded(told: Any, texts: list[str]) -> Any:
    """The same item with other texts and reasons."""
    if isinstance(told, dict):
        free = {"why", "title", "stem", "statement"} | ({"text"} if "gaps" not in told else set())
        return {
            name: texts[len(name + str(value)) % len(texts)]
            if name in free and isinstance(value, str)
            else reworded(value, texts)
            for name, value in told.items()
        }
    return [reworded(each, texts) for each in told] if isinstance(told, list) else told


@untraced
@settings(deadline=None, max_examples=50)
@given(st.lists(TEXTS, min_size=3, max_size=6))
def test_no_text_is_lost_on_the_way(texts: list[str]) -> None:
    items = [reworded(item, texts) for item in items_of(KINDS)]
    quiz = quiz_from(plain_of(KINDS), items)
    for form in BACK:
        assert form.read is not None
        assert form.read(form.write(quiz)) == quiz, form.name
    assert msgspec.convert(parse(yaml_of(quiz).encode(), "x.yaml").value, Quiz) == quiz


# ---------------------------------------------------------------------- what others see of it


def test_an_edit_in_the_file_comes_back() -> None:
    for form in (FORMATS["gift"], FORMATS["moodle"]):
        raw = form.write(KINDS).decode()
        old = "It names a key."
        assert raw.count(old) == 1
        assert form.read is not None
        back = form.read(raw.replace(old, "A name and no more.").encode())
        assert back.item("908").options[1].why == "A name and no more."
        assert back.item("908").options[1].misconception == "mc.alias-separates"


def test_gift_is_as_moodle_documents_it() -> None:
    told = FORMATS["gift"].write(KINDS).decode().split("// [id:")[1:]
    blocks = {block[:3]: block.partition("\n::")[2] for block in told}
    assert blocks["903"].endswith(
        "{\n=ReEncrypt\n=kms\\:ReEncrypt\n=%50%Re-Encrypt#Nearly. The name has no hyphen.\n"
        "=%0%Decrypt#Its answer holds the plaintext.\n####ReEncrypt never shows the plaintext.\n}\n\n"
    )
    assert "=4096:40.96\n=%25%6100:100#That is the longest blob." in blocks["902"]
    assert "=Upload to S3 -> `kms\\:GenerateDataKey`\n" in blocks["905"]
    assert "= -> `kms\\:Encrypt`" in blocks["905"]
    assert "~%50%The encryption context#It is recorded." in blocks["909"]
    assert "~%-50%The plaintext#It is not." in blocks["909"]


FOREIGN_GIFT = """\
// a file from elsewhere
::Spectrum:: What is between\\: orange and green \\{or so\\}? {
=yellow#right ~red # wrong ~%0%blue }

How many? {#=5:1#close =%50%3..4#low}

Who? {=Ann =%50%anna#nearly}

Pairs {=cat -> food =dog -> bone}

The sky is blue. {T}
"""


def test_a_foreign_gift_file_is_read() -> None:
    quiz = gift.read(FOREIGN_GIFT.encode())
    choice, number, word, pairs, truth = quiz.items
    assert (choice.title, choice.stem) == ("Spectrum", "What is between: orange and green {or so}?")
    assert [(o.text, o.why, o.correct) for o in choice.options] == [
        ("yellow", "right", True),
        ("red", "wrong", False),
        ("blue", "No reason was given.", False),
    ]
    assert (number.answer, number.tolerance.absolute) == (5, 1)
    assert [(r.low, r.high, r.credit) for r in number.ranges] == [(3, 4, 0.5)]
    assert (word.accepted, word.wrong[0].credit) == (("Ann",), 0.5)
    assert [p.text for p in pairs.prompts] == ["cat", "dog"]
    assert (truth.statement, truth.truth) == ("The sky is blue.", True)
    assert quiz_of(parse(yaml_of(quiz).encode(), "x.yaml")) == quiz


FOREIGN_MOODLE = """<?xml version="1.0"?><quiz>
<question type="category"><category><text>Top</text></category></question>
<question type="multichoice"><name><text>One</text></name><questiontext><text>Which?</text></questiontext>
<single>true</single>
<answer fraction="0"><text>a</text><feedback><text>no, not a</text></feedback></answer>
<answer fraction="100"><text>b</text></answer><answer fraction="0"><text>c</text></answer></question>
<question type="ordering"><name><text>Steps</text></name><questiontext><text>Order.</text></questiontext>
<answer fraction="2"><text>two</text></answer><answer fraction="1"><text>one</text></answer>
<answer fraction="3"><text>three</text></answer></question>
<question type="cloze"><name><text>Gaps</text></name><questiontext><text>Plants need
{1:SHORTANSWER:=water#Yes~%50%H2O#nearly} in {1:MULTICHOICE:=soil~dust}.</text></questiontext></question>
</quiz>"""


def test_a_foreign_moodle_file_is_read() -> None:
    choice, order, gaps = moodle.read(FOREIGN_MOODLE.encode()).items
    assert [(o.text, o.correct) for o in choice.options] == [
        ("a", False),
        ("b", True),
        ("c", False),
    ]
    assert [step.text for step in order.steps] == ["one", "two", "three"]
    assert gaps.text == "Plants need\n{{gap1}} in {{gap2}}."
    assert (gaps.gaps[0].accepted, gaps.gaps[0].wrong[0].credit) == (("water",), 0.5)
    assert [(o.text, o.correct) for o in gaps.gaps[1].options] == [("soil", True), ("dust", False)]


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("moodle", b"<quiz>"),
        ("moodle", b'<?xml version="1.0" encoding="none"?><quiz/>'),
        ("moodle", b"<!DOCTYPE x [<!ENTITY a 'b'>]><quiz/>"),
        ("moodle", "<!DOCTYPE x [<!ENTITY a 'b'>]><quiz/>".encode("utf-16")),
        ("gift", b"::A question without an end:: What? {=a"),
        ("csv", b"a,b\r\n1,2\r\n"),
        ("csv", b""),
    ],
)
def test_what_is_no_such_file_is_refused(name: str, raw: bytes) -> None:
    read = FORMATS[name].read
    assert read is not None
    with pytest.raises(ValueError):  # noqa: PT011 - each format has its own words
        read(raw)


def test_a_document_type_may_stand_in_a_text() -> None:
    told = "<![CDATA[What does <!DOCTYPE html> begin?]]>"
    raw = FOREIGN_MOODLE.replace("<text>Which?</text>", f"<text>{told}</text>", 1)
    assert moodle.read(raw.encode()).items[0].stem == "What does <!DOCTYPE html> begin?"


def test_moodle_sees_numbers_units_orders_and_gaps() -> None:
    root = ET.fromstring(FORMATS["moodle"].write(KINDS))
    by_type = {node.get("type"): node for node in root.iter("question")}
    assert len(root.findall("question")) == len(KINDS.items)
    number = by_type["numerical"]
    assert [a.findtext("tolerance") for a in number.findall("answer")] == ["40.96", "100"]
    assert [u.findtext("multiplier") for u in number.iter("unit")] == ["1", "0.0009765625"]
    order = by_type["ordering"].findall("answer")
    assert [(a.get("fraction"), a.findtext("text")) for a in order] == [
        ("1", "Ask for a data key."),
        ("2", "Encrypt the file."),
        ("3", "Store the encrypted data key."),
    ]
    text = by_type["cloze"].findtext("questiontext/text")
    assert (
        "{1:MULTICHOICE:%0%Encrypt#It would make a blob.~%100%Decrypt#It opens the blob.}" in text
    )
    assert "A shop keeps records" in by_type["multichoice"].findtext("questiontext/text")


def test_a_comment_never_ends_early() -> None:
    quiz = quiz_of(parse(FILES[0].read_text().replace("kms:*", "a --> b -- c").encode(), "x.yaml"))
    assert moodle.read(moodle.write(quiz)) == quiz


def test_csv_has_a_row_for_each_item() -> None:
    rows = list(csv.DictReader(io.StringIO(FORMATS["csv"].write(KINDS).decode(), newline="")))
    assert [row["id"] for row in rows] == [item.id for item in KINDS.items]
    assert json.loads(rows[7]["case"])["title"] == "A shop with two tenants"


def test_jupyterquiz_follows_its_schemas() -> None:
    told = json.loads(FORMATS["jupyterquiz"].write(KINDS))
    assert [each["type"] for each in told] == [
        *(
            "multiple_choice",
            "numeric",
            "string",
            "multiple_choice",
            "multiple_choice",
            "many_choice",
        )
    ]
    number = told[1]["answers"]
    assert number[0]["range"][0] == 4055.04
    assert number[0]["range"][1] > 4136.96  # the upper end is left out, so ours lies beyond
    assert all(
        {"answer", "correct"} <= set(a)
        for each in told
        if each["type"] != "numeric"
        for a in each["answers"]
    )


def test_qti_declares_what_it_asks_and_knows_the_right_response() -> None:
    raw = FORMATS["qti21"].write(KINDS)
    assert raw == FORMATS["qti21"].write(KINDS)
    with zipfile.ZipFile(io.BytesIO(raw)) as package:
        files = {name: ET.fromstring(package.read(name)) for name in package.namelist()}
    space = {
        "q": "http://www.imsglobal.org/xsd/imsqti_v2p1",
        "c": "http://www.imsglobal.org/xsd/imscp_v1p1",
    }
    hrefs = {each.get("href") for each in files["imsmanifest.xml"].iterfind(".//c:file", space)}
    assert hrefs == set(files) - {"imsmanifest.xml"}
    for item in KINDS.items:
        root = files[f"items/{item.id}.xml"]
        declared = {
            each.get("identifier") for each in root.iterfind("q:responseDeclaration", space)
        }
        body = root.find("q:itemBody", space)
        asked = {node.get("responseIdentifier") for node in body.iter()} - {None}
        scored = {n.get("identifier") for n in root.iterfind(".//q:and//q:variable", space)}
        assert declared == asked == scored, item.id
        offered = {node.get("identifier") for node in body.iter()} - {None}
        for each in root.iterfind("q:responseDeclaration", space):
            values = [value.text for value in each.iter(f"{{{space['q']}}}value")]
            if each.get("baseType") in ("identifier", "directedPair"):
                assert {part for value in values for part in value.split()} <= offered
    pre = files["items/907.xml"].find(".//q:pre", space)
    assert "".join(pre.itertext()).startswith('{"Statement": [\n  {"Effect": "Allow",\n')


@pytest.mark.parametrize(
    ("tolerance", "tag", "attributes"),
    [
        ({}, "equal", {"toleranceMode": "exact"}),
        ({"absolute": 2}, "equal", {"toleranceMode": "absolute", "tolerance": "2"}),
        ({"relative": 0.05}, "equal", {"toleranceMode": "relative", "tolerance": "5"}),
        ({"digits": 3}, "equalRounded", {"roundingMode": "significantFigures", "figures": "3"}),
    ],
)
def test_tolerances_have_their_words_in_qti(
    tolerance: dict[str, float], tag: str, attributes: dict[str, str]
) -> None:
    item = msgspec.convert(plain_of(KINDS.item("902")) | {"tolerance": tolerance}, Item)
    (found,) = (node for node in qti.assessment(item, None).iter() if node.tag == tag)
    assert found.attrib == attributes
    told = jupyterquiz.QUESTIONS[type(item)](item)
    assert told.get("precision") == tolerance.get("digits")
    assert ("value" in told["answers"][0]) == (not {"absolute", "relative"} & set(tolerance))


def test_a_longer_list_in_the_file_stays_as_it_was_edited() -> None:
    change = rest({"x": [{"y": 1}]}, {"x": [{"y": 2}]})
    assert merged({"x": [{"y": 2}, {"y": 3}]}, change) == {"x": [{"y": 2}, {"y": 3}]}


# --------------------------------------------------------------------------- what is reported


LOST = {
    "csv": {},
    "gift": {
        "901": {"statement", "misconception", "reasons.id"},
        "902": {"unit", "units.KiB", "ranges"},
        "903": {"wrong.misconception"},
        "904": {"everything"},
        "905": {"prompts.why", "responses"},
        "906": {"everything"},
        "907": {"text", "type"},
        "908": {"case", "options.misconception"},
    },
    "moodle": {"904": {"surplus", "steps.why"}, "902": {"tolerance.relative"}, "907": {"text"}},
    "jupyterquiz": {"904": {"everything"}, "905": {"everything"}, "902": {"unit"}, "901": {"id"}},
    "qti21": {"902": {"units", "ranges.low"}, "907": {"text.why"}, "904": {"steps.why"}},
    "qti30": {"902": {"units", "ranges.low"}, "907": {"text.why"}, "904": {"steps.why"}},
    "anki": {"902": {"tolerance.relative", "ranges.low"}, "908": {"options.misconception"}},
}  # fmt: skip


@pytest.mark.parametrize("form", FORMATS.values(), ids=lambda form: form.name)
def test_what_a_format_cannot_carry_is_reported(form: Any) -> None:
    found = {loss.item: set(loss.fields) for loss in losses(form, KINDS)}
    for item, fields in LOST[form.name].items():
        assert {f.split(".")[0] for f in fields} <= {f.split(".")[0] for f in found[item]}, (
            item,
            found[item],
        )
    if form.name != "csv":
        whole = {item for item, fields in found.items() if "everything" in fields}
        assert all(
            {"lab", "skills"} <= fields for item, fields in found.items() if item not in whole
        )
        assert set(found) == {item.id for item in KINDS.items}
    else:
        assert found == {}
