"""CloudTrail's event history: LookupEvents over the trail of the world.

What is answered is the caller's account's, in the Region that it asks, of the last 90 days. Refuses to
know where events are kept, and how callers prove themselves: they arrive as `Caller`.
"""

from itertools import islice
from math import floor
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from kmslab.ambient.clock import Clock
from kmslab.audit.event import Event, render
from kmslab.audit.index import Attribute, Wanted, username
from kmslab.audit.redact import NOTHING, packed
from kmslab.audit.trail import Trail
from kmslab.authn.directory import Directory
from kmslab.engine.request import ApiRequest, Environment
from kmslab.model import messages
from kmslab.model.errors import KmsError, ThrottlingException, UnknownOperationException
from kmslab.model.principals import Caller
from kmslab.quota.rates import Rates, TokenBuckets
from kmslab.quota.table import Quota
from kmslab.services import authorize, paging
from kmslab.wire import codec
from kmslab.wire.http import HttpRequest

NAME: Final = "cloudtrail"  # in signatures and actions
TARGET: Final = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101"
SOURCE: Final = "cloudtrail.amazonaws.com"
OPERATION: Final = "LookupEvents"
PAGE: Final = 50
HISTORY_SECONDS: Final = 90 * 86_400.0
LAST_OF_SECOND: Final = 0.999_999  # events are looked up by whole seconds
RATE: Final = {OPERATION: Quota(rate=2)}  # CloudTrail User Guide, "Quotas in AWS CloudTrail"

Json = dict[str, Any]


class InvalidLookupAttributesException(KmsError):
    """An attribute is unknown, has no value, or is not the only one."""


class InvalidMaxResultsException(KmsError):
    """A page has 1 to 50 events."""


class InvalidNextTokenException(KmsError):
    """The token is none that this lookup was answered with."""


class InvalidTimeRangeException(KmsError):
    """The start lies after the end."""


class InvalidEventCategoryException(KmsError):
    """There are no such events here."""


class LookupAttribute(msgspec.Struct, frozen=True):
    """What the events must have."""

    AttributeKey: Attribute
    AttributeValue: Annotated[str, Meta(min_length=1, max_length=2000)]


class Ask(msgspec.Struct, frozen=True):
    """The parameters; instants are Unix seconds."""

    LookupAttributes: Annotated[list[LookupAttribute], Meta(max_length=1)] = []
    StartTime: float | None = None
    EndTime: float | None = None
    MaxResults: Annotated[int, Meta(ge=1, le=PAGE)] = PAGE
    NextToken: str = ""
    EventCategory: str = ""


# Which error a malformed request is answered with, by the member that its reason names.
REFUSALS: Final[dict[str, type[KmsError]]] = {
    "$.LookupAttributes": InvalidLookupAttributesException,
    "$.MaxResults": InvalidMaxResultsException,
    "$.NextToken": InvalidNextTokenException,
    "$.StartTime": InvalidTimeRangeException,
    "$.EndTime": InvalidTimeRangeException,
    "$.EventCategory": InvalidEventCategoryException,
}


class CloudTrail:
    """The event history of one world. Without rates it answers as often as it is asked."""

    name: Final = NAME

    def __init__(
        self,
        trail: Trail,
        directory: Directory,
        *,
        clock: Clock,
        rates: Rates | None = None,
    ) -> None:
        self._trail = trail
        self._directory = directory
        self._clock = clock
        self._rates = TokenBuckets(RATE) if rates is None else rates

    def respond(
        self, operation: str, request: HttpRequest, caller: Caller, *, request_id: str
    ) -> bytes:
        """Answer a request of a caller whose signature is good; it is on the trail afterwards.

        Raises:
            KmsError: an error of the API.
        """
        if operation != OPERATION:
            raise UnknownOperationException
        self._clock.pass_request()
        error: KmsError | None = None
        try:
            return msgspec.json.encode(self._lookup(request, caller))
        except KmsError as refused:
            error = refused
            raise
        finally:
            self._trail.record(self._event(request, caller, request_id=request_id, error=error))

    def _lookup(self, request: HttpRequest, caller: Caller) -> Json:
        now = self._clock.now()
        about = _about(request, caller)
        authorize.need(
            self._directory,
            caller,
            f"{NAME}:{OPERATION}",
            environment=Environment(about, now),
        )
        if not self._rates.take(caller.principal.account, caller.region, OPERATION, now):
            raise ThrottlingException(messages.RATE_EXCEEDED)
        ask = _read(request.body)
        return self._page(ask, _wanted(ask, caller, now))

    def _page(self, ask: Ask, wanted: Wanted) -> Json:
        found = list(islice(self._trail.newest_first(wanted), ask.MaxResults + 1))
        page = found[: ask.MaxResults]
        more = {"NextToken": str(page[-1][0])} if len(found) > len(page) else {}
        return {"Events": [shown(event) for _, event in page], **more}

    def _event(
        self, request: HttpRequest, caller: Caller, *, request_id: str, error: KmsError | None
    ) -> Event:
        about = _about(request, caller)
        return Event(
            time=self._clock.now(),
            name=OPERATION,
            source=SOURCE,
            request_id=request_id,
            caller=caller,
            source_ip=about.source_ip,
            user_agent=about.user_agent,
            host=about.host,
            tls=about.tls,
            is_read_only=True,
            parameters=_parameters(request.body),
            error_code=error.code if error else "",
            error_message=error.message if error else "",
        )


def shown(event: Event) -> Json:
    """Write an event as it is looked up; what it has not is left out."""
    resources = [{"ResourceType": kind, "ResourceName": arn} for _, kind, arn in event.resources]
    members = {
        "EventId": event.event_id,
        "EventName": event.name,
        "ReadOnly": str(event.is_read_only).lower(),
        "AccessKeyId": event.access_key_id,
        "EventTime": int(event.time),
        "EventSource": event.source,
        "Username": username(event),
        "Resources": resources,
        "CloudTrailEvent": msgspec.json.encode(render(event)).decode(),
    }
    return {name: value for name, value in members.items() if value != "" or name == "Resources"}


def _about(request: HttpRequest, caller: Caller) -> ApiRequest:
    return ApiRequest(
        operation=OPERATION,
        caller=caller,
        request_id="",
        source_ip=request.peer,
        user_agent=request.headers.get("user-agent", ""),
        host=request.headers.get("host", ""),
        tls=request.tls,
    )


def _read(body: bytes) -> Ask:
    try:
        return codec.read(body, Ask)
    except ValueError as error:
        text = str(error)
        found = next((REFUSALS[name] for name in REFUSALS if name in text), None)
        raise (found or InvalidLookupAttributesException)(text) from None


def _wanted(ask: Ask, caller: Caller, now: float) -> Wanted:
    if ask.EventCategory:
        raise InvalidEventCategoryException(messages.NO_SUCH_CATEGORY)
    since = now - HISTORY_SECONDS
    if ask.StartTime is not None and ask.EndTime is not None and ask.StartTime > ask.EndTime:
        raise InvalidTimeRangeException(messages.TIME_RANGE)
    one = ask.LookupAttributes[0] if ask.LookupAttributes else None
    return Wanted(
        account=caller.principal.account,
        region=caller.region,
        attribute=one.AttributeKey if one else None,
        value=one.AttributeValue if one else "",
        since=max(since, ask.StartTime or since),
        until=now if ask.EndTime is None else floor(ask.EndTime) + LAST_OF_SECOND,
        before=_place(ask.NextToken),
    )


def _place(token: str) -> int | None:
    if not token:
        return None
    if not paging.is_place(token):
        raise InvalidNextTokenException(messages.INVALID_PAGINATION_TOKEN)
    return int(token)


def _parameters(body: bytes) -> msgspec.Raw:
    """Keep what was asked for, as events spell it; nothing where it could not be read."""
    try:
        asked = codec.read(body, dict[str, Any])
        return packed({name[:1].lower() + name[1:]: value for name, value in asked.items()})
    except (ValueError, OverflowError):  # a number may be longer than an event can keep
        return NOTHING
