"""The audit stage: what the trail keeps of a call and of its outcome."""

from collections.abc import Mapping
from typing import Any

import msgspec

from kmslab.audit.event import Event
from kmslab.audit.redact import members, parameters
from kmslab.engine.passage import RESOURCE_TYPES, Passage, current_material, touched
from kmslab.engine.request import ApiRequest
from kmslab.model.errors import KmsError
from kmslab.model.requests import ContextValue
from kmslab.operations.catalog import ANSWER, KEY, NOTHING, Operation
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
    resources = passage.resources or _resources(row, passage.targets) or _made(ask, answer)
    return Event(
        time=now,
        name=row.name,
        request_id=ask.request_id,
        caller=ask.caller,
        source_ip=ask.source_ip,
        user_agent=ask.user_agent,
        host=ask.host,
        is_read_only=row.is_read_only,
        parameters=parameters(row.name, req),
        answer=_answer(row, passage.targets, answer),
        additional=_materials(row, passage, answer) if row.usage else None,
        resources=resources,
        checks=tuple(passage.checks),
        owner=_owner(ask.caller.principal.account, resources),
        invoked_by=_service_between(ask.told) if ask.told else "",
        vpc_endpoint=_vpc_endpoint(ask.told) if ask.told else "",
    )


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
    return Event(
        time=now,
        name=row.name,
        request_id=ask.request_id,
        caller=ask.caller,
        source_ip=ask.source_ip,
        user_agent=ask.user_agent,
        host=ask.host,
        is_read_only=row.is_read_only,
        parameters=None if req is None else parameters(row.name, req),
        resources=passage.resources or _resources(row, passage.targets),
        checks=tuple(passage.checks),
        error_code=error.code,
        error_message=error.message,
        invoked_by=_service_between(ask.told) if ask.told else "",
        vpc_endpoint=_vpc_endpoint(ask.told) if ask.told else "",
    )


def _service_between(told: Mapping[str, ContextValue]) -> str:
    """Name the service that called on the caller's behalf, if one did."""
    return str(told.get("aws:CalledViaLast", ""))


def _made(ask: ApiRequest, answer: msgspec.Struct | None) -> tuple[tuple[str, str, str], ...]:
    """Name the key that a call has made, which it could not name itself."""
    metadata = getattr(answer, "KeyMetadata", None)
    return (
        ((ask.caller.principal.account, RESOURCE_TYPES["key"], metadata.Arn),) if metadata else ()
    )


def _vpc_endpoint(told: Mapping[str, ContextValue]) -> str:
    return str(told.get("aws:SourceVpce", ""))


def _owner(caller: str, resources: tuple[tuple[str, str, str], ...]) -> str:
    """Name the account whose key it is about, if that is not the caller's."""
    if not caller:
        return ""
    return next((account for account, _, _ in resources if account != caller), "")


def _answer(
    row: Operation, targets: tuple[Target, ...], answer: msgspec.Struct | None
) -> Json | None:
    if row.recorded == NOTHING:
        return None
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
