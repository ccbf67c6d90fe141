"""boto3 clients that speak to an endpoint in this process, without a socket.

Faithful (`client`): botocore builds, signs and serialises each request, and the endpoint verifies
it; only the network is left out. The hook is botocore's documented event ``before-send``.
Fast (`fast_client`): KMS calls skip URL, headers and signature. The hook is ``before-call``, the one
botocore's own Stubber uses. The caller is believed without a signature; all later stages run.
"""

from collections.abc import Mapping
from typing import Any, Final

import boto3
import botocore.session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.client import BaseClient
from botocore.config import Config
from botocore.model import OperationModel
from botocore.parsers import create_parser

from kmslab.model.errors import UnrecognizedClientException
from kmslab.model.principals import Caller
from kmslab.server.endpoint import Endpoint
from kmslab.wire.http import BLANKS, HttpRequest, HttpResponse

URL: Final = "http://kmslab.local"
USER_AGENT: Final = "kmslab boto3"  # botocore spends a quarter of a call on composing its own

# Where botocore looks for a profile and a file of settings: nowhere, whatever the user has.
NO_SETTINGS: Final = dict.fromkeys(("profile", "config_file"), (None, None, None, None))

Credentials = tuple[str, ...]  # access key ID, secret access key, and the session token if any


def client(
    endpoint: Endpoint, service: str, *, credentials: Credentials, region: str
) -> BaseClient:
    """Return a boto3 client whose requests are signed and verified but never touch a socket."""
    made = _boto3_client(service, credentials, region)

    def send(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        return _aws_response(request, endpoint.handle(_http_request(request)))

    made.meta.events.register("before-send", send)
    return made


def fast_client(endpoint: Endpoint, *, credentials: Credentials, region: str) -> BaseClient:
    """Return a KMS client that skips signing: for load, not for learning about signatures."""
    made = _boto3_client("kms", credentials, region)
    parser = create_parser("json")

    def identify() -> Caller:
        credential = endpoint.engine.directory.credential(credentials[0])
        if credential is None:
            raise UnrecognizedClientException
        return Caller(credential.principal, region, credential.access_key_id, credential.issued)

    def call(model: OperationModel, params: Mapping[str, Any], **_: object) -> tuple[Any, Any]:
        response = endpoint.answer_trusted(_unsigned(params), identify)
        raw = {
            "status_code": response.status,
            "headers": dict(response.headers),
            "body": response.body,
        }
        return AWSResponse(URL, response.status, raw["headers"], None), parser.parse(
            raw, model.output_shape
        )

    made.meta.events.register("before-call", call)
    return made


def _boto3_client(service: str, credentials: Credentials, region: str) -> BaseClient:
    session = boto3.session.Session(botocore_session=botocore.session.Session(NO_SETTINGS))
    return session.client(
        service,
        region_name=region,
        endpoint_url=URL,
        aws_access_key_id=credentials[0],
        aws_secret_access_key=credentials[1],
        aws_session_token=credentials[2] if len(credentials) > 2 else None,  # noqa: PLR2004
        config=Config(user_agent=USER_AGENT, retries={"mode": "standard", "total_max_attempts": 1}),
    )


def _http_request(request: AWSPreparedRequest) -> HttpRequest:
    """Translate botocore's prepared request; the Host header is what the signature covers."""
    target = request.url.removeprefix(URL) or "/"
    headers = {name.lower(): _text(value) for name, value in request.headers.items()}
    headers.setdefault("host", URL.removeprefix("http://"))
    return HttpRequest(request.method, target, headers, _bytes(request.body))


def _unsigned(params: Mapping[str, Any]) -> HttpRequest:
    headers = {name.lower(): _text(value) for name, value in params["headers"].items()}
    return HttpRequest("POST", "/", headers, _bytes(params["body"]))


def _bytes(body: Any) -> bytes:  # noqa: ANN401 - what botocore calls a body
    if body is None:
        return b""
    return body.encode() if isinstance(body, str) else bytes(body)


def _text(value: str | bytes) -> str:
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    return text.strip(BLANKS)


class _Body:
    """A response body as botocore reads one."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_: object) -> "list[bytes]":
        """Return the whole body in one piece."""
        return [self._content]


def _aws_response(request: AWSPreparedRequest, response: HttpResponse) -> AWSResponse:
    return AWSResponse(request.url, response.status, dict(response.headers), _Body(response.body))
