"""How many there may be: KMS Developer Guide, "Resource quotas", in a world where it is two."""

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab import Kms

NAMES = ("keys", "aliases_per_key", "grants_per_key", "on_demand_rotations_per_key")
BOB = "arn:aws:iam::111122223333:root"


@pytest.fixture
def small(tmp_path: Path) -> Kms:
    path = tmp_path / "small.toml"
    path.write_text("[resources]\n" + "".join(f"{name} = {{limit = 2}}\n" for name in NAMES))
    return Kms.fresh(seed=1, quotas=str(path))


def refused(call: Any, **given: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**given)
    return str(caught.value.response["Error"]["Code"])


def test_keys_of_every_state_count_in_their_region(small: Kms) -> None:
    kms = small.client()
    first, _ = (kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"] for _ in range(2))
    kms.schedule_key_deletion(KeyId=first, PendingWindowInDays=7)
    assert refused(kms.create_key) == "LimitExceededException"
    assert small.client(region="eu-west-1").create_key()["KeyMetadata"]["Enabled"]
    small.clock.advance(days=8)
    assert kms.create_key()["KeyMetadata"]["Enabled"]


def test_a_replica_counts_where_it_is(small: Kms) -> None:
    kms, there = small.client(), small.client(region="eu-west-1")
    key = kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    for _ in range(2):
        there.create_key()
    wanted = {"KeyId": key, "ReplicaRegion": "eu-west-1"}
    assert refused(kms.replicate_key, **wanted) == "LimitExceededException"


def test_aliases_grants_and_rotations_count_for_their_key(small: Kms) -> None:
    kms = small.client()
    key, other = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
    grant = {"GranteePrincipal": BOB, "Operations": ["Decrypt"]}
    for name in ("alias/a", "alias/b"):
        kms.create_alias(AliasName=name, TargetKeyId=key)
        kms.create_grant(KeyId=key, **grant)
        kms.rotate_key_on_demand(KeyId=key)
    third = {"AliasName": "alias/c", "TargetKeyId": key}
    assert refused(kms.create_alias, **third) == "LimitExceededException"
    assert refused(kms.create_grant, KeyId=key, **grant) == "LimitExceededException"
    assert refused(kms.rotate_key_on_demand, KeyId=key) == "LimitExceededException"
    kms.create_alias(AliasName="alias/c", TargetKeyId=other)
    kms.create_grant(KeyId=other, **grant)
    kms.rotate_key_on_demand(KeyId=other)


def test_an_increase_makes_room(small: Kms) -> None:
    kms, quotas = small.client(), small.client("service-quotas")
    for _ in range(2):
        kms.create_key()
    assert refused(kms.create_key) == "LimitExceededException"
    wanted = {"ServiceCode": "kms", "QuotaCode": "L-C2F1777E", "DesiredValue": 3}
    quotas.request_service_quota_increase(**wanted)
    assert kms.create_key()["KeyMetadata"]["Enabled"]
    assert refused(kms.create_key) == "LimitExceededException"


def test_fifty_tags_and_no_more() -> None:
    kms = Kms.fresh(seed=1).client()
    tags = [{"TagKey": f"k{n}", "TagValue": ""} for n in range(51)]
    assert refused(kms.create_key, Tags=tags) == "TagException"
    key = kms.create_key(Tags=tags[:50])["KeyMetadata"]["KeyId"]
    assert refused(kms.tag_resource, KeyId=key, Tags=tags[50:]) == "TagException"
