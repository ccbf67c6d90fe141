"""The changes of IAM that were answered, so that moto's IAM can be made again by repeating them.

moto keeps its state in memory. A change is written in the transaction that brings it to the
directory, with what its outcome depends on: the instant, and the state of the generator.
"""

from collections.abc import Iterator

import msgspec

from kmslab.model.principals import Credential
from kmslab.services.query import Form
from kmslab.store.port import Kind, Store
from kmslab.store.transaction import Transaction

ALL_CHANGES = "all"
PAGE = 1000


class Moment(msgspec.Struct, frozen=True):
    """What moto's answer depends on besides its state: Unix seconds, and its generator's state."""

    at: float
    random: bytes


class Opening(msgspec.Struct, frozen=True):
    """An account's administrator before the account's first change, and since when (Unix seconds)."""

    at: float
    unique_id: str
    credentials: tuple[Credential, ...]


class IamChange(msgspec.Struct, frozen=True, kw_only=True):
    """One change: whose IAM, which parameters, and when. `opening`: with an account's first.

    Of Organizations (`service`) the parameters are the Action and the Body as JSON.
    """

    number: int
    account: str
    form: Form
    moment: Moment
    opening: Opening | None = None
    service: str = "iam"


IAM_CHANGES = Kind(
    "iam change",
    IamChange,
    partition=lambda _: ALL_CHANGES,
    sort=lambda change: _sort(change.number),
)


def _sort(number: int) -> str:
    return f"{number:012d}"


class IamJournal:
    """The changes of a store's IAM, in order."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._count = 0
        self._accounts: set[str] = set()

    def forget(self) -> None:
        """Begin again: `news` are all changes then."""
        self._count, self._accounts = 0, set()

    def news(self) -> Iterator[IamChange]:
        """Return the changes that were neither returned nor added here yet, the oldest first."""
        while page := self._store.page(
            IAM_CHANGES, ALL_CHANGES, after=_sort(self._count), limit=PAGE
        ):
            for change in page:
                self._count = change.number
                self._accounts.add(change.account)
                yield change

    def add(
        self,
        tx: Transaction,
        account: str,
        form: Form,
        moment: Moment,
        opening: Opening | None,
        service: str = "iam",
    ) -> None:
        """Write a change down; the opening counts where it is the account's first."""
        self._count += 1
        known = account in self._accounts
        self._accounts.add(account)
        change = IamChange(
            number=self._count,
            account=account,
            form=form,
            moment=moment,
            opening=None if known else opening,
            service=service,
        )
        tx.put(IAM_CHANGES, change)
