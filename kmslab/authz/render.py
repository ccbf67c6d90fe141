"""An explanation in words: one tree of lines, which terminals and pages draw, and the same as JSON.

Knows what each part of a decision is called. Refuses to know colours, markup and where the tree is
shown: whoever draws it is told of each line what it says and how it bears on the verdict.
"""

from collections.abc import Iterator
from typing import Any, Final, Literal

import msgspec

from kmslab.authz.explain import (
    ConditionTrace,
    Explanation,
    GrantTrace,
    LayerTrace,
    Outcome,
    PolicyTrace,
    StatementTrace,
)
from kmslab.model.requests import ContextValue, Layer

Bearing = Literal["for", "against", "none"]


class Node(msgspec.Struct, frozen=True):
    """One line and those below it: its subject, what is said of it, and for which verdict it speaks."""

    subject: str
    says: str = ""
    bearing: Bearing = "none"
    children: tuple["Node", ...] = ()

    def __str__(self) -> str:
        return f"{self.subject}: {self.says}" if self.says else self.subject


class Line(msgspec.Struct, frozen=True):
    """One line of a drawn tree: the branches that lead to it, and its node."""

    branches: str
    node: Node


TITLES: Final[dict[Layer, str]] = {
    "key_policy": "Key policy",
    "grant": "Grants",
    "identity": "Identity-based policies",
    "boundary": "Permissions boundary",
    "session": "Session policy",
    "scp": "Service control policies",
    "rcp": "Resource control policies",
    "vpc_endpoint": "VPC endpoint policy",
}
VERDICTS: Final = {
    "allow": "ALLOWED",
    "explicit_deny": "DENIED by an explicit deny",
    "implicit_deny": "DENIED because nothing allows it",
}
_BEARINGS: Final[dict[Outcome, Bearing]] = {
    "explicit deny": "against",
    "allow": "for",
    "delegates to IAM": "for",
}


def tree(explanation: Explanation) -> Node:
    """Write an explanation as a tree of lines."""
    decision = explanation.decision
    return Node(
        VERDICTS[decision.kind],
        explanation.action,
        "for" if decision.allowed else "against",
        (
            Node("caller", explanation.caller),
            Node("resource", explanation.resource),
            *(_layer(layer, explanation) for layer in explanation.layers),
            *map(_grant, explanation.grants),
            *map(_missing, explanation.missing),
        ),
    )


def lines(root: Node) -> Iterator[Line]:
    """Draw a tree, one line for each node, the root first."""
    yield Line("", root)
    yield from _below(root, "")


def as_text(root: Node) -> str:
    """Draw a tree as plain text."""
    return "\n".join(f"{line.branches}{line.node}" for line in lines(root))


def as_json(explanation: Explanation) -> dict[str, Any]:
    """Write an explanation as JSON: its members, and which layers would have to allow."""
    return {**msgspec.to_builtins(explanation), "missing": list(explanation.missing)}


def found_text(found: ContextValue | None) -> str:
    """Write the value of a condition key."""
    if found is None:
        return "absent"
    return found if isinstance(found, str) else ", ".join(found)


def _below(node: Node, branches: str) -> Iterator[Line]:
    for number, child in enumerate(node.children, 1):
        is_last = number == len(node.children)
        yield Line(branches + ("└─ " if is_last else "├─ "), child)
        yield from _below(child, branches + ("   " if is_last else "│  "))


# --------------------------------------------------------------------------------- one node for each part


def _layer(layer: LayerTrace, explanation: Explanation) -> Node:
    lacks = layer.name in explanation.missing
    bearing = "against" if lacks else _BEARINGS.get(layer.outcome, "none")
    policies = tuple(_policy(layer, policy) for policy in layer.policies)
    return Node(TITLES[layer.name], layer.outcome, bearing, policies)


def _policy(layer: LayerTrace, policy: PolicyTrace) -> Node:
    level = f"level {policy.level}, " if layer.name in ("scp", "rcp") else ""
    statements = tuple(map(_statement, policy.statements))
    return Node(f"{level}policy {policy.index}", children=statements)


def _statement(statement: StatementTrace) -> Node:
    name = f' "{statement.sid}"' if statement.sid else ""
    bearing = _statement_bearing(statement)
    conditions = statement.conditions if statement.covers_action else ()
    return Node(
        f"{statement.effect} statement {statement.index}{name}",
        "applies" if statement.applies else _statement_reason(statement),
        bearing,
        tuple(
            _condition(item, bearing if item.holds is statement.applies else "none")
            for item in conditions
        ),
    )


def _statement_bearing(statement: StatementTrace) -> Bearing:
    """Tell for which verdict it speaks: a Deny that does not apply, or an Allow for others, for none."""
    if statement.applies:
        return "for" if statement.effect == "Allow" else "against"
    fits = statement.covers_action and statement.names_caller and statement.covers_resource
    return "against" if fits and statement.effect == "Allow" else "none"


def _statement_reason(statement: StatementTrace) -> str:
    if not statement.covers_action:
        return "is about other actions"
    if not statement.names_caller:
        return "names other principals"
    return "a condition fails" if statement.covers_resource else "is about other resources"


def _condition(condition: ConditionTrace, bearing: Bearing) -> Node:
    mark = "holds" if condition.holds else "fails"
    wanted = ", ".join(condition.wanted)
    return Node(
        f"{condition.operator} {condition.key}",
        f"wants {wanted}; found {found_text(condition.found)}: {mark}",
        bearing,
    )


def _grant(grant: GrantTrace) -> Node:
    says = "allows" if grant.allows else _grant_reason(grant)
    return Node(f"Grant {grant.grant_id}", says, "for" if grant.allows else "none")


def _grant_reason(grant: GrantTrace) -> str:
    if not grant.covers_operation:
        return "does not cover the operation"
    if not grant.is_usable:
        return (
            "does not count yet without its token"
            if grant.status == "pending"
            else f"is {grant.status}"
        )
    return "its constraints fail" if grant.names_caller else "names another grantee"


def _missing(name: Layer) -> Node:
    return Node("Missing", f"an allow from {TITLES[name].lower()}", "against")
