"""The JSON protocol of Organizations, read as IAM's parameters are.

Refuses to know what an action means.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from kmslab.model.errors import KmsError, ValidationException
from kmslab.services.query import Form
from kmslab.wire import codec
from kmslab.wire.http import HttpRequest, HttpResponse

TARGET: Final = "AWSOrganizationsV20161128."
JSON: Final = ("content-type", "application/x-amz-json-1.1")

# Organizations API Reference, the errors of each action
CODES: Final[Mapping[str, str]] = {"ValidationException": "InvalidInputException"}


def form_of(request: HttpRequest) -> Form:
    """Return the action, the body, and the parameters that are scalars; of others only the names.

    Raises:
        ValidationException: the body is no JSON object.
    """
    try:
        read = codec.read(request.body, dict[str, Any])
    except ValueError:
        raise ValidationException from None
    found = {name: value for name, value in read.items() if value is not None}  # null is absence
    action = request.headers.get("x-amz-target", "").removeprefix(TARGET)
    scalars = {name: value for name, value in found.items() if isinstance(value, str | int)}
    others = {f"{name}.": "" for name in found.keys() - scalars.keys()}
    return (
        others
        | {name: str(value) for name, value in scalars.items()}
        | {
            "Action": action,
            "Body": json.dumps(found),
        }
    )


def asked(form: Form) -> Mapping[str, object]:
    """Return the parameters as they came."""
    return codec.read(form["Body"].encode(), dict[str, Any])


def error(failed: KmsError, request_id: str) -> HttpResponse:
    """Write an error."""
    body = {"__type": CODES.get(failed.code, failed.code), "Message": failed.message}
    return HttpResponse(
        failed.status, (("x-amzn-requestid", request_id), JSON), json.dumps(body).encode()
    )
