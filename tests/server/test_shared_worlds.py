"""Several processes in one world: here as several endpoints, each with a store of its own."""

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab.ambient.clock import VirtualClock
from kmslab.custody import root_key
from kmslab.kms import Kms
from kmslab.model import bootstrap
from kmslab.quota.granted import Increases
from kmslab.server.build import build_endpoint
from kmslab.server.stores import open_store

ADMIN = f"arn:aws:iam::{bootstrap.ACCOUNT}:user/{bootstrap.USER}"
ROOT = f"arn:aws:iam::{bootstrap.ACCOUNT}:root"

Join = Callable[[], Kms]


@pytest.fixture(params=["sqlite", "postgres"])
def joining(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Join]:
    """Let one more process join the world; all share a clock."""
    made: list[Kms] = []
    clock = VirtualClock()
    name = f"sqlite:{tmp_path / 'world.db'}"
    if request.param == "postgres":
        monkeypatch.setenv(root_key.KEY, "5e" * 32)
        name = request.getfixturevalue("postgresql").new_database()

    def join() -> Kms:
        opened = open_store(name, shared=True)
        endpoint = build_endpoint(quotas="off", store=opened, clock=clock)
        made.append(Kms(endpoint, account=bootstrap.ACCOUNT, region=bootstrap.REGION, clock=clock))
        return made[-1]

    yield join
    for each in made:
        each.close()


def policy(effect: str) -> str:
    statements = [
        {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"},
        {"Effect": effect, "Principal": {"AWS": ADMIN}, "Action": "kms:Encrypt", "Resource": "*"},
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def endpoint_policy(action: str) -> str:
    statement = {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def refusal(act: Callable[[], Any]) -> str:
    with pytest.raises(ClientError) as refused:
        act()
    return str(refused.value.response["Error"]["Code"])


def test_no_answer_is_older_than_a_policy(joining: Join) -> None:
    one, other = joining().client(), joining().client()
    key = one.create_key()["KeyMetadata"]["KeyId"]
    for _ in range(20):
        one.put_key_policy(KeyId=key, Policy=policy("Deny"))
        assert refusal(lambda: other.encrypt(KeyId=key, Plaintext=b"x")) == "AccessDeniedException"
        one.put_key_policy(KeyId=key, Policy=policy("Allow"))
        blob = other.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
        assert one.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_a_name_is_given_once(joining: Join) -> None:
    one, other = joining().client(), joining().client()
    key = one.create_key()["KeyMetadata"]["KeyId"]
    one.create_alias(AliasName="alias/a", TargetKeyId=key)
    again = refusal(lambda: other.create_alias(AliasName="alias/a", TargetKeyId=key))
    assert again == "AlreadyExistsException"


def test_users_made_beside_are_authenticated_and_listed(joining: Join) -> None:
    one, other = joining(), joining()
    assert [user["UserName"] for user in other.client("iam").list_users()["Users"]] == [
        bootstrap.USER
    ]
    one.client("iam").create_user(UserName="ann")
    keys = one.client("iam").create_access_key(UserName="ann")
    assert other.client("sts", keys).get_caller_identity()["Arn"].endswith("user/ann")
    other.client("iam").create_user(UserName="bob")
    other.client("iam").update_access_key(
        UserName="ann", AccessKeyId=keys["AccessKey"]["AccessKeyId"], Status="Inactive"
    )
    code = refusal(one.client("sts", keys).get_caller_identity)
    assert code == "InvalidClientTokenId"
    listed = [each.client("iam").list_users()["Users"] for each in (one, other, joining())]
    assert {user["UserName"] for user in listed[0]} == {"ann", "bob", bootstrap.USER}
    assert listed[0] == listed[1] == listed[2]


def test_sessions_are_known_beside(joining: Join) -> None:
    session = joining().client("sts").get_session_token()["Credentials"]
    assert joining().client(who={"Credentials": session}).list_keys()["Keys"] == []


def test_the_trail_has_the_events_of_all(joining: Join) -> None:
    one, other = joining(), joining()
    one.client().create_key()
    other.client().list_keys()
    other.client().create_key()
    one.client().list_aliases()
    other.endpoint.engine.trail.flush()
    one.endpoint.engine.trail.flush()
    names = ["CreateKey", "ListKeys", "CreateKey", "ListAliases"]
    assert [event["eventName"] for event in one.trail] == names
    assert list(other.trail) == list(one.trail)


def test_a_vpc_endpoint_and_its_policy_are_known_beside_and_later(joining: Join) -> None:
    one, other = joining(), joining()
    key = one.client().create_key()["KeyMetadata"]["KeyId"]
    endpoint = one.vpc_endpoint(endpoint_policy("kms:DescribeKey"), vpc="vpc-12345678")
    for world in (other, joining()):
        through = world.client(through=endpoint)
        assert refusal(lambda kms=through: kms.encrypt(KeyId=key, Plaintext=b"x")) == "AccessDeniedException"  # fmt: skip
        assert through.describe_key(KeyId=key)["KeyMetadata"]["KeyId"] == key
    other.vpc_endpoint(endpoint_policy("kms:*"), endpoint_id=endpoint)
    for world in (one, other, joining()):
        assert world.client(through=endpoint).encrypt(KeyId=key, Plaintext=b"x")["KeyId"]


def test_of_two_that_ask_for_the_same_increase_one_has_it(
    joining: Join, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = joining().client("service-quotas"), joining().client("service-quotas")
    wanted = {"ServiceCode": "kms", "QuotaCode": "L-32B67F4A", "DesiredValue": 50.0}
    refused: list[str] = []

    def ask(quotas: Any) -> None:
        try:
            quotas.request_service_quota_increase(**wanted)
        except ClientError as error:
            refused.append(error.response["Error"]["Code"])

    beside = threading.Thread(target=ask, args=(other,))
    look = Increases.value

    def look_long(increases: Increases, *quota: str) -> float | None:
        """Let the other ask while the first has looked and not yet written."""
        monkeypatch.setattr(Increases, "value", look)
        found = look(increases, *quota)
        beside.start()
        beside.join(0.5)
        return found

    monkeypatch.setattr(Increases, "value", look_long)
    ask(one)
    beside.join()
    assert refused == ["IllegalArgumentException"]
    made = one.list_requested_service_quota_change_history(ServiceCode="kms")
    assert len(made["RequestedQuotas"]) == 1


def test_what_is_due_happens_once(joining: Join) -> None:
    one, other = joining(), joining()
    key = one.client().create_key()["KeyMetadata"]["KeyId"]
    one.client().enable_key_rotation(KeyId=key, RotationPeriodInDays=90)
    one.clock.advance(days=91)
    for each in (other, one, other):
        rotations = each.client().list_key_rotations(KeyId=key)["Rotations"]
        assert len(rotations) == 1
    assert len([event for event in one.trail if event["eventName"] == "RotateKey"]) == 1


def test_an_aws_managed_key_comes_once(joining: Join, monkeypatch: pytest.MonkeyPatch) -> None:
    one, late = joining(), joining()
    monkeypatch.setattr(late.endpoint.engine, "refresh", lambda: None)  # it looks in vain
    first = one.client(via="s3").encrypt(KeyId="alias/aws/s3", Plaintext=b"x")
    late.client(via="s3").encrypt(KeyId="alias/aws/s3", Plaintext=b"y")
    for each in (one, late):
        opened = each.client(via="s3").decrypt(CiphertextBlob=first["CiphertextBlob"])
        assert opened["Plaintext"] == b"x"
        assert len(each.client().list_keys()["Keys"]) == 1


def test_the_last_use_of_a_key_is_the_latest_of_all(joining: Join) -> None:
    one, other = joining(), joining()
    key = one.client().create_key()["KeyMetadata"]["KeyId"]
    blob = one.client().encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    other.client().decrypt(CiphertextBlob=blob)
    for each in (other, one):  # the earlier use is written later
        each.endpoint.engine._uses.write(each.clock.now())
    for each in (one, other):
        each.endpoint.engine.refresh()
        record = each.client().get_key_last_usage(KeyId=key)
        assert record["KeyLastUsage"]["Operation"] == "Decrypt"
