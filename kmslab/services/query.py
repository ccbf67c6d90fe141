"""The Query protocol of IAM and STS: form parameters in, XML out.

Refuses to know what an action means.
"""

from typing import Final
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from kmslab.authn.verify import QUERY_CODES
from kmslab.model.errors import KmsError
from kmslab.wire.http import HttpRequest, HttpResponse

Form = dict[str, str]

STS_NAMESPACE: Final = "https://sts.amazonaws.com/doc/2011-06-15/"
XML: Final = ("content-type", "text/xml")
FORBIDDEN: Final = 403


def form_of(request: HttpRequest) -> Form:
    """Return the parameters of a request; of a repeated one the last counts."""
    return dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))


def error(failed: KmsError, request_id: str) -> HttpResponse:
    """Write an error (IAM API Reference, "Common Errors")."""
    code = QUERY_CODES.get(failed.code, failed.code.removesuffix("Exception"))
    body = (
        "<ErrorResponse><Error><Type>Sender</Type>"
        f"<Code>{code}</Code><Message>{escape(failed.message)}</Message></Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    )
    return HttpResponse(FORBIDDEN, (("x-amzn-requestid", request_id), XML), body.encode())


def sts_answer(action: str, result: Form | dict[str, Form], request_id: str) -> HttpResponse:
    """Write an answer of STS."""
    body = (
        f'<{action}Response xmlns="{STS_NAMESPACE}"><{action}Result>{_elements(result)}'
        f"</{action}Result><ResponseMetadata><RequestId>{request_id}</RequestId>"
        f"</ResponseMetadata></{action}Response>"
    )
    return HttpResponse(200, (("x-amzn-requestid", request_id), XML), body.encode())


def _elements(values: Form | dict[str, Form]) -> str:
    return "".join(
        f"<{name}>{_elements(value) if isinstance(value, dict) else escape(value)}</{name}>"
        for name, value in values.items()
    )
