"""What Terraform asks for, in its order: applied, read back, planned again without a difference.

Orders: terraform-provider-aws, internal/service/kms (key.go, alias.go, key_policy.go, grant.go,
replica_key.go, external_key.go). CloudFormation's are in test_cloudformation.py.
"""

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab import Kms
from tests.operations.importing import bring

ROOT = "arn:aws:iam::111122223333:root"
# Developer Guide, "Default key policy", as the CLI shows it
DEFAULT = {
    "Version": "2012-10-17",
    "Id": "key-default-1",
    "Statement": [
        {
            "Sid": "Enable IAM User Permissions",
            "Effect": "Allow",
            "Principal": {"AWS": ROOT},
            "Action": "kms:*",
            "Resource": "*",
        }
    ],
}
WRITTEN = '{"Statement":[{"Action":"kms:*","Effect":"Allow","Principal":{"AWS":"%s"},"Resource":"*","Sid":"all"}],"Version":"2012-10-17"}'
POLICY = WRITTEN % ROOT  # members in order, no blanks: as the tool normalises it
TAGS = {"env": "test", "team": "blue"}


@pytest.fixture
def world() -> Kms:
    return Kms.fresh(quotas="off")


@pytest.fixture
def kms(world: Kms) -> Any:
    return world.client()


def created(kms: Any, **asked: Any) -> str:
    tags = [{"TagKey": name, "TagValue": value} for name, value in TAGS.items()]
    made = kms.create_key(BypassPolicyLockoutSafetyCheck=False, Tags=tags, **asked)
    return str(made["KeyMetadata"]["KeyId"])


def read(kms: Any, key: str) -> dict[str, Any]:
    """Read a key as the provider does: metadata, policy, rotation, tags."""
    told = kms.describe_key(KeyId=key)["KeyMetadata"]
    policy = kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]
    found = {name: told[name] for name in ("Description", "Enabled", "KeyUsage", "KeySpec")}
    if told["Origin"] == "AWS_KMS":
        rotation = kms.get_key_rotation_status(KeyId=key)
        found["Rotation"] = rotation["KeyRotationEnabled"]
        found["Period"] = rotation.get("RotationPeriodInDays")
    tags = kms.list_resource_tags(KeyId=key)["Tags"]
    return {**found, "Policy": policy, "Tags": {tag["TagKey"]: tag["TagValue"] for tag in tags}}


def pages(list_page: Callable[..., Any], member: str, **asked: Any) -> list[Any]:
    found = list_page(Limit=1, **asked)
    entries = list(found[member])
    while found["Truncated"]:
        found = list_page(Limit=1, Marker=found["NextMarker"], **asked)
        entries += found[member]
    return entries


def test_a_key_is_what_was_asked_for(kms: Any) -> None:
    spec = {"KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT"}
    key = created(kms, Description="by a tool", Policy=POLICY, **spec)
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=180)
    kms.disable_key(KeyId=key)
    wanted = {
        "Description": "by a tool",
        "Enabled": False,
        **spec,
        "Rotation": True,
        "Period": 180,
        "Policy": POLICY,
        "Tags": TAGS,
    }
    assert read(kms, key) == wanted
    assert read(kms, key) == wanted  # planned again


def test_an_update_enables_first_and_leaves_no_difference(kms: Any) -> None:
    key = created(kms, Policy=POLICY)
    kms.disable_key(KeyId=key)
    kms.enable_key(KeyId=key)
    kms.enable_key_rotation(KeyId=key)
    kms.update_key_description(KeyId=key, Description="another")
    other = POLICY.replace('"all"', '"another"')
    kms.put_key_policy(
        KeyId=key, Policy=other, PolicyName="default", BypassPolicyLockoutSafetyCheck=False
    )
    kms.untag_resource(KeyId=key, TagKeys=["team"])
    kms.tag_resource(KeyId=key, Tags=[{"TagKey": "env", "TagValue": "live"}])
    found = read(kms, key)
    assert (found["Description"], found["Policy"]) == ("another", other)
    assert (found["Rotation"], found["Period"]) == (True, 365)
    assert found["Tags"] == {"env": "live"}
    kms.disable_key_rotation(KeyId=key)
    assert read(kms, key)["Rotation"] is False


def test_destroying_twice_says_what_the_provider_looks_for(kms: Any) -> None:
    key = created(kms)
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    with pytest.raises(ClientError, match="is pending deletion") as refused:
        kms.schedule_key_deletion(KeyId=key)
    assert refused.value.response["Error"]["Code"] == "KMSInvalidStateException"


def test_a_policy_of_its_own_is_put_and_gives_way_to_the_default(kms: Any) -> None:
    key = created(kms)
    assert json.loads(read(kms, key)["Policy"]) == DEFAULT
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=POLICY)
    assert read(kms, key)["Policy"] == POLICY
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(DEFAULT))
    assert json.loads(read(kms, key)["Policy"]) == DEFAULT


def test_an_alias_is_found_by_paging_and_moves(kms: Any) -> None:
    one, other = created(kms), created(kms)
    kms.create_alias(AliasName="alias/a", TargetKeyId=other)
    kms.create_alias(AliasName="alias/b", TargetKeyId=one)

    def target() -> list[str]:
        found = pages(kms.list_aliases, "Aliases")
        return [each["TargetKeyId"] for each in found if each["AliasName"] == "alias/b"]

    assert target() == [one]
    kms.update_alias(AliasName="alias/b", TargetKeyId=other)
    assert target() == [other]
    kms.delete_alias(AliasName="alias/b")
    assert target() == []


def test_a_grant_is_found_by_its_id_until_it_is_revoked(world: Kms, kms: Any) -> None:
    iam: Any = world.client("iam")
    arn = iam.create_user(UserName="ann")["User"]["Arn"]
    key, constraints = created(kms), {"EncryptionContextSubset": {"a": "b"}}
    asked = {"GranteePrincipal": arn, "Operations": ["Decrypt", "Encrypt"], "Name": "tool"}
    kms.create_grant(KeyId=key, GranteePrincipal=arn, Operations=["Decrypt"])
    grant = kms.create_grant(KeyId=key, Constraints=constraints, **asked)["GrantId"]

    def found() -> list[Any]:
        return [e for e in pages(kms.list_grants, "Grants", KeyId=key) if e["GrantId"] == grant]

    (told,) = found()
    assert {name: told[name] for name in (*asked, "Constraints")} == {
        **asked,
        "Constraints": constraints,
    }
    kms.revoke_grant(KeyId=key, GrantId=grant)
    assert found() == []


def test_a_replica_is_read_in_its_own_region(world: Kms, kms: Any) -> None:
    key = created(kms, MultiRegion=True, Policy=POLICY)
    away: Any = world.client(region="eu-west-1")
    kms.replicate_key(
        KeyId=key, ReplicaRegion="eu-west-1", Description="copy", Policy=POLICY,
        Tags=[{"TagKey": "env", "TagValue": "away"}],
    )  # fmt: skip
    world.clock.advance(minutes=2)  # the tool waits until it is Enabled
    found = read(away, key)
    assert (found["Enabled"], found["Description"]) == (True, "copy")
    assert (found["Policy"], found["Tags"]) == (POLICY, {"env": "away"})


def test_an_external_key_takes_its_material(kms: Any) -> None:
    key = created(kms, Origin="EXTERNAL", KeyUsage="ENCRYPT_DECRYPT")
    bring(kms, key, sha256(b"material").digest())
    told = kms.describe_key(KeyId=key)["KeyMetadata"]
    assert (told["KeyState"], told["ExpirationModel"]) == (
        "Enabled",
        "KEY_MATERIAL_DOES_NOT_EXPIRE",
    )
    assert read(kms, key)["Tags"] == TAGS
