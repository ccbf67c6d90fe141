"""KMS keys and aliases as records.

A key has no bytes of its own: its material is sealed, and only custody can open it. A key is never
changed in place; an operation stores another one.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Final, Literal

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


KeyOrigin = Literal["AWS_CLOUDHSM", "AWS_KMS", "EXTERNAL", "EXTERNAL_KEY_STORE"]
RotationType = Literal["AUTOMATIC", "ON_DEMAND"]
MultiRegionKeyType = Literal["PRIMARY", "REPLICA"]


TRANSIENT: Final = frozenset(("Creating", "Updating"))  # states that end by themselves


class RotationPlan(msgspec.Struct, frozen=True):
    """Automatic rotation: every so many days, next at an instant (Unix seconds)."""

    period_days: int
    next: float


class KeyMaterial(msgspec.Struct, frozen=True, kw_only=True):
    """One generation of a key's material. `sealed` opens in custody alone; times are Unix seconds.

    Imported material that was deleted or has expired keeps its place, and is sealed no more.
    """

    material_id: str  # 64 hexadecimal digits
    sealed: bytes
    created: float
    rotation: RotationType | None = None  # what made it; the first one was made with its key
    expires: float | None = None  # of imported material
    description: str = ""  # of imported material
    public_key: bytes = b""  # DER; of an imported key pair, so that it can be told without the pair

    @property
    def is_present(self) -> bool:
        """Whether custody can open it."""
        return bool(self.sealed)

    def without_bytes(self) -> "KeyMaterial":
        """Return this material after its deletion: the same one may be imported again."""
        return msgspec.structs.replace(self, sealed=b"", expires=None)


class KmsKey(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A KMS key: what DescribeKey tells, its key policy, and its materials (the current one last).

    Related multi-Region keys have one account and key ID; each has a record of its own, which
    names the Region of the primary key. `pending` was imported for the next rotation, and does
    nothing until then. Instants are Unix seconds.
    """

    account: str
    region: str
    key_id: str
    created: float
    policy: str
    spec: str = "SYMMETRIC_DEFAULT"
    usage: str = "ENCRYPT_DECRYPT"
    origin: KeyOrigin = "AWS_KMS"
    manager: str = "CUSTOMER"
    state: KeyState = "Enabled"
    description: str = ""
    tags: Mapping[str, str] = {}
    materials: tuple[KeyMaterial, ...] = ()
    pending: KeyMaterial | None = None
    rotation: RotationPlan | None = None
    deletion_date: float | None = None
    waiting_days: int | None = None  # of a primary key that waits for the end of its replicas
    primary_region: str = ""  # of a multi-Region key; a key without is of one Region
    key_store: str = ""  # the ID of the custom key store that it lies in
    settles: float | None = None  # when Creating or Updating is over

    @cached_property
    def arn(self) -> str:
        """The key ARN."""
        return key_arn(self.region, self.account, self.key_id)

    @property
    def current(self) -> KeyMaterial:
        """The material that encrypts; older ones only decrypt."""
        return self.materials[-1]

    @property
    def multi_region_type(self) -> MultiRegionKeyType | None:
        """Whether a multi-Region key is the primary or a replica; None for other keys."""
        if not self.primary_region:
            return None
        return "PRIMARY" if self.primary_region == self.region else "REPLICA"

    @property
    def associated(self) -> tuple[KeyMaterial, ...]:
        """All its materials, the one that waits for its rotation last."""
        return self.materials if self.pending is None else (*self.materials, self.pending)

    def awaits(self, material: KeyMaterial) -> bool:
        """Say whether this material waits here for its rotation."""
        return self.pending is not None and self.pending.material_id == material.material_id

    @property
    def is_whole(self) -> bool:
        """Whether custody can open all materials that were ever current."""
        return bool(self.materials) and all(each.is_present for each in self.materials)

    @property
    def due(self) -> float | None:
        """The instant at which something happens to the key by itself, if anything does.

        A replica has its primary's rotation, and is rotated by it.
        """
        instants = [each.expires for each in self.associated]
        if self.state == "PendingDeletion":
            instants.append(self.deletion_date)
        elif self.state in TRANSIENT:
            instants.append(self.settles)
        elif self.state == "Enabled" and self.rotation and self.multi_region_type != "REPLICA":
            instants.append(self.rotation.next)
        return min((each for each in instants if each is not None), default=None)

    def settled(self) -> "KmsKey":
        """Return this key when Creating or Updating is over."""
        return self.with_(state="Enabled" if self.is_whole else "PendingImport", settles=None)

    def sharing(self, primary: "KmsKey") -> "KmsKey":
        """Return this replica with what it shares with its primary; of imported material, its turn.

        Developer Guide, "Shared properties of multi-Region keys"; the other ones never change.
        """
        shared = self.with_(rotation=primary.rotation)
        if primary.origin == "AWS_KMS":
            return shared.with_(materials=primary.materials)
        if self.pending is None or not self.awaits(primary.current):
            return shared
        rotation, created = primary.current.rotation, primary.current.created
        return shared.rotated(
            msgspec.structs.replace(self.pending, rotation=rotation, created=created)
        )

    def rotated(self, material: KeyMaterial) -> "KmsKey":
        """Return this key with a new current material; the old ones still decrypt."""
        return self.with_(materials=(*self.materials, material), pending=None)

    def holding(self, materials: tuple[KeyMaterial, ...], pending: KeyMaterial | None) -> "KmsKey":
        """Return this key with these materials, in the state that follows from them."""
        held = self.with_(materials=materials, pending=pending)
        if self.state in {"PendingDeletion", "PendingReplicaDeletion"}:
            return held
        if not held.is_whole:
            return held.with_(state="PendingImport")
        return held.with_(state="Enabled") if self.state == "PendingImport" else held

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
