"""Single changes to a request or to the policies around it, as values that can be applied.

Knows how to make a change and how to say it; refuses to know whether it helps.
"""

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from kmslab.authz.layers import Layers, Levels
from kmslab.authz.policy import Policy, assemble, parse
from kmslab.model.requests import AuthorizationRequest, ContextValue, Layer

Situation = tuple[AuthorizationRequest, Layers]


class RemoveStatement(msgspec.Struct, frozen=True):
    """Take one statement out of a policy; `index` is the statement's own."""

    layer: Layer
    level: int
    policy: int
    index: int

    def apply(self, situation: Situation) -> Situation:
        """Return the situation without the statement."""
        request, layers = situation
        levels = levels_of(layers, self.layer)
        old = levels[self.level][self.policy]
        kept = tuple(item for item in old.statements if item.index != self.index)
        changed = _replaced(levels[self.level], self.policy, assemble(old.version, kept))
        return request, with_levels(layers, self.layer, _replaced(levels, self.level, changed))

    def __str__(self) -> str:
        place = f"statement {self.index} of policy {self.policy}"
        return f"remove {place} from {self.layer}{_at(self.layer, self.level)}"


class AddStatement(msgspec.Struct, frozen=True):
    """Add a policy of one statement, given as JSON text, to a layer (or to one of its levels)."""

    layer: Layer
    level: int
    statement: str

    def apply(self, situation: Situation) -> Situation:
        """Return the situation with the statement."""
        request, layers = situation
        more = parse({"Version": "2012-10-17", "Statement": json.loads(self.statement)})
        levels = levels_of(layers, self.layer) or ((),)
        level = levels[self.level]
        holds_many = self.layer in ("identity", "scp")
        changed = (*level, more) if holds_many else (_joined(level, more),)
        return request, with_levels(layers, self.layer, _replaced(levels, self.level, changed))

    def __str__(self) -> str:
        return f"add to {self.layer}{_at(self.layer, self.level)}: {self.statement}"


class RemoveGrant(msgspec.Struct, frozen=True):
    """Revoke one grant."""

    grant_id: str

    def apply(self, situation: Situation) -> Situation:
        """Return the situation without the grant."""
        request, layers = situation
        kept = tuple(grant for grant in layers.grants if grant.grant_id != self.grant_id)
        return request, msgspec.structs.replace(layers, grants=kept)

    def __str__(self) -> str:
        return f"revoke grant {self.grant_id}"


class ChangeRequest(msgspec.Struct, frozen=True):
    """Ask with another value of a condition key; an empty list takes the key away."""

    key: str
    value: ContextValue

    def apply(self, situation: Situation) -> Situation:
        """Return the situation with the request so changed."""
        request, layers = situation
        environment = {
            name: value
            for name, value in request.environment.items()
            if name.lower() != self.key.lower()
        }
        environment[self.key] = self.value
        return msgspec.structs.replace(request, environment=environment), layers

    def __str__(self) -> str:
        if self.value == ():
            return f"ask without {self.key}"
        value = self.value if isinstance(self.value, str) else ", ".join(self.value)
        return f"ask with {self.key} = {value}"


Edit = RemoveStatement | AddStatement | RemoveGrant | ChangeRequest


def levels_of(layers: Layers, layer: Layer) -> Levels:
    """Return the policies of a layer, level by level."""
    source = layers.source(layer)
    return () if source is None else source.levels


def with_levels(layers: Layers, layer: Layer, levels: Levels) -> Layers:
    """Return the layers with other policies in one of them."""
    member = {"scp": "scps", "rcp": "rcps"}.get(layer, layer)
    value: Any = levels if layer in ("scp", "rcp") else levels[0]
    if layer in ("key_policy", "boundary", "session", "vpc_endpoint"):
        value = levels[0][0]
    return msgspec.structs.replace(layers, **{member: value})


def _joined(level: Sequence[Policy], more: Policy) -> Policy:
    """Join a statement to the layer's only document; its index follows the others."""
    old = level[0].statements if level else ()
    added = (msgspec.structs.replace(item, index=len(old)) for item in more.statements)
    return assemble(more.version, (*old, *added))


def _replaced(items: tuple[Any, ...], index: int, item: object) -> tuple[Any, ...]:
    return (*items[:index], item, *items[index + 1 :])


def _at(layer: Layer, level: int) -> str:
    return f" level {level}" if layer in ("scp", "rcp") else ""
