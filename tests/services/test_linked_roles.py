"""Service-linked roles: whose they are, and that nobody else has one.

IAM User Guide, "Create a service-linked role", "Update a service-linked role"; IAM API Reference,
CreateServiceLinkedRole and the errors of each action.
"""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab import Kms

SERVICE = "autoscaling.amazonaws.com"
ROOT = "arn:aws:iam::111122223333:root"


@pytest.fixture(scope="module")
def world() -> Kms:
    return Kms.fresh(seed=1)


@pytest.fixture(scope="module")
def role(world: Kms) -> Any:
    return world.client("iam").create_service_linked_role(AWSServiceName=SERVICE)["Role"]


def document(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def code(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return str(caught.value.response["Error"]["Code"])


def test_its_service_assumes_it_and_nobody_else(world: Kms, role: Any) -> None:
    assert role["Arn"].startswith(f"arn:aws:iam::111122223333:role/aws-service-role/{SERVICE}/")
    given = {"RoleArn": role["Arn"], "RoleSessionName": "one"}
    for who in (None, world.root(), world.service("ec2.amazonaws.com")):
        assert code(world.client("sts", who=who).assume_role, **given) == "AccessDenied"
    session = world.client("sts", who=world.service(SERVICE)).assume_role(**given)
    assert session["AssumedRoleUser"]["Arn"] == (
        f"arn:aws:sts::111122223333:assumed-role/{role['RoleName']}/one"
    )


def test_it_uses_a_key_whose_policy_names_it(world: Kms, role: Any) -> None:
    """Amazon EC2 Auto Scaling User Guide, "Required AWS KMS key policy for use with encrypted volumes"."""
    sts = world.client("sts", who=world.service(SERVICE))
    session = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="AutoScaling")
    kms = world.client(who=session)
    admin = world.client()
    key = admin.create_key()["KeyMetadata"]["KeyId"]
    assert code(kms.encrypt, KeyId=key, Plaintext=b"x") == "AccessDeniedException"
    named = document(Principal={"AWS": [ROOT, role["Arn"]]}, Action=["kms:*"], Resource="*")
    admin.put_key_policy(KeyId=key, Policy=named)
    assert kms.encrypt(KeyId=key, Plaintext=b"x")["KeyId"].endswith(key)
    identity = world.trail.last["userIdentity"]
    assert (identity["type"], identity["sessionContext"]["sessionIssuer"]["arn"]) == (
        "AssumedRole",
        role["Arn"],
    )


def test_only_its_service_changes_it(world: Kms, role: Any) -> None:
    iam, name = world.client("iam"), {"RoleName": role["RoleName"]}
    policy = document(Action="kms:*", Resource="*")
    trust = document(Action="sts:AssumeRole", Principal={"AWS": ROOT})
    arn = "arn:aws:iam::aws:policy/AWSKeyManagementServicePowerUser"
    for refused in (
        lambda: iam.delete_role(**name),
        lambda: iam.put_role_policy(**name, PolicyName="p", PolicyDocument=policy),
        lambda: iam.attach_role_policy(**name, PolicyArn=arn),
        lambda: iam.put_role_permissions_boundary(**name, PermissionsBoundary=arn),
        lambda: iam.update_assume_role_policy(**name, PolicyDocument=trust),
    ):
        assert code(refused) == "UnmodifiableEntity"
    iam.update_role_description(**name, Description="a word of ours")
    assert iam.get_role(**name)["Role"]["Description"] == "a word of ours"


def test_nobody_makes_a_role_that_looks_like_one(world: Kms) -> None:
    """Service control policies do not bind service-linked roles; with such a path anybody could escape them."""
    trust = document(Action="sts:AssumeRole", Principal={"AWS": ROOT})
    iam = world.client("iam")
    for path in ("/aws-service-role/", "/aws-service-role/x.amazonaws.com/"):
        made = {"RoleName": "mine", "Path": path, "AssumeRolePolicyDocument": trust}
        assert code(iam.create_role, **made) == "InvalidInput"
    iam.create_role(RoleName="mine", AssumeRolePolicyDocument=trust)
    iam.delete_role(RoleName="mine")


@pytest.mark.parametrize("name", ["autoscaling", "amazonaws.com", "autoscaling.example.com"])
def test_what_is_no_service_gets_no_role(world: Kms, name: str) -> None:
    """IAM API Reference, CreateServiceLinkedRole: a name like ``elasticbeanstalk.amazonaws.com``."""
    make = world.client("iam").create_service_linked_role
    assert code(make, AWSServiceName=name) == "InvalidInput"


def test_it_goes_by_its_own_action(world: Kms) -> None:
    iam = world.client("iam")
    made = iam.create_service_linked_role(AWSServiceName="lex.amazonaws.com")["Role"]
    iam.delete_service_linked_role(RoleName=made["RoleName"])
    assert code(iam.get_role, RoleName=made["RoleName"]) == "NoSuchEntity"
