"""AWS managed keys: they come with the first use of a service, and are changed by nobody."""

import json
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from kmslab import Kms
from kmslab.authz.render import as_text
from kmslab.lab import portraits
from kmslab.model.managed_keys import MANAGED_KEYS

VECTORS = Path(__file__).parents[1] / "vectors" / "managed_keys"
OTHER = "444455556666"


def vectors(name: str) -> list[dict[str, Any]]:
    return list(json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8")))


def refused(call: Any, **given: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**given)
    return str(caught.value.response["Error"]["Code"])


@pytest.fixture
def world() -> Kms:
    return Kms.fresh(seed=5)


# ------------------------------------------------------------------------------------- how they come


def test_it_comes_when_its_service_first_encrypts_for_somebody(world: Kms) -> None:
    kms, s3 = world.client(), world.client(via="s3")
    assert kms.list_keys()["Keys"] == []
    made = s3.generate_data_key(KeyId="alias/aws/s3", KeySpec="AES_256")
    told = kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]
    assert (told["Arn"], told["KeyManager"], told["KeyState"]) == (made["KeyId"], "AWS", "Enabled")
    assert (told["KeySpec"], told["Origin"], told["MultiRegion"]) == (
        "SYMMETRIC_DEFAULT", "AWS_KMS", False,
    )  # fmt: skip
    assert [key["KeyArn"] for key in kms.list_keys()["Keys"]] == [made["KeyId"]]
    [alias] = kms.list_aliases()["Aliases"]
    assert (alias["AliasName"], alias["TargetKeyId"]) == ("alias/aws/s3", told["KeyId"])
    opened = s3.decrypt(CiphertextBlob=made["CiphertextBlob"])
    assert opened["Plaintext"] == made["Plaintext"]


def test_describe_key_gives_a_predefined_alias_its_key(world: Kms) -> None:
    kms = world.client()
    arn = f"arn:aws:kms:us-east-1:{world.account}:alias/aws/ebs"
    key = kms.describe_key(KeyId=arn)["KeyMetadata"]["KeyId"]
    assert kms.describe_key(KeyId="alias/aws/ebs")["KeyMetadata"]["KeyId"] == key
    assert len(kms.list_keys()["Keys"]) == 1
    assert refused(kms.describe_key, KeyId="alias/aws/tarot") == "NotFoundException"


def test_each_account_and_region_has_its_own(world: Kms) -> None:
    there = world.client(region="eu-west-1")
    theirs = world.client(who=world.root(OTHER))
    found = {
        client.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]["Arn"]
        for client in (world.client(), there, theirs)
    }
    assert len({arn.rpartition("/")[2] for arn in found}) == 3
    via = world.client(via="s3", region="eu-west-1")
    assert via.encrypt(KeyId="alias/aws/s3", Plaintext=b"x")["KeyId"] in found


def test_a_refused_first_use_leaves_nothing(world: Kms) -> None:
    kms = world.client()
    assert refused(kms.encrypt, KeyId="alias/aws/s3", Plaintext=b"x") == "AccessDeniedException"
    dry = world.client(via="s3")
    code = refused(dry.encrypt, KeyId="alias/aws/s3", Plaintext=b"x", DryRun=True)
    assert code == "DryRunOperationException"
    assert kms.list_keys()["Keys"] == []
    assert kms.list_aliases()["Aliases"] == []
    denied = world.trail.find(next(iter(world.trail))["eventID"])
    assert denied is not None
    made = kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]["Arn"]
    assert denied.resources[0][2] == made


def test_nobody_makes_one_in_another_account(world: Kms) -> None:
    world.root(OTHER)
    arn = f"arn:aws:kms:us-east-1:{OTHER}:alias/aws/s3"
    assert refused(world.client().describe_key, KeyId=arn) == "NotFoundException"


def test_policies_see_its_alias_already_at_the_first_use(world: Kms) -> None:
    iam = world.client("iam")
    iam.create_user(UserName="ann")
    allow = {
        "Effect": "Allow", "Action": "kms:DescribeKey", "Resource": "*",
        "Condition": {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/aws/s3"}},
    }  # fmt: skip
    text = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=text)
    ann = world.client(who=iam.create_access_key(UserName="ann"))
    assert refused(ann.describe_key, KeyId="alias/aws/sns") == "AccessDeniedException"
    assert ann.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]["KeyManager"] == "AWS"


# ------------------------------------------------------------------------------------ what may be done


@pytest.mark.parametrize("case", vectors("calls"), ids=lambda case: case["name"])
def test_what_its_policy_lets_the_account_do(world: Kms, case: dict[str, Any]) -> None:
    key = world.client().describe_key(KeyId="alias/aws/ebs")["KeyMetadata"]["Arn"]
    before = world.client().describe_key(KeyId=key)["KeyMetadata"]
    client = world.client(via=case["via"])
    call = getattr(client, xform_name(case["operation"]))
    if case["expect"]:
        assert refused(call, KeyId=key, **case["with"]) == case["expect"]
        assert world.client().describe_key(KeyId=key)["KeyMetadata"] == before
    else:
        call(KeyId=key, **case["with"])


def test_a_denial_blames_the_key_policy_and_offers_no_change_of_it(world: Kms) -> None:
    kms = world.client()
    key = kms.describe_key(KeyId="alias/aws/ebs")["KeyMetadata"]["Arn"]
    with pytest.raises(ClientError) as caught:
        kms.disable_key(KeyId=key)
    text = caught.value.response["Error"]["Message"]
    assert text.endswith("because no resource-based policy allows the kms:DisableKey action")
    told = as_text(world.explain(world.trail.last["eventID"]).tree())
    assert "Key policy: no allow" in told
    assert "add to key_policy" not in told


def test_root_cannot_do_more(world: Kms) -> None:
    root = world.client(who=world.root())
    key = root.describe_key(KeyId="alias/aws/ebs")["KeyMetadata"]["Arn"]
    assert refused(root.schedule_key_deletion, KeyId=key) == "AccessDeniedException"


def test_aliases_keep_to_their_side(world: Kms) -> None:
    kms = world.client()
    theirs = kms.describe_key(KeyId="alias/aws/ebs")["KeyMetadata"]["KeyId"]
    own = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/mine", TargetKeyId=own)
    for call, given, code in (
        (kms.create_alias, {"AliasName": "alias/a", "TargetKeyId": theirs}, "AccessDeniedException"),
        (kms.update_alias, {"AliasName": "alias/mine", "TargetKeyId": theirs}, "AccessDeniedException"),
        (kms.update_alias, {"AliasName": "alias/aws/ebs", "TargetKeyId": own}, "AccessDeniedException"),
        (kms.delete_alias, {"AliasName": "alias/aws/ebs"}, "AccessDeniedException"),
        (kms.create_alias, {"AliasName": "alias/aws/s3", "TargetKeyId": own}, "InvalidAliasNameException"),
        (kms.delete_alias, {"AliasName": "alias/aws/s3"}, "NotFoundException"),
    ):  # fmt: skip
        assert refused(call, **given) == code
    assert len(kms.list_aliases()["Aliases"]) == 2


def test_no_other_account_reaches_it(world: Kms) -> None:
    world.client().describe_key(KeyId="alias/aws/s3")
    arn = f"arn:aws:kms:us-east-1:{world.account}:alias/aws/s3"
    theirs = world.client(who=world.root(OTHER), via="s3")
    assert refused(theirs.encrypt, KeyId=arn, Plaintext=b"x") == "AccessDeniedException"
    assert refused(theirs.describe_key, KeyId=arn) == "AccessDeniedException"


def test_dynamodb_finds_its_key_by_itself(world: Kms) -> None:
    key = world.client().describe_key(KeyId="alias/aws/dynamodb")["KeyMetadata"]["Arn"]
    service = world.client(who=world.service("dynamodb.amazonaws.com"))
    assert service.describe_key(KeyId=key)["KeyMetadata"]["Arn"] == key
    other = world.client(who=world.service("s3.amazonaws.com"))
    assert refused(other.describe_key, KeyId=key) == "AccessDeniedException"


@pytest.mark.parametrize("case", vectors("policies"), ids=lambda case: case["name"])
def test_its_policy(world: Kms, case: dict[str, Any]) -> None:
    kms = world.client(region="us-west-2")
    key = kms.describe_key(KeyId=case["name"])["KeyMetadata"]["KeyId"]
    policy = json.loads(kms.get_key_policy(KeyId=key)["Policy"])
    assert policy["Id"] == case["expect"]["Id"]
    assert [sorted(each["Action"]) for each in policy["Statement"]] == case["expect"]["Action"]
    first = policy["Statement"][0]
    assert first["Principal"] == {"AWS": "*"}
    assert first["Condition"]["StringEquals"] == {
        "kms:CallerAccount": world.account,
        "kms:ViaService": f"{case['via']}.us-west-2.amazonaws.com",
    }


@pytest.mark.parametrize("alias", MANAGED_KEYS)
def test_every_service_of_the_table_works(world: Kms, alias: str) -> None:
    through = world.client(via=MANAGED_KEYS[alias].via)
    blob = through.encrypt(KeyId=alias, Plaintext=b"x")["CiphertextBlob"]
    assert through.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


# ---------------------------------------------------------------------------------- what time and others do


def test_it_rotates_every_year_by_itself(world: Kms) -> None:
    through = world.client(via="s3")
    old = through.encrypt(KeyId="alias/aws/s3", Plaintext=b"x")
    status = world.client().get_key_rotation_status(KeyId=old["KeyId"])
    assert (status["KeyRotationEnabled"], status["RotationPeriodInDays"]) == (True, 365)
    world.clock.advance(days=364)
    assert world.client().list_key_rotations(KeyId=old["KeyId"])["Rotations"] == []
    world.clock.advance(days=2)
    [turned] = world.client().list_key_rotations(KeyId=old["KeyId"])["Rotations"]
    assert turned["RotationType"] == "AUTOMATIC"
    events = [event for event in world.trail if event["eventName"] == "RotateKey"]
    assert [event["eventType"] for event in events] == ["AwsServiceEvent"]
    assert events[0]["resources"][0]["ARN"] == old["KeyId"]
    assert through.decrypt(CiphertextBlob=old["CiphertextBlob"])["Plaintext"] == b"x"


def test_it_takes_no_room(tmp_path: Path) -> None:
    path = tmp_path / "small.toml"
    path.write_text("[resources]\nkeys = {limit = 1}\ngrants_per_key = {limit = 1}\n")
    world = Kms.fresh(seed=1, quotas=str(path))
    kms, through = world.client(), world.client(via="ec2")
    for alias in ("alias/aws/ebs", "alias/aws/s3"):
        kms.describe_key(KeyId=alias)
    kms.create_key()
    assert refused(kms.create_key) == "LimitExceededException"
    root = f"arn:aws:iam::{world.account}:root"
    key = kms.describe_key(KeyId="alias/aws/ebs")["KeyMetadata"]["KeyId"]
    for name in ("a", "b"):
        through.create_grant(KeyId=key, GranteePrincipal=root, Operations=["Decrypt"], Name=name)


def test_the_bill_has_its_requests_and_not_the_key(world: Kms) -> None:
    world.client(via="s3").generate_data_key(KeyId="alias/aws/s3", KeySpec="AES_256")
    world.clock.advance(days=400)
    bill = world.bill(free_tier=False)
    assert dict(bill.operations) == {"GenerateDataKey": 1}
    assert {line.unit for line in bill.lines} == {"requests"}


def test_the_event_of_its_use_names_the_service(world: Kms) -> None:
    made = world.client(via="s3").generate_data_key(KeyId="alias/aws/s3", KeySpec="AES_256")
    [event] = world.trail
    assert event["userIdentity"]["invokedBy"] == "s3.amazonaws.com"
    assert event["resources"][0]["ARN"] == made["KeyId"]


def test_who_can_and_portrait_say_whose_it_is(world: Kms) -> None:
    world.client().describe_key(KeyId="alias/aws/s3")
    told = as_text(world.who_can("kms:Decrypt", "alias/aws/s3").tree())
    assert "if StringEquals kms:ViaService s3.us-east-1.amazonaws.com" in told
    assert "managed by: AWS" in str(portraits.of(world, "alias/aws/s3"))
    own = world.client().create_key()["KeyMetadata"]["Arn"]
    assert "managed by" not in str(portraits.of(world, own))
