"""Why a request does not fit its shape, in the words of the API.

Runs only after the typed decoder has refused a body: it walks the generic value against the same
generated shapes and collects every broken constraint. Refuses to know bytes, JSON and HTTP.

The texts are those of recorded answers: ``2 validation errors detected: Value ... at 'keyId' failed
to satisfy constraint: ...; ...``, with member names in lowerCamelCase and list items counted from 1.
"""

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator
from functools import cache
from typing import Any, Final, TypeVar

import msgspec
from msgspec import inspect as shape_of

from kmslab.model.errors import KmsError, SerializationException, ValidationException

T = TypeVar("T")

ANCHOR: Final = "^(?a:"  # how generate.py anchors the model's patterns
END: Final = r")\Z"


class _WrongType(Exception):
    """A value is not even of its member's type."""


def refusal(shape: type[msgspec.Struct], value: object) -> KmsError:
    """Return the error for a value that does not decode as this shape.

    `value` is the body as plain JSON values. A broken constraint gives a ValidationException that
    lists all of them; a wrong type gives a SerializationException, as does a value without fault.
    """
    try:
        found = list(_faults(_type_of(shape), value, ""))
    except _WrongType:
        found = []
    if not found:
        return SerializationException()
    plural = "error" if len(found) == 1 else "errors"
    return ValidationException(f"{len(found)} validation {plural} detected: {'; '.join(found)}")


@cache
def _type_of(shape: type[msgspec.Struct]) -> shape_of.Type:
    return shape_of.type_info(shape)


def _faults(kind: shape_of.Type, value: Any, path: str) -> Iterator[str]:  # noqa: ANN401 - JSON
    """Yield one text for each constraint that the value breaks, in the model's order."""
    kind, hidden = _bare(kind)
    match kind:
        case shape_of.StructType():
            yield from _faults_of_members(kind, _need(value, dict), path)
        case shape_of.ListType():
            yield from _faults_of_list(kind, _need(value, list), path)
        case shape_of.DictType():
            for item in _need(value, dict).values():
                yield from _faults(kind.value_type, item, f"{path}.value")
        case _:
            shown = None if hidden or isinstance(kind, shape_of.BytesType) else value
            for constraint in _broken(kind, value):
                yield _fault(path, shown, constraint)


def _faults_of_members(
    kind: shape_of.StructType, value: dict[str, Any], path: str
) -> Iterator[str]:
    for field in kind.fields:
        name = _lower_camel(field.encode_name)
        member_path = f"{path}.{name}" if path else name
        member = value.get(field.encode_name)
        if member is not None:
            yield from _faults(field.type, member, member_path)
        elif field.required:
            yield f"Value null at '{member_path}' failed to satisfy constraint: Member must not be null"


def _faults_of_list(kind: shape_of.ListType, value: list[Any], path: str) -> Iterator[str]:
    """Report scalars at their list, structures each at its own path."""
    shown = f"[{', '.join(map(str, value))}]"
    for constraint in _broken_lengths(kind, len(value)):
        yield _fault(path, shown, constraint)
    item_kind, _ = _bare(kind.item_type)
    if isinstance(item_kind, shape_of.StructType):
        for number, item in enumerate(value, start=1):
            yield from _faults(item_kind, item, f"{path}.{number}.member")
    elif [fault for item in value for fault in _broken(item_kind, item)]:
        every = ", ".join(_constraints(item_kind))
        yield _fault(path, shown, f"Member must satisfy constraint: [{every}]")


def _bare(kind: shape_of.Type) -> tuple[shape_of.Type, bool]:
    """Take off what wraps a type: None as an alternative, and notes; tell whether it is sensitive."""
    hidden = False
    while True:
        if isinstance(kind, shape_of.UnionType):
            kind = next(each for each in kind.types if not isinstance(each, shape_of.NoneType))
        elif isinstance(kind, shape_of.Metadata):
            hidden = hidden or bool((kind.extra or {}).get("sensitive"))
            kind = kind.type
        else:
            return kind, hidden


def _broken(kind: shape_of.Type, value: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    """Yield the constraints that a scalar breaks."""
    match kind:
        case shape_of.LiteralType():
            if _need(value, str) not in kind.values:
                yield from _constraints(kind)
        case shape_of.StrType():
            if kind.pattern and not re.search(kind.pattern, _need(value, str)):
                yield _pattern(kind)
            yield from _broken_lengths(kind, len(_need(value, str)))
        case shape_of.BytesType():
            yield from _broken_lengths(kind, len(_blob(value)))
        case shape_of.IntType():
            yield from _broken_bounds(kind, _need(value, int))
        case shape_of.BoolType():
            _need(value, bool)
        case _:
            _need(value, (int, float))


def _broken_lengths(
    kind: shape_of.StrType | shape_of.BytesType | shape_of.ListType, length: int
) -> Iterator[str]:
    if kind.max_length is not None and length > kind.max_length:
        yield f"Member must have length less than or equal to {kind.max_length}"
    if kind.min_length is not None and length < kind.min_length:
        yield f"Member must have length greater than or equal to {kind.min_length}"


def _broken_bounds(kind: shape_of.IntType, value: int) -> Iterator[str]:
    if kind.le is not None and value > kind.le:
        yield f"Member must have value less than or equal to {kind.le}"
    if kind.ge is not None and value < kind.ge:
        yield f"Member must have value greater than or equal to {kind.ge}"


def _constraints(kind: shape_of.Type) -> list[str]:
    """Name every constraint of a list's items, as the API does when one item breaks any of them."""
    if isinstance(kind, shape_of.LiteralType):
        values = ", ".join(map(str, kind.values))
        return [f"Member must satisfy enum value set: [{values}]"]
    assert isinstance(kind, shape_of.StrType)  # noqa: S101 - the model has lists of strings only
    lengths = [*_broken_lengths(kind, (kind.max_length or 0) + 1), *_broken_lengths(kind, 0)]
    return [*dict.fromkeys(lengths), *([_pattern(kind)] if kind.pattern else [])]


def _pattern(kind: shape_of.StrType) -> str:
    return f"Member must satisfy regular expression pattern: {model_pattern(kind.pattern or '')}"


def model_pattern(anchored: str) -> str:
    """Return a pattern as the service model writes it, without the anchors of the shapes."""
    return anchored.removeprefix(ANCHOR).removesuffix(END)


def _fault(path: str, shown: object, constraint: str) -> str:
    value = "" if shown is None else f" '{shown}'"
    return f"Value{value} at '{path}' failed to satisfy constraint: {constraint}"


def _lower_camel(name: str) -> str:
    return name[:1].lower() + name[1:]


def _need(value: Any, kind: type[T] | tuple[type[T], ...]) -> T:  # noqa: ANN401 - JSON
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise _WrongType
    return value


def _blob(value: Any) -> bytes:  # noqa: ANN401 - JSON
    try:
        return b64decode(_need(value, str), validate=True)
    except (binascii.Error, ValueError):
        raise _WrongType from None
