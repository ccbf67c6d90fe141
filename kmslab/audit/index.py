"""Which events have this name, this user, this key; and which lie between two instants.

Brought up to date when somebody asks, by what came since; a question then reads what it answers and
not the rest. Refuses to know where events are kept.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import takewhile
from math import inf
from typing import Final, Literal

import msgspec

from kmslab.audit.event import ACCESS_DENIED, DENIED, Event

Attribute = Literal[
    "EventId", "EventName", "ReadOnly", "Username", "ResourceType", "ResourceName", "EventSource",
    "AccessKeyId",
]  # fmt: skip
Address = tuple[str, str, str]  # where it is recorded, and an attribute with its value

ANY: Final = ""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A question: of an account's events in a Region, those with an attribute, between two instants.

    Without an account, of all events. Instants are Unix seconds; both ends belong to the range.
    """

    account: str = ""
    region: str = ""
    attribute: Attribute | None = None
    value: str = ""
    since: float = 0.0
    until: float = inf
    before: int | None = None  # the number of an event that was seen already


class Index:
    """The events of one trail, by what is asked for."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._times: list[float] = []  # never falling, so that they can be searched
        self._numbers: defaultdict[Address, list[int]] = defaultdict(list)

    def follow(self, events: Sequence[Event]) -> None:
        """Take in what has come since the last time; begin anew where the old is not found."""
        new = _since(events, self._events[-1] if self._events else None)
        if new is None or len(self._events) > 2 * len(events) + 1:
            self.__init__()  # type: ignore[misc] # as if it had just been made
            new = events
        for event in new:
            self._add(event)

    def newest_first(self, wanted: Wanted) -> Iterator[tuple[int, Event]]:
        """Yield the events that are wanted, each with its number, the newest first."""
        numbers = self._numbers.get(_address(wanted), ())
        last = bisect_right(self._times, wanted.until)
        if wanted.before is not None:
            last = min(last, wanted.before)
        for place in range(bisect_left(numbers, last) - 1, -1, -1):
            event = self._events[numbers[place]]
            if self._times[numbers[place]] < wanted.since:
                return
            if wanted.since <= event.time <= wanted.until:
                yield numbers[place], event

    def _add(self, event: Event) -> None:
        number = len(self._events)
        self._events.append(event)
        self._times.append(max(event.time, self._times[-1]) if self._times else event.time)
        scope = _scope(event.recipient, event.caller.region)
        for name, value in _attributes(event):
            self._numbers[scope, name, value].append(number)
            self._numbers[ANY, name, value].append(number)


def username(event: Event) -> str:
    """Return what events are looked up by: the user, the session, or the service or root by its kind."""
    if event.user_name:
        return event.user_name
    principal = event.caller.principal
    return "root" if principal.kind == "root" and not event.is_owners else principal.service


def error_code(event: Event) -> str:
    """Return the error as events name it, or nothing."""
    return DENIED if event.error_code == ACCESS_DENIED else event.error_code


def _since(events: Sequence[Event], last: Event | None) -> Sequence[Event] | None:
    if last is None:
        return events
    new = list(takewhile(lambda event: event is not last, reversed(events)))
    return None if len(new) == len(events) else new[::-1]


def _attributes(event: Event) -> Iterator[tuple[str, str]]:
    yield ANY, ANY
    yield "EventId", event.event_id
    yield "EventName", event.name
    yield "EventSource", event.source
    yield "ReadOnly", str(event.is_read_only).lower()
    yield "Username", username(event)
    yield "AccessKeyId", event.access_key_id
    for value in {kind for _, kind, _ in event.resources}:
        yield "ResourceType", value
    for value in {arn for _, _, arn in event.resources}:
        yield "ResourceName", value


def _address(wanted: Wanted) -> Address:
    scope = _scope(wanted.account, wanted.region) if wanted.account else ANY
    return scope, wanted.attribute or ANY, wanted.value if wanted.attribute else ANY


def _scope(account: str, region: str) -> str:
    return f"{account}/{region}"
