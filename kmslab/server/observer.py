"""Stands before the door: counts what is answered, logs it, and answers ``GET /metrics`` itself.

Reads only what stands on a request and its answer; refuses to know keys and callers.
"""

import re
from typing import Final

import msgspec

from kmslab.ambient.clock import elapsed
from kmslab.operations.catalog import CATALOG
from kmslab.server import metrics
from kmslab.server.connection import Respond
from kmslab.server.crew import Member
from kmslab.server.endpoint import HEALTH_PATHS, scoped_service
from kmslab.server.log import Answered, Log
from kmslab.server.metrics import Series
from kmslab.server.tally import Tally
from kmslab.wire import codec
from kmslab.wire.http import HttpRequest, HttpResponse

METRICS_PATH: Final = "/metrics"
UNKNOWN: Final = "unknown"
ERRORS_FROM: Final = 400
INTERNAL: Final = "KMSInternalException"

_ACTION = re.compile(rb"(?:^|&)Action=(\w{1,64})(?:&|$)")
_CODE = re.compile(rb'^\{"__type":"(\w+)"|<Code>(\w+)</Code>')


class Observer:
    """The function that answers a server's requests while it counts them.

    A member of a crew counts where the others can read it, and tells the counts of all.
    """

    def __init__(
        self, respond: Respond, log: Log | None = None, member: Member | None = None
    ) -> None:
        self._respond = respond
        self._log = log
        self._crew = member.crew if member else None
        self._tally = member.crew.tally(member.number) if member else Tally()
        self._by_target: dict[str | None, Series] = {
            f"{codec.TARGET_PREFIX}{name}": Series(self._tally, "kms", name) for name in CATALOG
        }
        self._others: dict[tuple[str, str], Series] = {}

    def respond(self, request: HttpRequest) -> HttpResponse:
        """Answer a request as the function does that this one stands before."""
        target = request.headers.get("x-amz-target")
        if target is None and request.method in {"GET", "HEAD"}:
            return self._tell(request)
        response, error = None, INTERNAL
        begin = elapsed()
        try:
            response = self._respond(request)
            error = "" if response.status < ERRORS_FROM else _code(response.body)
            return response
        finally:
            seconds = elapsed() - begin
            series = self._by_target.get(target)
            if series is None:
                series = self._other(request, is_good=not error)
            series.add(seconds, error)
            if self._log:
                _write(self._log, series, request, response, seconds=seconds, error=error)

    def exposition(self) -> HttpResponse:
        """Return all counts as OpenMetrics text."""
        crew = self._crew
        body = (
            metrics.text(crew.tallies(), crew.ready()) if crew else metrics.text([self._tally], 1)
        )
        return HttpResponse(200, (("content-type", metrics.CONTENT_TYPE),), body)

    def _tell(self, request: HttpRequest) -> HttpResponse:
        """Answer what is asked about the server itself, and is not counted."""
        path = request.target.partition("?")[0]
        if path == METRICS_PATH:
            return self.exposition()
        response = self._respond(request)
        if self._crew and path in HEALTH_PATHS:
            body = {"status": "ok", "workers": self._crew.size, "ready": self._crew.ready()}
            return HttpResponse(response.status, response.headers, msgspec.json.encode(body))
        return response

    def _other(self, request: HttpRequest, *, is_good: bool) -> Series:
        """Find the series of IAM and STS; an action has one of its own once it has succeeded.

        So what strangers send makes no more than one series for each service.
        """
        service = scoped_service(request)
        service = service if service in {"iam", "sts"} else "kms"
        action = _ACTION.search(request.body)
        key = service, action[1].decode() if action and service != "kms" else UNKNOWN
        if not is_good and key not in self._others:
            key = service, UNKNOWN
        return self._others.setdefault(key, Series(self._tally, *key))


def _write(
    log: Log,
    series: Series,
    request: HttpRequest,
    response: HttpResponse | None,
    *,
    seconds: float,
    error: str,
) -> None:
    log.write(
        Answered(
            time=log.now(),
            request_id=_request_id(response),
            service=series.service,
            operation=series.operation,
            status=response.status if response else 500,
            seconds=round(seconds, 6),
            peer=request.peer,
            user_agent=request.headers.get("user-agent", ""),
            error=error,
            worker=log.worker,
        )
    )


def _code(body: bytes) -> str:
    found = _CODE.search(body)
    return (found[1] or found[2]).decode() if found else UNKNOWN


def _request_id(response: HttpResponse | None) -> str:
    headers = response.headers if response else ()
    return next((value for name, value in headers if name == "x-amzn-requestid"), "")
