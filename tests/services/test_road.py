"""Principals of IAM and STS on the whole road: signed by boto3, authenticated, decided by KMS."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab import Kms
from tests.services.worlds import ACCOUNT, allow

USE = allow("kms:*")
DECRYPT = allow("kms:Decrypt")
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"


class Road:
    """A key, some ciphertext, and a role that everybody in the account may assume."""

    def __init__(self) -> None:
        self.kms = Kms.fresh(seed=5)
        self.iam = self.kms.client("iam")
        self.sts = self.kms.client("sts")
        self.key = self.kms.client().create_key()["KeyMetadata"]["KeyId"]
        self.blob = self.kms.client().encrypt(KeyId=self.key, Plaintext=b"x")["CiphertextBlob"]
        trust = allow("sts:*", Principal={"AWS": ACCOUNT}, resource=None)
        self.iam.create_role(RoleName="app", AssumeRolePolicyDocument=trust)
        self.iam.put_role_policy(RoleName="app", PolicyName="p", PolicyDocument=USE)

    def session(self, **more: Any) -> Any:
        answer = self.sts.assume_role(RoleArn=ROLE, RoleSessionName="one", **more)
        return self.kms.client(who=answer)

    def may(self, client: Any, action: str) -> bool:
        calls = {
            "decrypt": lambda: client.decrypt(CiphertextBlob=self.blob),
            "encrypt": lambda: client.encrypt(KeyId=self.key, Plaintext=b"x"),
        }
        try:
            calls[action]()
        except client.exceptions.ClientError as error:
            if error.response["Error"]["Code"] != "AccessDeniedException":
                raise
            return False
        return True


@pytest.fixture
def road() -> Road:
    return Road()


def test_a_policy_counts_from_the_next_request_on(road: Road) -> None:
    road.iam.create_user(UserName="ann")
    ann = road.kms.client(who=road.iam.create_access_key(UserName="ann"))
    assert not road.may(ann, "decrypt")
    road.iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=DECRYPT)
    assert road.may(ann, "decrypt")
    road.iam.delete_user_policy(UserName="ann", PolicyName="p")
    assert not road.may(ann, "decrypt")


def test_an_inactive_access_key_is_not_recognised(road: Road) -> None:
    road.iam.create_user(UserName="ann")
    key = road.iam.create_access_key(UserName="ann")
    named = {"UserName": "ann", "AccessKeyId": key["AccessKey"]["AccessKeyId"]}
    road.iam.update_access_key(**named, Status="Inactive")
    with pytest.raises(ClientError, match="UnrecognizedClientException"):
        road.kms.client(who=key).list_keys()
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        road.kms.client("sts", who=key).get_caller_identity()


def test_sessions_of_one_name_are_decided_apart(road: Road) -> None:
    wide, narrow = road.session(), road.session(Policy=DECRYPT)
    assert [road.may(wide, action) for action in ("decrypt", "encrypt")] == [True, True]
    assert [road.may(narrow, action) for action in ("decrypt", "encrypt")] == [True, False]
    assert road.may(wide, "encrypt")


def test_session_tags_are_decided_apart(road: Road) -> None:
    condition = {"StringEquals": {"aws:PrincipalTag/team": "blue"}}
    text = allow("kms:Decrypt", Condition=condition)
    road.iam.put_role_policy(RoleName="app", PolicyName="p", PolicyDocument=text)
    blue = road.session(Tags=[{"Key": "team", "Value": "blue"}])
    red = road.session(Tags=[{"Key": "team", "Value": "red"}])
    assert [road.may(each, "decrypt") for each in (blue, red, blue, red)] == [True, False] * 2


def test_a_session_ends_in_the_time_of_its_world(road: Road) -> None:
    session = road.session(DurationSeconds=900)
    road.kms.clock.advance(seconds=800)
    assert road.may(session, "decrypt")
    road.kms.clock.advance(seconds=100)
    with pytest.raises(ClientError, match="ExpiredTokenException"):
        session.decrypt(CiphertextBlob=road.blob)


def test_a_federated_user_may_what_user_and_policy_share(road: Road) -> None:
    answer = road.sts.get_federation_token(Name="guest", Policy=DECRYPT)
    guest = road.kms.client(who=answer)
    assert [road.may(guest, action) for action in ("decrypt", "encrypt")] == [True, False]
    nothing = road.kms.client(who=road.sts.get_federation_token(Name="none"))
    assert not road.may(nothing, "decrypt")


def test_a_boundary_bounds(road: Road) -> None:
    arn = road.iam.create_policy(PolicyName="b", PolicyDocument=DECRYPT)["Policy"]["Arn"]
    road.iam.create_user(UserName="ann", PermissionsBoundary=arn)
    road.iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=USE)
    ann = road.kms.client(who=road.iam.create_access_key(UserName="ann"))
    assert [road.may(ann, action) for action in ("decrypt", "encrypt")] == [True, False]
