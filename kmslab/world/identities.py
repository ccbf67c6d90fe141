"""The IAM of a world file, through the API of IAM; only access keys, whose halves IAM draws itself, are put beside it."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

from kmslab.authn.directory import Directory
from kmslab.model.principals import Credential, Principal
from kmslab.world.model import Account, Document, Group, ManagedPolicy, Named, Role, User

At = Callable[[str], AbstractContextManager[None]]  # who tells a refusal by its place in the file
Client = Any  # boto3's client of IAM


def make(account: Account, base: str, iam: Client, directory: Directory, at: At) -> None:
    """Make managed policies, groups, users and roles, in this order: the later name the earlier."""
    for where, policy in _numbered(base, "ManagedPolicies", account.managed_policies):
        with at(where):
            _managed_policy(iam, policy)
    for where, group in _numbered(base, "Groups", account.groups):
        with at(where):
            _group(iam, group)
    for where, user in _numbered(base, "Users", account.users):
        with at(where):
            _user(iam, user)
            _access_keys(directory, account.account_id, user)
    for where, role in _numbered(base, "Roles", account.roles):
        with at(where):
            _role(iam, role)


def text(document: Document) -> str:
    """Return a policy as text: as it was written, or from a mapping."""
    return document if isinstance(document, str) else json.dumps(document)


def user_arn(account: str, user: User) -> str:
    """Return a user's ARN."""
    return f"arn:aws:iam::{account}:user{user.path}{user.user_name}"


def _numbered(base: str, name: str, entries: tuple[Any, ...]) -> Iterator[tuple[str, Any]]:
    for number, entry in enumerate(entries):
        yield f"{base}.{name}[{number}]", entry


def _managed_policy(iam: Client, policy: ManagedPolicy) -> None:
    iam.create_policy(
        PolicyName=policy.policy_name,
        Path=policy.path,
        PolicyDocument=text(policy.policy_document),
    )


def _group(iam: Client, group: Group) -> None:
    name = {"GroupName": group.group_name}
    iam.create_group(**name, Path=group.path)
    _carry(group, name, iam.put_group_policy, iam.attach_group_policy)


def _user(iam: Client, user: User) -> None:
    name = {"UserName": user.user_name}
    iam.create_user(**name, Path=user.path, Tags=_tags(user.tags))
    _carry(user, name, iam.put_user_policy, iam.attach_user_policy)
    if user.permissions_boundary is not None:
        iam.put_user_permissions_boundary(**name, PermissionsBoundary=user.permissions_boundary)
    for group in user.groups:
        iam.add_user_to_group(**name, GroupName=group)


def _role(iam: Client, role: Role) -> None:
    name = {"RoleName": role.role_name}
    iam.create_role(
        **name,
        Path=role.path,
        AssumeRolePolicyDocument=text(role.assume_role_policy_document),
        MaxSessionDuration=role.max_session_duration,
        Tags=_tags(role.tags),
    )
    _carry(role, name, iam.put_role_policy, iam.attach_role_policy)
    if role.permissions_boundary is not None:
        iam.put_role_permissions_boundary(**name, PermissionsBoundary=role.permissions_boundary)


def _carry(
    entity: Group | User | Role,
    name: dict[str, str],
    put: Callable[..., object],
    attach: Callable[..., object],
) -> None:
    policies: tuple[Named, ...] = entity.policies
    for each in policies:
        put(**name, PolicyName=each.policy_name, PolicyDocument=text(each.policy_document))
    for arn in entity.attached_policies:
        attach(**name, PolicyArn=arn)


def _access_keys(directory: Directory, account: str, user: User) -> None:
    arn = user_arn(account, user)
    record = directory.principal(arn)
    assert record is not None  # noqa: S101 - IAM has just made the user
    for key in user.access_keys:
        if directory.credential(key.access_key_id) is not None:
            raise ValueError(f"access key {key.access_key_id} is another user's")
        principal = Principal(
            kind="user", arn=arn, account=account, user_id=record.unique_id, tags=user.tags
        )
        directory.put_credential(
            Credential(
                access_key_id=key.access_key_id,
                secret_access_key=key.secret_access_key,
                principal=principal,
                is_active=key.status == "Active",
            )
        )


def _tags(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": name, "Value": value} for name, value in tags.items()]
