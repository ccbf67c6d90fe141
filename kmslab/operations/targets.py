"""What an operation's request touches: the column `targets` of the catalog.

Each function finds the targets of a request, in the order in which they are authorized, for the
action that the catalog's row names.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from kmslab.custody import blob as blobs
from kmslab.model import messages
from kmslab.model.errors import ValidationException
from kmslab.model.keys import KmsKey
from kmslab.model.requests import ContextValue
from kmslab.operations.names import Names, Target

Targets = Callable[[Names, Any, str], tuple[Target, ...]]


def granted_key(
    names: Names,
    req: Any,  # noqa: ANN401 - RetireGrantRequest
    action: str,
) -> tuple[Target, ...]:
    """Name a key by key ARN, or by the token of a grant for it."""
    if (req.GrantToken is None) == (req.KeyId is None or req.GrantId is None):
        raise ValidationException(messages.TOKEN_OR_GRANT)
    found = names.key(req.KeyId or names.need_token(req.GrantToken).key_arn)
    return (Target(action, names.resource(found), found),)


def nothing(names: Names, _: object, action: str) -> tuple[Target, ...]:
    """Name no resource: IAM policies alone decide."""
    return (Target(action, names.no_resource()),)


def new_key(
    names: Names,
    req: Any,  # noqa: ANN401 - CreateKeyRequest
    action: str,
) -> tuple[Target, ...]:
    """Name no resource; a key that begins with tags also needs the permission to tag keys."""
    return (Target(action, names.no_resource()), *_tagging(names, req, names.region))


def replicated_key(
    names: Names,
    req: Any,  # noqa: ANN401 - ReplicateKeyRequest
    action: str,
) -> tuple[Target, ...]:
    """Name the primary key by key ID or key ARN, and what creates its replica in the other Region."""
    found, region = names.key(req.KeyId), req.ReplicaRegion
    creation = Target("kms:CreateKey", names.no_resource(region), facts=_facts_of_replica(found))
    return (Target(action, names.resource(found), found), creation, *_tagging(names, req, region))


def old_and_new_primary(
    names: Names,
    req: Any,  # noqa: ANN401 - UpdatePrimaryRegionRequest
    action: str,
) -> tuple[Target, ...]:
    """Name the primary key by key ID or key ARN, and its replica, if it is there, by its Region."""
    old = names.key(req.KeyId)
    new = names.related(old, req.PrimaryRegion)
    keys = (old,) if new is None or new.region == old.region else (old, new)
    return tuple(Target(action, names.resource(each), each) for each in keys)


def key(names: Names, req: Any, action: str) -> tuple[Target, ...]:  # noqa: ANN401 - any request
    """Name a key by key ID or key ARN."""
    found = names.key(req.KeyId)
    return (Target(action, names.resource(found), found),)


def key_or_alias(
    names: Names,
    req: Any,  # noqa: ANN401 - any request
    action: str,
) -> tuple[Target, ...]:
    """Name a key by any of the four forms."""
    found, alias = names.key_or_alias(req.KeyId)
    return (Target(action, names.resource(found), found, alias),)


def key_or_ciphertext(
    names: Names,
    req: Any,  # noqa: ANN401 - any request
    action: str,
) -> tuple[Target, ...]:
    """Name a key by any form, or leave it to the ciphertext blob."""
    return (_encrypting_key(names, action, req.CiphertextBlob, req.KeyId),)


def both_keys(
    names: Names,
    req: Any,  # noqa: ANN401 - ReEncryptRequest
    action: str,
) -> tuple[Target, ...]:
    """Find the key that a ciphertext leaves and the key that it goes to."""
    source = _encrypting_key(names, action, req.CiphertextBlob, req.SourceKeyId)
    found, alias = names.key_or_alias(req.DestinationKeyId)
    resource, same = names.resource(found), found.arn == source.resource.arn
    return (
        msgspec.structs.replace(source, side="Source", is_same_key=same),
        Target("kms:ReEncryptTo", resource, found, alias, "Destination", is_same_key=same),
    )


def new_alias(
    names: Names,
    req: Any,  # noqa: ANN401 - CreateAliasRequest
    action: str,
) -> tuple[Target, ...]:
    """Find the alias to be and the key that it will name."""
    return _alias_and_keys(names, action, req.AliasName, names.key(req.TargetKeyId))


def moved_alias(
    names: Names,
    req: Any,  # noqa: ANN401 - UpdateAliasRequest
    action: str,
) -> tuple[Target, ...]:
    """Find an alias, the key that it names, and the key that it will name."""
    old = names.need_key(names.account, names.need_alias(req.AliasName).target_key_id)
    return _alias_and_keys(names, action, req.AliasName, old, names.key(req.TargetKeyId))


def old_alias(
    names: Names,
    req: Any,  # noqa: ANN401 - DeleteAliasRequest
    action: str,
) -> tuple[Target, ...]:
    """Find an alias and the key that it names."""
    old = names.need_key(names.account, names.need_alias(req.AliasName).target_key_id)
    return _alias_and_keys(names, action, req.AliasName, old)


def _tagging(
    names: Names,
    req: Any,  # noqa: ANN401 - a request that may have tags
    region: str,
) -> tuple[Target, ...]:
    """Developer Guide, "Controlling access to tags": an IAM policy for all keys must allow it."""
    return (Target("kms:TagResource", names.any_key(region)),) if req.Tags else ()


def _facts_of_replica(primary: KmsKey) -> Mapping[str, ContextValue]:
    """Describe the replica of a primary key to the policies that may let it be created."""
    return {
        "kms:KeySpec": primary.spec,
        "kms:CustomerMasterKeySpec": primary.spec,
        "kms:KeyUsage": primary.usage,
        "kms:CustomerMasterKeyUsage": primary.usage,
        "kms:KeyOrigin": primary.origin,
        "kms:MultiRegion": "true",
        "kms:MultiRegionKeyType": "REPLICA",
    }


def _alias_and_keys(names: Names, action: str, alias: str, *keys: KmsKey) -> tuple[Target, ...]:
    on_alias = Target(action, names.alias_resource(alias))
    return (on_alias, *(Target(action, names.resource(each), each) for each in keys))


def _encrypting_key(names: Names, action: str, blob: bytes | None, key_id: str | None) -> Target:
    if key_id is not None:
        found, alias = names.key_or_alias(key_id)
        return Target(action, names.resource(found), found, alias)
    parts = blobs.parse(blob or b"")
    found = names.encrypting_key(parts.account, parts.key_id)
    return Target(action, names.resource(found), found, is_named_by_ciphertext=True)
