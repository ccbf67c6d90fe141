"""Lab 07: six policies before and after their repair; a repair that allows too much is none.

What each mistake leads to is the Developer Guide's ("Key policies in AWS KMS", "Default key policy") and the IAM User
Guide's ("Principal", "AWS global condition context keys").
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from kmslab import Kms
from kmslab.lab.checks import check
from kmslab.lab.pictures import truth_table
from kmslab.lab.policies import CLEAN, review_policy
from kmslab.lab.workshop import ASKED, Staff, broken_policies, may, open_workshop

Document = dict[str, Any]
IAM = "arn:aws:iam::111122223333"
ACCOUNT = {"Effect": "Allow", "Principal": {"AWS": f"{IAM}:root"}, "Action": "kms:*", "Resource": "*"}  # fmt: skip


@pytest.fixture(scope="module")
def workshop() -> tuple[Kms, Staff]:
    """One workshop for all tests: each begins with the broken policy of its key."""
    world = Kms.fresh(seed=7)
    return world, open_workshop(world)


@pytest.fixture
def world(workshop: tuple[Kms, Staff]) -> Kms:
    for name in broken_policies(workshop[0]):
        mend(*workshop, name, lambda _: None)
    return workshop[0]


@pytest.fixture
def staff(workshop: tuple[Kms, Staff]) -> Staff:
    return workshop[1]


def mend(world: Kms, staff: Staff, name: str, edit: Callable[[Document], Any]) -> None:
    """Edit the broken policy of a key, and put it."""
    kms = staff["administrator"]
    key_id = kms.describe_key(KeyId=f"alias/{name}")["KeyMetadata"]["KeyId"]
    policy = {"Version": "2012-10-17", "Statement": broken_policies(world)[name]}
    edit(policy)
    kms.put_key_policy(KeyId=key_id, Policy=json.dumps(policy))


def change(statement: int, **elements: Any) -> Callable[[Document], None]:
    return lambda policy: policy["Statement"][statement].update(elements)


def add(*statements: Document) -> Callable[[Document], None]:
    return lambda policy: policy["Statement"].extend(statements)


def role(name: str, *actions: str, **more: Any) -> Document:
    return ACCOUNT | {"Principal": {"AWS": f"{IAM}:role/{name}"}, "Action": list(actions)} | more


def unless(arn: str) -> Document:
    return {"ArnNotEquals": {"aws:PrincipalArn": arn}}


BROKEN = {
    "07.1": ("letters", "7 of 9", "LambdaRole may not Decrypt."),
    "07.2": ("reports", "6 of 10", "ReportRole may not Decrypt."),
    "07.3": ("payroll", "5 of 7", "BackupRole may Decrypt."),
    "07.4": ("backups", "8 of 10", "BackupRole may not Decrypt."),
    "07.5": ("archive", "8 of 9", "BackupRole may not DescribeKey."),
    "07.6": ("vault", "7 of 11", "KeyAdmin may Decrypt."),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_policy_is_told_by_one_verdict(name: str, world: Kms, staff: Staff) -> None:
    key, right, first = BROKEN[name]
    outcome = check(name, world, staff=staff)
    assert not outcome.passed
    assert outcome.seen == f"{right} verdicts on alias/{key} are as wanted."
    assert outcome.hint == f"At present {first}"


REPAIRS = [
    ("07.1", change(1, Resource="*"), ""),
    ("07.1", change(1, Resource="*", Action="kms:*"), "LambdaRole may Encrypt."),
    ("07.1", change(1, Resource="*", Principal="*"), "BackupRole may Decrypt."),
    ("07.1", change(1, Resource="*", Action="kms:Decrypt"), "LambdaRole may not GenerateDataKey."),
    ("07.2", add(ACCOUNT), ""),
    ("07.2", add(role("ReportRole", "kms:Decrypt", "kms:DescribeKey")), "Developer may not Decrypt."),
    ("07.2", change(0, Principal="*"), "ReportRole may Encrypt."),
    ("07.3", change(1, Principal={"AWS": f"{IAM}:role/LambdaRole"}), ""),
    ("07.3", change(1, Condition={"StringEquals": {"kms:CallerAccount": "111122223333"}}), "BackupRole may Decrypt."),
    ("07.3", change(1, Condition={"ArnEquals": {"aws:PrincipalArn": f"{IAM}:role/LambdaRole"}}), ""),
    ("07.3", lambda policy: policy["Statement"].pop(), "LambdaRole may not Decrypt."),
    ("07.4", change(2, Condition=unless(f"{IAM}:role/BackupRole")), ""),
    ("07.4", lambda policy: policy["Statement"].pop(), "administrator may Decrypt."),
    ("07.4", change(2, Condition=unless(f"{IAM}:role/*")), "Developer may Decrypt."),
    ("07.5", lambda policy: (change(1, Action="kms:Decrypt")(policy), add(role("BackupRole", "kms:DescribeKey"))(policy)), ""),
    ("07.5", add(role("BackupRole", "kms:DescribeKey")), ""),
    ("07.5", lambda policy: policy["Statement"][1].pop("Condition"), "BackupRole may Decrypt in the name of beech."),
    ("07.5", change(1, Condition={"StringEqualsIfExists": {"kms:EncryptionContext:tenant": "alder"}}), "BackupRole may Decrypt."),
    ("07.6", change(1, Action=["kms:Describe*", "kms:Put*", "kms:Enable*", "kms:CancelKeyDeletion"]), ""),
    ("07.6", change(1, Action=["kms:Create*", "kms:Describe*", "kms:Put*", "kms:Enable*", "kms:CancelKeyDeletion"]), "KeyAdmin may CreateGrant."),
    ("07.6", lambda policy: change(1, NotAction=["kms:Decrypt", "kms:Encrypt", "kms:Gen*"])(policy) or policy["Statement"][1].pop("Action"), "KeyAdmin may CreateGrant."),
]  # fmt: skip


@pytest.mark.parametrize(("name", "edit", "expected"), REPAIRS)
def test_a_repair_is_exact_or_none(
    name: str, edit: Callable[[Document], Any], expected: str, world: Kms, staff: Staff
) -> None:
    mend(world, staff, BROKEN[name][0], edit)
    outcome = check(name, world, staff=staff)
    assert outcome.passed is (not expected), outcome.text
    assert outcome.hint == (f"At present {expected}" if expected else "")


def test_a_world_without_the_workshop_is_told_so() -> None:
    outcome = check("07.1", Kms.fresh(), staff={})
    assert "No key is called alias/letters" in outcome.text


def test_asking_changes_nothing(world: Kms, staff: Staff) -> None:
    kms = world.client()
    before = kms.describe_key(KeyId="alias/vault")["KeyMetadata"]
    policy = kms.get_key_policy(KeyId=before["KeyId"])["Policy"]
    for operation in ASKED:
        assert may(staff["KeyAdmin"], before["Arn"], operation)
    assert kms.describe_key(KeyId="alias/vault")["KeyMetadata"] == before
    assert kms.get_key_policy(KeyId=before["KeyId"])["Policy"] == policy
    assert kms.list_grants(KeyId=before["KeyId"])["Grants"] == []


def test_the_truth_table_shows_each_part_that_does_not_fit(world: Kms, staff: Staff) -> None:
    lines = truth_table(world, "alias/letters", "GenerateDataKey", staff).text.splitlines()
    assert lines[0] == "GenerateDataKey with alias/letters: who is told what"
    found = dict(line.split(": ", 1) for line in lines[1:])
    assert found["LambdaRole is denied"].endswith("says resource, IAM policies says none")
    assert "key says principal" in found["BackupRole is denied"]
    assert found["ReportRole is denied"].endswith("IAM policies says no allow")
    assert "says ask IAM" in found["Developer is allowed"]
    sealed = truth_table(world, "alias/backups", "Decrypt", staff).text
    assert "BackupRole is denied: statement 0 says" not in sealed
    assert "Backups says allow, Nobody else says deny" in sealed
    named = truth_table(world, "alias/archive", "Decrypt", staff, {"tenant": "beech"})
    assert named.text.startswith("Decrypt with alias/archive in the name of beech:")
    assert "Read Alder says condition" in named.text
    assert "Read Alder says action" in truth_table(world, "alias/archive", "Encrypt", staff).text


def test_iam_can_deny_in_the_table_too() -> None:
    world = Kms.fresh()
    staff = open_workshop(world)
    deny = {"Effect": "Deny", "Action": "kms:Decrypt", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": deny})
    world.client("iam").put_role_policy(
        RoleName="LambdaRole", PolicyName="own", PolicyDocument=document
    )
    mend(world, staff, "payroll", lambda policy: policy["Statement"][1].pop("Sid"))
    text = truth_table(world, "alias/payroll", "Decrypt", staff).text
    assert "LambdaRole is denied: Enable IAM User Permissions says ask IAM" in text
    assert "statement 1 says allow, IAM policies says deny" in text


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("letters", ["unmatched-resource"]),
        ("reports", ["no-account", "every-action", "open-grants"]),
        ("payroll", ["everyone"]),
        ("backups", ["always-holds"]),
        ("archive", ["never-holds"]),
        ("vault", ["every-action", "open-grants"]),
    ],
)
def test_a_review_lists_findings_with_remedy_and_page(
    name: str, rules: list[str], world: Kms, staff: Staff
) -> None:
    assert staff
    root = review_policy(world, f"alias/{name}").root
    assert [child.subject for child in root.children] == rules
    for child in root.children:
        assert child.bearing == "against"
        assert [each.subject for each in child.children] == ["remedy", "page"]
        assert child.children[1].says.startswith("https://docs.aws.amazon.com/")


def test_a_review_reads_documents_too(world: Kms) -> None:
    fine = review_policy(world, json.dumps({"Version": "2012-10-17", "Statement": ACCOUNT}))
    assert (fine.root.bearing, fine.root.says) == ("for", CLEAN)
    assert 'aria-label="The document: ' in fine._repr_mimebundle_()["text/html"]
    broken = review_policy(world, '{"Version": "2012-10-17"')
    assert broken.root.says.startswith("no policy: ")
    lock_out = review_policy(world, json.dumps({"Statement": ACCOUNT | {"Action": "kms:Decrypt"}}))
    assert "lock-out: nobody can change this policy" in str(lock_out)
