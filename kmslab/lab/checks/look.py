"""Looks at the service that several labs' checks share."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

Client = Any  # a boto3 client of KMS; making one costs more than all its calls in a check
Json = Mapping[str, Any]


def key_of(kms: Client, key_id: str) -> Json | None:
    """Return the metadata of the key with this ID, ARN or alias, or None if there is none."""
    try:
        metadata: Json = kms.describe_key(KeyId=key_id)["KeyMetadata"]
    except ClientError:
        return None
    return metadata


def keys(kms: Client) -> Iterator[Json]:
    """Yield the metadata of every key of the account in this Region."""
    for listed in kms.get_paginator("list_keys").paginate():
        for entry in listed["Keys"]:
            yield kms.describe_key(KeyId=entry["KeyId"])["KeyMetadata"]


def rotations(kms: Client, key_id: str, kind: str) -> int:
    """Count a key's rotations of one type, ``AUTOMATIC`` or ``ON_DEMAND``."""
    listed = kms.list_key_rotations(KeyId=key_id)["Rotations"]
    return sum(each["RotationType"] == kind for each in listed)


def concerns(event: Json, arn: str) -> bool:
    """Tell whether an event names this key among its resources."""
    return any(each["ARN"] == arn for each in event.get("resources", ()))


def code_of(call: Callable[..., Any], **given: Any) -> str:  # noqa: ANN401 - any parameters
    """Make a call and return the code of its refusal, or "" if it was answered."""
    try:
        call(**given)
    except ClientError as refused:
        return str(refused.response["Error"]["Code"])
    return ""


def missing(alias: str) -> str:
    """Say that an alias names nothing."""
    return f"No key is called {alias}."
