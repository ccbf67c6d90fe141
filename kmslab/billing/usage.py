"""What is paid for, read from the trail and from the keys: the lives of keys, and requests by month.

Throttled requests are not counted, refused ones are: AWS has published neither. Refuses to know prices.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from kmslab.audit.event import INTERNAL, SERVICE
from kmslab.billing.prices import category
from kmslab.model.keys import KmsKey
from kmslab.model.regions import REGIONS
from kmslab.store.port import Store
from kmslab.store.records import KEYS, scope

Json = Mapping[str, Any]

MANY: Final = 1_000_000  # keys
FREE: Final = "ThrottlingException"
BY_ITSELF: Final = frozenset((INTERNAL, SERVICE))  # what KMS does without a request of its own
WAITING: Final = frozenset(("PendingDeletion", "PendingReplicaDeletion"))


class KeyLife(msgspec.Struct, frozen=True):
    """When a KMS key began to cost, was rotated, and ceased to cost (Unix seconds)."""

    arn: str
    begun: float
    rotations: tuple[float, ...] = ()
    ended: float | None = None  # when its deletion was scheduled; a cancelled one never was


class Usage(msgspec.Struct, frozen=True):
    """What an account has to pay for. Requests are counted by calendar month and category."""

    keys: tuple[KeyLife, ...] = ()
    requests: Mapping[tuple[str, str], int] = {}
    operations: Mapping[
        tuple[str, str], int
    ] = {}  # by category and operation, for who wants to know


def usage_of(account: str, trail: Iterable[Json], keys: Iterable[KmsKey]) -> Usage:
    """Read an account's usage; a key is paid by its owner, a request by who makes it."""
    events = list(trail)
    standing = {
        key.arn: key for key in keys if key.account == account and key.manager == "CUSTOMER"
    }
    gone = _gone(account, events)
    specs = {arn: key.spec for arn, key in standing.items()} | _specs(events)
    requests: Counter[tuple[str, str]] = Counter()
    operations: Counter[tuple[str, str]] = Counter()
    for event in events:
        if _is_paid_by(account, event):
            kind = _category(event, specs)
            requests[event["eventTime"][:7], kind] += 1
            operations[kind, event["eventName"]] += 1
    lives = [
        *(_life(key, events) for key in standing.values()),
        *(life for arn, life in gone.items() if arn not in standing),
    ]
    return Usage(tuple(lives), requests, operations)


def stored_keys(store: Store, account: str) -> Iterator[KmsKey]:
    """Yield an account's keys of all Regions."""
    for regions in REGIONS.values():
        for region in regions:
            yield from store.page(KEYS, scope(account, region), after="", limit=MANY)


def _is_paid_by(account: str, event: Json) -> bool:
    """Tell whether an event is a request of this account; the owner of a foreign key has a copy of it.

    A service's request on somebody's behalf is theirs.
    """
    identity = event["userIdentity"]
    return (
        identity.get("accountId") == account == event["recipientAccountId"]
        and event["eventType"] == "AwsApiCall"
        and identity.get("invokedBy") not in BY_ITSELF
        and event.get("errorCode") != FREE
    )


def _category(event: Json, specs: Mapping[str, str]) -> str:
    touched = [specs.get(each["ARN"], "") for each in event.get("resources", ())]
    asked = event.get("requestParameters") or {}
    return category(
        event["eventName"], next(filter(None, touched), ""), asked.get("keyPairSpec", "")
    )


def _life(key: KmsKey, events: Iterable[Json]) -> KeyLife:
    rotations = tuple(each.created for each in key.materials if each.rotation)
    ended = _last(events, "ScheduleKeyDeletion", key.arn) if key.state in WAITING else None
    return KeyLife(key.arn, key.created, rotations, ended)


def _gone(account: str, events: list[Json]) -> dict[str, KeyLife]:
    """Return the lives of keys that the trail still knows, whether or not they stand."""
    found: dict[str, KeyLife] = {}
    for event in events:
        made = (event.get("responseElements") or {}).get("keyMetadata") or {}
        arn = made.get("arn", "")
        if event["eventName"] == "CreateKey" and arn and f":{account}:" in arn:
            turned = tuple(_times(events, "RotateKey", arn))
            ended = _last(events, "ScheduleKeyDeletion", arn)
            found[arn] = KeyLife(arn, _instant(event), turned, ended)
    return found


def _specs(events: Iterable[Json]) -> dict[str, str]:
    made = [(event.get("responseElements") or {}).get("keyMetadata") or {} for event in events]
    return {each["arn"]: each.get("keySpec", "") for each in made if "arn" in each}


def _times(events: Iterable[Json], name: str, arn: str) -> Iterable[float]:
    for event in events:
        named = [each["ARN"] for each in event.get("resources", ())]
        if event["eventName"] == name and arn in named and "errorCode" not in event:
            yield _instant(event)


def _last(events: Iterable[Json], name: str, arn: str) -> float | None:
    return max(_times(events, name, arn), default=None)


def _instant(event: Json) -> float:
    return datetime.fromisoformat(event["eventTime"]).timestamp()
