"""How accounts, principals and their access keys are addressed in the store.

Says where a record stands and by what else it can be listed; refuses to know who reads it.
"""

import msgspec

from kmslab.model.arn import parse_arn
from kmslab.model.principals import Credential, Guardrails, PrincipalRecord, VpcEndpoint
from kmslab.store.port import Kind

ACCOUNT_PARTITION = "accounts"


class Account(msgspec.Struct, frozen=True):
    """An account of this world: 12 digits, and what its organization puts around it, if it has one."""

    id: str
    guardrails: Guardrails | None = None


def role_name_key(account: str, name: str) -> str:
    """Write the value under which a role is listed by its bare name, without its path."""
    return f"{account}/{name}"


def _role_name_of(record: PrincipalRecord) -> str | None:
    arn = parse_arn(record.arn)
    if arn is None or arn.service != "iam" or not arn.resource.startswith("role/"):
        return None
    return role_name_key(record.account, arn.resource.rsplit("/", 1)[-1])


ACCOUNTS: Kind[Account] = Kind(
    "account", Account, partition=lambda _: ACCOUNT_PARTITION, sort=lambda account: account.id
)

VPC_ENDPOINTS: Kind[VpcEndpoint] = Kind(
    "vpc endpoint",
    VpcEndpoint,
    partition=lambda endpoint: endpoint.id,
    sort=lambda endpoint: endpoint.id,
)

CREDENTIALS: Kind[Credential] = Kind(
    "credential",
    Credential,
    partition=lambda credential: credential.access_key_id,
    sort=lambda credential: credential.access_key_id,
    indexes={"principal": lambda credential: credential.principal.arn},
)

PRINCIPALS: Kind[PrincipalRecord] = Kind(
    "principal",
    PrincipalRecord,
    partition=lambda record: record.account,
    sort=lambda record: record.arn,
    indexes={"role_name": _role_name_of},
)
