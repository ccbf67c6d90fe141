"""A world as a file: what IAM and the store hold, in the form that `read` takes.

IDs of grants, and of what IAM names by chance, are not in the form; key material is where it is asked for.
"""

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import yaml

from kmslab import client as clients
from kmslab.authn.directory import Directory
from kmslab.billing.usage import stored_keys
from kmslab.custody.port import Custodian
from kmslab.model import bootstrap
from kmslab.model.grants import Grant as KeyGrant
from kmslab.model.keys import KeyMaterial, KmsKey
from kmslab.operations.key_policies import default_policy
from kmslab.server.build import build_endpoint
from kmslab.server.endpoint import Endpoint
from kmslab.server.stores import Opened
from kmslab.services.identity import root_keys
from kmslab.store.port import Store
from kmslab.store.records import ALIASES, GRANTS, scope
from kmslab.world.identities import user_arn
from kmslab.world.model import (
    AccessKey,
    Account,
    Document,
    Grant,
    Group,
    Key,
    ManagedPolicy,
    Material,
    Named,
    Role,
    User,
    WorldFile,
)

MANY: Final = 1_000_000
HEAD: Final = "# A world of kmslab; kmslab serve --world takes it.\n"

Json = dict[str, Any]


class _Dumper(yaml.SafeDumper):
    """Writes what `source.py` reads: no anchors."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - PyYAML's
        """Write every value out."""
        return True


def text(world: WorldFile) -> str:
    """Write a world as YAML."""
    plain = msgspec.json.decode(msgspec.json.encode(world))
    return HEAD + str(yaml.dump(plain, Dumper=_Dumper, sort_keys=False, allow_unicode=True))


def looked_at(opened: Opened) -> Endpoint:
    """Return a door to the world of a store that is only looked at."""
    accounts = Directory(opened.store).accounts
    return build_endpoint(store=opened, account=accounts[0] if accounts else bootstrap.ACCOUNT)


def world_of(endpoint: Endpoint, *, with_material: bool = False) -> WorldFile:
    """Return what a world holds now; its root users, sessions and service principals are not in it."""
    accounts = endpoint.engine.directory.accounts
    return WorldFile(
        world=1, accounts=tuple(_account(endpoint, each, with_material) for each in accounts)
    )


def _account(endpoint: Endpoint, account: str, with_material: bool) -> Account:  # noqa: FBT001
    engine = endpoint.engine
    root = root_keys(engine.directory, account, engine.entropy)
    iam = clients.client(endpoint, "iam", credentials=root, region=bootstrap.REGION)
    found = _Identities(iam, endpoint, account)
    custody = engine.custody if with_material else None
    keys = (key for key in stored_keys(engine.store, account) if key.manager == "CUSTOMER")
    return Account(
        account_id=account,
        managed_policies=tuple(found.managed_policies()),
        groups=tuple(found.groups()),
        users=tuple(found.users()),
        roles=tuple(found.roles()),
        keys=tuple(_key(engine.store, key, custody) for key in keys),
    )


class _Identities:
    """What IAM has of one account."""

    def __init__(self, iam: Any, endpoint: Endpoint, account: str) -> None:  # noqa: ANN401
        self.iam = iam
        self.directory = endpoint.engine.directory
        self.account = account

    def managed_policies(self) -> Iterator[ManagedPolicy]:
        for each in self._all("list_policies", "Policies", Scope="Local"):
            version = self.iam.get_policy_version(
                PolicyArn=each["Arn"], VersionId=each["DefaultVersionId"]
            )
            yield ManagedPolicy(
                policy_name=each["PolicyName"],
                policy_document=version["PolicyVersion"]["Document"],
                path=each["Path"],
            )

    def groups(self) -> Iterator[Group]:
        for each in self._all("list_groups", "Groups"):
            yield Group(
                group_name=each["GroupName"],
                path=each["Path"],
                **self._carried("group", GroupName=each["GroupName"]),
            )

    def users(self) -> Iterator[User]:
        for each in self._all("list_users", "Users"):
            if each["UserName"] != bootstrap.USER:
                yield self._user(each["UserName"])

    def _user(self, name: str) -> User:
        told = self.iam.get_user(UserName=name)["User"]
        groups = self._all("list_groups_for_user", "Groups", UserName=name)
        user = User(
            user_name=name,
            path=told["Path"],
            groups=tuple(each["GroupName"] for each in groups),
            permissions_boundary=_boundary(told),
            tags=_tags(self._all("list_user_tags", "Tags", UserName=name)),
            **self._carried("user", UserName=name),
        )
        return msgspec.structs.replace(user, access_keys=tuple(self._access_keys(user)))

    def _access_keys(self, user: User) -> Iterator[AccessKey]:
        for each in self.directory.credentials_of(user_arn(self.account, user)):
            if not each.session_token:
                yield AccessKey(
                    access_key_id=each.access_key_id,
                    secret_access_key=each.secret_access_key,
                    status="Active" if each.is_active else "Inactive",
                )

    def roles(self) -> Iterator[Role]:
        for each in self._all("list_roles", "Roles"):
            told = self.iam.get_role(RoleName=each["RoleName"])["Role"]
            yield Role(
                role_name=told["RoleName"],
                path=told["Path"],
                assume_role_policy_document=told["AssumeRolePolicyDocument"],
                max_session_duration=told["MaxSessionDuration"],
                permissions_boundary=_boundary(told),
                tags=_tags(told.get("Tags", ())),
                **self._carried("role", RoleName=told["RoleName"]),
            )

    def _carried(self, kind: str, **name: str) -> dict[str, Any]:
        get = getattr(self.iam, f"get_{kind}_policy")
        names = self._all(f"list_{kind}_policies", "PolicyNames", **name)
        attached = self._all(f"list_attached_{kind}_policies", "AttachedPolicies", **name)
        return {
            "policies": tuple(
                Named(
                    policy_name=each,
                    policy_document=get(**name, PolicyName=each)["PolicyDocument"],
                )
                for each in names
            ),
            "attached_policies": tuple(each["PolicyArn"] for each in attached),
        }

    def _all(self, operation: str, member: str, **asked: str) -> Iterator[Any]:
        for page in self.iam.get_paginator(operation).paginate(**asked):
            yield from page[member]


def _key(store: Store, key: KmsKey, custody: Custodian | None) -> Key:
    here = f"{scope(key.account, key.region)}/{key.key_id}"
    aliases = store.page(ALIASES, here, after="", limit=MANY, index="target")
    grants = store.page(GRANTS, key.arn, after="", limit=MANY)
    plan = key.rotation
    shares = key.multi_region_type == "REPLICA" and key.origin == "AWS_KMS"
    return Key(
        region=key.region,
        key_id=key.key_id,
        description=key.description,
        key_spec=key.spec,
        key_usage=key.usage,
        origin="EXTERNAL" if key.origin == "EXTERNAL" else "AWS_KMS",
        primary_region=key.primary_region or None,
        creation_date=_instant(key.created),
        key_state=_STATES.get(key.state, "Enabled"),
        deletion_date=None if key.deletion_date is None else _instant(key.deletion_date),
        rotation_period_in_days=None if plan is None else plan.period_days,
        next_rotation_date=None if plan is None else _instant(plan.next),
        aliases=tuple(alias.name for alias in aliases),
        tags=dict(key.tags),
        grants=tuple(sorted(map(_grant, grants), key=msgspec.json.encode)),
        materials=() if shares else tuple(_material(each, custody) for each in key.materials),
        policy=_policy(key),
    )


_STATES: Final[dict[str, Any]] = {
    "Disabled": "Disabled",
    "PendingDeletion": "PendingDeletion",
    "PendingImport": "PendingImport",
}


def _material(material: KeyMaterial, custody: Custodian | None) -> Material:
    is_told = custody is not None and material.is_present
    raw = custody.reveal(material) if custody is not None and is_told else b""
    return Material(
        base64=b64encode(raw).decode() if is_told else None,
        key_material_id=None if material.is_present else material.material_id,
        creation_date=_instant(material.created),
        rotation_type=material.rotation,
        valid_to=None if material.expires is None else _instant(material.expires),
        key_material_description=material.description,
    )


def _grant(grant: KeyGrant) -> Grant:
    held = grant.constraints
    constraints: Json = {
        "EncryptionContextEquals": held.encryption_context_equals,
        "EncryptionContextSubset": held.encryption_context_subset,
        "SourceArn": held.source_arn,
    }
    return Grant(
        operations=grant.operations,
        grantee_principal=grant.grantee_principal or None,
        grantee_service_principal=grant.grantee_service_principal or None,
        retiring_principal=grant.retiring_principal or None,
        retiring_service_principal=grant.retiring_service_principal or None,
        constraints={n: dict(v) if n != "SourceArn" else v for n, v in constraints.items() if v}
        or None,
        name=grant.name or None,
    )


def _policy(key: KmsKey) -> Document | None:
    """Return a key policy as a mapping where its text is what a mapping gives, so that it comes back."""
    if key.policy == default_policy(key.region, key.account):
        return None
    value = json.loads(key.policy)
    return value if json.dumps(value) == key.policy else key.policy


def _boundary(told: Json) -> str | None:
    found = told.get("PermissionsBoundary")
    return None if found is None else str(found["PermissionsBoundaryArn"])


def _tags(tags: Any) -> dict[str, str]:  # noqa: ANN401 - a list of IAM
    return {tag["Key"]: tag["Value"] for tag in tags}


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
