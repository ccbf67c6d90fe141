"""The Query protocol of IAM and STS: form parameters in, XML out.

Refuses to know what an action means.
"""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Final
from urllib.parse import parse_qsl

from kmslab.authn.verify import QUERY_CODES
from kmslab.model.errors import KmsError
from kmslab.wire.http import HttpRequest, HttpResponse

Form = dict[str, str]
Answer = Mapping[str, "str | Answer"]

NAMESPACES: Final = {
    "iam": "https://iam.amazonaws.com/doc/2010-05-08/",
    "sts": "https://sts.amazonaws.com/doc/2011-06-15/",
}
XML: Final = ("content-type", "text/xml")

# IAM API Reference, "Common Error Types" and the errors of each action
CODES: Final[Mapping[str, str]] = {
    **QUERY_CODES,
    "AccessDeniedException": "AccessDenied",
    "InvalidInputException": "InvalidInput",
    "MalformedPolicyDocumentException": "MalformedPolicyDocument",
    "NotFoundException": "NoSuchEntity",
    "UnknownOperationException": "InvalidAction",
    "UnmodifiableEntityException": "UnmodifiableEntity",
    "ValidationException": "ValidationError",
}
FORBIDDEN: Final = 403
STATUSES: Final[Mapping[str, int]] = {
    "InternalFailure": 500,
    "IncompleteSignature": 400,
    "InvalidAction": 400,
    "InvalidInput": 400,
    "MalformedPolicyDocument": 400,
    "ValidationError": 400,
    "UnmodifiableEntity": 400,
    "NoSuchEntity": 404,
}


def form_of(request: HttpRequest) -> Form:
    """Return the parameters of a request; of a repeated one the last counts."""
    return dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))


def members(form: Form, name: str) -> Iterator[Form]:
    """Yield the structures of a list: ``Tags.member.1.Key`` and ``.Value`` are one of `Tags`."""
    number = 1
    while found := _below(form, f"{name}.member.{number}."):
        yield found
        number += 1


def _below(form: Form, prefix: str) -> Form:
    return {name[len(prefix) :]: value for name, value in form.items() if name.startswith(prefix)}


def error(failed: KmsError, request_id: str) -> HttpResponse:
    """Write an error."""
    code = CODES.get(failed.code, failed.code)
    body = (
        "<ErrorResponse><Error><Type>Sender</Type>"
        f"<Code>{code}</Code><Message>{escape(failed.message, quote=False)}</Message></Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    )
    return _response(STATUSES.get(code, FORBIDDEN), body, request_id)


def answer(service: str, action: str, result: Answer, request_id: str) -> HttpResponse:
    """Write what an action answers; without a result only the fact that it was done."""
    content = f"<{action}Result>{_elements(result)}</{action}Result>" if result else ""
    body = (
        f'<{action}Response xmlns="{NAMESPACES[service]}">{content}<ResponseMetadata>'
        f"<RequestId>{request_id}</RequestId></ResponseMetadata></{action}Response>"
    )
    return _response(200, body, request_id)


def _response(status: int, body: str, request_id: str) -> HttpResponse:
    return HttpResponse(status, (("x-amzn-requestid", request_id), XML), body.encode())


def _elements(values: Answer) -> str:
    return "".join(
        f"<{name}>{escape(value, quote=False) if isinstance(value, str) else _elements(value)}</{name}>"
        for name, value in values.items()
    )
