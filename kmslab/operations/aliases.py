"""Aliases: CreateAlias, UpdateAlias, DeleteAlias, ListAliases."""

import re
from collections.abc import Sequence
from typing import Final

from kmslab.model import key_states, managed_keys, messages
from kmslab.model.errors import (
    AlreadyExistsException,
    InvalidAliasNameException,
    KMSInvalidStateException,
    ValidationException,
)
from kmslab.model.keys import Alias
from kmslab.operations.call import Call
from kmslab.operations.pages import page
from kmslab.operations.room import need_room
from kmslab.spec.shapes import (
    AliasListEntry,
    CreateAliasRequest,
    DeleteAliasRequest,
    ListAliasesRequest,
    ListAliasesResponse,
    UpdateAliasRequest,
)
from kmslab.store.records import ALIASES, scope

ALIAS_NAME: Final = re.compile(r"alias/[a-zA-Z0-9/_-]+\Z")


def create_alias(call: Call, req: CreateAliasRequest) -> None:
    """Give a key of the caller's account a second name."""
    _need_own_name(req.AliasName)
    alias = Alias(
        account=call.account,
        region=call.region,
        name=req.AliasName,
        target_key_id=call.key.key_id,
        created=call.now,
        updated=call.now,
    )
    if call.tx.get(ALIASES, scope(call.account, call.region), req.AliasName) is not None:
        raise AlreadyExistsException(messages.ALIAS_EXISTS.format(alias.arn))
    _need_room(call)
    call.tx.put(ALIASES, alias)


def update_alias(call: Call, req: UpdateAliasRequest) -> None:
    """Let an alias name another key of the same spec kind and usage."""
    _need_own_name(req.AliasName)
    old, new = call.targets[1].key, call.key
    if new.state in key_states.NAMEABLE:
        raise key_states.refusal(key_states.NAMEABLE, new)
    if old is None or (_kind(old.spec), old.usage) != (_kind(new.spec), new.usage):
        raise KMSInvalidStateException(messages.ALIAS_TARGETS_DIFFER)
    if old.key_id != new.key_id:
        _need_room(call)
    alias = call.names.need_alias(req.AliasName)
    call.tx.put(ALIASES, alias.moved_to(new.key_id, call.now))


def delete_alias(call: Call, req: DeleteAliasRequest) -> None:
    """Forget an alias; its key is not touched."""
    _need_own_name(req.AliasName)
    call.tx.delete(ALIASES, call.names.need_alias(req.AliasName))


def list_aliases(call: Call, req: ListAliasesRequest) -> ListAliasesResponse:
    """List the aliases of the caller's account and Region, or those of one key."""
    here = scope(call.account, call.region)
    key = None if req.KeyId is None else call.names.key(req.KeyId)

    def read(after: str, limit: int) -> Sequence[Alias]:
        if key is None:
            return call.tx.page(ALIASES, here, after=after, limit=limit)
        target = f"{here}/{key.key_id}"
        return call.tx.page(ALIASES, target, after=after, limit=limit, index="target")

    aliases = page(
        req,
        listing=f"ListAliases {here} {req.KeyId}",
        default=50,
        most=100,
        read=read,
        sort=lambda alias: alias.name,
    )
    return ListAliasesResponse(Aliases=[_entry(alias) for alias in aliases.items], **aliases.marks)


def _entry(alias: Alias) -> AliasListEntry:
    return AliasListEntry(
        AliasName=alias.name,
        AliasArn=alias.arn,
        TargetKeyId=alias.target_key_id,
        CreationDate=alias.created,
        LastUpdatedDate=alias.updated,
    )


def _need_own_name(name: str) -> None:
    if not name.startswith("alias/"):
        raise ValidationException(messages.ALIAS_PREFIX)
    if not ALIAS_NAME.match(name):
        raise ValidationException(messages.ALIAS_CHARACTERS.format(name))
    if name.startswith(managed_keys.PREFIX):
        raise InvalidAliasNameException(messages.ALIAS_RESERVED)


def _need_room(call: Call) -> None:
    need_room(call, "aliases_per_key", len(call.names.resource(call.key).aliases))


def _kind(spec: str) -> str:
    """Tell symmetric, HMAC and asymmetric keys apart, which an alias may not cross."""
    if spec == "SYMMETRIC_DEFAULT" or spec.startswith("HMAC"):
        return spec[:4]
    return "asymmetric"
