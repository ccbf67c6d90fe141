"""The calls of the trail, asked again with an edit, to find those that would have another verdict.

Refuses to know what an edit means (`kmslab.authz.what_if`), and writes nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from kmslab.audit.event import Event
from kmslab.audit.situation import Check
from kmslab.authz.what_if import Asked, WhatIf, edit_of, what_if
from kmslab.engine.authorize import layers_of
from kmslab.engine.review import request_of
from kmslab.model.requests import Resource

OF_KEY: Final = ("key_policy", "rcps")
OF_CALLER: Final = ("identity_policies", "permission_boundary", "session_policy", "scps")


def what_if_recorded(
    edit: Mapping[str, Any], events: Iterable[Event], *, key: str = "", caller: str = ""
) -> WhatIf:
    """Decide recorded calls again with an edit.

    `key` (its ARN, ID or an alias) and `caller` (the ARN or name of a user, a role, a session) say whose calls
    are meant; an edit of a key's or a caller's policy needs them, for it is nobody else's policy.

    Raises:
        ValueError: the edit is none, or it is not said whose policy it is.
    """
    revised = edit_of(edit)
    events = tuple(events)
    if len(events) != 1:
        _need_owner(edit, OF_KEY, key, "key")
        _need_owner(edit, OF_CALLER, caller, "caller")
    return what_if(_asked(events, key, caller), revised)


def _need_owner(edit: Mapping[str, Any], fields: Iterable[str], owner: str, what: str) -> None:
    edited = [field for field in fields if field in edit]
    if edited and not owner:
        raise ValueError(f"say which {what} has this {edited[0]}")


def _asked(events: tuple[Event, ...], key: str, caller: str) -> Iterator[Asked]:
    checks = [(event, check) for event in events for check in event.checks]
    meant = {_resource(check).arn for _, check in checks if not key or key in _names(check)}
    for event, check in checks:
        if _resource(check).arn in meant and (not caller or caller in _callers(event)):
            facts = check.situation.facts
            request = request_of(event, check, facts)
            name = f"{check.action} by {request.caller.name}, {event.event_id}"
            yield Asked(name, request, layers_of(facts, facts.grants))


def _resource(check: Check) -> Resource:
    return check.situation.facts.resource


def _names(check: Check) -> tuple[str, ...]:
    """List what a key was called at the time."""
    resource = _resource(check)
    return (resource.arn, resource.arn.rpartition("/")[2], *resource.aliases)


def _callers(event: Event) -> tuple[str, ...]:
    caller = event.caller.principal
    role = caller.role_arn
    return (caller.arn, role, role.rpartition("/")[2], caller.service, caller.name)
