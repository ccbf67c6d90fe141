"""The smallest change that would turn a verdict, found by trying.

Candidates come from the explanation; sets of them are tried in order of size and judged by `decide`
alone. The search is bounded, and says when it gave up. A remedy is a fact, not advice: it may be one that
nobody should apply. None touches the policy of a key that AWS manages, for nobody can.
"""

import itertools
import json
from collections.abc import Iterator
from typing import Final

import msgspec

from kmslab.authz.decide import decide
from kmslab.authz.edits import AddStatement, ChangeRequest, Edit, RemoveGrant, RemoveStatement
from kmslab.authz.explain import ConditionTrace, Explanation, LayerTrace, StatementTrace, explain
from kmslab.authz.layers import Layers
from kmslab.model.principals import Principal
from kmslab.model.requests import AuthorizationRequest, Layer

MAX_EDITS: Final = 3
MAX_TRIES: Final = 2_000
_ADDABLE: Final[tuple[Layer, ...]] = (
    "key_policy",
    "identity",
    "boundary",
    "session",
    "vpc_endpoint",
)
_NAMING: Final = ("key_policy", "vpc_endpoint")


class Remedy(msgspec.Struct, frozen=True):
    """The edits that turn the verdict, none if no set was found; `gave_up` if some were not tried."""

    edits: tuple[Edit, ...]
    tried: int
    gave_up: bool


def find_remedy(
    request: AuthorizationRequest, layers: Layers, *, max_tries: int = MAX_TRIES
) -> Remedy:
    """Search the smallest set of edits (at most three) that turns an allow into a deny or back."""
    explanation = explain(request, layers)
    allowed = explanation.decision.allowed
    found = _to_deny(explanation) if allowed else _to_allow(explanation, request, layers)
    edits = [edit for edit in found if _is_possible(edit, request)]
    tried = 0
    for chosen in _sets(edits):
        if tried == max_tries:
            return Remedy((), tried, gave_up=True)
        tried += 1
        if decide(*_after(chosen, request, layers)).allowed is not allowed:
            return Remedy(chosen, tried, gave_up=False)
    return Remedy((), tried, gave_up=len(edits) > MAX_EDITS)


def _is_possible(edit: Edit, request: AuthorizationRequest) -> bool:
    is_of_key = isinstance(edit, AddStatement | RemoveStatement) and edit.layer == "key_policy"
    return not (is_of_key and request.resource.key_manager == "AWS")


def _sets(edits: list[Edit]) -> Iterator[tuple[Edit, ...]]:
    for size in range(1, MAX_EDITS + 1):
        yield from itertools.combinations(edits, size)


def _after(
    edits: tuple[Edit, ...], request: AuthorizationRequest, layers: Layers
) -> tuple[AuthorizationRequest, Layers]:
    situation = (request, layers)
    for edit in edits:
        situation = edit.apply(situation)
    return situation


# ------------------------------------------------------------------------------------- what could help


def _to_deny(explanation: Explanation) -> Iterator[Edit]:
    """Take away what allows: a statement, a grant, or a condition that holds."""
    for layer, edit, _ in _statements(explanation, "Allow"):
        if layer.name != "rcp":
            yield edit
    for grant in explanation.grants:
        if grant.allows:
            yield RemoveGrant(grant.grant_id)
    for _, _, statement in _statements(explanation, "Allow"):
        yield from (ChangeRequest(item.key, ()) for item in statement.conditions)


def _to_allow(
    explanation: Explanation, request: AuthorizationRequest, layers: Layers
) -> Iterator[Edit]:
    """Take away what denies, meet conditions that fail, and add what is missing."""
    for _, edit, statement in _statements(explanation, "Deny"):
        for condition in statement.conditions:
            yield from _other_values(condition)
        yield edit
    for statement in _near_misses(explanation):
        for condition in statement.conditions:
            if not condition.holds:
                yield from _other_values(condition)
    yield from _additions(explanation, request, layers)


def _statements(
    explanation: Explanation, effect: str
) -> Iterator[tuple[LayerTrace, RemoveStatement, StatementTrace]]:
    """List the statements of one effect that apply, each with the edit that removes it."""
    for layer in explanation.layers:
        for policy in layer.policies:
            for statement in policy.statements:
                if statement.applies and statement.effect == effect:
                    place = (layer.name, policy.level, policy.index, statement.index)
                    yield layer, RemoveStatement(*place), statement


def _near_misses(explanation: Explanation) -> Iterator[StatementTrace]:
    """List the Allow statements that fail by their conditions alone."""
    for layer in explanation.layers:
        for policy in layer.policies:
            for item in policy.statements:
                fits = item.covers_action and item.names_caller and item.covers_resource
                if item.effect == "Allow" and fits and not item.applies:
                    yield item


def _other_values(condition: ConditionTrace) -> Iterator[ChangeRequest]:
    """Try each value that the policy names, and the absence of the key."""
    for wanted in condition.wanted:
        if not condition.operator.startswith("Null"):
            yield ChangeRequest(condition.key, wanted)
    if condition.found is not None:
        yield ChangeRequest(condition.key, ())


def _additions(
    explanation: Explanation, request: AuthorizationRequest, layers: Layers
) -> Iterator[AddStatement]:
    bare = {"Effect": "Allow", "Action": explanation.action, "Resource": explanation.resource}
    named = bare | {"Principal": _principal(request.caller)}
    for level in range(len(layers.scps or ())):
        yield AddStatement("scp", level, json.dumps(bare))
    for name in sorted(_ADDABLE, key=lambda name: name not in explanation.missing):
        if layers.source(name) is not None or name in ("key_policy", "identity"):
            yield AddStatement(name, 0, json.dumps(named if name in _NAMING else bare))
    if layers.session is None and request.caller.kind == "federated-user":
        yield AddStatement("session", 0, json.dumps(bare))


def _principal(caller: Principal) -> dict[str, str]:
    if caller.kind == "service":
        return {"Service": caller.service}
    return {"AWS": caller.role_arn or caller.arn}
