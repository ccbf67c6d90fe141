"""Could this principal ever do this? A decision about every request at once.

What caller and key settle is judged; what a request brings along (its encryption context, its source
address, the hour) is supposed to fit, and named as a condition. Knows one principal at a time.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

import msgspec

from kmslab.authz.actions import WITH_CONTEXT
from kmslab.authz.conditions import Condition
from kmslab.authz.context import Context
from kmslab.authz.context_keys import is_settled
from kmslab.authz.decide import (
    context_of,
    decide,
    foreign_reach,
    is_foreign,
    missing_on_callers_side,
)
from kmslab.authz.grants import grant_reach
from kmslab.authz.layers import Layers, Levels, Source, applied
from kmslab.authz.policy import Policy, Statement, supposing, without_conditions
from kmslab.authz.principals import Reach
from kmslab.authz.render import TITLES
from kmslab.authz.variables import parse
from kmslab.model.grants import Grant, GrantConstraints
from kmslab.model.principals import Principal
from kmslab.model.requests import AuthorizationRequest, Layer

Settled = Callable[[Condition], bool]
_OF_SESSION: Final = "aws:userid"  # ends in a session's name, which nobody knows before


class Way(msgspec.Struct, frozen=True):
    """One statement or grant that allows: its layer, which one, and what the request must be like."""

    layer: Layer
    name: str
    only_if: tuple[str, ...] = ()

    def __str__(self) -> str:
        title = f"{TITLES[self.layer]}, {self.name}" if self.layer != "grant" else self.name
        return f"{title}, if {' and '.join(self.only_if)}" if self.only_if else title


class Ability(msgspec.Struct, frozen=True):
    """What lets a principal do an action, and which denials apply to some requests only.

    A way of the key is enough; one that only delegates to IAM needs a way of the identity policies too.
    """

    ways: tuple[Way, ...]
    unless: tuple[Way, ...] = ()


def ability(request: AuthorizationRequest, layers: Layers) -> Ability | None:
    """Tell by what the caller could do the action, with some request; None where by nothing.

    Parameters and environment of the request given are not looked at: leave them empty.
    """

    def settled(condition: Condition) -> bool:
        return _is_settled(condition, request.caller)

    supposed = _supposed(layers, settled)
    if not decide(request, supposed).allowed:
        return None
    look = _Look(context_of(request, supposed), supposed, settled)
    sources = applied(look.context, layers)
    by_key = [*_of_key_policy(sources, look), *_of_grants(layers.grants, look)]
    by_iam = any(reach == Reach.ACCOUNT for reach, _ in by_key)
    own = [way for source in sources for way in _of_caller(source, look, by_iam=by_iam)]
    unless = [way for source in sources for _, way in _ways(source, look, denies=True)]
    return Ability((*(way for _, way in by_key), *own), tuple(unless))


class _Look(msgspec.Struct, frozen=True):
    """The request, what is supposed of the policies, and which conditions are settled."""

    context: Context
    supposed: Layers
    settled: Settled

    def is_enough(self, reach: int) -> bool:
        """Tell whether the caller's side agrees to a permission that reaches so far."""
        return bool(reach) and not missing_on_callers_side(reach, self.context, self.supposed)


# ---------------------------------------------------------------------------------- what is supposed


def _supposed(layers: Layers, settled: Settled) -> Layers:
    """Return the layers for a request that meets every condition that it can meet."""

    def each(policy: Policy) -> Policy:
        return supposing(policy, settled)

    def optional(policy: Policy | None) -> Policy | None:
        return None if policy is None else each(policy)

    def levels(given: Levels | None) -> Levels | None:
        return None if given is None else tuple(tuple(map(each, level)) for level in given)

    return Layers(
        key_policy=optional(layers.key_policy),
        identity=tuple(map(each, layers.identity)),
        boundary=optional(layers.boundary),
        session=optional(layers.session),
        scps=levels(layers.scps),
        rcps=levels(layers.rcps),
        vpc_endpoint=optional(layers.vpc_endpoint),
        grants=tuple(map(_fitting, layers.grants)),
    )


def _fitting(grant: Grant) -> Grant:
    """Return a grant whose constraints the request meets, and whose token it carries if need be."""
    status = "active" if grant.status == "pending" else grant.status
    return msgspec.structs.replace(grant, constraints=GrantConstraints(), status=status)


def _is_settled(condition: Condition, caller: Principal) -> bool:
    """Tell whether a condition has one answer for this caller and key."""
    names = [condition.key]
    if condition.has_variables:
        for text in condition.values:
            pieces = parse(text)
            if not isinstance(pieces, str):
                names += [piece.name for piece in pieces if not isinstance(piece, str)]
    of_session = caller.kind == "role-session" and _OF_SESSION in map(str.lower, names)
    return all(map(is_settled, names)) and not of_session


# --------------------------------------------------------------------------------------------- ways

Reaching = tuple[int, Way]


def _of_key_policy(sources: Iterable[Source], look: _Look) -> Iterator[Reaching]:
    for source in sources:
        if source.name == "key_policy":
            for named, way in _ways(source, look, denies=False):
                foreign = is_foreign(look.context)
                reach = foreign_reach(look.context, named, Reach.NONE) if foreign else named
                if look.is_enough(reach):
                    yield reach, way


def _of_grants(grants: Iterable[Grant], look: _Look) -> Iterator[Reaching]:
    for grant in grants:
        reach = grant_reach(_fitting(grant), look.context)
        if look.is_enough(reach):
            needs = tuple(_needs(grant, look.context))
            yield reach, Way("grant", f"Grant {grant.grant_id}", needs)


def _of_caller(source: Source, look: _Look, *, by_iam: bool) -> Iterator[Way]:
    """List what allows besides the key: IAM where it is asked, limits where they depend on something."""
    if source.name in ("key_policy", "rcp") or (source.name == "identity" and not by_iam):
        return
    for _, way in _ways(source, look, denies=False):
        if source.name == "identity" or way.only_if:
            yield way


def _ways(source: Source, look: _Look, *, denies: bool) -> Iterator[Reaching]:
    """List the statements of a layer that could apply, and how far each reaches."""
    for level, policies in enumerate(source.levels):
        for index, policy in enumerate(policies):
            chosen = policy.select(look.context.action)
            for item in chosen.denies if denies else chosen.allows:
                judged = without_conditions(item, look.settled)
                test = judged.reach if source.names_principals else judged.applies
                reach = int(test(look.context))
                if reach:
                    open_ = (_words(each) for each in item.conditions if not look.settled(each))
                    yield reach, Way(source.name, _name(source, level, index, item), tuple(open_))


def _name(source: Source, level: int, index: int, statement: Statement) -> str:
    place = f"level {level}, policy {index}, " if source.name in ("scp", "rcp") else ""
    place = f"policy {index}, " if source.name == "identity" else place
    sid = f' "{statement.sid}"' if statement.sid else ""
    return f"{place}statement {statement.index}{sid}"


def _words(condition: Condition) -> str:
    return f"{condition.operator} {condition.key} {', '.join(condition.values)}"


def _needs(grant: Grant, context: Context) -> Iterator[str]:
    constraints = grant.constraints
    if grant.status == "pending":
        yield "the request carries its token"
    if context.action in WITH_CONTEXT or context.action == "kms:CreateGrant":
        if constraints.encryption_context_equals is not None:
            yield f"the encryption context is {_pairs(constraints.encryption_context_equals)}"
        if constraints.encryption_context_subset is not None:
            yield f"the encryption context has {_pairs(constraints.encryption_context_subset)}"
    if constraints.source_arn is not None and context.request.caller.kind == "service":
        yield f"aws:SourceArn is {constraints.source_arn}"


def _pairs(pairs: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in pairs.items()) or "empty"
