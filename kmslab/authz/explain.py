"""Why a request is allowed or denied: the decision taken apart, as one frozen value.

The verdict is that of `decide`; each layer, statement and condition below it is judged by the very
functions that the verdict was made with. Costs nothing unless called; knows no policy's name or ARN.
Its words are in `kmslab.authz.render`.
"""

from typing import Literal

import msgspec

from kmslab.authz import grants as granting
from kmslab.authz.conditions import Condition
from kmslab.authz.context import Context
from kmslab.authz.decide import (
    context_of,
    decide,
    denies_explicitly,
    every_level_allows,
    key_policy_reach,
)
from kmslab.authz.layers import Layers, Source, applied
from kmslab.authz.policy import Policy, Statement
from kmslab.authz.principals import Reach
from kmslab.model.grants import Grant, GrantStatus
from kmslab.model.requests import AuthorizationRequest, ContextValue, Decision, Layer

Outcome = Literal["explicit deny", "allow", "delegates to IAM", "no deny", "no allow"]


class ConditionTrace(msgspec.Struct, frozen=True):
    """One condition: what the policy asks for, and what the request has (None: the key is absent)."""

    operator: str
    key: str
    wanted: tuple[str, ...]
    found: ContextValue | None
    holds: bool


class StatementTrace(msgspec.Struct, frozen=True):
    """One statement and each of its elements; `applies` only if all of them fit."""

    index: int
    sid: str
    effect: Literal["Allow", "Deny"]
    covers_action: bool
    names_caller: bool
    covers_resource: bool
    conditions: tuple[ConditionTrace, ...]
    applies: bool


class PolicyTrace(msgspec.Struct, frozen=True):
    """One policy document; `level` counts SCPs and RCPs from the organization's root."""

    level: int
    index: int
    statements: tuple[StatementTrace, ...]


class LayerTrace(msgspec.Struct, frozen=True):
    """One layer that binds the request, and what it says."""

    name: Layer
    outcome: Outcome
    policies: tuple[PolicyTrace, ...]


class GrantTrace(msgspec.Struct, frozen=True):
    """One grant, and which of its parts fit the request."""

    grant_id: str
    covers_operation: bool
    is_usable: bool
    names_caller: bool
    meets_constraints: bool
    allows: bool
    status: GrantStatus = "active"


class Explanation(msgspec.Struct, frozen=True):
    """A decision with its reasons. `missing` are the layers that would have to allow."""

    caller: str
    action: str
    resource: str
    decision: Decision
    layers: tuple[LayerTrace, ...]
    grants: tuple[GrantTrace, ...]

    @property
    def missing(self) -> tuple[Layer, ...]:
        """The layers without a needed Allow; none after an explicit deny."""
        return self.decision.layers if self.decision.kind == "implicit_deny" else ()


def explain(request: AuthorizationRequest, layers: Layers) -> Explanation:
    """Take the decision on a request apart."""
    context = context_of(request, layers)
    return Explanation(
        caller=request.caller.arn or request.caller.service,
        action=context.action,
        resource=request.resource.arn,
        decision=decide(request, layers),
        layers=tuple(_layer(source, context, layers) for source in applied(context, layers)),
        grants=tuple(_grant(grant, context) for grant in layers.grants),
    )


# ----------------------------------------------------------------------------------------- the traces


def _layer(source: Source, context: Context, layers: Layers) -> LayerTrace:
    traces = tuple(
        PolicyTrace(level, index, _statements(policy, context, source))
        for level, policies in enumerate(source.levels)
        for index, policy in enumerate(policies)
    )
    return LayerTrace(source.name, _outcome(source, context, layers), traces)


def _outcome(source: Source, context: Context, layers: Layers) -> Outcome:
    if denies_explicitly(source, context):
        return "explicit deny"
    if source.name == "rcp":
        return "no deny"  # RCPFullAWSAccess allows on every level
    if source.name == "key_policy":
        return _key_policy_outcome(key_policy_reach(context, layers))
    return "allow" if every_level_allows(source, context) else "no allow"


def _key_policy_outcome(reach: int) -> Outcome:
    if not reach:
        return "no allow"
    return "delegates to IAM" if reach == Reach.ACCOUNT else "allow"


def _statements(policy: Policy, context: Context, source: Source) -> tuple[StatementTrace, ...]:
    return tuple(_statement(item, context, source) for item in policy.statements)


def _statement(statement: Statement, context: Context, source: Source) -> StatementTrace:
    covers_action = statement.action is not None and statement.action.covers(context.action)
    fits = statement.reach if source.names_principals else statement.applies
    return StatementTrace(
        index=statement.index,
        sid=statement.sid,
        effect="Deny" if statement.denies else "Allow",
        covers_action=covers_action,
        names_caller=_names_caller(statement, context, source),
        covers_resource=statement.resource is not None and statement.resource.covers(context),
        conditions=tuple(_condition(item, context) for item in statement.conditions),
        applies=covers_action and bool(fits(context)),
    )


def _names_caller(statement: Statement, context: Context, source: Source) -> bool:
    return not source.names_principals or bool(statement.naming(context))


def _condition(condition: Condition, context: Context) -> ConditionTrace:
    return ConditionTrace(
        condition.operator,
        condition.key,
        condition.compared(context),
        condition.read(context),
        condition.holds(context),
    )


def _grant(grant: Grant, context: Context) -> GrantTrace:
    if context.action == "kms:RetireGrant":
        retires = bool(granting.retiring_reach([grant], context))
        return GrantTrace(
            grant.grant_id,
            covers_operation=granting.is_named(grant, context),
            is_usable=granting.is_usable(grant, context),
            names_caller=retires,
            meets_constraints=True,  # a constraint never limits RetireGrant
            allows=retires,
            status=grant.status,
        )
    return GrantTrace(
        grant.grant_id,
        granting.covers(grant, context),
        granting.is_usable(grant, context),
        bool(granting.grantee_reach(grant, context)),
        granting.meets_constraints(grant, context),
        bool(granting.grant_reach(grant, context)),
        grant.status,
    )
