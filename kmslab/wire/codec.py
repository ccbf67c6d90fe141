"""Bodies of the AWS JSON 1.1 protocol: bytes to typed requests, typed answers to bytes.

A body that fits is decoded by one call of a compiled decoder. Only a body that does not fit is
looked at again, by `kmslab.spec.validate`, to say why. Refuses to know what an operation means.
"""

from functools import cache
from typing import Any, TypeVar

import msgspec

from kmslab.model.errors import KmsError, SerializationException, UnknownOperationException
from kmslab.spec.shapes import MODEL
from kmslab.spec.validate import refusal

T = TypeVar("T")

TARGET_PREFIX = "TrentService."

_BY_TARGET = {f"{TARGET_PREFIX}{name}": name for name in MODEL}
_ENCODER = msgspec.json.Encoder()


def operation_of(target: str) -> str:
    """Return the operation that an ``X-Amz-Target`` header names.

    Raises:
        UnknownOperationException: the header is missing or names no operation of the model.
    """
    name = _BY_TARGET.get(target)
    if name is None:
        raise UnknownOperationException
    return name


def decode(operation: str, body: bytes) -> msgspec.Struct:
    """Read the request of an operation; an empty body is an empty object.

    Raises:
        SerializationException: the body is no JSON object, or a member has the wrong type.
        ValidationException: members are missing or break constraints, all of them named.
    """
    try:
        _need_text(body)
        request: msgspec.Struct = _decoder(operation).decode(body or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _refusal(operation, body) from None
    return request


def read(body: bytes, shape: type[T]) -> T:
    """Read the request of a service beside KMS; an empty body is an empty object.

    Raises:
        ValueError: the body is no JSON object of this shape; the message says why.
    """
    try:
        _need_text(body)
        return msgspec.json.decode(body or b"{}", type=shape)
    except RecursionError:
        raise ValueError("JSON is nested too deeply") from None
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from None


def encode(response: msgspec.Struct | None) -> bytes:
    """Write an answer; an operation without an output shape answers with an empty body."""
    return b"" if response is None else _ENCODER.encode(response)


def encode_error(error: KmsError) -> bytes:
    """Write an error's body; ``message`` is left out where the service sends none."""
    body = {"__type": error.code}
    if error.message:
        body["message"] = error.message
    return _ENCODER.encode(body)


def _need_text(body: bytes) -> None:
    """Refuse what is no UTF-8 (RFC 8259, section 8.1): the decoder looks at no member that it skips."""
    if not body.isascii():
        body.decode()


@cache
def _decoder(operation: str) -> "msgspec.json.Decoder[Any]":
    return msgspec.json.Decoder(MODEL[operation].request)


def _refusal(operation: str, body: bytes) -> KmsError:
    try:
        _need_text(body)
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return SerializationException()
    if not isinstance(value, dict):
        return SerializationException()
    return refusal(MODEL[operation].request, value)
