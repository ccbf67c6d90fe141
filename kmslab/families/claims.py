"""Sentences about a decision that are true or false, and the engine's word on each.

A claim names a verdict and what it rests on. What a verdict rests on is found by taking statements
and grants away, one at a time, and deciding again. Refuses to know how puzzles are drawn.
"""

from itertools import combinations
from typing import Any, Final

import msgspec

from kmslab.authz.decide import decide
from kmslab.authz.explain import Explanation, StatementTrace, explain
from kmslab.families.scene import Papers, Scene, case_of
from kmslab.model.requests import Decision, DecisionKind
from kmslab.simulate import layers_of, request_of

PLACES: Final = {
    "key_policy": "the key policy",
    "identity": "the IAM policy",
    "boundary": "the permissions boundary",
    "scp": "the SCP",
    "grant": "the grants",
}
PARTS: Final = ("key", "iam", "boundary", "scp")  # of Papers, that hold statements


class Claim(msgspec.Struct, frozen=True):
    """A verdict, and the statements it rests on; a silent denial rests on a layer."""

    kind: DecisionKind
    rests_on: tuple[str, ...]

    def __str__(self) -> str:
        *most, last = (f"`{name}`" for name in self.rests_on)
        if self.kind == "allow":
            listed = f"{', '.join(most)} and {last}" if most else last
            return f"Allowed, and it takes exactly {listed}"
        if self.kind == "explicit_deny":
            return f"Denied, because {last} forbids it"
        return f"Denied, because {PLACES[self.rests_on[0]]} has no Allow that covers it"


def decision(scene: Scene, papers: Papers, **changes: Any) -> Decision:  # noqa: ANN401 - JSON
    """Decide the case, parts of it changed or not."""
    case = case_of(scene, papers, **changes)
    return decide(request_of(case), layers_of(case))


def explained(scene: Scene, papers: Papers) -> Explanation:
    """Explain the decision."""
    case = case_of(scene, papers)
    return explain(request_of(case), layers_of(case))


def truth(scene: Scene, papers: Papers) -> Claim:
    """Return the one claim that holds."""
    found = decision(scene, papers)
    if found.kind == "implicit_deny":
        return Claim(found.kind, found.layers)
    return Claim(found.kind, tuple(critical(scene, papers, found.kind)))


def critical(scene: Scene, papers: Papers, kind: DecisionKind) -> list[str]:
    """Name the statements and grants without which the verdict would be of another kind."""
    return [name for name in names(papers) if decision(scene, without(papers, name)).kind != kind]


def names(papers: Papers) -> list[str]:
    """Name every statement and grant."""
    statements = [each["Sid"] for part in PARTS for each in getattr(papers, part)]
    return [*statements, *(grant["grant_id"] for grant in papers.grants)]


def without(papers: Papers, name: str) -> Papers:
    """Take one statement or grant away; a policy that has lost its last one still stands."""
    changed = {
        part: [each for each in getattr(papers, part) if each["Sid"] != name] or [_NOTHING]
        for part in PARTS
        if any(each["Sid"] == name for each in getattr(papers, part))
    }
    grants = [grant for grant in papers.grants if grant["grant_id"] != name]
    return msgspec.structs.replace(papers, **changed, grants=grants)


_NOTHING: Final = {  # a statement about nobody's action, so that its policy is not absent
    "Sid": "none",
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::999999999999:root"},
    "Action": "sts:GetCallerIdentity",
    "Resource": "*",
}


def false_claims(papers: Papers, right: Claim, explanation: Explanation) -> list[Claim]:
    """Return the claims that one could make of these papers and that do not hold.

    That a layer has no Allow is claimed of a layer that has one, so that it is false by itself.
    """
    denies = _denies(papers)
    allows = [each for each in names(papers) if each not in denies]
    claims = [Claim("allow", (name,)) for name in allows]
    claims += [Claim("allow", pair) for pair in combinations(allows, 2) if pair[0][0] != pair[1][0]]
    claims += [Claim("explicit_deny", (name,)) for name in denies]
    claims += [
        Claim("implicit_deny", (layer.name,))
        for layer in explanation.layers
        if any(_allows(each) for policy in layer.policies for each in policy.statements)
    ]
    return [claim for claim in claims if claim != right]


def _denies(papers: Papers) -> list[str]:
    statements = [each for part in PARTS for each in getattr(papers, part)]
    return [each["Sid"] for each in statements if each["Effect"] == "Deny"]


def _allows(each: StatementTrace) -> bool:
    return each.applies and each.effect == "Allow"


def why_not(claim: Claim, right: Claim, explanation: Explanation) -> str:
    """Say what is wrong with a claim, from the engine's trace."""
    idle = [each for name in claim.rests_on if (each := _idle(name, explanation))]
    if idle:
        return " ".join(idle)
    if claim.kind == "implicit_deny":
        return f"It has one, as the trace below shows. {right}."
    if set(claim.rests_on) < set(right.rests_on):
        return f"It applies, and it is not enough. {right}."
    if right.kind == "allow":
        return f"Not all of them are needed. {right}."
    return f"It applies, and more is asked. {right}."


def _idle(name: str, explanation: Explanation) -> str:
    """Say why a statement or grant does not apply; nothing where it does."""
    for layer in explanation.layers:
        for policy in layer.policies:
            for each in policy.statements:
                if each.sid == name and not each.applies:
                    return f"`{name}` does not apply: {_misfit(each)}."
    for grant in explanation.grants:
        if grant.grant_id == name and not grant.allows:
            part = "the operation" if not grant.covers_operation else "the encryption context"
            return f"`{name}` does not fit {part}."
    return ""


def _misfit(each: StatementTrace) -> str:
    if not each.covers_action:
        return "it is about other actions"
    if not each.names_caller:
        return "it names another principal"
    return next(
        (f"`{c.key}` has another value" for c in each.conditions if not c.holds),
        "it is about another resource",
    )
