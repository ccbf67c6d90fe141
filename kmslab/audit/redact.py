"""What an event may hold of a request or an answer.

Blobs and members that the service model marks sensitive never show, nor do grant tokens and
attestation documents (CloudTrail pages of the Developer Guide). Names are in lowerCamelCase; what
is a map of the caller's own, such as an encryption context, keeps its keys. Parameters are kept packed:
few are ever looked at.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from operator import attrgetter
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import inspect as shape_of

Json = dict[str, Any]

_PACKER: Final = msgspec.msgpack.Encoder()
NOTHING: Final = msgspec.Raw(_PACKER.encode(None))

UNRECORDED: Final = {"GrantToken", "GrantTokens", "Recipient", "XksProxyAuthenticationCredential"}
WITHOUT_PARAMETERS: Final = {"GenerateRandom", "RetireGrant"}

DEFAULTS: Mapping[str, Json] = {  # what an event shows although the caller left it out
    "CreateKey": {
        "bypassPolicyLockoutSafetyCheck": False,
        "customerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "description": "",
        "keySpec": "SYMMETRIC_DEFAULT",
        "keyUsage": "ENCRYPT_DECRYPT",
        "multiRegion": False,
        "origin": "AWS_KMS",
    },
    "Decrypt": {"encryptionAlgorithm": "SYMMETRIC_DEFAULT"},
    "Encrypt": {"encryptionAlgorithm": "SYMMETRIC_DEFAULT"},
    "PutKeyPolicy": {"bypassPolicyLockoutSafetyCheck": False},
    "ReEncrypt": {
        "destinationEncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        "sourceEncryptionAlgorithm": "SYMMETRIC_DEFAULT",
    },
    "ReplicateKey": {"bypassPolicyLockoutSafetyCheck": False, "description": ""},
    "ScheduleKeyDeletion": {"pendingWindowInDays": 30},
    "Sign": {"messageType": "RAW"},
    "Verify": {"messageType": "RAW"},
}


def parameters(operation: str, req: msgspec.Struct) -> msgspec.Raw:
    """Return what an event keeps of a request."""
    if operation in WITHOUT_PARAMETERS:
        return NOTHING
    return msgspec.Raw(_packing(type(req))(req))


def packed(shown: Json) -> msgspec.Raw:
    """Keep requestParameters that are written already."""
    return msgspec.Raw(_PACKER.encode(shown))


def unpacked(operation: str, kept: msgspec.Raw) -> Json | None:
    """Write the requestParameters of an event."""
    given: Json | None = msgspec.msgpack.decode(kept)
    return None if given is None else (DEFAULTS.get(operation, {}) | given) or None


def members(value: msgspec.Struct) -> Json:
    """Return what may be recorded of a structure."""
    names, values_of, instants, is_flat = _recorded(type(value))
    shown = {
        name: found
        for name, found in zip(names, values_of(value), strict=True)
        if found is not None
    }
    if not is_flat:
        shown = {name: _plain(found) for name, found in shown.items()}
    return _timed(shown, instants) if instants else shown


def lower_camel(name: str) -> str:
    """Spell a member's name as events spell it."""
    return name[:1].lower() + name[1:]


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, msgspec.Struct):
        return members(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _timed(shown: Json, instants: frozenset[str]) -> Json:
    return {name: _time_text(it) if name in instants else it for name, it in shown.items()}


def _time_text(instant: float) -> str:
    """Write an instant as events write it inside parameters: ``May 21, 2025, 5:47:45 AM``."""
    time = datetime.fromtimestamp(instant, UTC)
    hour = time.hour % 12 or 12
    return f"{time:%b} {time.day}, {time:%Y}, {hour}:{time:%M:%S %p}"


class _Recorded(NamedTuple):
    """What may show of a shape: names in events, what takes the values out, and which are instants.

    A flat one has neither structures nor lists.
    """

    names: tuple[str, ...]
    values_of: Callable[[msgspec.Struct], tuple[Any, ...]]
    instants: frozenset[str]
    is_flat: bool


@cache
def _recorded(shape: type[msgspec.Struct]) -> _Recorded:
    described = shape_of.type_info(shape)
    assert isinstance(described, shape_of.StructType)  # noqa: S101 - a Struct's type
    shown = [
        field
        for field in described.fields
        if field.name not in UNRECORDED and not _is_secret(field.type)
    ]
    names = tuple(lower_camel(field.name) for field in shown)
    timed = [lower_camel(each.name) for each in shown if _is(each.type, shape_of.FloatType)]
    nested = [each for each in shown if _is(each.type, (shape_of.StructType, shape_of.ListType))]
    values_of = _getter([field.name for field in shown])
    return _Recorded(names, values_of, frozenset(timed), not nested)


@cache
def _packing(shape: type[msgspec.Struct]) -> Callable[[msgspec.Struct], bytes]:
    """Return what packs the members that may be recorded of a request; flat ones in one step."""
    names, values_of, instants, is_flat = _recorded(shape)
    if instants or not is_flat:
        return lambda req: _PACKER.encode(members(req))
    fields = [(name, Any, None) for name in names]
    kept = msgspec.defstruct(shape.__name__, fields, omit_defaults=True, gc=False)
    return lambda req: _PACKER.encode(kept(*values_of(req)))


def _getter(members: list[str]) -> Callable[[msgspec.Struct], tuple[Any, ...]]:
    """Return what takes these members out of a structure, always as a tuple."""
    if len(members) > 1:
        return attrgetter(*members)
    return lambda value: tuple(getattr(value, member) for member in members)


def _is_secret(kind: shape_of.Type) -> bool:
    if isinstance(kind, shape_of.Metadata) and (kind.extra or {}).get("sensitive"):
        return True
    return _is(kind, shape_of.BytesType) or any(map(_is_secret, _alternatives(kind)))


def _is(kind: shape_of.Type, wanted: type[shape_of.Type] | tuple[type[shape_of.Type], ...]) -> bool:
    return isinstance(kind, wanted) or any(_is(each, wanted) for each in _alternatives(kind))


def _alternatives(kind: shape_of.Type) -> tuple[shape_of.Type, ...]:
    if isinstance(kind, shape_of.UnionType):
        return tuple(kind.types)
    return (kind.type,) if isinstance(kind, shape_of.Metadata) else ()
