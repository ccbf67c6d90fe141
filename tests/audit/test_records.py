"""The record of every operation, member by member, against the published examples (`tests/vectors/audit`)."""

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab import Kms
from tests.contract.api import Script, vectors

PATH = Path(__file__).parents[1] / "vectors/audit/records.json"
RECORDS = {row["name"]: row for row in json.loads(PATH.read_text())["records"]}
REQUESTS = {case["name"]: case for case in vectors("requests")}
SHAPE = {
    "eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion",
    "sourceIPAddress", "userAgent", "requestParameters", "responseElements", "requestID", "eventID",
    "readOnly", "eventType", "managementEvent", "recipientAccountId", "eventCategory", "tlsDetails",
}  # fmt: skip
OPTIONAL = {"additionalEventData", "resources", "errorCode", "errorMessage"}
BLANK = "ListAliases"  # its resources are absent, never empty
STORES = {name for name in RECORDS if "CustomKeyStore" in name}  # not offered, hence refused


@pytest.fixture
def script() -> Script:
    world = Kms.fresh(seed=1)
    made = Script(world.client(), world.clock)
    made.kept["world"] = world
    return made


def record(script: Script, name: str) -> dict[str, Any]:
    case = REQUESTS[name]
    script.prepare(case["needs"])
    script.call(name, case["with"])
    events: list[dict[str, Any]] = script.kept["world"].trail.events(name=name)
    return [event for event in events if event["awsRegion"] == "us-east-1"][-1]


def test_there_is_a_row_for_each_operation() -> None:
    assert len(RECORDS) == 56
    assert set(REQUESTS) >= set(RECORDS) - STORES


@pytest.mark.parametrize("name", [name for name in RECORDS if name in REQUESTS])
def test_a_record_is_as_published(script: Script, name: str) -> None:
    row, event = RECORDS[name], record(script, name)
    assert event.keys() - OPTIONAL == SHAPE
    assert event["readOnly"] == row["readOnly"]
    asked = event["requestParameters"] or {}
    assert set(row["always"]) <= asked.keys() <= set(row["parameters"])
    answered = event["responseElements"] or {}
    assert answered.keys() == (set(row["response"]) & answered.keys() if row["response"] else set())
    assert bool(answered) == bool(row["response"])
    assert event.get("additionalEventData", {}).keys() <= set(row["additional"]) | {"keyMaterialId"}
    assert len(event.get("resources", ())) == row["resources"]
    for resource in event.get("resources", ()):
        assert resource["type"] in {"AWS::KMS::Key", "AWS::KMS::Alias"}


@pytest.mark.parametrize("name", [name for name in RECORDS if name in REQUESTS])
def test_a_refused_call_has_the_same_record_without_an_answer(script: Script, name: str) -> None:
    case = REQUESTS[name]
    script.prepare(case["needs"])
    world = script.kept["world"]
    world.fail(name, "KMSInternalException")
    with pytest.raises(ClientError):
        script.call(name, case["with"])
    event = world.trail.last
    assert (event["eventName"], event["errorCode"]) == (name, "KMSInternalException")
    assert event["responseElements"] is None
    assert event["readOnly"] == RECORDS[name]["readOnly"]
    assert (event["requestParameters"] or {}).keys() <= set(RECORDS[name]["parameters"])


def test_a_call_across_accounts_has_two_events_that_share_an_id() -> None:
    world = Kms.fresh(seed=1)
    other = "444455556666"
    root = world.root(other)
    policy = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{other}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    own = {**policy, "Principal": {"AWS": "arn:aws:iam::111122223333:root"}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [own, policy]})
    key = world.client().create_key(Policy=document)["KeyMetadata"]["Arn"]
    world.client(who=root).encrypt(KeyId=key, Plaintext=b"x")
    callers, owners = world.trail.events(name="Encrypt")
    assert (callers["recipientAccountId"], owners["recipientAccountId"]) == (other, "111122223333")
    assert owners["userIdentity"] == {
        "type": "AWSAccount",
        "principalId": other,
        "accountId": other,
    }
    assert callers["userIdentity"]["type"] == "Root"
    assert callers["sharedEventID"] == owners["sharedEventID"]
    assert callers["eventID"] != owners["eventID"]
    assert callers["requestID"] == owners["requestID"]


def test_a_denial_is_recorded_in_the_callers_account_alone() -> None:
    world = Kms.fresh(seed=1)
    key = world.client().create_key()["KeyMetadata"]["Arn"]
    with pytest.raises(ClientError):
        world.client(who=world.root("444455556666")).encrypt(KeyId=key, Plaintext=b"x")
    denied = world.trail.events(name="Encrypt")
    assert [event["recipientAccountId"] for event in denied] == ["444455556666"]
    assert "sharedEventID" not in denied[0]


def test_a_call_through_a_vpc_endpoint_names_it() -> None:
    world = Kms.fresh(seed=1)
    endpoint = world.vpc_endpoint()
    world.client(through=endpoint).list_keys()
    assert world.trail.last["vpcEndpointId"] == endpoint
    assert world.trail.last["vpcEndpointAccountId"] == "111122223333"


def test_a_service_between_is_named_three_times_and_tells_nothing_of_its_connection() -> None:
    world = Kms.fresh(seed=1)
    world.client(via="s3").list_keys()
    event = world.trail.last
    named = (event["userIdentity"]["invokedBy"], event["sourceIPAddress"], event["userAgent"])
    assert named == ("s3.amazonaws.com",) * 3
    assert "tlsDetails" not in event
