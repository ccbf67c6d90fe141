"""What a world file says: accounts with their IAM, and their KMS keys. Members are spelled as AWS spells them.

What AWS has no name for is `Region`, `Materials`, and the lists in which policies stand by their names.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from kmslab.model.keys import RotationType

AccountId = Annotated[str, Meta(pattern=r"^[0-9]{12}$")]
KeyId = Annotated[
    str,
    Meta(
        pattern=r"^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$"
    ),
]
RegionName = Annotated[str, Meta(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]$")]
AliasName = Annotated[str, Meta(pattern=r"^alias/.+$")]
Instant = Annotated[datetime, Meta(tz=True)]
Document = str | dict[str, Any]  # a policy: as text, which is kept as it stands, or as a mapping
State = Literal["Enabled", "Disabled", "PendingDeletion", "PendingImport"]


class _Part(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True,
    rename="pascal",
):  # fmt: skip
    """What every mapping of the file has in common: no field that is not known."""


class Named(_Part, frozen=True, kw_only=True):
    """An inline policy."""

    policy_name: str
    policy_document: Document


class AccessKey(_Part, frozen=True, kw_only=True):
    """An access key of a user; both halves are given."""

    access_key_id: Annotated[str, Meta(pattern=r"^[A-Z0-9]{16,128}$")]
    secret_access_key: Annotated[str, Meta(min_length=1)]
    status: Literal["Active", "Inactive"] = "Active"


class Group(_Part, frozen=True, kw_only=True):
    """An IAM group."""

    group_name: str
    path: str = "/"
    policies: tuple[Named, ...] = ()
    attached_policies: tuple[str, ...] = ()


class User(_Part, frozen=True, kw_only=True):
    """An IAM user. `permissions_boundary` and the attached policies are ARNs."""

    user_name: str
    path: str = "/"
    groups: tuple[str, ...] = ()
    policies: tuple[Named, ...] = ()
    attached_policies: tuple[str, ...] = ()
    permissions_boundary: str | None = None
    access_keys: tuple[AccessKey, ...] = ()
    tags: dict[str, str] = {}


class Role(_Part, frozen=True, kw_only=True):
    """An IAM role."""

    role_name: str
    assume_role_policy_document: Document
    path: str = "/"
    max_session_duration: int = 3600
    policies: tuple[Named, ...] = ()
    attached_policies: tuple[str, ...] = ()
    permissions_boundary: str | None = None
    tags: dict[str, str] = {}


class ManagedPolicy(_Part, frozen=True, kw_only=True):
    """A customer managed policy, in its default version."""

    policy_name: str
    policy_document: Document
    path: str = "/"


class Material(_Part, frozen=True, kw_only=True):
    """One generation of a key's material: one of the four that give it, or none for chance.

    A seed gives the same material to keys of the same ID. Key pairs are PKCS #8, in base64 or PEM.
    `key_material_id` stands for imported material that was deleted: only the same may be imported again.
    """

    hex: str | None = None
    base64: str | None = None
    pem: str | None = None
    seed: str | None = None
    key_material_id: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")] | None = None
    creation_date: Instant | None = None
    rotation_type: RotationType | None = None
    valid_to: Instant | None = None
    key_material_description: str = ""


class Grant(_Part, frozen=True, kw_only=True):
    """A grant, as CreateGrant takes it."""

    operations: tuple[str, ...]
    grantee_principal: str | None = None
    grantee_service_principal: str | None = None
    retiring_principal: str | None = None
    retiring_service_principal: str | None = None
    constraints: dict[str, Any] | None = None
    name: str | None = None


class Key(_Part, frozen=True, kw_only=True):
    """A KMS key in one Region. `primary_region` makes it a multi-Region key; elsewhere it is a replica."""

    region: RegionName
    key_id: KeyId
    description: str = ""
    key_spec: str = "SYMMETRIC_DEFAULT"
    key_usage: str | None = None
    origin: Literal["AWS_KMS", "EXTERNAL"] = "AWS_KMS"
    primary_region: RegionName | None = None
    creation_date: Instant | None = None
    key_state: State = "Enabled"
    deletion_date: Instant | None = None
    rotation_period_in_days: Annotated[int, Meta(ge=90, le=2560)] | None = None
    next_rotation_date: Instant | None = None
    aliases: tuple[AliasName, ...] = ()
    tags: dict[str, str] = {}
    grants: tuple[Grant, ...] = ()
    materials: tuple[Material, ...] = ()
    policy: Document | None = None


class Account(_Part, frozen=True, kw_only=True):
    """An AWS account: what IAM has of it, and its keys in all Regions."""

    account_id: AccountId
    managed_policies: tuple[ManagedPolicy, ...] = ()
    groups: tuple[Group, ...] = ()
    users: tuple[User, ...] = ()
    roles: tuple[Role, ...] = ()
    keys: tuple[Key, ...] = ()


class WorldFile(_Part, frozen=True, kw_only=True, omit_defaults=False):
    """The whole file; `world` is the number of this format."""

    world: Literal[1]
    accounts: tuple[Account, ...]


PARTS = (
    WorldFile, Account, Key, Grant, Material, ManagedPolicy, Role, User, Group, AccessKey, Named,
)  # fmt: skip
