"""LookupEvents. CloudTrail API Reference, "LookupEvents": 50 a page, 90 days, newest first, two calls a second."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab import Kms


@pytest.fixture
def world() -> Kms:
    world = Kms.fresh(seed=1)
    world.clock._round_trip = 1.0  # patient enough for two calls a second
    return world


def lookup(world: Kms, **given: Any) -> list[Any]:
    return list(world.client("cloudtrail").lookup_events(**given)["Events"])


def by(key: str, value: str) -> list[dict[str, str]]:
    return [{"AttributeKey": key, "AttributeValue": value}]


def refused(world: Kms, **given: Any) -> str:
    with pytest.raises(ClientError) as caught:
        lookup(world, **given)
    return str(caught.value.response["Error"]["Code"])


def test_an_event_is_answered_in_the_form_of_the_api(world: Kms) -> None:
    key = world.client().create_key()["KeyMetadata"]
    found = lookup(world)
    assert len(found) == 1
    event = json.loads(found[0].pop("CloudTrailEvent"))
    assert event == world.trail.events(name="CreateKey")[0]
    assert found[0].pop("EventTime") == datetime.fromisoformat(event["eventTime"])
    assert found[0] == {
        "EventId": event["eventID"],
        "EventName": "CreateKey",
        "ReadOnly": "false",
        "AccessKeyId": event["userIdentity"]["accessKeyId"],
        "EventSource": "kms.amazonaws.com",
        "Username": "kmslab-admin",
        "Resources": [{"ResourceType": "AWS::KMS::Key", "ResourceName": key["Arn"]}],
    }


def test_a_lookup_is_itself_an_event_with_the_id_of_its_answer(world: Kms) -> None:
    answer = world.client("cloudtrail").lookup_events(LookupAttributes=by("EventName", "Encrypt"))
    event = world.trail.last
    assert (event["eventName"], event["eventSource"]) == (
        "LookupEvents",
        "cloudtrail.amazonaws.com",
    )
    assert event["requestID"] == answer["ResponseMetadata"]["RequestId"]
    assert event["requestParameters"] == {"lookupAttributes": by("EventName", "Encrypt")}


def test_pages_hold_every_event_once_the_newest_first(world: Kms) -> None:
    kms = world.client()
    for _ in range(120):
        kms.list_keys()
    paginator = world.client("cloudtrail").get_paginator("lookup_events")
    found = paginator.paginate(LookupAttributes=by("EventName", "ListKeys"))
    pages = [[event["EventId"] for event in page["Events"]] for page in found]
    assert [len(page) for page in pages] == [50, 50, 20]
    made = [event["eventID"] for event in world.trail.events(name="ListKeys")]
    assert [each for page in pages for each in page] == made[::-1]
    assert len(lookup(world, MaxResults=1)) == 1


def test_a_range_of_time_has_both_ends_and_90_days(world: Kms) -> None:
    kms = world.client()
    for _ in range(3):
        kms.list_keys()
        world.clock.advance(days=40)
    kms.list_keys()
    days = [event["EventTime"] for event in lookup(world)]
    assert len(days) == 3  # the first is 120 days old
    second = days[-1]
    ends = {"StartTime": second, "EndTime": second}
    assert [event["EventTime"] for event in lookup(world, **ends)] == [second]
    assert (
        lookup(world, StartTime=second + timedelta(seconds=1), EndTime=days[1])[0]["EventTime"]
        == days[1]
    )


def test_history_is_of_the_account_and_the_region(world: Kms) -> None:
    world.client().list_keys()
    world.client(region="eu-west-1").list_aliases()
    world.client(who=world.root("444455556666")).list_keys()
    assert [event["EventName"] for event in lookup(world)] == ["ListKeys"]
    theirs = world.client("cloudtrail", who=world.root("444455556666"))
    assert [event["Username"] for event in theirs.lookup_events()["Events"]] == ["root"]


def test_two_calls_a_second_are_answered(world: Kms) -> None:
    world.clock._round_trip = 0.0
    codes = [lookup(world) is None, lookup(world) is None, refused(world)]
    assert codes == [False, False, "ThrottlingException"]
    assert world.trail.last["errorCode"] == "ThrottlingException"
    assert world.trail.last["errorMessage"] == "Rate exceeded"  # and nothing of KMS
    world.clock.advance(seconds=1)
    assert lookup(world)


def test_it_takes_a_permission(world: Kms) -> None:
    iam = world.client("iam")
    iam.create_user(UserName="ann")
    cloudtrail = world.client("cloudtrail", who=iam.create_access_key(UserName="ann"))
    with pytest.raises(ClientError) as caught:
        cloudtrail.lookup_events()
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    assert world.trail.last["errorCode"] == "AccessDenied"
    allow = {"Effect": "Allow", "Action": "cloudtrail:LookupEvents", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    iam.put_user_policy(UserName="ann", PolicyName="look", PolicyDocument=document)
    assert cloudtrail.lookup_events()["Events"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"LookupAttributes": by("Colour", "red")}, "InvalidLookupAttributesException"),
        ({"LookupAttributes": 2 * by("EventName", "x")}, "InvalidLookupAttributesException"),
        ({"NextToken": "x"}, "InvalidNextTokenException"),
        ({"EventCategory": "insight"}, "InvalidEventCategoryException"),
        (
            {
                "StartTime": datetime(2026, 2, 1, tzinfo=UTC),
                "EndTime": datetime(2026, 1, 1, tzinfo=UTC),
            },
            "InvalidTimeRangeException",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused(world: Kms, given: dict[str, Any], code: str) -> None:
    assert refused(world, **given) == code


def test_another_operation_is_none_of_ours(world: Kms) -> None:
    with pytest.raises(ClientError) as caught:
        world.client("cloudtrail").describe_trails()
    assert caught.value.response["Error"]["Code"] == "UnknownOperationException"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"MaxResults": 51}', "InvalidMaxResultsException"),
        (b"[", "InvalidLookupAttributesException"),
        (b'{"MaxResults": %d}' % 10**30, "InvalidMaxResultsException"),
    ],
)
def test_what_botocore_would_not_send_is_refused(world: Kms, body: bytes, code: str) -> None:
    cloudtrail = world.client("cloudtrail")

    def send(params: dict[str, Any], **_: object) -> None:
        params["body"] = body

    cloudtrail.meta.events.register("before-call", send)
    with pytest.raises(ClientError) as caught:
        cloudtrail.lookup_events()
    assert caught.value.response["Error"]["Code"] == code
