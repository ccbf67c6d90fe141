"""What a request has passed on its way to the operation, and when another one need not be asked again.

For a cryptographic operation on a key that the request names, by itself or by its ciphertext, targets, verdict,
quota and key state follow from the caller, the operation and that name alone, as long as no policy has looked
at the rest of the request and the store has not changed. Such a passage is remembered until it does. Refuses to know
what the stages ask.
"""

from typing import Final, NamedTuple

import msgspec

from kmslab.audit.situation import Check
from kmslab.custody import blob as blobs
from kmslab.engine.request import ApiRequest
from kmslab.model.keys import KmsKey
from kmslab.operations.catalog import BY_PAIR_SPEC, Operation
from kmslab.operations.names import Target
from kmslab.spec.shapes import DecryptRequest
from kmslab.store.port import Store

REMEMBERED: Final = 16_384
RESOURCE_TYPES: Final = {"key": "AWS::KMS::Key", "alias": "AWS::KMS::Alias"}

Address = tuple[str, str, str, str, str | bytes]


class Recorded(NamedTuple):
    """What events keep of a passage."""

    resources: tuple[tuple[str, str, str], ...]
    owner: str
    checks: tuple[Check, ...]


class Passage:
    """One request's: its targets, what was checked, and the request quota that it draws on."""

    __slots__ = (
        "address",
        "bucket",
        "checks",
        "is_new",
        "material",
        "recorded",
        "stores",
        "targets",
    )

    def __init__(self, address: Address | None) -> None:
        self.address = address  # None where a like request may pass otherwise
        self.is_new = True
        self.targets: tuple[Target, ...] = ()
        self.checks: list[Check] = []  # filled while they are made
        self.bucket = ""
        self.stores: tuple[tuple[str, str], ...] = ()  # of the custom key stores: account, bucket
        self.recorded: Recorded | None = None  # of a remembered one, as events have it:
        self.material: dict[str, str] | None = None  # shared by all that pass


class Passages:
    """Those that hold until the store changes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._generation = store.generation
        self._known: dict[Address, Passage] = {}

    def of(self, ask: ApiRequest, row: Operation, req: msgspec.Struct) -> Passage:
        """Return the passage of a request that was like this one, or a new one."""
        if self._store.generation != self._generation:
            self.forget()
        address = _address(ask, row, req)
        found = None if address is None else self._known.get(address)
        return Passage(address) if found is None else found

    def forget(self) -> None:
        """Let every request pass every stage anew from now on."""
        self._known.clear()
        self._generation = self._store.generation

    def keep(self, passage: Passage, account: str) -> None:
        """Remember a passage, of a caller of this account, whose every check held whatever was asked."""
        if passage.address is None:
            return
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        key = passage.targets[-1].key
        passage.is_new = False
        resources = touched(passage.targets)
        passage.recorded = Recorded(resources, owner(account, resources), tuple(passage.checks))
        passage.material = None if key is None else current_material(key)
        self._known[passage.address] = passage


def touched(targets: tuple[Target, ...]) -> tuple[tuple[str, str, str], ...]:
    """Name what targets touch, as events do: account, type and ARN of each."""
    return tuple(
        [
            (target.resource.account, RESOURCE_TYPES[target.resource.kind], target.resource.arn)
            for target in targets
            if target.resource.kind != "none"
        ]
    )


def owner(caller: str, resources: tuple[tuple[str, str, str], ...]) -> str:
    """Name the account whose key it is about, if that is not the caller's."""
    if not caller:
        return ""
    return next((account for account, _, _ in resources if account != caller), "")


def current_material(key: KmsKey) -> dict[str, str] | None:
    """Name the material that a key works with now, as events do."""
    return {"keyMaterialId": key.current.material_id} if key.materials else None


def _address(ask: ApiRequest, row: Operation, req: msgspec.Struct) -> Address | None:
    if not row.usage or ask.told or row.rate == BY_PAIR_SPEC:
        return None
    named = getattr(req, "KeyId", None) or _named_by_ciphertext(req)
    if named is None or getattr(req, "GrantTokens", None):
        return None
    caller = ask.caller
    principal = caller.principal
    return (
        row.name,
        caller.access_key_id,
        principal.arn or principal.service,
        caller.region,
        named,
    )


def _named_by_ciphertext(req: msgspec.Struct) -> bytes | None:
    """Return the name that the blob of a Decrypt gives its key, where the request gives none."""
    blob = req.CiphertextBlob if isinstance(req, DecryptRequest) else None
    return None if blob is None else blobs.name_in(blob)
