"""Every constraint of the service model, broken once: a 400 of the documented kind, and no change.

The cases are made from botocore's model and not from our shapes.
"""

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest

from kmslab import Kms
from kmslab.model.bootstrap import ACCESS_KEY_ID
from kmslab.model.principals import Caller
from kmslab.operations.catalog import CATALOG
from kmslab.server.endpoint import Endpoint
from kmslab.spec.generate import read_model
from kmslab.wire.http import HttpRequest

MODEL = read_model()
SHAPES = MODEL["shapes"]
VALID = {"string": "a", "integer": 1, "long": 1, "boolean": True, "timestamp": 1.0, "blob": "YQ=="}
WRONG = {"string": 1, "integer": "1", "long": "1", "boolean": "true", "timestamp": "x", "blob": 1}

Json = dict[str, Any]


def valid(name: str) -> Any:
    """Return a value that a shape accepts."""
    shape = SHAPES[name]
    match shape["type"]:
        case "structure":
            required = shape.get("required", ())
            return {member: valid(shape["members"][member]["shape"]) for member in required}
        case "list":
            return [valid(shape["member"]["shape"])] * shape.get("min", 0)
        case "map":
            return {}
        case "string" if "enum" in shape:
            return shape["enum"][0]
        case "string":
            return PATTERNS.get(shape.get("pattern", ""), "a" * max(shape.get("min", 1), 1))
        case "integer":
            return shape.get("min", 1)
        case kind:
            return VALID[kind]


PATTERNS = {  # a text for each pattern that "aaa" does not match
    shape["pattern"]: text
    for shape in SHAPES.values()
    if "pattern" in shape
    for text in ("https://a.example", "/kms/xks/v1", "cluster-abcdefgh", "A" * 20, "arn:aws:a")
    if re.fullmatch(shape["pattern"], text)
}


def broken(name: str) -> Iterator[tuple[str, Any]]:
    """Yield the values that break one constraint of a shape, each with the constraint's name."""
    shape = SHAPES[name]
    kind = shape["type"]
    if kind in WRONG:
        yield "type", WRONG[kind]
    match kind:
        case "string":
            yield from _broken_text(shape)
        case "blob":
            yield from _lengths(shape, lambda length: b64encode(b"a" * length).decode())
        case "integer":
            yield from _lengths(shape, lambda value: value)
        case "list":
            yield from _broken_list(shape)
        case "structure":
            yield from _broken_members(name)


def _broken_text(shape: Json) -> Iterator[tuple[str, Any]]:
    if "enum" in shape:
        yield "enum", "NO SUCH VALUE"
        return
    yield from _lengths(shape, lambda length: "a" * length)
    if "pattern" in shape and not re.fullmatch(shape["pattern"], "\0" + "a" * shape.get("min", 1)):
        yield "pattern", "\0" + "a" * shape.get("min", 1)


def _broken_list(shape: Json) -> Iterator[tuple[str, Any]]:
    yield "type", {}
    item = valid(shape["member"]["shape"])
    yield from _lengths(shape, lambda length: [item] * length)
    yield from ((f"[] {why}", [value]) for why, value in broken(shape["member"]["shape"]))


def _lengths(shape: Json, make: Any) -> Iterator[tuple[str, Any]]:
    """Yield what is one too small and one too large, in length or in value."""
    if shape.get("min"):
        yield "min", make(shape["min"] - 1)
    if "max" in shape:
        yield "max", make(shape["max"] + 1)


def _broken_members(name: str) -> Iterator[tuple[str, Any]]:
    shape = SHAPES[name]
    whole = valid(name)
    for member, target in shape["members"].items():
        if member in shape.get("required", ()):
            yield f"{member} missing", {key: whole[key] for key in whole if key != member}
        for why, value in broken(target["shape"]):
            yield f"{member} {why}", {**whole, member: value}


def cases() -> list[Any]:
    return [
        pytest.param(name, why, body, id=f"{name} {why}")
        for name, operation in MODEL["operations"].items()
        if name in CATALOG
        for why, body in _broken_members(operation["input"]["shape"])
    ]


@pytest.fixture(scope="module")
def endpoint() -> Endpoint:
    return Kms.fresh(seed=1).endpoint


@pytest.mark.parametrize(("operation", "why", "body"), cases())
def test_a_broken_constraint_is_refused(
    endpoint: Endpoint, operation: str, why: str, body: Json
) -> None:
    store, credential = endpoint.engine.store, endpoint.engine.directory.credential(ACCESS_KEY_ID)
    assert credential is not None
    caller, generation = Caller(credential.principal, "us-east-1"), store.generation
    target = {"x-amz-target": f"TrentService.{operation}"}
    request = HttpRequest("POST", "/", target, json.dumps(body).encode())
    response = endpoint.answer_trusted(request, lambda: caller)
    error = json.loads(response.body)
    assert response.status == 400
    is_type = why.endswith("type")
    assert error["__type"] == ("SerializationException" if is_type else "ValidationException"), (
        error
    )
    if not is_type:
        member = why.split(maxsplit=1)[0]
        assert f"'{member[0].lower()}{member[1:]}" in error["message"]
        assert "failed to satisfy constraint: Member must" in error["message"]
    assert store.generation == generation


def test_what_is_right_is_not_blamed(endpoint: Endpoint) -> None:
    # API Reference, CreateKey: Description has at most 8,192 characters, MultiRegion is a Boolean.
    credential = endpoint.engine.directory.credential(ACCESS_KEY_ID)
    assert credential is not None
    caller = Caller(credential.principal, "us-east-1")
    body = {"MultiRegion": True, "Description": "d" * 8193}
    target = {"x-amz-target": "TrentService.CreateKey"}
    request = HttpRequest("POST", "/", target, json.dumps(body).encode())
    error = json.loads(endpoint.answer_trusted(request, lambda: caller).body)
    assert error["message"].startswith("1 validation error detected: Value 'ddd")
