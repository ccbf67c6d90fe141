"""What STS gives, to whom, and for how long.

Rules: STS API Reference, the pages of the four actions; IAM User Guide, "Session policies",
"Pass session tags in AWS STS", "Temporary security credentials".
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab.model.principals import Credential
from tests.services.worlds import ACCOUNT, ADMIN, OTHER, World, allow

CASES = json.loads((Path(__file__).parent.parent / "vectors/services/trust.json").read_text())
CODES = {"denied": "AccessDenied", "invalid": "ValidationError"}
APP = f"arn:aws:iam::{ACCOUNT}:role/app"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/app/one"
EVERYTHING = allow("*")
DECRYPT = allow("kms:Decrypt")
ENCRYPT = allow("kms:Encrypt")


def document(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def credential(world: World, answer: Any) -> Credential:
    found = world.directory.credential(answer["Credentials"]["AccessKeyId"])
    assert found is not None
    return found


def refused(call: Any, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


# ------------------------------------------------------------------------------------ AssumeRole: trust


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_who_may_assume_a_role(case: dict[str, Any], world: World) -> None:
    iam = world.iam if case.get("account", ACCOUNT) == ACCOUNT else world.client("iam", "AKIAOTHER")
    ann = make_ann(iam, case)
    one = {"Effect": "Allow", "Principal": case.get("trust"), "Action": "sts:AssumeRole"}
    statements = case.get("statements", [{**one, "Condition": case.get("condition", {})}])
    world.iam.create_role(RoleName="app", AssumeRolePolicyDocument=document(statements))
    call = {"RoleArn": APP, "RoleSessionName": "one", **case.get("request", {})}
    if case["expect"] == "allowed":
        answer = world.client("sts", ann).assume_role(**call)
        assert answer["AssumedRoleUser"]["Arn"] == SESSION
        assert credential(world, answer).principal.role_arn == APP
    else:
        code, _ = refused(world.client("sts", ann).assume_role, **call)
        assert code == CODES[case["expect"]]


def make_ann(iam: Any, case: dict[str, Any]) -> str:
    iam.create_user(UserName="ann")
    if "identity" in case:
        text = document(case["identity"])
        iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=text)
    if "boundary" in case:
        text = document(case["boundary"])
        arn = iam.create_policy(PolicyName="b", PolicyDocument=text)["Policy"]["Arn"]
        iam.put_user_permissions_boundary(UserName="ann", PermissionsBoundary=arn)
    return str(iam.create_access_key(UserName="ann")["AccessKey"]["AccessKeyId"])


def test_a_role_that_is_not_there_is_denied_like_one_that_does_not_trust(world: World) -> None:
    code, text = refused(world.assume, role_arn=APP)
    assert code == "AccessDenied"
    assert text == f"User: {ADMIN} is not authorized to perform: sts:AssumeRole on resource: {APP}"
    world.role("app", OTHER)
    assert refused(world.assume, role_arn=APP) == (code, text)


def test_a_user_is_no_role(world: World) -> None:
    assert refused(world.assume, role_arn=ADMIN)[0] == "AccessDenied"


@pytest.mark.parametrize(("policy", "is_allowed"), [(EVERYTHING, True), (DECRYPT, False)])
def test_a_role_that_is_trusted_by_name_is_held_to_its_session_policy(
    world: World,
    policy: str,
    is_allowed: bool,  # noqa: FBT001
) -> None:
    # IAM User Guide, "Session policies": they limit what a resource-based policy gives the role.
    world.role("app", ADMIN)
    key = world.assume(APP, Policy=policy)["Credentials"]["AccessKeyId"]
    next_role = world.role("next", APP)
    if is_allowed:
        world.assume(next_role, key)
    else:
        assert refused(world.assume, role_arn=next_role, access_key_id=key)[0] == "AccessDenied"


# ----------------------------------------------------------------------------------- what a session is


def test_a_session_knows_its_role_its_tags_and_its_end(world: World) -> None:
    world.iam.create_role(
        RoleName="app",
        Path="/service/",
        Tags=[{"Key": "team", "Value": "red"}, {"Key": "tier", "Value": "web"}],
        AssumeRolePolicyDocument=allow("sts:*", Principal={"AWS": ACCOUNT}, resource=None),
    )
    role = f"arn:aws:iam::{ACCOUNT}:role/service/app"
    answer = world.assume(
        role, DurationSeconds=900, Policy=DECRYPT, Tags=[{"Key": "team", "Value": "blue"}]
    )
    found = credential(world, answer)
    unique_id = world.directory.principal(role).unique_id
    assert answer["AssumedRoleUser"] == {"AssumedRoleId": f"{unique_id}:one", "Arn": SESSION}
    assert answer["Credentials"]["SecretAccessKey"] == found.secret_access_key
    assert answer["Credentials"]["SessionToken"] == found.session_token
    assert (found.issued, found.expires) == (world.clock.now(), world.clock.now() + 900)
    assert answer["Credentials"]["Expiration"] == datetime.fromtimestamp(found.expires, UTC)
    assert answer["Credentials"]["AccessKeyId"].startswith("ASIA")
    principal = found.principal
    assert (principal.kind, principal.account) == ("role-session", ACCOUNT)
    assert (principal.arn, principal.role_arn) == (SESSION, role)
    assert principal.user_id == f"{unique_id}:one"
    assert principal.tags == {"team": "blue", "tier": "web"}
    assert principal.session_policy == DECRYPT


def test_a_session_carries_what_its_role_carries_now(world: World) -> None:
    world.role("app", ADMIN)
    principal = credential(world, world.assume(APP)).principal
    world.iam.put_role_policy(RoleName="app", PolicyName="p", PolicyDocument=DECRYPT)
    carried = world.directory.principal_policies(principal)
    assert (carried.identity, carried.session) == ((DECRYPT,), None)


def test_a_session_loses_all_with_its_role_and_does_not_get_it_back(world: World) -> None:
    world.role("app", ADMIN)
    principal = credential(world, world.assume(APP)).principal
    world.iam.delete_role(RoleName="app")
    world.role("app", ADMIN)
    world.iam.put_role_policy(RoleName="app", PolicyName="p", PolicyDocument=DECRYPT)
    assert world.directory.principal_policies(principal).identity == ()


def test_sessions_of_one_name_keep_their_own_policies(world: World) -> None:
    world.role("app", ADMIN)
    narrow = credential(world, world.assume(APP, Policy=DECRYPT)).principal
    wide = credential(world, world.assume(APP)).principal
    assert narrow.arn == wide.arn
    assert world.directory.principal_policies(narrow).session == DECRYPT
    assert world.directory.principal_policies(wide).session is None


def test_session_policies_are_united(world: World) -> None:
    world.role("app", ADMIN)
    arn = world.iam.create_policy(PolicyName="p", PolicyDocument=DECRYPT)["Policy"]["Arn"]
    one = credential(world, world.assume(APP, PolicyArns=[{"arn": arn}])).principal
    assert one.session_policy == DECRYPT
    both = world.assume(APP, PolicyArns=[{"arn": arn}], Policy=ENCRYPT)
    statements = json.loads(credential(world, both).principal.session_policy)["Statement"]
    assert [each["Action"] for each in statements] == ["kms:Decrypt", "kms:Encrypt"]
    gone = credential(world, world.assume(APP, PolicyArns=[{"arn": arn + "x"}])).principal
    assert json.loads(gone.session_policy)["Statement"] == []


@pytest.mark.parametrize("policy", ["{", "[]", allow("kms:*", Principal="*")])
def test_a_session_policy_that_is_none_is_refused(world: World, policy: str) -> None:
    world.role("app", ADMIN)
    assert refused(world.assume, role_arn=APP, Policy=policy)[0] == "MalformedPolicyDocument"


@pytest.mark.parametrize(
    ("seconds", "maximum", "text"),
    [
        (3600, 3600, None),
        (43_200, 43_200, None),
        (3601, 3600, "The requested DurationSeconds exceeds the MaxSessionDuration set"),
        (899, 3600, "at 'durationSeconds' failed to satisfy constraint: Member must have value"),
        (43_201, 43_200, "Member must have value less than or equal to 43200"),
    ],
)
def test_how_long_a_session_may_be(
    world: World, seconds: int, maximum: int, text: str | None
) -> None:
    world.role("app", ADMIN, MaxSessionDuration=maximum)
    if text is None:
        found = credential(world, world.assume(APP, DurationSeconds=seconds))
        assert found.expires == world.clock.now() + seconds
    else:
        code, message = refused(world.assume, role_arn=APP, DurationSeconds=seconds)
        assert code == "ValidationError"
        assert text in message


def test_a_role_that_assumes_a_role_has_an_hour(world: World) -> None:
    world.role("app", ADMIN)
    key = world.assume(APP)["Credentials"]["AccessKeyId"]
    next_role = world.role("next", SESSION, MaxSessionDuration=7200)
    code, text = refused(world.assume, role_arn=next_role, access_key_id=key, DurationSeconds=3601)
    assert (code, "1 hour session limit" in text) == ("ValidationError", True)
    assert world.assume(next_role, key)["AssumedRoleUser"]["Arn"].endswith("assumed-role/next/one")


# ------------------------------------------------------------------------------------ the other actions


def test_everybody_may_ask_who_it_is(world: World) -> None:
    key = world.user("ann", allow("*", effect="Deny"))
    answer = world.client("sts", key).get_caller_identity()
    record = world.directory.principal(f"arn:aws:iam::{ACCOUNT}:user/ann")
    assert (answer["Arn"], answer["Account"]) == (record.arn, ACCOUNT)
    assert answer["UserId"] == record.unique_id


def test_a_session_token_is_the_same_user_for_some_hours(world: World) -> None:
    key = world.user("ann", allow("*", effect="Deny"))
    found = credential(world, world.client("sts", key).get_session_token())
    assert found.principal == world.directory.credential(key).principal
    assert found.expires - found.issued == 12 * 3600
    assert len(found.secret_access_key) == 40
    world.iam.delete_user_policy(UserName="ann", PolicyName="p0")
    world.iam.delete_user(UserName="ann")
    assert world.directory.credential(found.access_key_id) is None


@pytest.mark.parametrize("action", ["get_session_token", "get_federation_token"])
def test_a_session_makes_no_session_of_itself(world: World, action: str) -> None:
    key = world.sts.get_session_token()["Credentials"]["AccessKeyId"]
    more = {"Name": "guest"} if action == "get_federation_token" else {}
    code, text = refused(getattr(world.client("sts", key), action), **more)
    assert code == "AccessDenied"
    assert text.endswith("with session credentials")


def test_a_federated_user_is_within_its_user_and_its_policy(world: World) -> None:
    key = world.user("ann", EVERYTHING)
    tags = [{"Key": "team", "Value": "blue"}]
    answer = world.client("sts", key).get_federation_token(Name="guest", Policy=DECRYPT, Tags=tags)
    found = credential(world, answer)
    arn = f"arn:aws:sts::{ACCOUNT}:federated-user/guest"
    assert answer["FederatedUser"] == {"FederatedUserId": f"{ACCOUNT}:guest", "Arn": arn}
    assert (found.principal.kind, found.principal.arn) == ("federated-user", arn)
    assert found.principal.tags == {"team": "blue"}
    carried = world.directory.principal_policies(found.principal)
    assert (carried.identity, carried.session) == ((EVERYTHING,), DECRYPT)
    world.iam.delete_user_policy(UserName="ann", PolicyName="p0")
    assert world.directory.principal_policies(found.principal).identity == ()


def test_a_federated_user_without_a_policy_may_nothing(world: World) -> None:
    found = credential(world, world.sts.get_federation_token(Name="guest"))
    assert json.loads(found.principal.session_policy)["Statement"] == []


def test_federation_needs_a_permission(world: World) -> None:
    sts = world.client("sts", world.user("ann", DECRYPT))
    code, text = refused(sts.get_federation_token, Name="guest")
    assert (code, "sts:GetFederationToken on resource" in text) == ("AccessDenied", True)


@pytest.mark.parametrize("action", ["decode_authorization_message", "get_access_key_info"])
def test_what_is_not_offered_is_refused(world: World, action: str) -> None:
    parameters = (
        {"EncodedMessage": "x"} if action.startswith("decode") else {"AccessKeyId": "A" * 20}
    )
    code, text = refused(getattr(world.sts, action), **parameters)
    assert (code, "is not offered" in text) == ("InvalidAction", True)
