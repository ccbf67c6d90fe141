"""Where a call comes from: through a VPC endpoint, by a service for somebody, by a service, by root.

KMS Developer Guide, "Controlling access to your VPC endpoint" and "kms:ViaService"; IAM User Guide, "AWS global
condition context keys".
"""

import json
from typing import Any

import pytest

from kmslab import Kms
from kmslab.authz.render import as_text
from kmslab.model.errors import MalformedPolicyDocumentException
from kmslab.wire.http import HttpRequest

OWN = "111122223333"
ADMIN = f"arn:aws:iam::{OWN}:user/kmslab-admin"


def policy(**statement: Any) -> str:
    whole = {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"} | statement
    return json.dumps({"Version": "2012-10-17", "Statement": [whole]})


@pytest.fixture
def world() -> Kms:
    return Kms.fresh(seed=2)


def key_for(world: Kms, **statement: Any) -> str:
    """Make a key that its account administers, with one statement more."""
    own = {"Effect": "Allow", "Principal": {"AWS": ADMIN}, "Action": ["kms:Put*"], "Resource": "*"}
    more = {"Effect": "Allow", "Action": "kms:Encrypt", "Resource": "*"} | statement
    text = json.dumps({"Version": "2012-10-17", "Statement": [own, more]})
    return str(world.client().create_key(Policy=text)["KeyMetadata"]["Arn"])


def encrypts(client: Any, key: str) -> str:
    try:
        client.encrypt(KeyId=key, Plaintext=b"x")
    except client.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "AccessDeniedException":
            raise
        return str(error.response["Error"]["Message"])
    return "yes"


def test_an_endpoint_policy_must_allow_what_comes_through_it(world: Kms) -> None:
    key = world.client().create_key()["KeyMetadata"]["Arn"]
    endpoint = world.vpc_endpoint(policy(Action="kms:Describe*"))
    through = world.client(through=endpoint)
    assert encrypts(through, key).endswith(
        "because no VPC endpoint policy allows the kms:Encrypt action"
    )
    told = as_text(world.explain(world.trail.last["eventID"]).tree())
    assert "VPC endpoint policy: no allow" in told
    assert through.describe_key(KeyId=key)["KeyMetadata"]["Arn"] == key
    assert encrypts(world.client(), key) == "yes"
    assert world.vpc_endpoint(policy(Effect="Deny"), endpoint_id=endpoint) == endpoint
    assert encrypts(through, key).endswith("with an explicit deny in a VPC endpoint policy")
    told = as_text(world.explain(world.trail.last["eventID"]).tree())
    assert "nothing of this has changed" in told


def test_the_default_policy_of_an_endpoint_allows_everything(world: Kms) -> None:
    key = world.client().create_key()["KeyMetadata"]["Arn"]
    assert encrypts(world.client(through=world.vpc_endpoint()), key) == "yes"
    with pytest.raises(MalformedPolicyDocumentException):
        world.vpc_endpoint("{")


def test_a_key_policy_sees_the_endpoint_and_no_public_address(world: Kms) -> None:
    endpoint = world.vpc_endpoint(vpc="vpc-12345678")
    other = world.vpc_endpoint()
    conditions: dict[str, dict[str, Any]] = {
        "StringEquals": {"aws:SourceVpce": endpoint, "aws:SourceVpc": "vpc-12345678"},
        "IpAddress": {"aws:VpcSourceIp": "127.0.0.1"},
        "Null": {"aws:SourceIp": "true"},
    }
    key = key_for(world, Principal={"AWS": ADMIN}, Condition=conditions)
    assert encrypts(world.client(through=endpoint), key) == "yes"
    assert encrypts(world.client(through=other), key) != "yes"
    assert encrypts(world.client(), key) != "yes"


def test_an_endpoint_that_is_gone_lets_nothing_through(world: Kms) -> None:
    key = world.client().create_key()["KeyMetadata"]["Arn"]
    assert "VPC endpoint policy" in encrypts(world.client(through="vpce-0123456789abcdef0"), key)


def test_a_service_may_use_a_key_for_somebody_who_may_not_directly(world: Kms) -> None:
    condition = {
        "StringEquals": {
            "kms:ViaService": "s3.us-east-1.amazonaws.com",
            "kms:CallerAccount": OWN,
            "aws:CalledViaLast": "s3.amazonaws.com",
        },
        "Bool": {"aws:ViaAWSService": "true"},
        "ForAnyValue:StringEquals": {"aws:CalledVia": "s3.amazonaws.com"},
    }
    key = key_for(world, Principal={"AWS": "*"}, Condition=condition)
    assert encrypts(world.client(via="s3"), key) == "yes"
    last = world.trail.last
    assert last["userIdentity"]["invokedBy"] == last["sourceIPAddress"] == "s3.amazonaws.com"
    assert last["userIdentity"]["arn"] == ADMIN
    assert encrypts(world.client(), key) != "yes"
    assert encrypts(world.client(via="ec2"), key) != "yes"
    assert encrypts(world.client(via="s3"), key) == "yes"


def test_a_service_calls_as_itself_and_says_for_which_resource(world: Kms) -> None:
    trail = f"arn:aws:cloudtrail:us-east-1:{OWN}:trail/main"
    key = key_for(
        world,
        Principal={"Service": "cloudtrail.amazonaws.com"},
        Condition={"ArnEquals": {"aws:SourceArn": trail}},
    )
    who = world.service("cloudtrail.amazonaws.com")
    assert who == world.service("cloudtrail.amazonaws.com")
    assert encrypts(world.client(who=who, told={"aws:SourceArn": trail}), key) == "yes"
    last = world.trail.last
    assert last["userIdentity"] == {"type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com"}
    assert last["recipientAccountId"] == OWN
    assert encrypts(world.client(who=who), key) != "yes"
    others = world.client(who=world.service("s3.amazonaws.com"), told={"aws:SourceArn": trail})
    assert encrypts(others, key) != "yes"


def test_the_root_user_needs_no_policy_and_opens_another_account(world: Kms) -> None:
    key = world.client().create_key()["KeyMetadata"]["Arn"]
    assert encrypts(world.client(who=world.root()), key) == "yes"
    assert world.trail.last["userIdentity"]["type"] == "Root"
    other = world.root("444455556666")
    assert encrypts(world.client(who=other), key) != "yes"
    world.client("iam", who=other).create_user(UserName="eve")
    who = world.client("iam", who=other).create_access_key(UserName="eve")
    assert world.client("sts", who=who).get_caller_identity()["Account"] == "444455556666"


def test_the_network_vouches_for_nothing() -> None:
    assert HttpRequest("POST", "/", {"told": "x"}, b"").told is None
