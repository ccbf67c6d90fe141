"""QTI 2.1: a content package with a file for each item, a test over them, and a manifest.

After the IMS Question and Test Interoperability Information Model 2.1 (2012). The score is the
exams': one for everything right, nothing otherwise. There is no way back.
"""

import io
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Callable, Iterable
from typing import Any

from kmslab.quiz.catalog import Item, Quiz
from kmslab.quiz.faces.fallback import blocks
from kmslab.quiz.kinds.case import Case
from kmslab.quiz.kinds.choice import Multiple, Option, Single
from kmslab.quiz.kinds.cloze import GAP, Cloze
from kmslab.quiz.kinds.hotspot import Hotspot
from kmslab.quiz.kinds.hotspot import key as places
from kmslab.quiz.kinds.lettered import said
from kmslab.quiz.kinds.matching import Matching
from kmslab.quiz.kinds.numeric import Numeric
from kmslab.quiz.kinds.ordering import Ordering
from kmslab.quiz.kinds.short import Short
from kmslab.quiz.kinds.truth import TrueFalse
from kmslab.quiz.markup import parse

Node = ET.Element
QTI = "http://www.imsglobal.org/xsd/imsqti_v2p1"
PACKAGE = "http://www.imsglobal.org/xsd/imscp_v1p1"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date of a zip: the same quiz makes the same bytes


def write(quiz: Quiz) -> bytes:
    """Return the package as a zip file; tasks need a world and stay behind."""
    quiz = quiz.worldless()
    files = {f"items/{item.id}.xml": assessment(item, case) for _, item, case in quiz.placed()}
    files = {"imsmanifest.xml": _manifest(quiz), "test.xml": _test(quiz), **files}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, root in files.items():
            raw = ET.tostring(root, encoding="utf-8", xml_declaration=True)
            package.writestr(zipfile.ZipInfo(name, EPOCH), raw)
    return out.getvalue()


def el(tag: str, *children: Node | str, **attributes: str) -> Node:
    """Make an element; a text among its children follows the element before it."""
    node = Node(tag, {name.rstrip("_"): value for name, value in attributes.items()})
    for child in children:
        if not isinstance(child, str):
            node.append(child)
        elif len(node):
            node[-1].tail = (node[-1].tail or "") + child
        else:
            node.text = (node.text or "") + child
    return node


def _shown(text: str) -> list[Node]:
    """Return a text of the quiz as XHTML blocks."""
    return list(ET.fromstring(f"<div>{blocks(parse(text))}</div>"))  # noqa: S314 - our own HTML


def _manifest(quiz: Quiz) -> Node:
    items = [
        _resource(f"item{item.id}", "imsqti_item_xmlv2p1", f"items/{item.id}.xml")
        for item in quiz.items
    ]
    test = _resource("test", "imsqti_test_xmlv2p1", "test.xml")
    test.extend(el("dependency", identifierref=f"item{item.id}") for item in quiz.items)
    return el(
        "manifest",
        el("metadata", el("schema", "QTIv2.1 Package"), el("schemaversion", "1.0.0")),
        el("organizations"),
        el("resources", test, *items),
        xmlns=PACKAGE,
        identifier=f"kmslab-{quiz.quiz}",
    )


def _resource(identifier: str, kind: str, href: str) -> Node:
    return el("resource", el("file", href=href), identifier=identifier, type=kind, href=href)


def _test(quiz: Quiz) -> Node:
    refs = [
        el("assessmentItemRef", identifier=f"item{item.id}", href=f"items/{item.id}.xml")
        for item in quiz.items
    ]
    section = el("assessmentSection", *refs, identifier="all", title=quiz.title, visible="true")
    part = el(
        "testPart",
        section,
        identifier="part",
        navigationMode="nonlinear",
        submissionMode="individual",
    )
    return el("assessmentTest", part, xmlns=QTI, identifier=f"kmslab-{quiz.quiz}", title=quiz.title)


def assessment(item: Item, case: Case[Item] | None) -> Node:
    """Return the assessmentItem of one item."""
    declared, body, right = ITEMS[type(item)](item)
    scenario = _shown(case.scenario) if case else []
    feedback = el(
        "modalFeedback",
        *_shown(item.why),
        outcomeIdentifier="DONE",
        identifier="why",
        showHide="show",
    )
    return el(
        "assessmentItem",
        *declared,
        _outcome("SCORE", "float", "0"),
        _outcome("DONE", "identifier", "why"),
        _outcome("PICKED", "identifier", None),
        el("itemBody", *scenario, *_shown(item.stem), *body),
        _processing(right, shows=declared[0].get("identifier") == "CHOICE"),
        feedback,
        xmlns=QTI,
        identifier=f"item{item.id}",
        title=item.title,
        adaptive="false",
        timeDependent="false",
    )


def _outcome(name: str, base: str, value: str | None) -> Node:
    several = "multiple" if name == "PICKED" else "single"
    default = [] if value is None else [el("defaultValue", el("value", value))]
    return el("outcomeDeclaration", *default, identifier=name, cardinality=several, baseType=base)


def _processing(right: Iterable[Node], *, shows: bool) -> Node:
    """Score one where every condition holds; tell the choices which of them were picked."""
    score = el("setOutcomeValue", el("baseValue", "1", baseType="float"), identifier="SCORE")
    rules = [el("responseCondition", el("responseIf", el("and", *right), score))]
    if shows:
        picked = el("multiple", el("variable", identifier="CHOICE"))
        rules.append(el("setOutcomeValue", picked, identifier="PICKED"))
    return el("responseProcessing", *rules)


def _response(name: str, kind: str, base: str, *values: str) -> Node:
    correct = el("correctResponse", *(el("value", value) for value in values))
    return el("responseDeclaration", correct, identifier=name, cardinality=kind, baseType=base)


def _match(name: str) -> Node:
    return el("match", el("variable", identifier=name), el("correct", identifier=name))


Parts = tuple[list[Node], list[Node], list[Node]]  # declarations, body, what has to hold


def _choices(options: Iterable[Option], name: str) -> tuple[Node, Node]:
    offered = list(options)
    right = [option.id for option in offered if option.correct]
    kind = "single" if len(right) == 1 else "multiple"
    rows = [
        el(
            "simpleChoice",
            said(each.text),
            el(
                "feedbackInline",
                f" {said(each.why)}",
                outcomeIdentifier="PICKED",
                identifier=each.id,
                showHide="show",
            ),
            identifier=each.id,
        )
        for each in offered
    ]
    count = "1" if kind == "single" else str(len(offered))
    body = el("choiceInteraction", *rows, responseIdentifier=name, shuffle="true", maxChoices=count)
    return _response(name, kind, "identifier", *right), body


def _choice(item: Single | Multiple) -> Parts:
    declared, body = _choices(item.options, "CHOICE")
    return [declared], [body], [_match("CHOICE")]


def _truth(item: TrueFalse) -> Parts:
    declared, reasons = _choices(item.reasons, "CHOICE")
    truth = _response("TRUTH", "single", "identifier", str(item.truth).lower())
    sides = [el("simpleChoice", word.title(), identifier=word) for word in ("true", "false")]
    ask = el(
        "choiceInteraction", *sides, responseIdentifier="TRUTH", shuffle="false", maxChoices="1"
    )
    body = [*_shown(item.statement), ask, reasons]
    return [declared, truth], body, [_match("CHOICE"), _match("TRUTH")]


def _numeric(item: Numeric) -> Parts:
    value = f"{item.answer:.15g}"
    field = el("textEntryInteraction", responseIdentifier="NUMBER", expectedLength="15")
    unit = f" {item.unit}" if item.unit else ""
    given = item.tolerance
    mode = {"toleranceMode": "exact"}
    if given.absolute:
        mode = {"toleranceMode": "absolute", "tolerance": f"{given.absolute:.15g}"}
    elif given.relative:
        mode = {"toleranceMode": "relative", "tolerance": f"{given.relative * 100:.15g}"}
    holds = el(
        "equal", el("variable", identifier="NUMBER"), el("correct", identifier="NUMBER"), **mode
    )
    if given.digits:
        holds.tag = "equalRounded"
        holds.attrib = {"roundingMode": "significantFigures", "figures": str(given.digits)}
    return [_response("NUMBER", "single", "float", value)], [el("p", field, unit)], [holds]


def _short(item: Short) -> Parts:
    field = el("textEntryInteraction", responseIdentifier="TEXT", expectedLength="30")
    holds = _forms("TEXT", item.accepted, item.case)
    declared = _response("TEXT", "single", "string", item.accepted[0])
    return [declared], [el("p", field)], [holds]


def _forms(name: str, accepted: Iterable[str], case: str) -> Node:
    """Return a condition that holds for each accepted form."""
    exact = str(case == "keep").lower()
    tests = [
        el(
            "stringMatch",
            el("variable", identifier=name),
            el("baseValue", form, baseType="string"),
            caseSensitive=exact,
        )
        for form in accepted
    ]
    return el("or", *tests)


def _ordering(item: Ordering) -> Parts:
    steps = [*item.steps, *item.surplus]
    rows = [el("simpleChoice", said(step.text), identifier=step.id) for step in steps]
    order = [step.id for step in item.steps]
    limits = {"minChoices": str(len(order)), "maxChoices": str(len(order))} if item.surplus else {}
    body = el("orderInteraction", *rows, responseIdentifier="ORDER", shuffle="true", **limits)
    return [_response("ORDER", "ordered", "identifier", *order)], [body], [_match("ORDER")]


def _matching(item: Matching) -> Parts:
    pairs = [f"p{prompt.id} r{prompt.match}" for prompt in item.prompts]
    total = str(len(pairs))
    prompts = [_associable(f"p{each.id}", each.text, "1") for each in item.prompts]
    responses = [_associable(f"r{each.id}", each.text, total) for each in item.responses]
    body = el(
        "matchInteraction",
        el("simpleMatchSet", *prompts),
        el("simpleMatchSet", *responses),
        responseIdentifier="PAIRS",
        shuffle="true",
        maxAssociations=total,
    )
    return [_response("PAIRS", "multiple", "directedPair", *pairs)], [body], [_match("PAIRS")]


def _associable(name: str, text: str, most: str) -> Node:
    return el("simpleAssociableChoice", said(text), identifier=name, matchMax=most)


def _cloze(item: Cloze) -> Parts:
    """Put each gap's interaction into the text, where its name stands."""
    declared: list[Node] = []
    fields: dict[str, Node] = {}
    holds: list[Node] = []
    for number, gap in enumerate(item.gaps, 1):
        name = f"GAP{number}"
        if gap.options:
            right = next(option.id for option in gap.options if option.correct)
            rows = [el("inlineChoice", said(o.text), identifier=o.id) for o in gap.options]
            fields[gap.id] = el(
                "inlineChoiceInteraction", *rows, responseIdentifier=name, shuffle="true"
            )
            declared.append(_response(name, "single", "identifier", right))
            holds.append(_match(name))
        else:
            fields[gap.id] = el("textEntryInteraction", responseIdentifier=name)
            declared.append(_response(name, "single", "string", gap.accepted[0]))
            holds.append(_forms(name, gap.accepted, item.case))
    return declared, [_filled(node, fields) for node in _shown(item.text)], holds


def _filled(node: Node, fields: dict[str, Node]) -> Node:
    """Return the node with interactions where names of gaps stood."""
    children: list[Node | str] = [*_pieces(node.text or "", fields)]
    for child in node:
        tail = child.tail or ""
        child.tail = None
        children += [_filled(child, fields), *_pieces(tail, fields)]
    return el(node.tag, *children, **node.attrib)


def _pieces(text: str, fields: dict[str, Node]) -> list[Node | str]:
    """Split a text at its gaps; re.split gives text and gap in turn."""
    split = enumerate(GAP.split(text))
    return [fields[piece] if place % 2 else piece for place, piece in split if piece]


def _hotspot(item: Hotspot) -> Parts:
    right = places(item)
    pieces: list[Node | str] = []
    for spot in item.text:
        text = spot.text.rstrip("\n")
        pieces += [el("hottext", text, identifier=spot.id) if spot.id else text, "\n"]
    kind = "single" if len(right) == 1 else "multiple"
    body = el(
        "hottextInteraction",
        el("pre", *pieces),
        responseIdentifier="PLACES",
        maxChoices=str(len(right)),
    )
    return [_response("PLACES", kind, "identifier", *right)], [body], [_match("PLACES")]


ITEMS: dict[type, Callable[[Any], Parts]] = {
    Single: _choice,
    Multiple: _choice,
    TrueFalse: _truth,
    Numeric: _numeric,
    Short: _short,
    Ordering: _ordering,
    Matching: _matching,
    Cloze: _cloze,
    Hotspot: _hotspot,
}
