"""What is made through IAM, as the directory then has it.

Rules: IAM User Guide, "Policies and permissions", "Permissions boundaries", "Managing access keys",
"IAM identifiers"; the errors of each action in the IAM API Reference.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab.model.principals import Caller, Principal
from kmslab.wire.http import HttpRequest
from tests.services.worlds import ACCOUNT, ADMIN, OTHER, World, allow

ANN = f"arn:aws:iam::{ACCOUNT}:user/ann"
APP = f"arn:aws:iam::{ACCOUNT}:role/app"
DECRYPT = allow("kms:Decrypt")
ENCRYPT = allow("kms:Encrypt")
NOTHING = {"Version": "2012-10-17", "Statement": []}


def refused(call: Callable[..., Any], **parameters: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    response = caught.value.response
    status = response["ResponseMetadata"]["HTTPStatusCode"]
    return response["Error"]["Code"], response["Error"]["Message"], status


# ------------------------------------------------------------------------------------- users, keys


def test_the_administrator_is_a_user_like_others(world: World) -> None:
    user = world.iam.get_user()["User"]
    assert (user["UserName"], user["Arn"]) == ("kmslab-admin", ADMIN)
    assert world.directory.principal(ADMIN).unique_id == user["UserId"]
    listed = world.iam.list_access_keys()["AccessKeyMetadata"]
    assert [key["AccessKeyId"] for key in listed] == [world.caller().access_key_id]


def test_a_user_has_an_id_and_a_date_of_this_world(world: World) -> None:
    world.clock.advance(days=3)
    user = world.iam.create_user(UserName="ann", Path="/team/")["User"]
    assert user["UserId"].startswith("AIDA")
    assert len(user["UserId"]) == 21
    assert user["CreateDate"] == datetime.fromtimestamp(world.clock.now(), UTC)
    record = world.directory.principal(f"arn:aws:iam::{ACCOUNT}:user/team/ann")
    assert (record.account, record.unique_id) == (ACCOUNT, user["UserId"])


@pytest.mark.parametrize(
    ("action", "parameters", "kind", "prefix"),
    [
        ("create_group", {"GroupName": "g"}, "Group", "AGPA"),
        (
            "create_instance_profile",
            {"InstanceProfileName": "p"},
            "InstanceProfile",
            "AIPA",
        ),
    ],
)
def test_ids_tell_what_they_identify(
    world: World, action: str, parameters: dict[str, str], kind: str, prefix: str
) -> None:
    made = getattr(world.iam, action)(**parameters)[kind]
    assert made[f"{kind}Id"].startswith(prefix)


def test_an_access_key_lives_from_creation_to_deletion(world: World) -> None:
    world.iam.create_user(UserName="ann", Tags=[{"Key": "team", "Value": "blue"}])
    key = world.iam.create_access_key(UserName="ann")["AccessKey"]
    credential = world.directory.credential(key["AccessKeyId"])
    assert credential.secret_access_key == key["SecretAccessKey"]
    assert (credential.principal.arn, credential.principal.kind) == (ANN, "user")
    assert (credential.is_active, credential.expires) == (True, None)
    assert credential.principal.tags == {"team": "blue"}

    named = {"UserName": "ann", "AccessKeyId": key["AccessKeyId"]}
    world.iam.update_access_key(**named, Status="Inactive")
    assert not world.directory.credential(key["AccessKeyId"]).is_active
    world.iam.update_access_key(**named, Status="Active")
    assert world.directory.credential(key["AccessKeyId"]).is_active
    world.iam.delete_access_key(**named)
    assert world.directory.credential(key["AccessKeyId"]) is None


def test_a_user_may_leave_out_its_own_name(world: World) -> None:
    mine = world.client("iam", world.user("ann", allow("iam:*", resource=ANN)))
    made = mine.create_access_key()["AccessKey"]
    assert world.directory.credential(made["AccessKeyId"]).principal.arn == ANN
    assert mine.get_user()["User"]["UserName"] == "ann"


def test_who_is_no_user_must_name_one(world: World) -> None:
    key = world.assume(world.role("app", ACCOUNT))["Credentials"]["AccessKeyId"]
    code, text, _ = refused(world.client("iam", key).get_user)
    assert (code, text) == (
        "ValidationError",
        "Must specify userName when calling with non-User credentials",
    )


def test_a_deleted_user_leaves_nothing_behind(world: World) -> None:
    key = world.user("ann")
    world.iam.delete_user(UserName="ann")
    assert world.directory.principal(ANN) is None
    assert world.directory.credential(key) is None


def test_the_administrator_can_be_deleted(world: World) -> None:
    key = world.caller().access_key_id
    world.iam.delete_user_policy(UserName="kmslab-admin", PolicyName="administrator")
    assert world.policies(ADMIN).identity == ()
    code, text, status = refused(world.iam.list_users)
    assert (code, status) == ("AccessDenied", 403)
    assert text == (
        f"User: {ADMIN} is not authorized to perform: iam:ListUsers on resource: * "
        "because no identity-based policy allows the iam:ListUsers action"
    )
    assert world.directory.credential(key) is not None


def test_a_renamed_user_is_another_principal_with_the_same_keys(world: World) -> None:
    key = world.user("ann", DECRYPT)
    world.iam.update_user(UserName="ann", NewUserName="anna")
    assert world.directory.principal(ANN) is None
    assert world.directory.credential(key).principal.arn == ANN + "a"
    assert world.policies(ANN + "a").identity == (DECRYPT,)


def test_tags_follow(world: World) -> None:
    key = world.user("ann")
    world.iam.tag_user(UserName="ann", Tags=[{"Key": "team", "Value": "blue"}])
    assert world.directory.credential(key).principal.tags == {"team": "blue"}
    world.iam.untag_user(UserName="ann", TagKeys=["team"])
    assert world.directory.credential(key).principal.tags == {}
    world.role("app", ACCOUNT, Tags=[{"Key": "tier", "Value": "web"}])
    assert world.directory.principal(APP).tags == {"tier": "web"}


def test_a_change_of_one_user_does_not_rewrite_the_others(world: World) -> None:
    world.user("ann", DECRYPT)
    world.iam.create_user(UserName="bob")
    before = world.directory.store.generation
    world.iam.tag_user(UserName="bob", Tags=[{"Key": "team", "Value": "blue"}])
    assert world.directory.store.generation == before + 1


# ---------------------------------------------------------------------------------------- policies


def test_inline_policies_of_a_user(world: World) -> None:
    world.user("ann", DECRYPT, ENCRYPT)
    assert world.policies(ANN).identity == (DECRYPT, ENCRYPT)
    world.iam.delete_user_policy(UserName="ann", PolicyName="p0")
    assert world.policies(ANN).identity == (ENCRYPT,)


def test_inline_policies_and_trust_of_a_role(world: World) -> None:
    world.role("app", ADMIN)
    world.iam.put_role_policy(RoleName="app", PolicyName="p", PolicyDocument=DECRYPT)
    assert world.policies(APP).identity == (DECRYPT,)
    other = allow("sts:AssumeRole", Principal={"AWS": OTHER}, resource=None)
    world.iam.update_assume_role_policy(RoleName="app", PolicyDocument=other)
    assert world.directory.principal(APP).trust_policy == other
    world.iam.delete_role_policy(RoleName="app", PolicyName="p")
    world.iam.delete_role(RoleName="app")
    assert world.directory.principal(APP) is None


@pytest.mark.parametrize(("kind", "arn"), [("user", ANN), ("role", APP)])
def test_a_managed_policy_counts_in_its_default_version(world: World, kind: str, arn: str) -> None:
    world.user("ann")
    world.role("app", ADMIN)
    policy = world.iam.create_policy(PolicyName="p", PolicyDocument=DECRYPT)["Policy"]["Arn"]
    named = {"UserName": "ann"} if kind == "user" else {"RoleName": "app"}
    getattr(world.iam, f"attach_{kind}_policy")(**named, PolicyArn=policy)
    assert world.policies(arn).identity == (DECRYPT,)
    world.iam.create_policy_version(PolicyArn=policy, PolicyDocument=ENCRYPT)
    assert world.policies(arn).identity == (DECRYPT,)
    world.iam.set_default_policy_version(PolicyArn=policy, VersionId="v2")
    assert world.policies(arn).identity == (ENCRYPT,)
    getattr(world.iam, f"detach_{kind}_policy")(**named, PolicyArn=policy)
    assert world.policies(arn).identity == ()


def test_policies_managed_by_aws_can_be_attached(world: World) -> None:
    world.user("ann")
    policy = "arn:aws:iam::aws:policy/AdministratorAccess"
    world.iam.attach_user_policy(UserName="ann", PolicyArn=policy)
    (text,) = world.policies(ANN).identity
    assert json.loads(text)["Statement"] == [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
    assert world.iam.list_policies(Scope="AWS")["Policies"]


def test_groups_give_their_policies_to_members_only(world: World) -> None:
    world.user("ann", ENCRYPT)
    world.user("bob")
    for group, text in (("one", DECRYPT), ("two", allow("kms:Sign"))):
        world.iam.create_group(GroupName=group)
        world.iam.put_group_policy(GroupName=group, PolicyName="p", PolicyDocument=text)
        world.iam.add_user_to_group(GroupName=group, UserName="ann")
    assert world.policies(ANN).identity == (ENCRYPT, DECRYPT, allow("kms:Sign"))
    assert world.policies(f"arn:aws:iam::{ACCOUNT}:user/bob").identity == ()
    world.iam.remove_user_from_group(GroupName="one", UserName="ann")
    assert world.policies(ANN).identity == (ENCRYPT, allow("kms:Sign"))


def test_a_policy_keeps_its_percent_signs_and_letters(world: World) -> None:
    text = allow("kms:Decrypt", Condition={"StringLike": {"aws:userid": "100%25 ü+&=*"}})
    world.user("ann", text)
    assert world.policies(ANN).identity == (text,)


def test_a_boundary_comes_and_goes(world: World) -> None:
    policy = world.iam.create_policy(PolicyName="b", PolicyDocument=DECRYPT)["Policy"]["Arn"]
    world.iam.create_user(UserName="ann", PermissionsBoundary=policy)
    assert world.policies(ANN).boundary == DECRYPT
    shown = world.iam.get_user(UserName="ann")["User"]["PermissionsBoundary"]
    assert shown["PermissionsBoundaryArn"] == policy
    world.iam.delete_user_permissions_boundary(UserName="ann")
    assert world.policies(ANN).boundary is None
    assert "PermissionsBoundary" not in world.iam.get_user(UserName="ann")["User"]
    world.iam.put_user_permissions_boundary(UserName="ann", PermissionsBoundary=policy)
    assert world.policies(ANN).boundary == DECRYPT


def test_a_role_has_a_boundary_too(world: World) -> None:
    policy = world.iam.create_policy(PolicyName="b", PolicyDocument=DECRYPT)["Policy"]["Arn"]
    world.role("app", ADMIN, PermissionsBoundary=policy)
    assert world.policies(APP).boundary == DECRYPT
    world.iam.delete_role_permissions_boundary(RoleName="app")
    assert world.policies(APP).boundary is None


def test_a_boundary_whose_policy_is_gone_allows_nothing(world: World) -> None:
    policy = world.iam.create_policy(PolicyName="b", PolicyDocument=DECRYPT)["Policy"]["Arn"]
    world.iam.create_user(UserName="ann", PermissionsBoundary=policy)
    world.iam.delete_policy(PolicyArn=policy)
    assert json.loads(world.policies(ANN).boundary) == NOTHING


@pytest.mark.parametrize(
    ("action", "parameters", "text"),
    [
        ("create_user", {"UserName": "ann"}, "does not exist or is not attachable"),
        (
            "put_user_permissions_boundary",
            {"UserName": "kmslab-admin"},
            "does not exist or is not attachable",
        ),
        (
            "delete_user_permissions_boundary",
            {"UserName": "nobody"},
            "The user with name nobody cannot be found.",
        ),
    ],
)
def test_what_a_boundary_needs_must_exist(
    world: World, action: str, parameters: dict[str, str], text: str
) -> None:
    if not action.startswith("delete"):
        parameters = {**parameters, "PermissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/none"}
    code, message, status = refused(getattr(world.iam, action), **parameters)
    assert (code, status) == ("NoSuchEntity", 404)
    assert text in message
    assert world.directory.principal(ANN) is None


@pytest.mark.parametrize(
    ("action", "parameters"),
    [
        ("put_user_policy", {"UserName": "ann", "PolicyName": "p", "PolicyDocument": "{"}),
        (
            "put_user_policy",
            {"UserName": "ann", "PolicyName": "p", "PolicyDocument": allow("kms:*", Principal="*")},
        ),
        (
            "create_policy",
            {
                "PolicyName": "p",
                "PolicyDocument": allow("kms:*", Condition={"NoSuchOperator": {"a": "b"}}),
            },
        ),
        ("create_role", {"RoleName": "r", "AssumeRolePolicyDocument": DECRYPT}),
        (
            "create_role",
            {
                "RoleName": "r",
                "AssumeRolePolicyDocument": allow("sts:AssumeRole", Principal={"AWS": ACCOUNT}),
            },
        ),
        ("create_role", {"RoleName": "r", "AssumeRolePolicyDocument": '{"Statement":["x"]}'}),
        ("update_assume_role_policy", {"RoleName": "app", "PolicyDocument": "[]"}),
    ],
)
def test_what_cannot_be_compiled_does_not_enter(
    world: World, action: str, parameters: dict[str, str]
) -> None:
    world.user("ann")
    world.role("app", ADMIN)
    code, text, status = refused(getattr(world.iam, action), **parameters)
    assert (code, status) == ("MalformedPolicyDocument", 400)
    assert text
    assert world.policies(ANN).identity == ()


# ------------------------------------------------------------------------------------- permissions


def test_a_user_may_do_to_its_path_what_a_policy_says(world: World) -> None:
    resource = f"arn:aws:iam::{ACCOUNT}:user/team/*"
    iam = world.client("iam", world.user("ann", allow("iam:*", resource=resource)))
    iam.create_user(UserName="bob", Path="/team/")
    iam.tag_user(UserName="bob", Tags=[{"Key": "k", "Value": "v"}])
    code, text, status = refused(iam.create_user, UserName="bob", Path="/other/")
    assert (code, status) == ("AccessDenied", 403)
    assert f"iam:CreateUser on resource: arn:aws:iam::{ACCOUNT}:user/other/bob" in text


@pytest.mark.parametrize(
    ("action", "parameters", "resource"),
    [
        ("add_user_to_group", {"GroupName": "g", "UserName": "ann"}, "group/g"),
        ("put_role_policy", {"RoleName": "r", "PolicyName": "p", "PolicyDocument": "x"}, "role/r"),
        ("create_policy", {"PolicyName": "p", "PolicyDocument": "x"}, "policy/p"),
        ("get_policy", {"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/p"}, "policy/p"),
        ("attach_user_policy", {"UserName": "bob", "PolicyArn": "a" * 20}, "user/bob"),
        ("list_roles", {}, "*"),
    ],
)
def test_an_action_is_about_one_resource(
    world: World, action: str, parameters: dict[str, str], resource: str
) -> None:
    iam = world.client("iam", world.user("ann"))
    _, text, _ = refused(getattr(iam, action), **parameters)
    expected = resource if resource == "*" else f"arn:aws:iam::{ACCOUNT}:{resource}"
    assert f"on resource: {expected} because" in text


@pytest.mark.parametrize(
    ("key", "value", "is_allowed"),
    [
        ("iam:PolicyARN", "arn:aws:iam::aws:policy/ReadOnlyAccess", True),
        ("iam:PolicyARN", "arn:aws:iam::aws:policy/AdministratorAccess", False),
        ("aws:SourceIp", "127.0.0.1", True),
        ("aws:SourceIp", "10.0.0.0/8", False),
    ],
)
def test_conditions_see_the_request(world: World, key: str, value: str, is_allowed: bool) -> None:  # noqa: FBT001
    operator = "IpAddress" if key == "aws:SourceIp" else "ArnEquals"
    text = allow("iam:AttachUserPolicy", Condition={operator: {key: value}})
    iam = world.client("iam", world.user("ann", text))
    named = {"UserName": "ann", "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}
    if is_allowed:
        iam.attach_user_policy(**named)
    else:
        assert refused(iam.attach_user_policy, **named)[0] == "AccessDenied"


def test_tags_of_a_request_can_be_demanded(world: World) -> None:
    condition = {"StringEquals": {"aws:RequestTag/team": "blue"}}
    iam = world.client("iam", world.user("ann", allow("iam:CreateUser", Condition=condition)))
    iam.create_user(UserName="bob", Tags=[{"Key": "team", "Value": "blue"}])
    assert refused(iam.create_user, UserName="cat")[0] == "AccessDenied"


def test_accounts_are_apart(world: World) -> None:
    world.user("ann")
    there = world.client("iam", "AKIAOTHER")
    there.create_user(UserName="ann")
    assert [user["UserName"] for user in there.list_users()["Users"]] == ["kmslab-admin", "ann"]
    assert world.directory.principal(f"arn:aws:iam::{OTHER}:user/ann") is not None
    there.delete_user(UserName="ann")
    assert world.directory.principal(ANN) is not None


def test_an_account_may_be_empty(world: World) -> None:
    empty = "777788889999"
    root = Principal(kind="root", arn=f"arn:aws:iam::{empty}:root", account=empty, user_id=empty)
    request = HttpRequest("POST", "/", {}, b"Action=CreateUser&UserName=ann")
    response = world.service.respond("iam", request, Caller(root, "us-east-1"))
    assert response.status == 200
    assert world.directory.principal(f"arn:aws:iam::{empty}:user/ann") is not None


def test_sessions_of_the_administrator_outlive_the_first_call_of_iam(world: World) -> None:
    session = world.sts.get_session_token()["Credentials"]["AccessKeyId"]
    iam = world.client("iam", session)
    assert len(iam.list_access_keys()["AccessKeyMetadata"]) == 1
    iam.create_user(UserName="ann")
    assert world.directory.credential(session) is not None


# -------------------------------------------------------------------------------------- bad requests


def test_what_moto_does_not_offer_is_refused(world: World) -> None:
    code, text, status = refused(world.iam.enable_organizations_root_sessions)
    assert (code, status) == ("InvalidAction", 400)
    assert "EnableOrganizationsRootSessions is not offered" in text


def test_errors_of_moto_come_through(world: World) -> None:
    world.iam.create_user(UserName="ann")
    code, text, status = refused(world.iam.create_user, UserName="ann")
    assert (code, status) == ("EntityAlreadyExists", 409)
    assert "ann already exists" in text


@pytest.mark.parametrize("marker", ["nan", "-1", "1e3", "9" * 30])
def test_a_marker_that_no_list_was_answered_with_is_refused(world: World, marker: str) -> None:
    assert refused(world.iam.list_users, Marker=marker)[::2] == ("ValidationError", 400)
