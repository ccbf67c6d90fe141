"""The authorization stage: finds the policies and grants that bear on a request, and asks.

Policies are compiled once for each text, and the layers of a caller and a key are kept until the
store changes. So is an allow that was found without a look at the request's parameters and
surroundings: caller, action, key and policies being the same, so is the verdict. The decision itself is `kmslab.authz.decide`, which sees neither store nor clock.
"""

from functools import lru_cache
from typing import Final

import msgspec

from kmslab.authn.directory import Directory
from kmslab.authz import denial, policy
from kmslab.authz.decide import Layers, decide
from kmslab.engine.request import ApiRequest, Environment
from kmslab.model import messages
from kmslab.model.errors import AccessDeniedException
from kmslab.model.grants import Grant
from kmslab.model.principals import Caller, Principal
from kmslab.model.requests import AuthorizationRequest
from kmslab.operations.names import BY_CIPHERTEXT, Target, Unreachable
from kmslab.operations.parameters import RequestParameters
from kmslab.operations.uses import Uses
from kmslab.store.port import Store
from kmslab.store.records import GRANTS

CACHED_POLICIES: Final = 4096
CACHED_LAYERS: Final = 16_384
MAX_GRANTS: Final = 50_000  # the quota of grants for one key


class Authorizer:
    """Decides requests by what store and directory hold at the moment."""

    def __init__(self, store: Store, directory: Directory, uses: Uses) -> None:
        self._store = store
        self._directory = directory
        self._uses = uses
        self._generation = store.generation
        self._layers: dict[tuple[str, str, str], Layers] = {}
        self._allowed: set[tuple[str, ...]] = set()

    def need(self, ask: ApiRequest, req: msgspec.Struct, target: Target, now: float) -> None:
        """Return if the caller may do this to the target.

        Raises:
            AccessDeniedException: it may not; the text says which policy's fault it is.
        """
        self._forget_what_is_stale()
        caller, key = ask.caller.principal, ask.caller.access_key_id
        resource = target.resource
        name = caller.arn or caller.service
        address = (key, name, target.action, resource.arn, resource.region)
        if address in self._allowed:
            return
        parameters = RequestParameters(req, target, lambda key: self._uses.idle_days(key, now))
        environment = Environment(ask, now, target.facts)
        question = AuthorizationRequest(caller, target.action, resource, parameters, environment)
        decision = decide(question, self.layers(ask.caller, target))
        if decision.allowed:
            if not (parameters.was_read or environment.was_read):
                self._allowed.add(address)
        else:
            text = denial.message(question, decision)
            if target.is_named_by_ciphertext:
                text = text.replace(f"resource: {resource.arn}", BY_CIPHERTEXT)
            raise AccessDeniedException(text)

    def layers(self, caller: Caller, target: Target) -> Layers:
        """Return every policy and grant that bears on this caller and this target.

        Kept by access key as well as by ARN: sessions of one ARN may have different policies.
        """
        self._forget_what_is_stale()
        principal = caller.principal
        address = (caller.access_key_id, principal.arn or principal.service, target.resource.arn)
        found = self._layers.get(address)
        if found is None:
            found = self._layers[address] = self._assemble(principal, target)
        return found

    def _forget_what_is_stale(self) -> None:
        full = len(self._layers) >= CACHED_LAYERS or len(self._allowed) >= CACHED_LAYERS
        if self._store.generation != self._generation or full:
            self._layers.clear()
            self._allowed.clear()
            self._generation = self._store.generation

    def _assemble(self, principal: Principal, target: Target) -> Layers:
        own = self._directory.principal_policies(principal)
        return Layers(
            key_policy=None if target.key is None else _compiled(target.key.policy),
            identity=tuple(_compiled(text) for text in own.identity),
            boundary=None if own.boundary is None else _compiled(own.boundary),
            session=None if own.session is None else _compiled(own.session),
            grants=() if target.key is None else self._grants(target.key.arn),
        )

    def _grants(self, key_arn: str) -> tuple[Grant, ...]:
        return tuple(self._store.page(GRANTS, key_arn, after="", limit=MAX_GRANTS))


def unreachable(ask: ApiRequest, action: str, error: Unreachable) -> AccessDeniedException:
    """Write the denial of a key that the caller may not know to be missing."""
    caller = ask.caller.principal.arn
    return AccessDeniedException(messages.UNREACHABLE.format(caller, action, error.resource))


@lru_cache(maxsize=CACHED_POLICIES)
def _compiled(text: str) -> policy.Policy:
    return policy.parse(text)
