"""Multi-Region keys: ReplicateKey, UpdatePrimaryRegion.

Developer Guide, "Multi-Region keys in AWS KMS".
"""

from datetime import timedelta
from typing import Any, Final

from kmslab.audit.event import Consequence
from kmslab.audit.redact import members, parameters
from kmslab.model import messages
from kmslab.model.arn import key_arn, partition_of
from kmslab.model.errors import (
    AlreadyExistsException,
    NotFoundException,
    UnsupportedOperationException,
)
from kmslab.model.keys import KmsKey
from kmslab.model.regions import REGIONS
from kmslab.operations import key_policies
from kmslab.operations.call import Call
from kmslab.operations.metadata import metadata
from kmslab.operations.names import described
from kmslab.operations.related import family
from kmslab.operations.room import need_room_for_key
from kmslab.operations.tags import tags_of
from kmslab.spec.shapes import (
    CreateKeyRequest,
    CreateKeyResponse,
    KeyMetadataShape,
    ReplicateKeyRequest,
    ReplicateKeyResponse,
    Tag,
    UpdatePrimaryRegionRequest,
)
from kmslab.store.records import KEYS

SETTLING: Final = timedelta(seconds=5).total_seconds()  # "a few seconds", says the API Reference


def replicate_key(call: Call, req: ReplicateKeyRequest) -> ReplicateKeyResponse:
    """Make a replica of a primary key in another Region; it can be used some seconds later."""
    primary, region = _need_primary(call), req.ReplicaRegion
    _need_place(call, primary, region)
    need_room_for_key(call, primary.account, region)
    tags = tags_of(call, req.Tags or [])
    bare = primary.with_(region=region, created=call.now, description=req.Description or "")
    replica = bare.with_(
        policy=key_policies.accepted(
            call,
            req.Policy,
            bypass=bool(req.BypassPolicyLockoutSafetyCheck),
            resource=described(bare.with_(tags=tags)),
        ),
        tags=tags,
        materials=primary.materials if primary.origin == "AWS_KMS" else (),
        pending=None,
        state="Creating",
        settles=call.now + SETTLING,
    )
    call.tx.put(KEYS, replica)
    told = metadata(replica, [*family(call.tx, primary), replica])
    call.notices.append(_creation(call, replica, told))
    return ReplicateKeyResponse(
        ReplicaKeyMetadata=told,
        ReplicaPolicy=replica.policy,
        ReplicaTags=[Tag(TagKey=name, TagValue=value) for name, value in tags.items()],
    )


def update_primary_region(call: Call, req: UpdatePrimaryRegionRequest) -> None:
    """Let the replica of another Region be the primary key; the old one is a replica then."""
    old, region = _need_primary(call), req.PrimaryRegion
    if region == old.region:
        raise UnsupportedOperationException(messages.ALREADY_PRIMARY.format(old.arn))
    arn = key_arn(region, old.account, old.key_id)
    if call.key.region != region:
        raise NotFoundException(messages.KEY_NOT_FOUND.format(arn))
    for each in family(call.tx, old):
        moved = each.with_(primary_region=region)
        if each.region in {old.region, region}:
            moved = moved.with_(state="Updating", settles=call.now + SETTLING)
        call.tx.put(KEYS, moved)
    shown = parameters("UpdatePrimaryRegion", req)
    call.notices.append(
        Consequence("UpdatePrimaryRegion", call.caller, region, arn, shown, {"keyId": arn})
    )


def _need_primary(call: Call) -> KmsKey:
    key = call.targets[0].key
    assert key is not None  # noqa: S101 - the catalog's targets see to it
    if key.multi_region_type != "PRIMARY":
        raise UnsupportedOperationException(messages.NOT_PRIMARY.format(key.arn))
    return key


def _need_place(call: Call, primary: KmsKey, region: str) -> None:
    """Check that a Region has KMS, is of the same partition, and has no such key yet."""
    if region not in REGIONS[partition_of(primary.region)]:
        raise UnsupportedOperationException(messages.NOT_A_REGION.format(region, primary.region))
    if call.names.related(primary, region) is not None:
        arn = key_arn(region, primary.account, primary.key_id)
        raise AlreadyExistsException(messages.REPLICA_EXISTS.format(arn))


def _creation(call: Call, replica: KmsKey, told: KeyMetadataShape) -> Consequence:
    """Write the CreateKey of the replica's Region."""
    asked: dict[str, Any] = {
        "Description": replica.description,
        "KeySpec": replica.spec,
        "CustomerMasterKeySpec": replica.spec,
        "KeyUsage": replica.usage,
        "Origin": replica.origin,
        "MultiRegion": True,
    }
    shown = parameters("CreateKey", CreateKeyRequest(**asked))
    answer = members(CreateKeyResponse(KeyMetadata=told))
    return Consequence("CreateKey", call.caller, replica.region, replica.arn, shown, answer)
