"""Grants: CreateGrant, ListGrants, ListRetirableGrants, RetireGrant, RevokeGrant."""

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from kmslab.ambient import ids
from kmslab.model import messages
from kmslab.model.arn import parse_arn, root_arn
from kmslab.model.errors import (
    InvalidArnException,
    InvalidGrantIdException,
    NotFoundException,
    ValidationException,
)
from kmslab.model.grants import Grant, GrantConstraints
from kmslab.model.keys import KmsKey
from kmslab.operations.call import Call
from kmslab.operations.pages import page
from kmslab.operations.room import need_room
from kmslab.spec import shapes
from kmslab.store.records import GRANTS, TOKENS, GrantToken

_RETIRED: Final = ("CreateGrant", "DescribeKey", "RetireGrant")
_PUBLIC: Final = (*_RETIRED, "GetPublicKey")
_ENCRYPTS: Final = ("Decrypt", "Encrypt", "ReEncryptFrom", "ReEncryptTo")

GRANTABLE: Mapping[tuple[bool, str], frozenset[str]] = {  # (is symmetric, key usage)
    (True, "ENCRYPT_DECRYPT"): frozenset(
        (
            *_RETIRED,
            *_ENCRYPTS,
            "GenerateDataKey",
            "GenerateDataKeyPair",
            "GenerateDataKeyPairWithoutPlaintext",
            "GenerateDataKeyWithoutPlaintext",
        )
    ),
    (True, "GENERATE_VERIFY_MAC"): frozenset((*_RETIRED, "GenerateMac", "VerifyMac")),
    (False, "ENCRYPT_DECRYPT"): frozenset((*_PUBLIC, *_ENCRYPTS)),
    (False, "SIGN_VERIFY"): frozenset((*_PUBLIC, "Sign", "Verify")),
    (False, "KEY_AGREEMENT"): frozenset((*_PUBLIC, "DeriveSharedSecret")),
    (False, "ENCAPSULATE_DECAPSULATE"): frozenset((*_PUBLIC, "Decapsulate", "Encapsulate")),
}
CONTEXT_PAIRS: Final = 8
CONTEXT_CHARACTERS: Final = 384
TOKEN_BYTES: Final = 48
GRANT_ID_LENGTH: Final = 64  # as `ids.grant_id` makes it


def create_grant(call: Call, req: shapes.CreateGrantRequest) -> shapes.CreateGrantResponse:
    """Let a principal do some operations with a key.

    With a Name, the same request again gives the same grant under a new token.
    """
    _need_principals(call, req)
    _need_operations(call.key, req.Operations)
    wanted = _grant(call, req)
    found = next((old for old in _grants_of(call, call.key.arn) if _is_same(old, wanted)), None)
    grant = found or wanted
    if found is None and call.key.manager == "CUSTOMER":
        need_room(call, "grants_per_key", call.tx.count(GRANTS, call.key.arn))
    token = b64encode(call.entropy.take(TOKEN_BYTES)).decode()
    call.tx.put(GRANTS, msgspec.structs.replace(grant, tokens=(*grant.tokens, token)))
    call.tx.put(TOKENS, GrantToken(token, grant.key_arn, grant.grant_id))
    return shapes.CreateGrantResponse(GrantToken=token, GrantId=grant.grant_id)


def list_grants(call: Call, req: shapes.ListGrantsRequest) -> shapes.ListGrantsResponse:
    """List the grants of a key, or those of one grantee, or one of them."""
    if req.GrantId is not None:
        grants = [_need_grant(call, call.key.arn, req.GrantId)]
        return shapes.ListGrantsResponse(Grants=[_entry(each) for each in grants], Truncated=False)
    grantee = req.GranteePrincipal or req.GranteeServicePrincipal
    where = call.key.arn if grantee is None else f"{call.key.arn} {grantee}"
    index = None if grantee is None else "grantee"

    def read(after: str, limit: int) -> Sequence[Grant]:
        return call.tx.page(GRANTS, where, after=after, limit=limit, index=index)

    return _listed(req, f"ListGrants {where}", read)


def list_retirable_grants(
    call: Call, req: shapes.ListRetirableGrantsRequest
) -> shapes.ListGrantsResponse:
    """List the grants, on keys of any account, that a principal of this account may retire."""
    principal = req.RetiringPrincipal or req.RetiringServicePrincipal
    if principal is None:
        raise ValidationException(messages.RETIRING_PRINCIPAL_REQUIRED)
    arn = parse_arn(principal)
    is_elsewhere = arn is not None and arn.account != call.account
    if is_elsewhere or (arn is None and principal.startswith("arn:")):
        raise InvalidArnException(messages.INVALID_ARN.format(principal))

    def read(after: str, limit: int) -> Sequence[Grant]:
        return call.tx.page(GRANTS, principal, after=after, limit=limit, index="retiring")

    return _listed(req, f"ListRetirableGrants {principal}", read)


def retire_grant(call: Call, req: shapes.RetireGrantRequest) -> None:
    """End a grant by the will of whom it serves."""
    grant_id = req.GrantId
    if req.GrantToken is not None:
        grant_id = call.names.need_token(req.GrantToken).grant_id
    _end(call, _need_grant(call, call.key.arn, grant_id or ""))


def revoke_grant(call: Call, req: shapes.RevokeGrantRequest) -> None:
    """End a grant by the will of whom the key belongs to."""
    _end(call, _need_grant(call, call.key.arn, req.GrantId))


def _grant(call: Call, req: shapes.CreateGrantRequest) -> Grant:
    return Grant(
        grant_id=ids.grant_id(call.entropy),
        key_arn=call.key.arn,
        operations=tuple(dict.fromkeys(req.Operations)),
        grantee_principal=req.GranteePrincipal or "",
        grantee_service_principal=req.GranteeServicePrincipal or "",
        retiring_principal=req.RetiringPrincipal or "",
        retiring_service_principal=req.RetiringServicePrincipal or "",
        constraints=_constraints(call.key, req.Constraints),
        issuing_account=root_arn(call.region, call.account),
        name=req.Name or "",
        created=call.now,
    )


def _need_principals(call: Call, req: shapes.CreateGrantRequest) -> None:
    if (req.GranteePrincipal is None) == (req.GranteeServicePrincipal is None):
        raise ValidationException(messages.ONE_GRANTEE)
    if req.RetiringPrincipal is not None and req.RetiringServicePrincipal is not None:
        raise ValidationException(messages.ONE_RETIRING_PRINCIPAL)
    if req.GranteeServicePrincipal is not None:
        has_source = req.Constraints is not None and req.Constraints.SourceArn is not None
        if not has_source or not (req.RetiringPrincipal or req.RetiringServicePrincipal):
            raise ValidationException(messages.SERVICE_GRANTEE)
    for principal in (req.GranteePrincipal, req.RetiringPrincipal):
        if principal is not None and not call.directory.exists(principal):
            raise InvalidArnException(messages.INVALID_ARN.format(principal))


def _need_operations(key: KmsKey, operations: Sequence[str]) -> None:
    is_symmetric = key.spec == "SYMMETRIC_DEFAULT" or key.spec.startswith("HMAC")
    unknown = [each for each in operations if each not in GRANTABLE[is_symmetric, key.usage]]
    if unknown:
        raise ValidationException(messages.NOT_GRANTABLE.format(", ".join(unknown), key.arn))


def _constraints(key: KmsKey, given: shapes.GrantConstraints | None) -> GrantConstraints:
    if given is None:
        return GrantConstraints()
    equals, subset = given.EncryptionContextEquals, given.EncryptionContextSubset
    if equals is not None and subset is not None:
        raise ValidationException(messages.ONE_CONSTRAINT)
    context = equals or subset or {}
    if context and key.spec != "SYMMETRIC_DEFAULT":
        raise ValidationException(messages.CONTEXT_NEEDS_SYMMETRIC_KEY)
    if len(context) > CONTEXT_PAIRS or any(len(v) > CONTEXT_CHARACTERS for v in context.values()):
        raise ValidationException(
            messages.CONSTRAINT_TOO_LARGE.format(CONTEXT_PAIRS, CONTEXT_CHARACTERS)
        )
    return GrantConstraints(
        encryption_context_equals=equals,
        encryption_context_subset=subset,
        source_arn=given.SourceArn,
    )


def _is_same(old: Grant, wanted: Grant) -> bool:
    if not wanted.name or old.name != wanted.name:
        return False
    fresh: dict[str, Any] = {"grant_id": "", "tokens": (), "created": 0.0}
    return msgspec.structs.replace(old, **fresh) == msgspec.structs.replace(wanted, **fresh)


def _need_grant(call: Call, key_arn: str, grant_id: str) -> Grant:
    grant = call.tx.get(GRANTS, key_arn, grant_id)
    if grant is None:
        if len(grant_id) != GRANT_ID_LENGTH:
            raise InvalidGrantIdException(messages.INVALID_GRANT_ID)
        raise NotFoundException(messages.GRANT_NOT_FOUND.format(grant_id))
    return grant


def _grants_of(call: Call, key_arn: str) -> Iterator[Grant]:
    yield from _page(call, key_arn, call.tx.count(GRANTS, key_arn))


def _page(call: Call, key_arn: str, limit: int) -> Sequence[Grant]:
    return call.tx.page(GRANTS, key_arn, limit=limit)


def _end(call: Call, grant: Grant) -> None:
    call.tx.delete(GRANTS, grant)
    for token in grant.tokens:
        call.tx.delete(TOKENS, GrantToken(token, grant.key_arn, grant.grant_id))


def _listed(
    req: shapes.ListGrantsRequest | shapes.ListRetirableGrantsRequest,
    listing: str,
    read: Callable[[str, int], Sequence[Grant]],
) -> shapes.ListGrantsResponse:
    grants = page(
        req, listing=listing, default=50, most=100, read=read, sort=lambda grant: grant.grant_id
    )
    entries = [_entry(grant) for grant in grants.items]
    return shapes.ListGrantsResponse(Grants=entries, **grants.marks)


def _entry(grant: Grant) -> shapes.GrantListEntry:
    given = grant.constraints
    constraints = shapes.GrantConstraints(
        EncryptionContextEquals=_own(given.encryption_context_equals),
        EncryptionContextSubset=_own(given.encryption_context_subset),
        SourceArn=given.source_arn,
    )
    has_constraints = given != GrantConstraints()
    operations: Any = list(grant.operations)  # they were of the enumeration when they came
    return shapes.GrantListEntry(
        KeyId=grant.key_arn,
        GrantId=grant.grant_id,
        Name=grant.name,
        CreationDate=grant.created,
        GranteePrincipal=grant.grantee_principal or None,
        GranteeServicePrincipal=grant.grantee_service_principal or None,
        RetiringPrincipal=grant.retiring_principal or None,
        RetiringServicePrincipal=grant.retiring_service_principal or None,
        IssuingAccount=grant.issuing_account,
        Operations=operations,
        Constraints=constraints if has_constraints else None,
    )


def _own(context: Mapping[str, str] | None) -> dict[str, str] | None:
    return None if context is None else dict(context)
