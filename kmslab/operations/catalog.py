"""The operations of KMS, one row each: what the pipeline has to know of them.

A row holds what operations share. What is peculiar to one stands in its function, which has the
API's name in snake_case. Everything else comes from the service model: errors, shapes, DryRun.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from kmslab.model.key_states import (
    ANY,
    CANCELLABLE,
    DELETABLE,
    GRANTABLE,
    IMPORTABLE,
    MANAGEABLE,
    READABLE,
    REMOVABLE,
    REPLICABLE,
    ROTATABLE,
    SWITCHABLE,
    USABLE,
    WRAPPABLE,
    StateRow,
)
from kmslab.operations import (
    aliases,
    custom_key_stores,
    data_keys,
    deletion,
    encapsulation,
    encryption,
    grants,
    imports,
    key_policies,
    keys,
    macs,
    public_keys,
    randomness,
    regions,
    rotation,
    signing,
    tags,
    targets,
    usage,
)
from kmslab.operations.call import Call
from kmslab.operations.targets import Targets
from kmslab.spec.shapes import MODEL

OWN: Final = ""  # a quota of the operation's own
BY_KEY_SPEC: Final = "by key spec"  # the shared quota of the key's spec
BY_PAIR_SPEC: Final = "by pair spec"  # the quota of the data key pairs' spec
SYMMETRIC: Final = "symmetric"  # the shared quota of symmetric cryptographic operations

NOTHING: Final = ""  # CloudTrail's responseElements are null
KEY: Final = "key"  # they hold the key ARN
ANSWER: Final = "answer"  # they hold the whole answer


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One operation. `states` holds for every key it touches; `usage` is the key usage it needs.

    `origin` is what the key's origin must be, where only one will do. `rate` names its request
    quota, and `elsewhere` those it draws on in the other Region that it acts in ("Request
    quotas"); `recorded` what CloudTrail keeps of its answer. `model` is the
    digest of its shapes: a new botocore that changes them points at this row.
    """

    name: str
    run: Callable[[Call, Any], msgspec.Struct | None]
    targets: Targets
    model: str
    action: str = ""
    states: StateRow = ANY
    usage: str = ""
    origin: str = ""
    rate: str = OWN
    elsewhere: tuple[str, ...] = ()
    is_read_only: bool = True
    recorded: str = NOTHING
    materials: tuple[tuple[str, str], ...] = ()  # members that name key material, and in events

    @property
    def request(self) -> type[msgspec.Struct]:
        """The shape of its request."""
        return MODEL[self.name].request

    @property
    def has_dry_run(self) -> bool:
        """Whether it can be asked without being done."""
        return "DryRun" in self.request.__struct_fields__


def _row(
    name: str,
    run: Callable[[Call, Any], msgspec.Struct | None],
    targets: Targets,
    model: str,
    **columns: Any,  # noqa: ANN401 - the columns of Operation
) -> tuple[str, Operation]:
    columns.setdefault("action", f"kms:{name}")
    columns.setdefault("materials", _materials(MODEL[name].response))
    return name, Operation(name=name, run=run, targets=targets, model=model, **columns)


def _materials(response: type[msgspec.Struct] | None) -> tuple[tuple[str, str], ...]:
    members = () if response is None else response.__struct_fields__
    return tuple(
        (member, member[:1].lower() + member[1:])
        for member in members
        if member.endswith("KeyMaterialId")
    )


_FROM_OUTSIDE: Final = "EXTERNAL"
_FROM_KMS: Final = "AWS_KMS"
_WRITES: Final = {"is_read_only": False, "recorded": KEY}
_ENCRYPTS: Final = {"states": USABLE, "usage": "ENCRYPT_DECRYPT", "rate": BY_KEY_SPEC}
_PAIRS: Final = {"states": USABLE, "usage": "ENCRYPT_DECRYPT", "rate": BY_PAIR_SPEC}
_SIGNS: Final = {"states": USABLE, "usage": "SIGN_VERIFY", "rate": BY_KEY_SPEC}
_MACS: Final = {"states": USABLE, "usage": "GENERATE_VERIFY_MAC", "rate": BY_KEY_SPEC}
_ENCAPSULATES: Final = {
    "states": USABLE,
    "usage": "ENCAPSULATE_DECAPSULATE",
    "rate": BY_KEY_SPEC,
}

# fmt: off
CATALOG: Mapping[str, Operation] = dict((
    # -- keys
    _row("CreateKey", keys.create_key, targets.new_key, "f9c478d4", is_read_only=False, recorded=ANSWER),
    _row("DescribeKey", keys.describe_key, targets.key_or_alias, "8ff1b86b"),
    _row("DisableKey", keys.disable_key, targets.key, "39698785", states=SWITCHABLE, **_WRITES),
    _row("EnableKey", keys.enable_key, targets.key, "504702d3", states=SWITCHABLE, **_WRITES),
    _row("GetKeyLastUsage", usage.get_key_last_usage, targets.key, "b9e2a503"),
    _row("ListKeys", keys.list_keys, targets.nothing, "6298bf77"),
    _row("UpdateKeyDescription", keys.update_key_description, targets.key, "5f9ff1b1", states=MANAGEABLE, is_read_only=False),
    _row("CancelKeyDeletion", deletion.cancel_key_deletion, targets.key, "aa805b6f", states=CANCELLABLE, **_WRITES),
    _row("ScheduleKeyDeletion", deletion.schedule_key_deletion, targets.key, "a574558e", states=DELETABLE, is_read_only=False, recorded=ANSWER),
    # -- multi-Region keys
    _row("ReplicateKey", regions.replicate_key, targets.replicated_key, "127cd047", states=REPLICABLE, is_read_only=False, recorded=ANSWER, elsewhere=("CreateKey", "CreateKey")),
    _row("UpdatePrimaryRegion", regions.update_primary_region, targets.old_and_new_primary, "a1d51cf4", states=GRANTABLE, elsewhere=("UpdatePrimaryRegion",), **_WRITES),
    # -- rotation
    _row("DisableKeyRotation", rotation.disable_key_rotation, targets.key, "2eeca817", states=ROTATABLE, origin=_FROM_KMS, is_read_only=False),
    _row("EnableKeyRotation", rotation.enable_key_rotation, targets.key, "510794fc", states=ROTATABLE, origin=_FROM_KMS, **_WRITES),
    _row("GetKeyRotationStatus", rotation.get_key_rotation_status, targets.key, "289fe67b"),
    _row("ListKeyRotations", rotation.list_key_rotations, targets.key, "1fd453dd"),
    _row("RotateKeyOnDemand", rotation.rotate_key_on_demand, targets.key, "57eba94c", states=ROTATABLE, **_WRITES),
    # -- imported key material
    _row("DeleteImportedKeyMaterial", imports.delete_imported_key_material, targets.key, "b2ac23a4", states=REMOVABLE, origin=_FROM_OUTSIDE, is_read_only=False, recorded=ANSWER),
    _row("GetParametersForImport", imports.get_parameters_for_import, targets.key, "01d273f0", states=WRAPPABLE, origin=_FROM_OUTSIDE),
    _row("ImportKeyMaterial", imports.import_key_material, targets.key, "a964e4b4", states=IMPORTABLE, origin=_FROM_OUTSIDE, is_read_only=False, recorded=ANSWER),
    # -- aliases
    _row("CreateAlias", aliases.create_alias, targets.new_alias, "8a0d039e", states=MANAGEABLE, **_WRITES),
    _row("DeleteAlias", aliases.delete_alias, targets.old_alias, "f17649a6", **_WRITES),
    _row("ListAliases", aliases.list_aliases, targets.nothing, "d834aa25"),
    _row("UpdateAlias", aliases.update_alias, targets.moved_alias, "08021e92", **_WRITES),
    # -- key policies
    _row("GetKeyPolicy", key_policies.get_key_policy, targets.key, "2b51fca6"),
    _row("ListKeyPolicies", key_policies.list_key_policies, targets.key, "1dfd3055"),
    _row("PutKeyPolicy", key_policies.put_key_policy, targets.key, "e9a5e025", is_read_only=False),
    # -- tags
    _row("ListResourceTags", tags.list_resource_tags, targets.key, "9b93821d"),
    _row("TagResource", tags.tag_resource, targets.key, "119d4adb", states=MANAGEABLE, **_WRITES),
    _row("UntagResource", tags.untag_resource, targets.key, "465c933f", states=MANAGEABLE, **_WRITES),
    # -- grants
    _row("CreateGrant", grants.create_grant, targets.key, "052977dc", states=GRANTABLE, is_read_only=False, recorded=ANSWER),
    _row("ListGrants", grants.list_grants, targets.key, "758a418e"),
    _row("ListRetirableGrants", grants.list_retirable_grants, targets.nothing, "64d827e8"),
    _row("RetireGrant", grants.retire_grant, targets.granted_key, "85e56f71", is_read_only=False),
    _row("RevokeGrant", grants.revoke_grant, targets.key, "f7317ff3", is_read_only=False),
    # -- encryption
    _row("Decrypt", encryption.decrypt, targets.key_or_ciphertext, "3a7ff8aa", **_ENCRYPTS),
    _row("Encrypt", encryption.encrypt, targets.key_or_alias, "a7d8a866", **_ENCRYPTS),
    _row("ReEncrypt", encryption.re_encrypt, targets.both_keys, "d07082de", action="kms:ReEncryptFrom", **_ENCRYPTS),
    # -- data keys
    _row("GenerateDataKey", data_keys.generate_data_key, targets.key_or_alias, "252b6876", **_ENCRYPTS),
    _row("GenerateDataKeyWithoutPlaintext", data_keys.generate_data_key_without_plaintext, targets.key_or_alias, "5c0587e1", **_ENCRYPTS),
    _row("GenerateDataKeyPair", data_keys.generate_data_key_pair, targets.key_or_alias, "6e61a8aa", **_PAIRS),
    _row("GenerateDataKeyPairWithoutPlaintext", data_keys.generate_data_key_pair_without_plaintext, targets.key_or_alias, "f842e834", **_PAIRS),
    # -- signing
    _row("Sign", signing.sign, targets.key_or_alias, "1dcac2aa", **_SIGNS),
    _row("Verify", signing.verify, targets.key_or_alias, "ef8b1cc0", **_SIGNS),
    # -- message authentication codes
    _row("GenerateMac", macs.generate_mac, targets.key_or_alias, "89708c32", **_MACS),
    _row("VerifyMac", macs.verify_mac, targets.key_or_alias, "a3e6b49f", **_MACS),
    # -- public keys
    _row("DeriveSharedSecret", public_keys.derive_shared_secret, targets.key_or_alias, "fa6eae8d", states=USABLE, usage="KEY_AGREEMENT", rate=BY_KEY_SPEC),
    _row("GetPublicKey", public_keys.get_public_key, targets.key_or_alias, "b889e4f4", states=READABLE),
    # -- encapsulation
    _row("Decapsulate", encapsulation.decapsulate, targets.key_or_alias, "8b0dda24", **_ENCAPSULATES),
    _row("Encapsulate", encapsulation.encapsulate, targets.key_or_alias, "da1861f1", **_ENCAPSULATES),
    # -- custom key stores
    _row("ConnectCustomKeyStore", custom_key_stores.connect_custom_key_store, targets.nothing, "5c6e714a", is_read_only=False),
    _row("CreateCustomKeyStore", custom_key_stores.create_custom_key_store, targets.nothing, "1b5a5789", is_read_only=False),
    _row("DeleteCustomKeyStore", custom_key_stores.delete_custom_key_store, targets.nothing, "db69822e", is_read_only=False),
    _row("DescribeCustomKeyStores", custom_key_stores.describe_custom_key_stores, targets.nothing, "9d2c1ad4"),
    _row("DisconnectCustomKeyStore", custom_key_stores.disconnect_custom_key_store, targets.nothing, "9208edcf", is_read_only=False),
    _row("UpdateCustomKeyStore", custom_key_stores.update_custom_key_store, targets.nothing, "9dd5e30e", is_read_only=False),
    # -- randomness
    _row("GenerateRandom", randomness.generate_random, targets.nothing, "473fb6b3", rate=SYMMETRIC),
))
# fmt: on
