"""From moto's IAM to the directory: the principals that KMS authenticates and authorizes.

After each change of an account's IAM its users, roles and access keys are compared with what the
directory holds; what differs is written, what is gone is deleted.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kmslab.authn.directory import Directory
from kmslab.model.principals import Credential, Principal, PrincipalPolicies, PrincipalRecord
from kmslab.services.moto_world import IamBackend
from kmslab.services.policies import NOTHING
from kmslab.store.transaction import Transaction

Entity = Any  # moto's User, Role or Group


class Projection:
    """Keeps the directory in step with the IAM of each account."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._projected: dict[str, tuple[set[str], set[str]]] = {}  # account: ARNs, access keys

    def update(self, account: str, iam: IamBackend, tx: Transaction) -> None:
        """Write what an account's IAM holds now, as part of a transaction."""
        records = {record.arn: record for record in _records(account, iam)}
        credentials = {each.access_key_id: each for each in _credentials(account, iam)}
        arns, keys = self._projected.get(account, (set(), set()))
        for arn in arns - records.keys():
            self._directory.delete_principal(arn, tx)
        for access_key_id in keys - credentials.keys():
            self._directory.delete_credential(access_key_id, tx)
        self._write(records.values(), credentials.values(), tx)
        self._projected[account] = set(records), set(credentials)

    def _write(
        self,
        records: Iterable[PrincipalRecord],
        credentials: Iterable[Credential],
        tx: Transaction,
    ) -> None:
        for record in records:
            if self._directory.principal(record.arn) != record:
                self._directory.put_principal(record, tx)
        for credential in credentials:
            if self._directory.credential(credential.access_key_id) != credential:
                self._directory.put_credential(credential, tx)


def managed_policy(iam: IamBackend, arn: str) -> str | None:
    """Return the default version of a managed policy, or None where there is no such policy."""
    policy = iam.managed_policies.get(arn)
    return None if policy is None else _text(policy)


def _records(account: str, iam: IamBackend) -> Iterator[PrincipalRecord]:
    of_groups = _policies_by_member(iam)
    for user in iam.users.values():
        identity = (*_policies(user), *of_groups.get(user.name, ()))
        yield PrincipalRecord(
            account=account,
            arn=user.arn,
            unique_id=user.id,
            policies=PrincipalPolicies(identity=identity, boundary=_boundary(iam, user)),
            tags=_user_tags(iam, user),
        )
    for role in iam.roles.values():
        yield PrincipalRecord(
            account=account,
            arn=role.arn,
            unique_id=role.id,
            policies=PrincipalPolicies(identity=_policies(role), boundary=_boundary(iam, role)),
            tags={tag["Key"]: tag["Value"] for tag in role.tags},
            trust_policy=role.assume_role_policy_document,
            max_session_seconds=int(role.max_session_duration),
        )


def _credentials(account: str, iam: IamBackend) -> Iterator[Credential]:
    for user in iam.users.values():
        principal = Principal(
            kind="user", arn=user.arn, account=account, user_id=user.id, tags=_user_tags(iam, user)
        )
        for key in user.access_keys:
            yield Credential(
                access_key_id=key.access_key_id,
                secret_access_key=key.secret_access_key,
                principal=principal,
                is_active=key.status == "Active",
            )


def _policies_by_member(iam: IamBackend) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for group in iam.groups.values():
        carried = _policies(group)
        for user in group.users:
            found[user.name] = found.get(user.name, ()) + carried
    return found


def _policies(owner: Entity) -> tuple[str, ...]:
    managed = (_text(policy) for policy in owner.managed_policies.values())
    return (*managed, *owner.policies.values())


def _text(policy: Any) -> str:  # noqa: ANN401 - moto's ManagedPolicy
    return next(str(each.document) for each in policy.versions if each.is_default)


def _boundary(iam: IamBackend, owner: Entity) -> str | None:
    """Return a boundary's text; one that is gone allows nothing."""
    boundary = getattr(owner, "permissions_boundary", None)
    if boundary is None:
        return None
    return managed_policy(iam, boundary["PermissionsBoundaryArn"]) or NOTHING


def _user_tags(iam: IamBackend, user: Entity) -> dict[str, str]:
    return dict(iam.tagger.get_tag_dict_for_resource(user.arn))
