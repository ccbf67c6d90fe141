"""boto3 clients that speak to an endpoint in this process, without a socket.

Faithful (`client`): botocore builds, signs and serialises each request, and the endpoint verifies
it; only the network is left out. The hook is botocore's documented event ``before-send``.
Fast (`fast_client`): KMS calls skip URL, headers and signature. The hook is ``before-call``, the one
botocore's own Stubber uses. The caller is believed without a signature; all later stages run.
"""

import threading
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import boto3
import botocore.session
import msgspec
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.client import BaseClient
from botocore.config import Config
from botocore.loaders import Loader, create_loader
from botocore.model import OperationModel
from botocore.parsers import create_parser

from kmslab.model.errors import UnrecognizedClientException
from kmslab.model.principals import Caller
from kmslab.server.endpoint import Endpoint
from kmslab.wire.http import BLANKS, HttpRequest, HttpResponse

Told = Mapping[str, str | tuple[str, ...]]

URL: Final = "http://kmslab.local"
PEER: Final = "127.0.0.1"
USER_AGENT: Final = "kmslab boto3"  # botocore spends a quarter of a call on composing its own

# Where botocore looks for a profile and a file of settings: nowhere, whatever the user has.
NO_SETTINGS: Final = dict.fromkeys(("profile", "config_file"), (None, None, None, None))

Credentials = tuple[str, ...]  # access key ID, secret access key, and the session token if any


def client(
    endpoint: Endpoint,
    service: str,
    *,
    credentials: Credentials,
    region: str,
    url: str = URL,
    peer: str = PEER,
    told: Told | None = None,
) -> BaseClient:
    """Return a boto3 client whose requests are signed and verified but never touch a socket.

    `peer` is the address that they come from, and `told` are condition keys that this carrier vouches
    for: on whose behalf it calls.
    """
    made = _boto3_client(service, credentials, region, url)

    def send(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        carried = msgspec.structs.replace(_http_request(request, url), peer=peer, told=told)
        return _aws_response(request, endpoint.handle(carried))

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


@cache
def _models() -> Loader:
    """Return botocore's service models, read once: that is nine tenths of making a client."""
    return create_loader()


class _Session(threading.local):
    """A boto3 session that knows no settings; each thread has its own, for theirs are not shared.

    What is heard of one client's events is that client's: botocore copies the session's for each.
    """

    def __init__(self) -> None:
        core = botocore.session.Session(NO_SETTINGS)
        core.register_component("data_loader", _models())
        self.boto3 = boto3.session.Session(botocore_session=core)


_SESSION: Final = _Session()


def url_of(endpoint_id: str, service: str, region: str) -> str:
    """Return the URL by which a VPC endpoint is called (VPC User Guide, "AWS PrivateLink")."""
    return f"http://{endpoint_id}.{service}.{region}.vpce.kmslab.local"


def on_behalf(service: str, region: str) -> Told:
    """Return what KMS is told when a service ("s3") calls with its caller's credentials.

    KMS Developer Guide, "kms:ViaService"; IAM User Guide, "aws:CalledVia" and "aws:ViaAWSService".
    """
    if not service:
        return {}
    name = f"{service}.amazonaws.com"
    return {
        "kms:ViaService": f"{service}.{region}.amazonaws.com",
        "aws:ViaAWSService": "true",
        "aws:CalledVia": (name,),
        "aws:CalledViaFirst": name,
        "aws:CalledViaLast": name,
    }


def _boto3_client(
    service: str, credentials: Credentials, region: str, url: str = URL
) -> BaseClient:
    return _SESSION.boto3.client(
        service,
        region_name=region,
        endpoint_url=url,
        aws_access_key_id=credentials[0],
        aws_secret_access_key=credentials[1],
        aws_session_token=credentials[2] if len(credentials) > 2 else None,  # noqa: PLR2004
        config=Config(user_agent=USER_AGENT, retries={"mode": "standard", "total_max_attempts": 1}),
    )


def _http_request(request: AWSPreparedRequest, url: str) -> HttpRequest:
    """Translate botocore's prepared request; the Host header is what the signature covers."""
    target = request.url.removeprefix(url) or "/"
    headers = {name.lower(): _text(value) for name, value in request.headers.items()}
    headers.setdefault("host", url.removeprefix("http://"))
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
