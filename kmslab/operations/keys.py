"""KMS keys themselves.

CreateKey, DescribeKey, ListKeys, EnableKey, DisableKey, UpdateKeyDescription.
"""

from kmslab.ambient import ids
from kmslab.custody.key_pairs import ALGORITHMS
from kmslab.model import messages
from kmslab.model.errors import UnsupportedOperationException, ValidationException
from kmslab.model.key_specs import KEY_SPECS
from kmslab.model.keys import KmsKey, RotationPlan
from kmslab.model.wrapping import ALGORITHMS as IMPORTABLE
from kmslab.operations import custom_key_stores, key_policies
from kmslab.operations.call import Call
from kmslab.operations.metadata import metadata
from kmslab.operations.pages import page
from kmslab.operations.related import family
from kmslab.operations.room import need_room_for_key
from kmslab.operations.tags import tags_of
from kmslab.spec.shapes import (
    CreateKeyRequest,
    CreateKeyResponse,
    DescribeKeyRequest,
    DescribeKeyResponse,
    DisableKeyRequest,
    EnableKeyRequest,
    KeyListEntry,
    ListKeysRequest,
    ListKeysResponse,
    UpdateKeyDescriptionRequest,
)
from kmslab.store.records import KEYS, scope


def create_key(call: Call, req: CreateKeyRequest) -> CreateKeyResponse:
    """Make a KMS key in the caller's account and Region."""
    spec, usage = _spec_and_usage(req)
    need_spec_here(call, spec)
    custom_key_stores.need_none(req)
    _need_offered(req, spec)
    need_room_for_key(call, call.account, call.region)
    key_id = (ids.multi_region_key_id if req.MultiRegion else ids.uuid)(call.entropy)
    origin = req.Origin or "AWS_KMS"
    is_external = origin == "EXTERNAL"
    key = KmsKey(
        account=call.account,
        region=call.region,
        key_id=key_id,
        created=call.now,
        policy=key_policies.accepted(
            call, req.Policy, bypass=bool(req.BypassPolicyLockoutSafetyCheck)
        ),
        spec=spec,
        usage=usage,
        origin=origin,
        state="PendingImport" if is_external else "Enabled",
        description=req.Description or "",
        tags=tags_of(call, req.Tags or []),
        materials=() if is_external else (call.custody.generate(key_id, spec, call.now),),
        primary_region=call.region if req.MultiRegion else "",
    )
    call.tx.put(KEYS, key)
    return CreateKeyResponse(KeyMetadata=metadata(key))


def describe_key(call: Call, _: DescribeKeyRequest) -> DescribeKeyResponse:
    """Tell what is known of a key."""
    key = call.key
    relatives = () if key.multi_region_type is None else family(call.tx, key)
    return DescribeKeyResponse(KeyMetadata=metadata(key, relatives))


def list_keys(call: Call, req: ListKeysRequest) -> ListKeysResponse:
    """List the keys of the caller's account and Region."""
    here = scope(call.account, call.region)
    keys = page(
        req,
        listing=f"ListKeys {here} {req.ResourceOwners}",
        default=100,
        most=1000,
        read=lambda after, limit: call.tx.page(KEYS, here, after=after, limit=limit),
        sort=lambda key: key.key_id,
    )
    entries = [KeyListEntry(KeyId=key.key_id, KeyArn=key.arn) for key in keys.items]
    return ListKeysResponse(Keys=entries, **keys.marks)


def enable_key(call: Call, _: EnableKeyRequest) -> None:
    """Let a disabled key be used again; of the rotations that it has slept through, one is made up."""
    key, plan = call.key, call.key.rotation
    if plan is not None and plan.next < call.now:
        plan = RotationPlan(plan.period_days, call.now)
    call.tx.put(KEYS, key.with_(state="Enabled", rotation=plan))


def disable_key(call: Call, _: DisableKeyRequest) -> None:
    """Keep a key from being used until it is enabled."""
    call.tx.put(KEYS, call.key.with_(state="Disabled"))


def update_key_description(call: Call, req: UpdateKeyDescriptionRequest) -> None:
    """Replace a key's description."""
    call.tx.put(KEYS, call.key.with_(description=req.Description))


def _need_offered(req: CreateKeyRequest, spec: str) -> None:
    origins = {
        "AWS_KMS": spec == "SYMMETRIC_DEFAULT" or spec in ALGORITHMS,
        "EXTERNAL": spec in IMPORTABLE,
    }
    if not origins.get(req.Origin or "AWS_KMS"):
        raise UnsupportedOperationException(messages.NOT_OFFERED.format(f"Such a key of {spec}"))


def need_spec_here(call: Call, spec: str) -> None:
    """Return if keys of this spec can be made in the caller's Region.

    Raises:
        UnsupportedOperationException: they cannot; SM2 is for the China Regions.
    """
    if not KEY_SPECS[spec].is_offered_in(call.region):
        raise UnsupportedOperationException(messages.SPEC_NOT_HERE.format(spec, call.region))


def _spec_and_usage(req: CreateKeyRequest) -> tuple[str, str]:
    if req.KeySpec and req.CustomerMasterKeySpec and req.KeySpec != req.CustomerMasterKeySpec:
        raise ValidationException(messages.CONFLICTING_SPECS)
    spec = req.KeySpec or req.CustomerMasterKeySpec or "SYMMETRIC_DEFAULT"
    usages = KEY_SPECS[spec].usages
    if req.KeyUsage is None and spec != "SYMMETRIC_DEFAULT":
        raise ValidationException(messages.USAGE_REQUIRED)
    usage = req.KeyUsage or "ENCRYPT_DECRYPT"
    if usage not in usages:
        raise ValidationException(messages.USAGE_INCOMPATIBLE.format(usage, spec))
    return spec, usage
