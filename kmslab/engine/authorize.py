"""The authorization stage: finds the policies and grants that bear on a request, and asks.

Policies are compiled once for each text, and the layers of a caller and a key are kept until the
store changes. So is an allow that was found without a look at the request's parameters and
surroundings: caller, action, key and policies being the same, so is the verdict. The decision itself is `kmslab.authz.decide`, which sees neither store nor clock.
"""

from collections.abc import Mapping
from functools import lru_cache
from itertools import chain, islice
from typing import Final

import msgspec

from kmslab.audit.situation import Check, Facts, Situation
from kmslab.authn.directory import Directory
from kmslab.authz import denial, policy
from kmslab.authz import grants as granting
from kmslab.authz.decide import Layers, context_of, decide
from kmslab.authz.layers import Levels
from kmslab.authz.principals import grantee_names
from kmslab.engine.propagation import Propagation
from kmslab.engine.request import ApiRequest, Environment
from kmslab.model import messages
from kmslab.model.errors import AccessDeniedException
from kmslab.model.grants import Grant
from kmslab.model.principals import Caller, Principal
from kmslab.model.requests import AuthorizationRequest, ContextValue, Decision
from kmslab.operations.names import BY_CIPHERTEXT, Target, Unreachable
from kmslab.operations.parameters import RequestParameters
from kmslab.operations.uses import Uses
from kmslab.store.port import Store
from kmslab.store.records import GRANTS

Told = Mapping[str, ContextValue]

CACHED_POLICIES: Final = 4096
CACHED_LAYERS: Final = 16_384
KEPT_GRANTS: Final = 100  # of one caller, beside an event
RETIRE: Final = "kms:RetireGrant"
VIA_SERVICE: Final = "aws:ViaAWSService"
VPC_ENDPOINT: Final = "aws:SourceVpce"
NOTHING: Final = '{"Version":"2012-10-17","Statement":[]}'
MAX_GRANTS: Final = 50_000  # the quota of grants for one key


class Authorizer:
    """Decides requests by what store and directory hold at the moment."""

    def __init__(self, store: Store, directory: Directory, uses: Uses) -> None:
        self._store = store
        self._directory = directory
        self._uses = uses
        self.propagation = Propagation()
        self._generation = store.generation
        self._known: dict[tuple[str, ...], tuple[Layers, Situation]] = {}
        self._allowed: dict[tuple[str, ...], Check] = {}

    def need_all(
        self,
        ask: ApiRequest,
        req: msgspec.Struct,
        targets: tuple[Target, ...],
        *,
        now: float,
        checks: list[Check],
    ) -> bool:
        """Return if the caller may do this to each target; add every check to `checks`.

        True says that it holds until the store changes, whatever else a request asks.

        Raises:
            AccessDeniedException: it may not; the text says which policy's fault it is.
        """
        lasting = [self._need(ask, req, each, now=now, checks=checks) for each in targets]
        return all(lasting)

    def _need(
        self,
        ask: ApiRequest,
        req: msgspec.Struct,
        target: Target,
        *,
        now: float,
        checks: list[Check],
    ) -> bool:
        if self._store.generation != self._generation:
            self.forget()
        caller, key = ask.caller.principal, ask.caller.access_key_id
        resource = target.resource
        name = caller.arn or caller.service
        address = (key, name, target.action, resource.arn, resource.region)
        known = None if ask.told else self._allowed.get(address)
        if known is not None:
            checks.append(known)
            return True
        inner = RequestParameters(
            req,
            target,
            lambda key: self._uses.idle_days(key, now),
            is_by_service=_is_by_service(ask),
        )
        parameters, environment = _Noted(inner), Environment(ask, now, target.facts)
        told = dict(ask.told or {}) | dict(target.facts or {}) or None
        found = self.situation(ask.caller, target, told)
        layers, situation, lasts = self.propagation.seen(
            *found, now=now, tokens=lambda: inner.get("grant_tokens")
        )
        facts = situation.facts
        question = AuthorizationRequest(
            caller.placed(facts.caller_guardrails),
            target.action,
            facts.resource,
            parameters,
            environment,
        )
        decision = decide(question, layers)
        check = _check(question, layers, situation, parameters.values, told)
        checks.append(check)
        if not decision.allowed:
            raise _denied(question, decision, target)
        if not lasts or parameters.values or environment.was_read or ask.told:
            return False
        self._allowed[address] = check
        return True

    def situation(
        self, caller: Caller, target: Target, told: Told | None = None
    ) -> tuple[Layers, Situation]:
        """Return every policy and grant that bears on this caller and this target, twice.

        Compiled for the decision, and as it is kept beside the event. `told` names the VPC endpoint that
        the call came through, if it did.

        Kept by access key as well as by ARN: sessions of one ARN may have different policies.
        """
        is_full = len(self._known) >= CACHED_LAYERS or len(self._allowed) >= CACHED_LAYERS
        if is_full or self._store.generation != self._generation:
            self.forget()
        principal, resource = caller.principal, target.resource
        vpce = str((told or {}).get(VPC_ENDPOINT, ""))
        name = principal.arn or principal.service
        address = (caller.access_key_id, name, resource.arn, resource.region, vpce)
        found = self._known.get(address)
        if found is None:
            found = self._known[address] = self._assemble(principal, target, vpce)
        return found

    def forget(self) -> None:
        """Find everything anew from now on."""
        self._known.clear()
        self._allowed.clear()
        self._generation = self._store.generation

    def _assemble(
        self, principal: Principal, target: Target, vpce: str
    ) -> tuple[Layers, Situation]:
        key, directory = target.key, self._directory
        around = directory.guardrails(target.resource.account)
        facts = Facts(
            resource=target.resource.placed(around),
            key_policy=None if key is None else key.policy,
            policies=directory.principal_policies(principal),
            grants=() if key is None else self._grants_for(principal, key.arn),
            caller_guardrails=directory.guardrails(principal.account),
            key_guardrails=around,
            vpc_endpoint=self._policy_of_endpoint(vpce) if vpce else None,
        )
        grants = () if key is None else self._page(key.arn)
        return layers_of(facts, grants), Situation(facts)

    def _policy_of_endpoint(self, vpce: str) -> str:
        """Return a VPC endpoint's policy; one that is gone allows nothing."""
        found = self._directory.vpc_endpoint(vpce)
        return NOTHING if found is None else found.policy

    def _grants_for(self, principal: Principal, key_arn: str) -> tuple[Grant, ...]:
        """List a key's grants by the names that the principal answers to, without their tokens."""
        named = [f"{key_arn} {name}" for name in grantee_names(principal)]
        found = chain.from_iterable(self._page(name, KEPT_GRANTS, "grantee") for name in named)
        return tuple(map(without_tokens, islice(found, KEPT_GRANTS)))

    def _page(
        self, partition: str, limit: int = MAX_GRANTS, index: str | None = None
    ) -> tuple[Grant, ...]:
        return tuple(self._store.page(GRANTS, partition, after="", limit=limit, index=index))


def _is_by_service(ask: ApiRequest) -> bool:
    """Tell whether an AWS service calls, as itself or on the caller's behalf."""
    return ask.caller.principal.kind == "service" or (ask.told or {}).get(VIA_SERVICE) == "true"


def _denied(
    question: AuthorizationRequest, decision: Decision, target: Target
) -> AccessDeniedException:
    text = denial.message(question, decision)
    if target.is_named_by_ciphertext:
        text = text.replace(f"resource: {target.resource.arn}", BY_CIPHERTEXT)
    return AccessDeniedException(text)


class _Noted:
    """Parameters that remember what was asked of them."""

    __slots__ = ("_parameters", "values")

    def __init__(self, parameters: RequestParameters) -> None:
        self._parameters = parameters
        self.values: dict[str, object] = {}

    def get(self, name: str, /) -> object:
        value = self.values[name] = self._parameters.get(name)
        return value


def _check(
    question: AuthorizationRequest,
    layers: Layers,
    situation: Situation,
    inputs: dict[str, object],
    told: Mapping[str, ContextValue] | None,
) -> Check:
    """Write down what decided: no token, but the grant that it named where that is the question."""
    kept = {name: value for name, value in inputs.items() if name != "grant_tokens"}
    if question.action == RETIRE:
        context = context_of(question, layers)
        named = tuple(grant for grant in layers.grants if granting.is_named(grant, context))
        kept["grant_id"] = named[0].grant_id if named else None
        grants = tuple(map(without_tokens, named))
        situation = Situation(msgspec.structs.replace(situation.facts, grants=grants))
    return Check(question.action, situation, kept or None, told)


def without_tokens(grant: Grant) -> Grant:
    """Return a grant as it may be kept outside the store."""
    return msgspec.structs.replace(grant, tokens=())


def layers_of(facts: Facts, grants: tuple[Grant, ...]) -> Layers:
    """Compile what bears on a call."""
    own = facts.policies
    return Layers(
        key_policy=_optional(facts.key_policy),
        identity=tuple(_compiled(text) for text in own.identity),
        boundary=_optional(own.boundary),
        session=_optional(own.session),
        scps=None if facts.caller_guardrails is None else _levels(facts.caller_guardrails.scps),
        rcps=None if facts.key_guardrails is None else _levels(facts.key_guardrails.rcps),
        vpc_endpoint=_optional(facts.vpc_endpoint),
        grants=grants,
    )


def _levels(levels: tuple[tuple[str, ...], ...] | None) -> Levels | None:
    return None if levels is None else tuple(tuple(map(_compiled, level)) for level in levels)


def unreachable(ask: ApiRequest, action: str, error: Unreachable) -> AccessDeniedException:
    """Write the denial of a key that the caller may not know to be missing."""
    caller = ask.caller.principal.arn
    return AccessDeniedException(messages.UNREACHABLE.format(caller, action, error.resource))


def _optional(text: str | None) -> policy.Policy | None:
    return None if text is None else _compiled(text)


@lru_cache(maxsize=CACHED_POLICIES)
def _compiled(text: str) -> policy.Policy:
    return policy.parse(text)
