"""A recorded call, decided again: by what was in force then, and by what is in force now.

The event carries who asked for what and by which policies it was decided (`kmslab.audit.situation`).
Refuses to know who looks, and writes nothing.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from kmslab.audit.event import Event, Json, render
from kmslab.audit.redact import lower_camel
from kmslab.audit.situation import Check, Facts
from kmslab.audit.trail import Trail
from kmslab.authn.directory import Directory
from kmslab.authz.decide import decide
from kmslab.authz.explain import Explanation, explain
from kmslab.authz.remedy import find_remedy
from kmslab.authz.render import VERDICTS, Bearing, Node, as_json, tree
from kmslab.engine.authorize import RETIRE, Authorizer, layers_of, without_tokens
from kmslab.engine.request import ApiRequest, Environment
from kmslab.model.grants import Grant
from kmslab.model.principals import Principal
from kmslab.model.requests import AuthorizationRequest, Decision, Resource
from kmslab.operations.names import Resources, Target
from kmslab.operations.parameters import MEMBERS
from kmslab.operations.uses import Uses
from kmslab.store.port import Store
from kmslab.store.records import GRANTS, KEYS, scope

ANSWERED: Final = "answered"
_SIDES: Final = {"kms:ReEncryptFrom": "Source", "kms:ReEncryptTo": "Destination"}


class Reviewed(msgspec.Struct, frozen=True):
    """One check of a call: why it was decided so, what would have turned it, what holds now.

    `since` names what has changed. `now` is the decision of today; None where the key is gone.
    """

    explanation: Explanation
    remedy: tuple[str, ...]
    since: tuple[str, ...]
    now: Decision | None


class Review(msgspec.Struct, frozen=True):
    """A recorded call and its checks; `note` says why there are none, where there are none."""

    event: Json
    checks: tuple[Reviewed, ...]
    note: str = ""

    @property
    def outcome(self) -> str:
        """``answered``, or the code of the error."""
        return str(self.event.get("errorCode", ANSWERED))

    def tree(self) -> Node:
        """Write the review as a tree of lines."""
        said = f"{self.event['eventName']} at {self.event['eventTime']}"
        bearing: Bearing = "for" if self.outcome == ANSWERED else "against"
        notes = (Node("No policy was asked", self.note),) if self.note else ()
        return Node(said, self.outcome, bearing, (*notes, *map(_tree, self.checks)))

    def as_json(self) -> Json:
        """Write the review as JSON."""
        return {
            "event": self.event,
            "outcome": self.outcome,
            "note": self.note,
            "checks": [
                as_json(check.explanation)
                | {
                    "remedy": list(check.remedy),
                    "since": list(check.since),
                    "now": msgspec.to_builtins(check.now),
                }
                for check in self.checks
            ],
        }


def review(event: Event, store: Store, directory: Directory) -> Review:
    """Decide a recorded call again, by its own policies; and once more by those of now."""
    now = _Now(store, directory)
    checks = tuple(_reviewed(event, check, now) for check in event.checks)
    return Review(render(event), checks, "" if checks else _note(event))


def review_of(event_id: str, trail: Trail, store: Store, directory: Directory) -> Review:
    """Review the call with this event ID or request ID.

    Raises:
        LookupError: the trail has no such event.
    """
    event = trail.find(event_id)
    if event is None:
        raise LookupError(f"the trail has no event {event_id}")
    return review(event, store, directory)


# ------------------------------------------------------------------------------------------- in words


def _tree(check: Reviewed) -> Node:
    root = tree(check.explanation)
    allowed = check.explanation.decision.allowed
    turned = f"Would be {'denied' if allowed else 'allowed'}, if you"
    edits = tuple(map(Node, check.remedy))
    all_of_them = "did all of this" if len(edits) > 1 else ""
    more = (Node(turned, all_of_them, children=edits),) if edits else ()
    return msgspec.structs.replace(root, children=(*root.children, *more, _since(check)))


def _since(check: Reviewed) -> Node:
    if not check.since:
        return Node("Since then", "nothing of this has changed")
    today = "" if check.now is None else f"now it would be {VERDICTS[check.now.kind]}"
    return Node("Since then", today, children=tuple(map(Node, check.since)))


def _note(event: Event) -> str:
    if event.details is not None:
        return "the service did this by itself"
    if event.error_code:
        return event.error_message or event.error_code
    return "an earlier version of kmslab recorded this, without its policies"


# -------------------------------------------------------------------------------------- decided again


def _reviewed(event: Event, check: Check, now: "_Now") -> Reviewed:
    facts = check.situation.facts
    request = request_of(event, check, facts)
    layers = layers_of(facts, facts.grants)
    resource, after = now.of(event, check)
    return Reviewed(
        explain(request, layers),
        tuple(map(str, find_remedy(request, layers).edits)),
        tuple(now.differences(event, check, resource, after)),
        None
        if resource is None
        else decide(request_of(event, check, after), layers_of(after, after.grants)),
    )


def request_of(event: Event, check: Check, facts: Facts) -> AuthorizationRequest:
    """Ask again what a recorded call has asked, with caller and resource as these facts have them."""
    ask = ApiRequest(
        operation=event.name,
        caller=event.caller,
        request_id=event.request_id,
        source_ip=event.source_ip,
        user_agent=event.user_agent,
    )
    environment = Environment(ask, event.time, check.told)
    parameters = _Recorded(event, check)
    caller = event.caller.principal.placed(facts.caller_guardrails)
    return AuthorizationRequest(caller, check.action, facts.resource, parameters, environment)


class _Recorded:
    """A request's parameters: those that decided as they were, the others as the event shows them."""

    def __init__(self, event: Event, check: Check) -> None:
        self._shown: Mapping[str, Any] = event.request_parameters or {}
        self._inputs = check.inputs or {}
        self._side = _SIDES.get(check.action, "")
        self._keys = {each.situation.facts.resource.arn for each in event.checks}

    def get(self, name: str, /) -> object:
        if name in self._inputs:
            return self._inputs[name]
        if name == "request_alias":
            return self._alias()
        if name == "reencrypt_on_same_key" and self._side:
            return len(self._keys) == 1
        value = self._shown.get(lower_camel(self._side + MEMBERS.get(name, "")))
        return _CONVERSIONS[name](value) if value and name in _CONVERSIONS else value

    def _alias(self) -> str | None:
        key_id = str(self._shown.get(lower_camel(f"{self._side}KeyId"), ""))
        _, found, name = key_id.partition("alias/")
        return f"alias/{name}" if found else None


def _constraints(shown: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "encryption_context_equals": shown.get("encryptionContextEquals"),
        "encryption_context_subset": shown.get("encryptionContextSubset"),
        "source_arn": shown.get("sourceArn"),
    }


def _tags(shown: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    return {tag["tagKey"]: tag["tagValue"] for tag in shown}


_CONVERSIONS: Final[Mapping[str, Any]] = {"grant_constraints": _constraints, "tags": _tags}


# ---------------------------------------------------------------------------------- what holds by now


class _Now:
    """What is in force at the moment, for the callers and resources of an event."""

    def __init__(self, store: Store, directory: Directory) -> None:
        self._store = store
        self._directory = directory
        self._authorizer = Authorizer(store, directory, Uses(store))
        self._resources = Resources(store)

    def of(self, event: Event, check: Check) -> tuple[Resource | None, Facts]:
        """Return the resource and all that bears on the caller; without a resource where it is gone."""
        then = check.situation.facts
        target = self._target(check.action, then.resource)
        if target is None:
            return None, then
        _, found = self._authorizer.situation(event.caller, target, check.told)
        facts = found.facts
        if check.action == RETIRE:  # of all grants, it is about the one that it named
            kept = [grant for grant in map(self._grant, then.grants) if grant is not None]
            facts = msgspec.structs.replace(facts, grants=tuple(kept))
        return facts.resource, facts

    def differences(
        self, event: Event, check: Check, resource: Resource | None, facts: Facts
    ) -> Iterator[str]:
        """Name what is not as it was."""
        then = check.situation.facts
        if resource is None:
            yield "the key is gone"
        else:
            yield from (
                f"{words} changed"
                for words, old, new in _compared(then, facts, then.resource, resource)
                if old != new
            )
        yield from self._of_caller(event.caller.principal)

    def _of_caller(self, caller: Principal) -> Iterator[str]:
        if caller.kind not in ("user", "role-session"):
            return
        record = self._directory.principal(caller.role_arn or caller.arn)
        if record is None or record.unique_id != caller.user_id.partition(":")[0]:
            yield "the caller is gone"
        elif caller.kind == "user" and record.tags != caller.tags:
            yield "the caller's tags have changed"

    def _target(self, action: str, then: Resource) -> Target | None:
        if then.kind != "key":
            return Target(action, then)
        key_id = then.arn.rpartition("/")[2]
        key = self._store.get(KEYS, scope(then.account, then.region), key_id)
        return None if key is None else Target(action, self._resources.of(key), key)

    def _grant(self, then: Grant) -> Grant | None:
        found = self._store.get(GRANTS, then.key_arn, then.grant_id)
        return None if found is None else without_tokens(found)


def _known(grants: tuple[Grant, ...]) -> tuple[Grant, ...]:
    """Return grants as they are when everywhere: becoming known changes none."""
    return tuple(msgspec.structs.replace(grant, status="active") for grant in grants)


def _compared(
    old: Facts, new: Facts, was: Resource, is_: Resource
) -> tuple[tuple[str, object, object], ...]:
    return (
        ("the key policy has", old.key_policy, new.key_policy),
        (
            "the caller's identity-based policies have",
            sorted(old.policies.identity),
            sorted(new.policies.identity),
        ),
        ("the caller's permissions boundary has", old.policies.boundary, new.policies.boundary),
        ("the grants that name the caller have", _known(old.grants), _known(new.grants)),
        ("the service control policies have", _scps(old), _scps(new)),
        ("the resource control policies have", _rcps(old), _rcps(new)),
        ("the VPC endpoint's policy has", old.vpc_endpoint, new.vpc_endpoint),
        ("the key's tags have", was.tags, is_.tags),
        ("the key's aliases have", was.aliases, is_.aliases),
    )


def _scps(facts: Facts) -> object:
    return facts.caller_guardrails and facts.caller_guardrails.scps


def _rcps(facts: Facts) -> object:
    return facts.key_guardrails and facts.key_guardrails.rcps
