"""Bodies of the JSON 1.1 protocol, and why some are refused.

Independent source: botocore's own model of KMS, read by botocore, breaks every constraint once.
Texts: recorded answers of the service, as errors are known to read.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from botocore.session import Session
from hypothesis import given
from hypothesis import strategies as st

from kmslab.model.errors import KmsError, SerializationException, ValidationException
from kmslab.spec.shapes import MODEL
from kmslab.wire import codec

SERVICE = Session().get_service_model("kms")
PREFIX = "validation error detected: "


def refused(operation: str, body: bytes) -> KmsError:
    with pytest.raises(KmsError) as caught:
        codec.decode(operation, body)
    return caught.value


def good(shape: Any) -> Any:
    """Return a value that fits a shape of botocore's."""
    if shape.type_name == "structure":
        return {name: good(shape.members[name]) for name in shape.required_members}
    if shape.type_name == "list":
        return [good(shape.member)]
    if shape.type_name == "map":
        return {"key": "value"}
    if shape.type_name == "string":
        return _text(shape)
    return {"blob": "eHg=", "boolean": True, "integer": shape.metadata.get("min", 1)}.get(
        shape.type_name, 1.0
    )


def _text(shape: Any) -> str:
    if getattr(shape, "enum", None):
        return str(shape.enum[0])
    samples = ["x" * shape.metadata.get("min", 1), "1" * 12, "cluster-234abcde567", "a" * 64]
    samples += ["https://example.com", "/a/kms/xks/v1", "us-east-1", "ABCDEFGHIJKLMNOPQRST"]
    samples += ["com.amazonaws.vpce.us-east-1.vpce-svc-0123456789", "logs.amazonaws.com"]
    samples += ["arn:aws:logs:us-east-1:111122223333:x", "s" * 43, "alias/a"]
    pattern = shape.metadata.get("pattern")
    least = shape.metadata.get("min", 0)
    most = shape.metadata.get("max", 10_000)
    for sample in samples:
        if least <= len(sample) <= most and (not pattern or re.fullmatch(pattern, sample)):
            return sample
    raise AssertionError(f"no sample for {shape.name}")


def broken() -> Iterator[Any]:
    for name in SERVICE.operation_names:
        shape = SERVICE.operation_model(name).input_shape
        for member, target in shape.members.items():
            where = f"{name}.{member}"
            if member in shape.required_members:
                yield pytest.param(name, member, None, "must not be null", id=f"{where}-missing")
            for value, text in _faults(target):
                yield pytest.param(name, member, value, text, id=f"{where}-{text[-12:]}")


def _faults(shape: Any) -> Iterator[tuple[Any, str]]:
    meta = shape.metadata
    if getattr(shape, "enum", None):
        yield "NO_SUCH_VALUE", "satisfy enum value set"
    elif shape.type_name == "string":
        if meta.get("min"):
            yield "", f"length greater than or equal to {meta['min']}"
        if meta.get("max"):
            yield "x" * (meta["max"] + 1), f"length less than or equal to {meta['max']}"
        if "pattern" in meta:
            yield "\u2603", "satisfy regular expression pattern"
    elif shape.type_name == "integer" and "min" in meta:
        yield meta["min"] - 1, f"value greater than or equal to {meta['min']}"
        yield meta["max"] + 1, f"value less than or equal to {meta['max']}"
    elif shape.type_name == "blob" and meta.get("min"):
        yield "", f"length greater than or equal to {meta['min']}"


@pytest.mark.parametrize(("operation", "member", "value", "text"), list(broken()))
def test_every_constraint_of_the_model_is_kept(
    operation: str, member: str, value: Any, text: str
) -> None:
    body = good(SERVICE.operation_model(operation).input_shape)
    body.pop(member, None)
    if value is not None:
        body[member] = value
    error = refused(operation, json.dumps(body).encode())
    assert isinstance(error, ValidationException)
    assert text in error.message
    assert f"'{member[0].lower()}{member[1:]}" in error.message


@pytest.mark.parametrize("operation", sorted(MODEL))
def test_what_fits_is_decoded(operation: str) -> None:
    body = good(SERVICE.operation_model(operation).input_shape)
    decoded = codec.decode(operation, json.dumps(body).encode())
    assert type(decoded) is MODEL[operation].request


def test_all_faults_stand_in_one_message() -> None:
    body = {"KeyId": "", "Plaintext": "", "GrantTokens": [""], "EncryptionAlgorithm": "X"}
    message = refused("Encrypt", json.dumps(body).encode()).message
    assert message.startswith("4 validation errors detected: ")
    assert (
        "Value '' at 'keyId' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1"
    ) in message
    assert "Value at 'plaintext' failed" in message  # blobs are not shown
    assert "at 'grantTokens' failed to satisfy constraint: Member must satisfy constraint: [" in (
        message
    )


def test_items_of_structures_have_their_own_path() -> None:
    body = {"KeyId": "k", "Tags": [{"TagKey": "a", "TagValue": "b"}, {"TagKey": ""}]}
    message = refused("TagResource", json.dumps(body).encode()).message
    assert message.startswith("2 validation errors detected: ")
    assert "Value '' at 'tags.2.member.tagKey' failed" in message
    assert "Value null at 'tags.2.member.tagValue' failed" in message


def test_secrets_are_not_repeated() -> None:
    body = {"CustomKeyStoreName": "n", "KeyStorePassword": "hunter"}
    message = refused("CreateCustomKeyStore", json.dumps(body).encode()).message
    assert "hunter" not in message


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'"text"',
        b"\xff",
        b"[" * 100_000,
        b'{"KeyId": 1, "Plaintext": "eA=="}',
        b'{"KeyId": "k", "Plaintext": "no base64!"}',
        b'{"KeyId": "k", "Plaintext": "eA==", "EncryptionContext": {"a": 1}}',
        b'{"KeyId": "k", "Plaintext": "eA==", "EncryptionContext": []}',
        b'{"KeyId": "k", "Plaintext": "eA==", "DryRun": "yes"}',
        b'{"KeyId": "k", "Plaintext": "eA==", "GrantTokens": [1]}',
    ],
)
def test_wrong_types_and_no_json_are_serialization_errors(body: bytes) -> None:
    assert isinstance(refused("Encrypt", body), SerializationException)


def test_a_wrong_number_is_a_serialization_error() -> None:
    for body in (b'{"Limit": "1"}', b'{"Limit": true}', b'{"Limit": 1.5}'):
        assert isinstance(refused("ListKeys", body), SerializationException)
    late = b'{"KeyId":"k","ImportToken":"eA==","EncryptedKeyMaterial":"eA==","ValidTo":"now"}'
    assert isinstance(refused("ImportKeyMaterial", late), SerializationException)


def test_nulls_unknown_members_and_empty_bodies_are_let_be() -> None:
    assert codec.decode("ListKeys", b"") == codec.decode("ListKeys", b'{"Limit": null, "New": 1}')


@given(st.binary(max_size=200))
def test_any_bytes_are_a_request_or_an_api_error(body: bytes) -> None:
    try:
        codec.decode("Encrypt", body)
    except KmsError as error:
        assert error.status == 400  # noqa: PT017 - both ways are right


@pytest.mark.parametrize("target", ["", "Encrypt", "TrentService.Nothing", "Other.Encrypt"])
def test_unknown_targets_are_refused(target: str) -> None:
    with pytest.raises(KmsError) as caught:
        codec.operation_of(target)
    assert caught.value.code == "UnknownOperationException"


def test_errors_are_written_with_a_message_where_there_is_one() -> None:
    assert json.loads(codec.encode_error(ValidationException("why"))) == {
        "__type": "ValidationException",
        "message": "why",
    }
    assert json.loads(codec.encode_error(SerializationException())) == {
        "__type": "SerializationException"
    }
    assert codec.encode(None) == b""


class Wanted(msgspec.Struct):
    """What a service beside KMS is asked for."""

    Number: int = 1


def test_a_service_reads_an_object_of_its_shape() -> None:
    assert codec.read(b"", Wanted) == Wanted(1)
    assert codec.read(b'{"Number": 2, "Other": "\xc3\xa9"}', Wanted) == Wanted(2)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'{"Number": "2"}', r"Expected `int`, got `str` - at `\$\.Number`"),
        (b"[]", "Expected `object`"),
        (b'{"Other": ' + b"[" * 10_000, "nested too deeply"),
        (b'{"Other": "\xff"}', "utf-8"),
    ],
)
def test_what_a_service_cannot_read_is_told(body: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        codec.read(body, Wanted)


@pytest.mark.parametrize("operation", ["ListKeys", "Encrypt"])
def test_a_body_is_text_also_where_nobody_looks(operation: str) -> None:
    """RFC 8259, section 8.1: JSON text is encoded in UTF-8."""
    assert isinstance(refused(operation, b'{"Unknown": "\xff"}'), SerializationException)
