"""An item of QTI as the plain item that it carries, in the words of version 2.1.

Refuses to know packages and comments (`qti_package.py`), and the spelling of 3.0. Of a foreign
item only the interactions below are read.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

from kmslab.quiz.exchange.carried import letter, option
from kmslab.quiz.exchange.plain import Plain
from kmslab.quiz.exchange.xhtml import NOTHING, written

Node = ET.Element
_REASON = "No reason was given."


def question(root: Node) -> Plain:
    """Return what the item carries. Raises: ValueError."""
    body = root.find("itemBody")
    asked = [] if body is None else [n for n in body.iter() if str(n.tag).endswith("Interaction")]
    if body is None or not asked or asked[0].tag not in KINDS:
        names = ", ".join(KINDS)
        raise ValueError(f"no question that can be read; what is read are {names}")
    out = KINDS[asked[0].tag](root, asked)
    prompts = [written(prompt) for prompt in body.iter("prompt")]
    for each in asked:
        _emptied(each)
    feedback = root.find("modalFeedback")
    told = {
        "title": root.get("title"),
        "stem": "\n\n".join(filter(None, [written(body), *prompts])),
        "why": written(feedback) if feedback is not None else "",
    }
    found = re.fullmatch(r"item(\d{3,})", root.get("identifier", ""))
    told |= {"id": found[1]} if found else {}
    return {name: value for name, value in told.items() if value} | out


def _emptied(node: Node) -> None:
    """Take an interaction out of its text."""
    node.tag, node.text = NOTHING, None
    for child in list(node):
        node.remove(child)


def _right(root: Node, interaction: Node) -> list[str]:
    """Return the correct response as it is declared."""
    name = interaction.get("responseIdentifier")
    for each in root.iter("responseDeclaration"):
        if each.get("identifier") == name:
            return [value.text or "" for value in each.iterfind("correctResponse/value")]
    return []


def _is_single(root: Node, interaction: Node) -> bool:
    name = interaction.get("responseIdentifier")
    found = (n for n in root.iter("responseDeclaration") if n.get("identifier") == name)
    return all(each.get("cardinality") == "single" for each in found)


def _options(root: Node, interaction: Node, tag: str = "simpleChoice") -> list[Plain]:
    right = _right(root, interaction)
    out = []
    for place, choice in enumerate(interaction.iter(tag)):
        why = " ".join(map(written, choice.iter("feedbackInline")))
        for each in list(choice.iter("feedbackInline")):
            _emptied(each)
        correct = choice.get("identifier") in right
        told = option(place, written(choice), why, correct=correct)
        out.append(told | {"id": _id(choice, place)})
    return out


def _id(node: Node, place: int, prefix: str = "") -> str:
    """Return a letter as it stands, and one by its place for any other identifier."""
    name = node.get("identifier", "").removeprefix(prefix)
    return name if re.fullmatch("[a-z]", name) else letter(place)


def _choice(root: Node, asked: list[Node]) -> Plain:
    first = _options(root, asked[0])
    if [each["text"].lower() for each in first] in (["true", "false"], ["false", "true"]):
        right = next((each["text"] for each in first if "correct" in each), "true")
        out: Plain = {"type": "true-false", "truth": right.lower() == "true"}
        return out | ({"reasons": _options(root, asked[1])} if asked[1:] else {})
    return {"type": "single" if _is_single(root, asked[0]) else "multiple", "options": first}


def _order(root: Node, asked: list[Node]) -> Plain:
    rows = {
        each.get("identifier", ""): {
            "id": _id(each, place),
            "text": written(each),
            "why": _REASON,
        }
        for place, each in enumerate(asked[0].iter("simpleChoice"))
    }
    right = _right(root, asked[0])
    steps = [rows[name] for name in right if name in rows]
    surplus = [row for name, row in rows.items() if name not in right]
    return {"type": "ordering", "steps": steps} | ({"surplus": surplus} if surplus else {})


def _match(root: Node, asked: list[Node]) -> Plain:
    prompts, responses = ([*each] for each in list(asked[0].iter("simpleMatchSet"))[:2])
    pairs = dict(pair.split(maxsplit=1) for pair in _right(root, asked[0]))
    ids = {each.get("identifier"): _id(each, n, "r") for n, each in enumerate(responses)}
    return {
        "type": "matching",
        "prompts": [
            {
                "id": _id(each, place, "p"),
                "text": written(each),
                "match": ids.get(pairs.get(each.get("identifier", ""))),
                "why": _REASON,
            }
            for place, each in enumerate(prompts)
        ],
        "responses": [
            {"id": ids[each.get("identifier")], "text": written(each), "why": _REASON}
            for each in responses
        ],
    }


def _hottext(root: Node, asked: list[Node]) -> Plain:
    right = _right(root, asked[0])
    out: list[Plain] = []
    place = 0
    for node in asked[0].iter():
        text = "".join(node.itertext()) if node.tag == "hottext" else node.text
        if node.tag == "hottext":
            told = {"id": _id(node, place), "text": text, "why": _REASON}
            out.append(told | ({"correct": True} if node.get("identifier") in right else {}))
            place += 1
        elif node is not asked[0] and (text or "").strip():
            out.append({"text": (text or "").removesuffix("\n")})
        if (node.tail or "").strip() and node is not asked[0]:
            out.append({"text": (node.tail or "").removeprefix("\n").removesuffix("\n")})
    return {"type": "hotspot", "text": out}


def _typed(root: Node, asked: list[Node]) -> Plain:
    name = asked[0].get("responseIdentifier")
    for each in root.iter("responseDeclaration"):
        if each.get("identifier") == name and each.get("baseType") in ("float", "integer"):
            return _number(root, asked[0])
    return (
        _gaps(root, asked) if len(asked) > 1 or not _alone(root, asked[0]) else _short(root, asked)
    )


def _alone(root: Node, interaction: Node) -> bool:
    """Tell whether a field has a paragraph of its own."""
    around = next(each for each in root.iter() if interaction in list(each))
    return len(around) == 1 and not ((around.text or "") + (interaction.tail or "")).strip()


def _number(root: Node, interaction: Node) -> Plain:
    out: Plain = {"type": "numeric", "answer": float(_right(root, interaction)[0])}
    if unit := (interaction.tail or "").strip():
        out["unit"] = unit
    for each in root.iter("equalRounded"):
        out["tolerance"] = {"digits": int(each.get("figures", "1"))}
    for each in root.iter("equal"):
        mode, room = each.get("toleranceMode"), float((each.get("tolerance") or "0").split()[0])
        if mode == "absolute":
            out["tolerance"] = {"absolute": room}
        elif mode == "relative":
            out["tolerance"] = {"relative": room / 100}
    return out


def _short(root: Node, asked: list[Node]) -> Plain:
    out: Plain = {"type": "short", "accepted": _accepted(root, asked[0])}
    return out | _case(root)


def _accepted(root: Node, interaction: Node) -> list[str]:
    """Return what is compared with the response, or else what is declared as correct."""
    name = interaction.get("responseIdentifier")
    forms = [
        each.findtext("baseValue") or ""
        for each in root.iter("stringMatch")
        if any(node.get("identifier") == name for node in each.iter("variable"))
    ]
    return forms or _right(root, interaction)


def _case(root: Node) -> Plain:
    kept = any(each.get("caseSensitive") == "true" for each in root.iter("stringMatch"))
    return {"case": "keep"} if kept else {}


def _gaps(root: Node, asked: list[Node]) -> Plain:
    gaps: list[Plain] = []
    for number, each in enumerate(asked, 1):
        name = f"gap{number}"
        if each.tag == "inlineChoiceInteraction":
            gaps.append({"id": name, "options": _options(root, each, "inlineChoice")})
        else:
            gaps.append({"id": name, "accepted": _accepted(root, each)})
        _emptied(each)
        each.text = f"{{{{{name}}}}}"
        each.tag = "span"
    body = root.find("itemBody")
    text = "" if body is None else written(body)
    for each in asked:
        each.text = None
    return {"type": "cloze", "stem": "Fill the gaps.", "text": text, "gaps": gaps} | _case(root)


KINDS: dict[str, Callable[[Node, list[Node]], Plain]] = {
    "choiceInteraction": _choice,
    "orderInteraction": _order,
    "matchInteraction": _match,
    "hottextInteraction": _hottext,
    "textEntryInteraction": _typed,
    "inlineChoiceInteraction": _gaps,
}
