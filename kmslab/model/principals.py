"""Who may call: IAM principals as KMS sees them.

Says what a principal is, and refuses to know its secret keys or its policies.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

PrincipalKind = Literal["user", "role-session", "root", "federated-user", "service"]


class Organization(msgspec.Struct, frozen=True):
    """Where an account stands in AWS Organizations."""

    id: str  # o-a1b2c3d4e5
    path: str = ""  # o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/
    management_account: str = ""


class Guardrails(msgspec.Struct, frozen=True, kw_only=True):
    """What an organization puts around an account: its policies (JSON texts), level by level.

    The first level is the organization's root, the last the account itself; None where that type of
    policy is not enabled.
    """

    organization: Organization
    scps: tuple[tuple[str, ...], ...] | None = None
    rcps: tuple[tuple[str, ...], ...] | None = None


class VpcEndpoint(msgspec.Struct, frozen=True):
    """An interface endpoint for KMS: requests that come through it are bound by its policy."""

    id: str  # vpce-0123456789abcdef0
    vpc: str  # vpc-0123456789abcdef0
    policy: str


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """A caller whose identity is settled.

    `arn` is what CloudTrail shows: for a role session the assumed-role ARN, while `role_arn`
    keeps the role with its path; `user_arn` is the user that a federated user acts for. Sessions of
    one ARN may differ in `tags` and `session_policy`. A service principal has `service` and no
    account.
    """

    kind: PrincipalKind
    arn: str = ""
    account: str = ""
    user_id: str = ""
    role_arn: str = ""
    user_arn: str = ""
    service: str = ""
    session_policy: str | None = None
    tags: Mapping[str, str] = {}
    organization: Organization | None = None

    @property
    def name(self) -> str:
        """The last part of the ARN: a user's name, a role session's name."""
        return (self.arn or self.service).rsplit("/", 1)[-1]

    def placed(self, around: Guardrails | None) -> "Principal":
        """Say where the principal's account stands in its organization, if it is in one."""
        if around is None:
            return self
        return msgspec.structs.replace(self, organization=around.organization)

    @property
    def is_service_linked_role(self) -> bool:
        """Whether a service-linked role calls (SCPs and RCPs do not bind those)."""
        return ":role/aws-service-role/" in self.role_arn


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """An access key and whose it is. Temporary ones have a session token and an end.

    Times are Unix seconds. The secret never shows in a repr.
    """

    access_key_id: str
    secret_access_key: str
    principal: Principal
    session_token: str = ""
    expires: float | None = None
    issued: float | None = None
    is_active: bool = True

    def __repr__(self) -> str:
        return f"Credential({self.access_key_id!r}, {self.principal.arn!r})"


class PrincipalPolicies(msgspec.Struct, frozen=True, kw_only=True):
    """The policy documents (JSON texts) that come with a principal, wherever it calls."""

    identity: tuple[str, ...] = ()  # managed, inline and the groups' policies
    boundary: str | None = None
    session: str | None = None


class PrincipalRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A user or role as the store keeps it: who it is and which policies it carries."""

    account: str
    arn: str
    unique_id: str  # AIDA..., AROA...
    policies: PrincipalPolicies = PrincipalPolicies()
    tags: Mapping[str, str] = {}
    trust_policy: str | None = None  # roles only
    max_session_seconds: int = 3600  # roles only


class Caller(msgspec.Struct, frozen=True):
    """A principal that has proven itself, with what is known of how it called."""

    principal: Principal
    region: str  # the Region it signed for
    access_key_id: str = ""
    issued: float | None = None  # when its temporary credentials were made
