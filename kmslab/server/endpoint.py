"""The one door: an HTTP value in, an HTTP value out.

The socket server, the in-process boto3 client and the command line all call `Endpoint.handle`. It
authenticates, decodes, asks the engine and encodes; requests to other services go to theirs. A Host
that begins with ``vpce-`` names the VPC endpoint that a request came through.
"""

import re
from collections.abc import Callable, Mapping
from sys import intern
from types import MappingProxyType
from typing import Final, Protocol

from kmslab.ambient import ids
from kmslab.ambient.entropy import Entropy
from kmslab.authn.verify import Verifier
from kmslab.engine.pipeline import Engine, as_api_error
from kmslab.engine.request import ApiRequest
from kmslab.model.errors import KmsError
from kmslab.model.principals import Caller
from kmslab.store.port import StoreError
from kmslab.wire import codec
from kmslab.wire.http import HttpRequest, HttpResponse
from kmslab.wire.sigv4 import is_presigned

CONTENT_TYPE: Final = ("content-type", "application/x-amz-json-1.1")
CACHE: Final = ("cache-control", "no-cache, no-store, must-revalidate, private")
KMS: Final = codec.TARGET_PREFIX
QUERY: Final = {"iam", "sts"}  # services of the Query protocol
ORGANIZATIONS: Final = "organizations"
ORGANIZATIONS_TARGET: Final = "AWSOrganizationsV20161128"
VPC_ENDPOINT: Final = re.compile(r"(vpce-[0-9a-f]{8,17})(?:-[0-9a-z-]+)?\.")
HEALTH_PATHS: Final = {"/health", "/"}
HEALTHY: Final = HttpResponse(200, (("content-type", "application/json"),), b'{"status":"ok"}')
NOT_FOUND: Final = HttpResponse(
    404, (("content-type", "application/json"),), b'{"status":"unknown path"}'
)


class IdentityServices(Protocol):
    """IAM, STS and Organizations, as the endpoint needs them."""

    def respond(self, service: str, request: HttpRequest, caller: Caller) -> HttpResponse:
        """Answer a request of a caller whose signature is good."""
        ...

    def refuse(self, error: KmsError, service: str) -> HttpResponse:
        """Write an error in the service's protocol."""
        ...


class JsonService(Protocol):
    """A service beside KMS that speaks JSON 1.1 too; `name` is what signatures are scoped to."""

    @property
    def name(self) -> str:
        """The service's name in signatures."""
        ...

    def respond(
        self, operation: str, request: HttpRequest, caller: Caller, *, request_id: str
    ) -> bytes:
        """Answer a request of a caller whose signature is good, or raise the API's error."""
        ...


class Endpoint:
    """One endpoint with KMS and its neighbours behind it: those that speak JSON by their target prefix."""

    def __init__(
        self,
        *,
        engine: Engine,
        verifier: Verifier,
        identity: IdentityServices,
        entropy: Entropy,
        json_services: Mapping[str, JsonService] = MappingProxyType({}),
    ) -> None:
        self.engine = engine
        self.verifier = verifier
        self.identity = identity
        self._json_services = json_services
        self._entropy = entropy

    def handle(self, request: HttpRequest) -> HttpResponse:
        """Answer one request; no API error leaves as an exception."""
        target = request.headers.get("x-amz-target")
        if target is not None:
            if target.startswith(KMS):
                return self._kms(request, self.verifier.verify)
            return self._beside(request, target)
        if request.method in {"GET", "HEAD"} and not is_presigned(request.target):
            path = request.target.partition("?")[0]
            return HEALTHY if path in HEALTH_PATHS else NOT_FOUND
        service = scoped_service(request)
        if service in QUERY:
            return self._identity(request, service)
        return self._kms(request, self.verifier.verify)

    def close(self) -> None:
        """Write what is not written yet, and give back the store."""
        self.engine.close()

    def answer_trusted(self, request: HttpRequest, identify: Callable[[], Caller]) -> HttpResponse:
        """Answer a KMS request whose caller `identify` knows without a signature."""
        return self._kms(request, lambda _: identify())

    def _kms(self, request: HttpRequest, identify: Callable[[HttpRequest], Caller]) -> HttpResponse:
        request_id = ids.uuid(self._entropy)
        try:
            self.engine.refresh()
            operation = codec.operation_of(request.headers.get("x-amz-target", ""))
            body = self._answer(request, request_id, operation, identify(request))
        except KmsError as error:
            return _response(error.status, request_id, codec.encode_error(error))
        return _response(200, request_id, body)

    def _answer(
        self, request: HttpRequest, request_id: str, operation: str, caller: Caller
    ) -> bytes:
        headers = request.headers
        host = headers.get("host", "")
        ask = ApiRequest(
            operation=operation,
            caller=caller,
            request_id=request_id,
            source_ip=caller.principal.service or request.peer,
            user_agent=intern(headers.get("user-agent", "")),
            host=intern(host),
            tls=request.tls,
            told=self._told(request, host) if host.startswith("vpce-") else request.told,
        )
        try:
            req = codec.decode(operation, request.body)
        except KmsError as error:
            self.engine.refuse(ask, error)
            raise
        return codec.encode(self.engine.answer(ask, req))

    def _told(self, request: HttpRequest, host: str) -> Mapping[str, str | tuple[str, ...]] | None:
        """Add what the Host says of a VPC endpoint, through which no public address is seen."""
        found = VPC_ENDPOINT.match(host)
        if found is None:
            return request.told
        known = self.engine.directory.vpc_endpoint(found[1])
        return {
            **(request.told or {}),
            "aws:SourceVpce": found[1],
            "aws:SourceVpc": () if known is None else known.vpc,
            "aws:VpcSourceIp": request.peer,
            "aws:SourceIp": (),
        }

    def _beside(self, request: HttpRequest, target: str) -> HttpResponse:
        """Find the service beside KMS that a target names; what names none is for KMS to refuse."""
        prefix, _, operation = target.rpartition(".")
        if prefix == ORGANIZATIONS_TARGET:
            return self._identity(request, ORGANIZATIONS)
        service = self._json_services.get(prefix)
        if service is None:
            return self._kms(request, self.verifier.verify)
        return self._json(request, service, operation)

    def _json(self, request: HttpRequest, service: JsonService, operation: str) -> HttpResponse:
        request_id = ids.uuid(self._entropy)
        try:
            self.engine.refresh()
            caller = self.verifier.verify(request, service.name)
            body = service.respond(operation, request, caller, request_id=request_id)
        except (KmsError, StoreError) as failed:
            error = as_api_error(failed)
            return _response(error.status, request_id, codec.encode_error(error))
        return _response(200, request_id, body)

    def _identity(self, request: HttpRequest, service: str) -> HttpResponse:
        try:
            self.engine.refresh()
            caller = self.verifier.verify(request, service)
        except KmsError as error:
            return self.identity.refuse(error, service)
        return self.identity.respond(service, request, caller)


def scoped_service(request: HttpRequest) -> str:
    """Return the service that a signature is scoped to (``AKID/date/region/SERVICE/...``)."""
    authorization = request.headers.get("authorization", "")
    scope = authorization.partition("Credential=")[2].partition(",")[0]
    parts = scope.split("/")
    return parts[-2] if len(parts) > 1 else ""


def _response(status: int, request_id: str, body: bytes) -> HttpResponse:
    return HttpResponse(status, (("x-amzn-requestid", request_id), CACHE, CONTENT_TYPE), body)
