"""Organizations on the whole road: what it puts around accounts binds calls of KMS, IAM and STS.

Who is exempt: Organizations User Guide, "SCP effects on permissions" and "Resource control policies"; KMS
Developer Guide, "Resource control policies in AWS KMS".
"""

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab import Kms
from kmslab.authz.render import as_text
from tests.server.test_hostile import signed
from tests.services.worlds import ACCOUNT, allow

SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
NO_ENCRYPT = {"Effect": "Deny", "Action": "kms:Encrypt", "Resource": "*"}
ALLOW_NO_ENCRYPT = {"Effect": "Allow", "NotAction": "kms:Encrypt", "Resource": "*"}


class Company:
    """A management account, a unit, and a member account in it with a key of its own."""

    def __init__(self, world: Kms) -> None:
        self.world = world
        self.org = world.client("organizations")
        self.id = self.org.create_organization(FeatureSet="ALL")["Organization"]["Id"]
        self.root = self.org.list_roots()["Roots"][0]["Id"]
        for each in (SCP, RCP):
            self.org.enable_policy_type(RootId=self.root, PolicyType=each)
        unit = self.org.create_organizational_unit(ParentId=self.root, Name="apps")
        self.unit = unit["OrganizationalUnit"]["Id"]
        made = self.org.create_account(AccountName="dev", Email="dev@example.com")
        self.member = made["CreateAccountStatus"]["AccountId"]
        self.org.move_account(
            AccountId=self.member, SourceParentId=self.root, DestinationParentId=self.unit
        )
        self.admin = world.client("sts").assume_role(
            RoleArn=f"arn:aws:iam::{self.member}:role/OrganizationAccountAccessRole",
            RoleSessionName="admin",
        )
        self.kms = world.client(who=self.admin)
        self.key = self.kms.create_key()["KeyMetadata"]["Arn"]

    def put(self, type_: str, statement: dict[str, Any], target: str) -> str:
        """Make a policy of one statement and attach it."""
        found = len(self.org.list_policies(Filter=type_)["Policies"])
        content = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        made = self.org.create_policy(
            Name=f"{type_}{found}", Description="", Type=type_, Content=content
        )
        policy = made["Policy"]["PolicySummary"]["Id"]
        self.org.attach_policy(PolicyId=policy, TargetId=target)
        return str(policy)

    def encrypts(self, client: Any = None, key: str = "") -> str:
        """Encrypt; return "yes" or what denied it."""
        client = client or self.kms
        try:
            client.encrypt(KeyId=key or self.key, Plaintext=b"x")
        except client.exceptions.ClientError as error:
            if error.response["Error"]["Code"] != "AccessDeniedException":
                raise
            return str(error.response["Error"]["Message"])
        return "yes"


@pytest.fixture
def company() -> Company:
    return Company(Kms.fresh(seed=9))


def code(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return str(caught.value.response["Error"]["Code"])


@pytest.mark.parametrize("place", ["root", "unit", "member"])
def test_a_denial_on_any_level_binds_the_members_and_their_root(
    company: Company, place: str
) -> None:
    assert company.encrypts() == "yes"
    policy = company.put(SCP, NO_ENCRYPT, getattr(company, place))
    assert company.encrypts().endswith("with an explicit deny in a service control policy")
    assert "service control" in company.encrypts(
        company.world.client(who=company.world.root(company.member))
    )
    company.org.detach_policy(PolicyId=policy, TargetId=getattr(company, place))
    assert company.encrypts() == "yes"


def test_every_level_has_to_allow(company: Company) -> None:
    company.put(SCP, ALLOW_NO_ENCRYPT, company.unit)
    assert company.encrypts() == "yes"
    company.org.detach_policy(PolicyId="p-FullAWSAccess", TargetId=company.unit)
    assert company.encrypts().endswith(
        "because no service control policy allows the kms:Encrypt action"
    )


def test_the_management_account_is_not_bound(company: Company) -> None:
    company.put(SCP, NO_ENCRYPT, company.root)
    company.put(RCP, NO_ENCRYPT | {"Principal": "*"}, company.root)
    own = company.world.client()
    assert company.encrypts(own, own.create_key()["KeyMetadata"]["Arn"]) == "yes"


def test_an_rcp_spares_the_keys_that_aws_manages(company: Company) -> None:
    company.put(RCP, NO_ENCRYPT | {"Principal": "*"}, company.root)
    through = company.world.client(who=company.admin, via="s3")
    assert company.encrypts(through, "alias/aws/s3") == "yes"
    assert "explicit deny in a resource control policy" in company.encrypts(through)


def test_an_rcp_binds_whoever_uses_a_key_of_a_member(company: Company) -> None:
    open_to_all = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "*", "Service": "s3.amazonaws.com"}, "Action": "kms:*", "Resource": "*"}
    ]}  # fmt: skip
    company.kms.put_key_policy(KeyId=company.key, Policy=json.dumps(open_to_all))
    service = company.world.client(who=company.world.service("s3.amazonaws.com"))
    callers = [company.kms, company.world.client(), service]
    assert [company.encrypts(each) for each in callers] == ["yes"] * 3
    policy = company.put(RCP, NO_ENCRYPT | {"Principal": "*"}, company.member)
    for each in callers:
        assert company.encrypts(each).endswith("an explicit deny in a resource control policy")
    company.org.detach_policy(PolicyId=policy, TargetId=company.member)
    unless_ours = {"StringNotEquals": {"aws:PrincipalOrgID": company.id}}
    company.put(RCP, NO_ENCRYPT | {"Principal": "*", "Condition": unless_ours}, company.member)
    assert [company.encrypts(each) for each in callers[:2]] == ["yes"] * 2
    assert "resource control policy" in company.encrypts(service)


def test_a_service_linked_role_and_a_service_are_not_bound_by_an_scp(company: Company) -> None:
    company.put(SCP, NO_ENCRYPT, company.unit)
    arn, session = linked(company)
    policy = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": [company.member, arn], "Service": "s3.amazonaws.com"},
         "Action": "kms:*", "Resource": "*"}]}  # fmt: skip
    company.kms.put_key_policy(KeyId=company.key, Policy=json.dumps(policy))
    service = company.world.client(who=company.world.service("s3.amazonaws.com"))
    assert company.encrypts(service) == "yes"
    assert company.encrypts(session) == "yes"
    assert company.encrypts().endswith("an explicit deny in a service control policy")
    able = {each.principal for each in company.world.who_can("kms:Encrypt", company.key).able}
    assert {arn, "s3.amazonaws.com"} <= able
    assert f"arn:aws:iam::{company.member}:root" not in able


def test_a_service_linked_role_is_not_bound_by_an_rcp(company: Company) -> None:
    """KMS Developer Guide, "Resource control policies": they have no effect on service-linked roles."""
    arn, session = linked(company)
    policy = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": [company.member, arn]}, "Action": "kms:*", "Resource": "*"}]}  # fmt: skip
    company.kms.put_key_policy(KeyId=company.key, Policy=json.dumps(policy))
    company.put(RCP, NO_ENCRYPT | {"Principal": "*"}, company.member)
    assert company.encrypts(session) == "yes"
    assert company.encrypts().endswith("an explicit deny in a resource control policy")


def linked(company: Company) -> tuple[str, Any]:
    """Make a service-linked role, and let its service assume it; return its ARN and a client of KMS."""
    iam = company.world.client("iam", who=company.world.root(company.member))
    made = iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")["Role"]
    service = company.world.service("autoscaling.amazonaws.com")
    session = company.world.client("sts", who=service).assume_role(
        RoleArn=made["Arn"], RoleSessionName="AutoScaling"
    )
    return made["Arn"], company.world.client(who=session)


def test_an_scp_binds_iam_and_sts_too(company: Company) -> None:
    iam = company.world.client("iam", who=company.admin)
    iam.create_user(UserName="before")
    company.put(SCP, {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}, company.member)
    assert code(iam.create_user, UserName="after") == "AccessDenied"


def test_a_key_of_a_member_knows_its_organization(company: Company) -> None:
    path = f"{company.id}/{company.root}/{company.unit}/"
    statement = {
        "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*",
        "Condition": {"ForAnyValue:StringEquals": {"aws:PrincipalOrgPaths": path}},
    }  # fmt: skip
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    company.kms.put_key_policy(KeyId=company.key, Policy=text)
    assert company.encrypts() == "yes"
    company.org.move_account(
        AccountId=company.member, SourceParentId=company.unit, DestinationParentId=company.root
    )
    assert company.encrypts() != "yes"


def test_an_explanation_shows_the_layer_and_what_has_changed_since(company: Company) -> None:
    policy = company.put(SCP, NO_ENCRYPT, company.unit)
    company.encrypts()
    event = company.world.trail.last["eventID"]
    company.org.detach_policy(PolicyId=policy, TargetId=company.unit)
    told = as_text(company.world.explain(event).tree())
    assert "Service control policies: explicit deny" in told
    assert "the service control policies have changed" in told
    assert "now it would be ALLOWED" in told


def test_members_do_not_manage(company: Company) -> None:
    member = company.world.client("organizations", who=company.admin)
    assert member.describe_organization()["Organization"]["Id"] == company.id
    assert code(member.list_roots) == "AccessDeniedException"
    assert (
        code(member.create_organizational_unit, ParentId=company.root, Name="x")
        == "AccessDeniedException"
    )


def test_whoever_manages_needs_permission(company: Company) -> None:
    iam = company.world.client("iam")
    iam.create_user(UserName="ann")
    ann = iam.create_access_key(UserName="ann")
    org = company.world.client("organizations", who=ann)
    assert code(org.list_accounts) == "AccessDeniedException"
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=allow("organizations:List*"))
    assert {each["Id"] for each in org.list_accounts()["Accounts"]} == {ACCOUNT, company.member}


@pytest.mark.parametrize(
    ("type_", "content", "error"),
    [
        (SCP, "{", "MalformedPolicyDocumentException"),
        (SCP, allow("kms:*", Principal="*"), "MalformedPolicyDocumentException"),
        (RCP, allow("kms:*", Principal="*"), "MalformedPolicyDocumentException"),
        (RCP, allow("kms:*", Effect="Deny", Principal={"AWS": "111122223333"}), "MalformedPolicyDocumentException"),
        (SCP, allow("kms:" + "x" * 5120), "MalformedPolicyDocumentException"),
        ("NONSENSE", allow("kms:*"), "InvalidInputException"),
    ],
)  # fmt: skip
def test_what_is_no_policy_does_not_enter(
    company: Company, type_: str, content: str, error: str
) -> None:
    create = company.org.create_policy
    assert code(create, Name="x", Description="", Type=type_, Content=content) == error


def test_attachments_keep_what_every_account_must_have(company: Company) -> None:
    detach = company.org.detach_policy
    last, full = "ConstraintViolationException", "p-FullAWSAccess"
    assert code(detach, PolicyId=full, TargetId=company.unit) == last
    assert code(detach, PolicyId="p-RCPFullAWSAccess", TargetId=company.unit) == last
    for _ in range(4):  # five SCPs are the most (Organizations User Guide, "Quotas")
        company.put(SCP, NO_ENCRYPT, company.unit)
    with pytest.raises(ClientError, match=last):
        company.put(SCP, NO_ENCRYPT, company.unit)


def test_a_type_that_is_not_enabled_has_no_effect(company: Company) -> None:
    company.put(SCP, NO_ENCRYPT, company.unit)
    company.org.disable_policy_type(RootId=company.root, PolicyType=SCP)
    assert company.encrypts() == "yes"
    attach = company.org.attach_policy
    assert (
        code(attach, PolicyId="p-FullAWSAccess", TargetId=company.unit)
        == "PolicyTypeNotEnabledException"
    )
    company.org.enable_policy_type(RootId=company.root, PolicyType=SCP)
    assert company.encrypts() == "yes"


def test_an_account_that_leaves_is_free(company: Company) -> None:
    company.put(SCP, NO_ENCRYPT, company.member)
    company.org.remove_account_from_organization(AccountId=company.member)
    assert company.encrypts() == "yes"


def test_what_is_not_offered_says_so(company: Company) -> None:
    assert code(company.org.leave_organization) == "UnknownOperationException"
    bad = company.world.client("organizations", who=("AKIAUNKNOWNKEY", "secret"))
    assert code(bad.list_roots) == "UnrecognizedClientException"


def test_organizations_survive_a_restart(tmp_path: Path) -> None:
    url = f"sqlite:{tmp_path / 'world.db'}"
    with Kms.open(url, seed=1) as world:
        company = Company(world)
        company.put(SCP, NO_ENCRYPT, company.unit)
        accounts = company.org.list_accounts()["Accounts"]
    with Kms.open(url, seed=2) as world:
        member = world.client(who=company.admin)
        assert "service control policy" in company.encrypts(member)
        org = world.client("organizations")
        assert org.list_accounts()["Accounts"] == accounts
        attached = org.list_policies_for_target(TargetId=company.unit, Filter=SCP)["Policies"]
        assert len(attached) == 2
        iam = world.client("iam", who=company.admin)
        assert [each["RoleName"] for each in iam.list_roles()["Roles"]] == [
            "OrganizationAccountAccessRole"
        ]


def test_the_same_seed_gives_the_same_organization() -> None:
    one, two = (Company(Kms.fresh(seed=4)) for _ in range(2))
    assert (one.id, one.root, one.unit, one.member) == (two.id, two.root, two.unit, two.member)


def test_an_action_that_nobody_has_written_is_not_offered() -> None:
    org = Kms.fresh().client("organizations")
    with pytest.raises(ClientError, match="DescribeResourcePolicy is not offered"):
        org.describe_resource_policy()


def test_a_parameter_that_is_null_is_absent(company: Company) -> None:
    target = "AWSOrganizationsV20161128.ListCreateAccountStatus"
    ask = signed(target, "organizations", b'{"MaxResults": null, "States": null}')
    answer = company.world.endpoint.handle(ask)
    assert (answer.status, b"SUCCEEDED" in answer.body) == (200, True)
