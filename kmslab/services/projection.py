"""From moto's IAM to the directory: the principals that KMS authenticates and authorizes.

After each change of an account's IAM its users, roles and access keys are written anew; what has
not changed is not touched, what is gone is deleted.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from kmslab.authn.directory import Directory
from kmslab.model.principals import Credential, Principal, PrincipalPolicies, PrincipalRecord

Iam = Any  # moto's IAMBackend


class Projection:
    """Keeps the directory in step with the IAM of each account."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._projected: dict[str, dict[str, frozenset[str]]] = {}  # account, ARN, access keys

    def update(self, account: str, iam: Iam, boundaries: Mapping[str, str]) -> None:
        """Write what an account's IAM holds now; `boundaries` are policy ARNs by user ARN."""
        records = {record.arn: record for record in _records(account, iam, boundaries)}
        credentials = {each.access_key_id: each for each in _credentials(account, iam)}
        self._forget(account, records, credentials)
        for record in records.values():
            if self._directory.principal(record.arn) != record:
                self._directory.put_principal(record)
        for credential in credentials.values():
            if self._directory.credential(credential.access_key_id) != credential:
                self._directory.put_credential(credential)
        self._projected[account] = {
            arn: frozenset(
                each.access_key_id for each in credentials.values() if each.principal.arn == arn
            )
            for arn in records
        }

    def _forget(
        self,
        account: str,
        records: Mapping[str, PrincipalRecord],
        credentials: Mapping[str, Credential],
    ) -> None:
        for arn, keys in self._projected.get(account, {}).items():
            if arn not in records:
                self._directory.delete_principal(arn)
            for access_key_id in keys - credentials.keys():
                self._directory.delete_credential(access_key_id)


def _records(account: str, iam: Iam, boundaries: Mapping[str, str]) -> Iterator[PrincipalRecord]:
    for user in iam.users.values():
        identity = (*_policies(user), *_policies_of_groups(iam, user))
        boundary = _document(iam, boundaries.get(user.arn))
        policies = PrincipalPolicies(identity=identity, boundary=boundary)
        yield PrincipalRecord(account=account, arn=user.arn, unique_id=user.id, policies=policies)
    for role in iam.roles.values():
        yield PrincipalRecord(
            account=account,
            arn=role.arn,
            unique_id=role.id,
            policies=PrincipalPolicies(
                identity=_policies(role), boundary=_document(iam, role.permissions_boundary_arn)
            ),
            trust_policy=unquote(role.assume_role_policy_document),
        )


def _credentials(account: str, iam: Iam) -> Iterator[Credential]:
    for user in iam.users.values():
        principal = Principal(
            kind="user", arn=user.arn, account=account, user_id=user.id, tags=_tags(iam, user)
        )
        for key in user.access_keys:
            yield Credential(
                access_key_id=key.access_key_id,
                secret_access_key=key.secret_access_key,
                principal=principal,
                is_active=key.status == "Active",
            )


def _policies(owner: Any) -> tuple[str, ...]:  # noqa: ANN401 - moto's User, Group or Role
    managed = (policy.document for policy in owner.managed_policies.values())
    return (*managed, *(unquote(text) for text in owner.policies.values()))


def _policies_of_groups(iam: Iam, user: Any) -> tuple[str, ...]:  # noqa: ANN401 - moto's User
    groups = [group for group in iam.groups.values() if user in group.users]
    return tuple(text for group in groups for text in _policies(group))


def _document(iam: Iam, policy_arn: str | None) -> str | None:
    if not policy_arn:
        return None
    policy = iam.managed_policies.get(policy_arn)
    return None if policy is None else str(policy.document)


def _tags(iam: Iam, user: Any) -> dict[str, str]:  # noqa: ANN401 - moto's User
    return dict(iam.tagger.get_tag_dict_for_resource(user.arn))
