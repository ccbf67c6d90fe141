"""The directory: which accounts, principals and access keys this world has.

Reads are single look-ups in the store, so a change is seen by the next request. Refuses to know
how a request is signed, and what a policy means.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

import msgspec

from kmslab.authn.records import (
    ACCOUNT_PARTITION,
    ACCOUNTS,
    CREDENTIALS,
    PRINCIPALS,
    VPC_ENDPOINTS,
    Account,
    role_name_key,
)
from kmslab.model.arn import Arn, parse_arn
from kmslab.model.principals import (
    Credential,
    Guardrails,
    Principal,
    PrincipalPolicies,
    PrincipalRecord,
    VpcEndpoint,
)
from kmslab.store.port import Store
from kmslab.store.transaction import Transaction

NO_POLICIES = PrincipalPolicies()
PAGE = 1000


class Directory:
    """Principals and credentials, kept in the store that is handed in.

    Each `put_` and `delete_` is one transaction of its own: on return, every reader sees it. Those
    that take a transaction add to that one instead.
    """

    def __init__(self, store: Store) -> None:
        self.store = store

    def credential(self, access_key_id: str) -> Credential | None:
        """Return the access key with its owner, or None."""
        return self.store.get(CREDENTIALS, access_key_id, access_key_id)

    def credentials_of(self, arn: str) -> tuple[Credential, ...]:
        """Return all access keys of the principal with this ARN."""
        return tuple(self.store.page(CREDENTIALS, arn, after="", limit=PAGE, index="principal"))

    def principal(self, arn: str) -> PrincipalRecord | None:
        """Return the record of a user, role or session, or None."""
        parts = arn.split(":", 5)
        return self.store.get(PRINCIPALS, parts[4], arn) if len(parts) > 4 else None  # noqa: PLR2004

    def principal_policies(self, principal: Principal) -> PrincipalPolicies:
        """Return the policies that come with a principal; none for root users and services.

        A session is bound by what its role (or the user that it acts for) carries now, and by its
        own session policy. A role of the same name that was made later is another role.
        """
        carrier = self._carrier(principal)
        carried = NO_POLICIES if carrier is None else carrier.policies
        if principal.session_policy is None:
            return carried
        return msgspec.structs.replace(carried, session=principal.session_policy)

    def exists(self, arn: str) -> bool:
        """Say whether a key policy may name this principal.

        Takes the ARN of a user, role, session or account root, or a bare account ID.
        """
        if arn.isdecimal():
            return self._has_account(arn)
        parsed = parse_arn(arn)
        if parsed is None:
            return False
        family = parsed.resource.partition("/")[0]
        check = _CHECKS.get((parsed.service, family))
        return check is not None and check(self, parsed)

    @property
    def accounts(self) -> tuple[str, ...]:
        """The IDs of all accounts, in order."""
        return tuple(self._walk_accounts())

    def put_account(self, account: str) -> None:
        """Let an account exist; one that does already stays as it is."""
        if not self._has_account(account):
            transaction = Transaction(self.store)
            transaction.put(ACCOUNTS, Account(account))
            transaction.commit()

    def guardrails(self, account: str) -> Guardrails | None:
        """Return what an organization puts around an account, or None where it is in none."""
        found = self.store.get(ACCOUNTS, ACCOUNT_PARTITION, account)
        return None if found is None else found.guardrails

    def put_guardrails(
        self, account: str, guardrails: Guardrails | None, tx: Transaction | None = None
    ) -> None:
        """Put guardrails around an account, or none; the account exists from then on."""
        with self._step(tx) as step:
            step.put(ACCOUNTS, Account(account, guardrails))

    def vpc_endpoint(self, endpoint_id: str) -> VpcEndpoint | None:
        """Return the VPC endpoint with this ID, or None."""
        return self.store.get(VPC_ENDPOINTS, endpoint_id, endpoint_id)

    def put_vpc_endpoint(self, endpoint: VpcEndpoint) -> None:
        """Keep a VPC endpoint, new or in place of the one with its ID."""
        with self._step(None) as step:
            step.put(VPC_ENDPOINTS, endpoint)

    def put_credential(self, credential: Credential, tx: Transaction | None = None) -> None:
        """Keep an access key, new or in place of the one with its ID."""
        with self._step(tx) as step:
            step.put(CREDENTIALS, credential)

    def put_principal(self, record: PrincipalRecord, tx: Transaction | None = None) -> None:
        """Keep a user, role or session; its account exists from then on."""
        with self._step(tx) as step:
            if not self._has_account(record.account):
                step.put(ACCOUNTS, Account(record.account))
            step.put(PRINCIPALS, record)

    def delete_credential(self, access_key_id: str, tx: Transaction | None = None) -> None:
        """Forget an access key, if there is one of this ID."""
        credential = self.credential(access_key_id)
        if credential is not None:
            with self._step(tx) as step:
                step.delete(CREDENTIALS, credential)

    def delete_principal(self, arn: str, tx: Transaction | None = None) -> None:
        """Forget a user, role or session and all its access keys, in one step."""
        record = self.principal(arn)
        with self._step(tx) as step:
            if record is not None:
                step.delete(PRINCIPALS, record)
            for credential in self.credentials_of(arn):
                step.delete(CREDENTIALS, credential)

    @contextmanager
    def _step(self, tx: Transaction | None) -> Iterator[Transaction]:
        """Give the caller's transaction, or a new one that is committed at the end."""
        if tx is not None:
            yield tx
            return
        own = Transaction(self.store)
        yield own
        own.commit()

    def _carrier(self, principal: Principal) -> PrincipalRecord | None:
        arn = principal.role_arn or principal.user_arn or principal.arn
        record = self.store.get(PRINCIPALS, principal.account, arn)
        if record is None or not principal.role_arn:
            return record
        return record if principal.user_id.startswith(f"{record.unique_id}:") else None

    def _walk_accounts(self) -> Iterator[str]:
        after = ""
        while page := self.store.page(ACCOUNTS, ACCOUNT_PARTITION, after=after, limit=PAGE):
            yield from (account.id for account in page)
            after = page[-1].id

    def _has_account(self, account: str) -> bool:
        return self.store.get(ACCOUNTS, ACCOUNT_PARTITION, account) is not None

    def _has_record(self, arn: Arn) -> bool:
        return self.store.get(PRINCIPALS, arn.account, str(arn)) is not None

    def _has_role_of(self, session: Arn) -> bool:
        name = session.resource.removeprefix("assumed-role/").partition("/")[0]
        key = role_name_key(session.account, name)
        return bool(self.store.page(PRINCIPALS, key, after="", limit=1, index="role_name"))


_CHECKS: Mapping[tuple[str, str], Callable[[Directory, Arn], bool]] = MappingProxyType(
    {
        ("iam", "root"): lambda directory, arn: directory._has_account(arn.account),  # noqa: SLF001
        ("iam", "user"): Directory._has_record,  # noqa: SLF001
        ("iam", "role"): Directory._has_record,  # noqa: SLF001
        ("sts", "assumed-role"): Directory._has_role_of,  # noqa: SLF001
        ("sts", "federated-user"): lambda directory, arn: directory._has_account(arn.account),  # noqa: SLF001
    }
)
