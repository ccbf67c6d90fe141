"""Grants: permissions that hang on one KMS key (KMS Developer Guide, "Grants in AWS KMS").

Says what a grant is; who is allowed by it is decided in `kmslab.authz`.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

GrantStatus = Literal["active", "pending", "retired", "revoked"]


class GrantConstraints(msgspec.Struct, frozen=True, kw_only=True):
    """What a request must show for the grant to count; at most one of the two contexts is set."""

    encryption_context_equals: Mapping[str, str] | None = None
    encryption_context_subset: Mapping[str, str] | None = None
    source_arn: str | None = None


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """One grant. `operations` are names without ``kms:``; times are Unix seconds."""

    grant_id: str
    key_arn: str
    operations: tuple[str, ...]
    grantee_principal: str = ""
    grantee_service_principal: str = ""
    retiring_principal: str = ""
    retiring_service_principal: str = ""
    constraints: GrantConstraints = GrantConstraints()
    issuing_account: str = ""  # the account's root ARN
    name: str = ""
    tokens: tuple[str, ...] = ()
    status: GrantStatus = "active"
    created: float = 0.0
