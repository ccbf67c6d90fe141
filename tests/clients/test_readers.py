"""Software of others that reads what `kmslab quiz export` writes.

No package holds the published schemas of QTI, so two readers stand in for them: pyslet, whose classes are the
schema of QTI 2.1 (what may stand in what, with which attributes), and the converter of Citolab, which makes QTI 3.0
of QTI 2.1. GIFT is read by a grammar of its own.
"""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from kmslab.families import load_quiz
from kmslab.quiz.catalog import Item
from kmslab.quiz.exchange import gift, qti_package
from kmslab.quiz.kinds.choice import Multiple, Single
from kmslab.quiz.kinds.hotspot import Hotspot
from kmslab.quiz.kinds.matching import Matching
from kmslab.quiz.kinds.numeric import Numeric
from kmslab.quiz.kinds.short import Short
from kmslab.quiz.kinds.truth import TrueFalse
from kmslab.quiz.offers import offered
from tests.clients.toolchains import ROOT, ready

pytestmark = pytest.mark.clients

QUIZZES = [ROOT / "tests/vectors/quiz/00-kinds.yaml", *sorted((ROOT / "quizzes").glob("*.yaml"))]
INTERACTIONS = {
    *("ChoiceInteraction", "HottextInteraction", "InlineChoiceInteraction", "MatchInteraction"),
    *("OrderInteraction", "TextEntryInteraction"),
}


@pytest.mark.parametrize("path", QUIZZES, ids=lambda path: path.stem)
def test_pyslet_finds_in_every_item_what_the_schema_of_qti_2_1_has(
    path: Path, tmp_path: Path
) -> None:
    client = ready("pyslet")
    package = tmp_path / "quiz.zip"
    package.write_bytes(qti_package.write21(load_quiz(path)))
    found = json.loads(client.run("bin/python", client.take("pyslet_read.py"), package))
    assert found
    assert set(found.values()) <= INTERACTIONS, found


def test_pyslet_refuses_what_the_schema_does_not_have(tmp_path: Path) -> None:
    client = ready("pyslet")
    sound = items(qti_package.write21(load_quiz(QUIZZES[0])))["items/908.xml"].decode()
    wrong = {
        "element": sound.replace("<itemBody>", "<itemBody><answer />", 1),
        "attribute": sound.replace("<choiceInteraction ", '<choiceInteraction most="1" ', 1),
        "place": sound.replace("<itemBody>", "<itemBody>Text of its own.", 1),
    }
    package = tmp_path / "wrong.zip"
    with zipfile.ZipFile(package, "w") as written:
        for name, text in wrong.items():
            assert text != sound
            written.writestr(f"items/{name}.xml", text)
    found = json.loads(client.run("bin/python", client.take("pyslet_read.py"), package))
    assert all(told.startswith("refused: ") for told in found.values()), found


@pytest.mark.parametrize("path", QUIZZES, ids=lambda path: path.stem)
def test_what_citolab_makes_of_our_qti_2_1_is_our_qti_3_0(path: Path, tmp_path: Path) -> None:
    client = ready("qti-convert")
    quiz = load_quiz(path)
    package = tmp_path / "quiz.zip"
    package.write_bytes(qti_package.write21(quiz))
    theirs = json.loads(client.run("bin/python", client.take("qti_upgrade.py"), package))
    ours = items(qti_package.write30(quiz))
    assert set(theirs) == set(ours) != set()
    for name, written in ours.items():
        assert list(nodes(theirs[name].encode())) == list(nodes(written)), name


@pytest.mark.parametrize("path", QUIZZES, ids=lambda path: path.stem)
def test_the_parser_of_gift_finds_every_stem_and_key(path: Path, tmp_path: Path) -> None:
    client = ready("gift-pegjs")
    quiz = load_quiz(path).worldless()
    written = tmp_path / "quiz.gift"
    written.write_bytes(gift.write(quiz))
    found = json.loads(client.run("node", client.take("gift_read.mjs"), written))
    carried = [item for item in quiz.items if asked_in_gift(item)]
    for (name, kind, stem, right), item in zip(found, carried, strict=True):
        assert (name, (kind, right)) == (item.id, asked_in_gift(item))
        assert item.stem.strip() in stem


def asked_in_gift(item: Item) -> tuple[str, object] | None:
    """Return the type of GIFT and what is right, as the format's description has them."""
    match item:
        case Single() | Multiple() | Hotspot():
            return "MC", [n for n, (_, option) in enumerate(offered(item)) if option.correct]
        case TrueFalse():
            return "TF", item.truth
        case Numeric():
            return "Numerical", item.answer
        case Short():
            return "Short", item.accepted[0]
        case Matching():
            return "Matching", len(item.prompts)
    return None


def items(package: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(package)) as read:
        return {name: read.read(name) for name in read.namelist() if name.startswith("items/")}


def nodes(raw: bytes) -> Iterator[tuple[str, dict[str, str], str, str]]:
    """Yield every element, its attributes and its texts; where schemas lie is advice."""
    for node in etree.fromstring(raw).iter(etree.Element):
        attributes = {
            name: value for name, value in node.items() if not name.endswith("}schemaLocation")
        }
        yield node.tag, attributes, (node.text or "").strip(), (node.tail or "").strip()
