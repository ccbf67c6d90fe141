"""What if a policy read otherwise, or the request came from elsewhere? Which verdicts would turn, and why.

An edit is a JSON object with the fields that `kmslab simulate` reads: it replaces the policies that it names and
sets condition keys. Knows neither files nor the trail: it is handed what was asked.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from kmslab.authz.context import value_of
from kmslab.authz.decide import decide
from kmslab.authz.edits import ChangeRequest, Situation
from kmslab.authz.errors import PolicyError
from kmslab.authz.explain import Explanation, explain
from kmslab.authz.layers import Layers
from kmslab.authz.policy import Policy, parse
from kmslab.authz.render import VERDICTS, Node, as_json, tree
from kmslab.model.requests import AuthorizationRequest

ONE: Final = {
    "key_policy": "key_policy",
    "permission_boundary": "boundary",
    "session_policy": "session",
    "vpc_endpoint_policy": "vpc_endpoint",
}
SEVERAL: Final = {"identity_policies": "identity"}
LEVELS: Final = {"scps": "scps", "rcps": "rcps"}
CONTEXT: Final = "context"
FIELDS: Final = (*ONE, *SEVERAL, *LEVELS, CONTEXT)


class Asked(msgspec.Struct, frozen=True):
    """One question that was asked: what it is called, the request, and the policies around it."""

    name: str
    request: AuthorizationRequest
    layers: Layers


class Edit(msgspec.Struct, frozen=True):
    """What is replaced: members of `Layers`, and condition keys of the request."""

    layers: Mapping[str, Any]
    context: tuple[ChangeRequest, ...] = ()

    def apply(self, situation: Situation) -> Situation:
        """Return the situation so changed."""
        request, layers = situation
        changed = (request, msgspec.structs.replace(layers, **self.layers))
        for change in self.context:
            changed = change.apply(changed)
        return changed


class Turned(msgspec.Struct, frozen=True):
    """One verdict that turns, with the reasons of both."""

    name: str
    before: Explanation
    after: Explanation

    def tree(self) -> Node:
        """Write it as a tree of lines: the new reasons, then the old ones."""
        old, new = (VERDICTS[each.decision.kind] for each in (self.before, self.after))
        bearing = tree(self.after).bearing
        return Node(self.name, f"{new}; was {old}", bearing, (tree(self.after), tree(self.before)))


class WhatIf(msgspec.Struct, frozen=True):
    """The verdicts that an edit turns, of so many that were asked."""

    turned: tuple[Turned, ...]
    asked: int

    def tree(self) -> Node:
        """Write the answer as a tree of lines."""
        says = f"{len(self.turned)} of {self.asked} verdicts turn"
        return Node("With the edit", says, children=tuple(each.tree() for each in self.turned))

    def as_json(self) -> dict[str, Any]:
        """Write the answer as JSON."""
        return {
            "asked": self.asked,
            "turned": [
                {"name": each.name, "before": as_json(each.before), "after": as_json(each.after)}
                for each in self.turned
            ],
        }


def what_if(asked: Iterable[Asked], edit: Edit) -> WhatIf:
    """Decide each question as it was and with the edit; keep those whose kind of verdict differs."""
    turned: list[Turned] = []
    count = 0
    for count, each in enumerate(asked, 1):  # noqa: B007 - the count is the answer's
        before = (each.request, each.layers)
        after = edit.apply(before)
        if decide(*before).kind != decide(*after).kind:
            turned.append(Turned(each.name, explain(*before), explain(*after)))
    return WhatIf(tuple(turned), count)


def edit_of(given: Mapping[str, Any]) -> Edit:
    """Read an edit.

    Raises:
        ValueError: it edits nothing, names something else, or brings a policy that is none.
    """
    unknown = sorted(given.keys() - set(FIELDS))
    if unknown or not given:
        raise ValueError(f"an edit has {', '.join(FIELDS)}; not {', '.join(unknown) or 'nothing'}")
    layers: dict[str, Any] = {}
    for field, value in given.items():
        if field in ONE:
            layers[ONE[field]] = None if value is None else _policy(field, value)
        elif field in SEVERAL:
            layers[SEVERAL[field]] = _policies(field, value)
        elif field in LEVELS:
            levels = None if value is None else _list(field, value)
            layers[field] = levels and tuple(_policies(field, level) for level in levels)
    context = given.get(CONTEXT, {})
    if not isinstance(context, Mapping):
        raise ValueError("context must be an object of condition keys")  # noqa: TRY004 - one kind
    changes = ((key, value_of(value)) for key, value in context.items())
    return Edit(layers, tuple(ChangeRequest(key, () if v is None else v) for key, v in changes))


def _policies(field: str, value: object) -> tuple[Policy, ...]:
    return tuple(_policy(field, each) for each in _list(field, value))


def _list(field: str, value: object) -> list[Any] | tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise ValueError(f"{field} must be a list")  # noqa: TRY004 - one kind of refusal
    return value


def _policy(field: str, value: object) -> Policy:
    """Compile a policy, given as JSON text or as an object."""
    try:
        return parse(value if isinstance(value, str) else json.dumps(value))
    except PolicyError as error:
        raise ValueError(f"{field}: {error}") from None
