"""The audit stage: what the trail keeps of a call and of its outcome."""

from collections.abc import Mapping
from typing import Any

import msgspec

from kmslab.audit.event import Event
from kmslab.audit.redact import NOTHING, members, parameters
from kmslab.engine.passage import (
    RESOURCE_TYPES,
    Passage,
    Recorded,
    current_material,
    owner,
    touched,
)
from kmslab.engine.request import ApiRequest
from kmslab.model.errors import KmsError
from kmslab.model.requests import ContextValue
from kmslab.operations.catalog import ANSWER, KEY, Operation
from kmslab.operations.names import Target

Json = dict[str, Any]


def success(
    ask: ApiRequest,
    row: Operation,
    req: msgspec.Struct,
    passage: Passage,
    *,
    answer: msgspec.Struct | None,
    now: float,
) -> Event:
    """Record a call that was answered."""
    resources, of_other, checks = passage.recorded or _recorded(ask, row, passage, answer)
    event = Event(
        time=now,
        name=row.name,
        request_id=ask.request_id,
        caller=ask.caller,
        source_ip=ask.source_ip,
        user_agent=ask.user_agent,
        host=ask.host,
        tls=ask.tls,
        is_read_only=row.is_read_only,
        parameters=parameters(row.name, req),
        answer=_answer(row, passage.targets, answer) if row.recorded else None,
        additional=_materials(row, passage, answer) if row.usage else None,
        resources=resources,
        checks=checks,
        owner=of_other,
    )
    return _told(event, ask.told) if ask.told else event


def failure(
    ask: ApiRequest,
    row: Operation,
    req: msgspec.Struct | None,
    passage: Passage,
    *,
    error: KmsError,
    now: float,
) -> Event:
    """Record a call that was refused; without `req` its body could not be read."""
    event = Event(
        time=now,
        name=row.name,
        request_id=ask.request_id,
        caller=ask.caller,
        source_ip=ask.source_ip,
        user_agent=ask.user_agent,
        host=ask.host,
        tls=ask.tls,
        is_read_only=row.is_read_only,
        parameters=NOTHING if req is None else parameters(row.name, req),
        resources=_resources(row, passage.targets),
        checks=tuple(passage.checks),
        error_code=error.code,
        error_message=error.message,
    )
    return _told(event, ask.told) if ask.told else event


def _told(event: Event, told: Mapping[str, ContextValue]) -> Event:
    """Add the service that called on the caller's behalf, if one did, and the VPC endpoint."""
    return msgspec.structs.replace(
        event,
        invoked_by=str(told.get("aws:CalledViaLast", "")),
        vpc_endpoint=str(told.get("aws:SourceVpce", "")),
    )


def _recorded(
    ask: ApiRequest, row: Operation, passage: Passage, answer: msgspec.Struct | None
) -> Recorded:
    """Say what a passage has touched that is not remembered."""
    account = ask.caller.principal.account
    resources = _resources(row, passage.targets) or _made(account, answer)
    return Recorded(resources, owner(account, resources), tuple(passage.checks))


def _made(account: str, answer: msgspec.Struct | None) -> tuple[tuple[str, str, str], ...]:
    """Name the key that a call has made, which it could not name itself."""
    metadata = getattr(answer, "KeyMetadata", None)
    return ((account, RESOURCE_TYPES["key"], metadata.Arn),) if metadata else ()


def _answer(row: Operation, targets: tuple[Target, ...], answer: msgspec.Struct | None) -> Json:
    shown = members(answer) if row.recorded == ANSWER and answer is not None else {}
    is_first = row.recorded == KEY and row.elsewhere  # the others are of another Region
    key = targets[0 if is_first else -1].key
    return shown if key is None else {"keyId": key.arn, **shown}


def _materials(row: Operation, passage: Passage, answer: msgspec.Struct | None) -> Json | None:
    """Name the key materials that worked: those of the answer, or the key's current one."""
    if row.materials:
        return {name: getattr(answer, member) for member, name in row.materials}
    if passage.material is not None:
        return passage.material
    key = passage.targets[-1].key
    return None if key is None else current_material(key)


def _resources(row: Operation, targets: tuple[Target, ...]) -> tuple[tuple[str, str, str], ...]:
    """Name what was touched: a call of two Regions touches its first target in its own.

    An alias that is moved names the key that it goes to, and not the one it leaves.
    """
    return touched(targets[:1] if row.elsewhere else (*targets[:1], *targets[1:][-1:]))
