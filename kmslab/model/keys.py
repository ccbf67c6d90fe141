"""KMS keys and aliases as records.

A key has no bytes of its own: its material is sealed, and only custody can open it. A key is never
changed in place; an operation stores another one.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Literal

import msgspec

from kmslab.model.arn import alias_arn, key_arn

KeyState = Literal[
    "Creating",
    "Enabled",
    "Disabled",
    "PendingDeletion",
    "PendingImport",
    "PendingReplicaDeletion",
    "Unavailable",
    "Updating",
]


class KeyMaterial(msgspec.Struct, frozen=True, kw_only=True):
    """One generation of a key's material. `sealed` opens in custody alone; times are Unix seconds."""

    material_id: str  # 64 hexadecimal digits
    sealed: bytes
    created: float


class KmsKey(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A KMS key: what DescribeKey tells, its key policy, and its materials (the current one last)."""

    account: str
    region: str
    key_id: str
    created: float
    policy: str
    spec: str = "SYMMETRIC_DEFAULT"
    usage: str = "ENCRYPT_DECRYPT"
    origin: str = "AWS_KMS"
    manager: str = "CUSTOMER"
    state: KeyState = "Enabled"
    description: str = ""
    tags: Mapping[str, str] = {}
    materials: tuple[KeyMaterial, ...] = ()

    @cached_property
    def arn(self) -> str:
        """The key ARN."""
        return key_arn(self.region, self.account, self.key_id)

    @property
    def current(self) -> KeyMaterial:
        """The material that encrypts; older ones only decrypt."""
        return self.materials[-1]

    def with_(self, **changes: object) -> "KmsKey":
        """Return this key with some members changed."""
        return msgspec.structs.replace(self, **changes)


class Alias(msgspec.Struct, frozen=True, kw_only=True):
    """A second name for a KMS key of the same account and Region. Times are Unix seconds."""

    account: str
    region: str
    name: str  # with its alias/ prefix
    target_key_id: str
    created: float
    updated: float

    @property
    def arn(self) -> str:
        """The alias ARN."""
        return alias_arn(self.region, self.account, self.name)

    def moved_to(self, key_id: str, now: float) -> "Alias":
        """Return this alias with another target."""
        return msgspec.structs.replace(self, target_key_id=key_id, updated=now)
