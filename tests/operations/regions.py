"""Multi-Region keys for tests: a primary key, clients of three Regions, and a virtual clock."""

import json
from functools import cached_property
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab import Kms

HOME, AWAY, THIRD = "us-east-1", "eu-west-1", "ap-south-1"
TAGS = [{"TagKey": "team", "TagValue": "blue"}]


class World:
    """A primary key in one Region, and clients of three."""

    def __init__(self, **key: Any) -> None:
        self.kms = Kms.fresh(seed=8)
        self.clock = self.kms.clock
        self.id = self.home.create_key(MultiRegion=True, **key)["KeyMetadata"]["KeyId"]

    @cached_property
    def home(self) -> Any:
        """A client of the Region where the primary key is made."""
        return self.client(HOME)

    @cached_property
    def away(self) -> Any:
        """A client of the Region of its first replica."""
        return self.client(AWAY)

    @cached_property
    def third(self) -> Any:
        """A client of one more Region."""
        return self.client(THIRD)

    def client(self, region: str, who: Any = None) -> Any:
        return self.kms.client(region=region, who=who)

    def replicate(self, region: str = AWAY, **more: Any) -> Any:
        made = self.home.replicate_key(KeyId=self.id, ReplicaRegion=region, **more)
        self.clock.advance(seconds=5)
        return made["ReplicaKeyMetadata"]

    def arn(self, region: str) -> str:
        return f"arn:aws:kms:{region}:{self.kms.account}:key/{self.id}"

    def described(self, client: Any) -> Any:
        return client.describe_key(KeyId=self.id)["KeyMetadata"]

    def state(self, client: Any) -> str:
        return str(self.described(client)["KeyState"])

    def user(self, *statements: dict[str, Any]) -> Any:
        """Make a user with these statements, and return its access key."""
        iam: Any = self.kms.client("iam")
        iam.create_user(UserName="ann")
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=document)
        return iam.create_access_key(UserName="ann")


def refusal(call: Any, **arguments: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    error = refused.value.response["Error"]
    return str(error["Code"]), str(error.get("Message", ""))


def code(call: Any, **arguments: Any) -> str:
    return refusal(call, **arguments)[0]


def allow(*actions: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*", **more}
