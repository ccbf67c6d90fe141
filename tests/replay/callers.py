"""The callers of replayed cases: users, roles and their sessions, made with IAM and STS.

Refuses to know what they ask (`tests.replay.stage`).
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from botocore.client import BaseClient

from kmslab.model.principals import PrincipalPolicies
from tests.replay.asks import ALLOW_ALL, Case, Stage, Unsaid

TRUST: Final = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["sts:AssumeRole", "sts:TagSession"]}
        ],
    }
)  # fmt: skip
FEDERATE: Final = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "sts:GetFederationToken", "Resource": "*"}],
    }
)


def pair(who: Any) -> tuple[str, ...]:
    if isinstance(who, tuple):
        return who
    keys = who.get("AccessKey") or who["Credentials"]
    token = keys.get("SessionToken")
    return (keys["AccessKeyId"], keys["SecretAccessKey"], *((token,) if token else ()))


def _user(stage: Stage, caller: Case) -> Any:
    """Make a user with its inline policies and boundary."""
    iam = stage.world.client("iam", who=stage.world.root(caller["account"]))
    path, _, name = caller["arn"].partition(":user")[2].rpartition("/")
    made = iam.create_user(UserName=name, Path=f"{path}/", Tags=_iam_tags(caller))["User"]
    stage.names[caller["userid"]] = made["UserId"]
    for number, policy in enumerate(stage.case["identity_policies"]):
        text = stage.text(policy)
        iam.put_user_policy(UserName=name, PolicyName=f"p{number}", PolicyDocument=text)
    boundary = _managed(stage, iam, "permission_boundary")
    if boundary:
        iam.put_user_permissions_boundary(UserName=name, PermissionsBoundary=boundary)
    if stage.case.get("session_policy") is not None:
        raise Unsaid("a user has no session policy")
    return iam.create_access_key(UserName=name)


def _session(stage: Stage, caller: Case) -> Any:
    """Make a role and assume it."""
    if ":role/aws-service-role/" in caller["role_arn"]:
        return _linked(stage, caller)
    iam = stage.world.client("iam", who=stage.world.root(caller["account"]))
    path, _, name = caller["role_arn"].partition(":role")[2].rpartition("/")
    made = iam.create_role(
        RoleName=name, Path=f"{path}/", AssumeRolePolicyDocument=TRUST, Tags=_iam_tags(caller)
    )["Role"]
    stage.names[caller["userid"].partition(":")[0]] = made["RoleId"]
    for number, policy in enumerate(stage.case["identity_policies"]):
        text = stage.text(policy)
        iam.put_role_policy(RoleName=name, PolicyName=f"p{number}", PolicyDocument=text)
    boundary = _managed(stage, iam, "permission_boundary")
    if boundary:
        iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=boundary)
    maker = _helper(stage, caller["account"], ALLOW_ALL)
    more = _session_policy(stage)
    return stage.world.client("sts", who=maker).assume_role(
        RoleArn=made["Arn"], RoleSessionName=_session_name(stage, caller), **more
    )


def _linked(stage: Stage, caller: Case) -> Any:
    """Make a service-linked role, and let its service assume it; its policies are the service's own."""
    iam = stage.world.client("iam", who=stage.world.root(caller["account"]))
    _, _, service, name = caller["role_arn"].split("/")
    made = iam.create_service_linked_role(AWSServiceName=service)["Role"]
    stage.names[name] = made["RoleName"]
    record = stage.directory.principal(made["Arn"])
    own = PrincipalPolicies(identity=tuple(map(stage.text, stage.case["identity_policies"])))
    stage.directory.put_principal(msgspec.structs.replace(record, policies=own))
    sts = stage.world.client("sts", who=stage.world.service(service))
    return sts.assume_role(RoleArn=made["Arn"], RoleSessionName=_session_name(stage, caller))


def _session_name(stage: Stage, caller: Case) -> str:
    """Name the session as the case does, or with twice its one letter: STS asks for two."""
    session = str(caller["arn"].rpartition("/")[2])
    if len(session) > 1:
        return session
    stage.names[caller["arn"]] = f"{caller['arn']}{session}"
    return session * 2


def _root(stage: Stage, caller: Case) -> Any:
    return stage.world.root(caller["account"])


def _federated(stage: Stage, caller: Case) -> Any:
    """Federate a user whose policies are the case's."""
    policies = map(stage.text, stage.case["identity_policies"])
    maker = _helper(stage, caller["account"], FEDERATE, *policies)
    iam = stage.world.client("iam", who=stage.world.root(caller["account"]))
    boundary = _managed(stage, iam, "permission_boundary")
    sts = stage.world.client("sts", who=maker)
    made = sts.get_federation_token(Name=caller["arn"].rpartition("/")[2], **_session_policy(stage))
    if boundary:
        iam.put_user_permissions_boundary(UserName="helper", PermissionsBoundary=boundary)
    return made


def _service(stage: Stage, caller: Case) -> Any:
    return stage.world.service(caller["service"])


def _helper(stage: Stage, account: str, *policies: str) -> Any:
    iam = stage.world.client("iam", who=stage.world.root(account))
    iam.create_user(UserName="helper")
    for number, text in enumerate(policies):
        iam.put_user_policy(UserName="helper", PolicyName=f"p{number}", PolicyDocument=text)
    return iam.create_access_key(UserName="helper")


def _managed(stage: Stage, iam: BaseClient, name: str) -> str:
    policy = stage.case.get(name)
    if policy is None:
        return ""
    made = iam.create_policy(PolicyName=name, PolicyDocument=stage.text(policy))
    return str(made["Policy"]["Arn"])


def _session_policy(stage: Stage) -> dict[str, Any]:
    policy = stage.case.get("session_policy")
    return {} if policy is None else {"Policy": stage.text(policy)}


def _iam_tags(caller: Case) -> list[dict[str, str]]:
    return [{"Key": key, "Value": str(value)} for key, value in (caller.get("tags") or {}).items()]


TAGGED: Final = ("user", "role-session")
CALLERS: Final[Mapping[str, Callable[[Stage, Case], Any]]] = {
    "user": _user,
    "role-session": _session,
    "root": _root,
    "federated-user": _federated,
    "service": _service,
}
