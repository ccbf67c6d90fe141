"""A world file into a world in which nothing has happened yet.

The order: identities of all accounts, then keys, the primary ones first, then what hangs on them; so
whatever is named is there. Refuses to know how a file is read.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from botocore.client import BaseClient
from botocore.exceptions import ClientError, ParamValidationError

from kmslab import client as clients
from kmslab.model.errors import KmsError
from kmslab.model.regions import REGIONS
from kmslab.server.build import build_endpoint
from kmslab.server.endpoint import Endpoint
from kmslab.services.identity import root_keys
from kmslab.services.journal import ALL_CHANGES, IAM_CHANGES
from kmslab.store.records import KEYS, WORLDS, WorldMade, scope
from kmslab.store.transaction import Transaction
from kmslab.world import identities, keys
from kmslab.world.read import ReadWorld, read

RIGHT: Final = "correct it here"


def begin(endpoint: Endpoint, path: str | Path, *, account: str, region: str) -> None:
    """Let a world begin as a file says; the endpoint of one that cannot is closed.

    Raises:
        WorldFileError: as `read` and `load`.
    """
    try:
        load(endpoint, read(path, account=account, region=region))
    except ValueError:
        endpoint.close()
        raise


def check(world: ReadWorld) -> None:
    """Make a world in memory and forget it.

    Raises:
        WorldFileError: something in it is refused.
    """
    _Maker(build_endpoint(seed=0), world).make()


def load(endpoint: Endpoint, world: ReadWorld) -> None:
    """Make a world; one that was made of this very file before stays as it has become.

    A store that lasts gets all of it or, where something is refused, nothing.

    Raises:
        WorldFileError: something in it is refused, or the store has another world.
    """
    store = endpoint.engine.store
    with store.writing():
        made = store.get(WORLDS, "world", "world")
        if made is not None and made.digest == world.digest:
            return
        if made is not None or _is_inhabited(endpoint):
            wrong = "the store has another world already"
            raise world.fault("$", wrong, "use a new store, or go without the file")
        if store.journal is not None:
            check(world)
        _Maker(endpoint, world).make()
        tx = Transaction(store)
        tx.put(WORLDS, WorldMade(world.digest))
        tx.commit()


def _is_inhabited(endpoint: Endpoint) -> bool:
    store, directory = endpoint.engine.store, endpoint.engine.directory
    if store.page(IAM_CHANGES, ALL_CHANGES, after="", limit=1):
        return True
    return any(
        store.count(KEYS, scope(account, region))
        for account in directory.accounts
        for regions in REGIONS.values()
        for region in regions
    )


class _Maker:
    """Makes one world, as the root user of each of its accounts; nothing of that user stays."""

    def __init__(self, endpoint: Endpoint, world: ReadWorld) -> None:
        self.endpoint = endpoint
        self.engine = endpoint.engine
        self.world = world
        self._clients: dict[tuple[str, str, str], Any] = {}

    def make(self) -> None:
        accounts = list(enumerate(self.world.file.accounts))
        roots = {each.account_id: self._root(each.account_id) for _, each in accounts}
        with self.engine.unmetered():
            for number, account in accounts:
                iam = self._client("iam", roots[account.account_id], "us-east-1")
                base = f"$.Accounts[{number}]"
                identities.make(account, base, iam, self.engine.directory, self._at)
            placed = [self._place(*each) for each in self._keys()]
            for each in placed:
                with self._at(each.where):
                    keys.dress(self._client("kms", roots[each.account], each.key.region), each)
            for each in placed:
                keys.rest(self.engine, each)
        for access_key_id, _ in roots.values():
            self.engine.directory.delete_credential(access_key_id)

    def _keys(self) -> Iterator[tuple[str, str, Any]]:
        """Yield the keys with their accounts and places, replicas last."""
        found = [
            (account.account_id, f"$.Accounts[{number}].Keys[{place}]", key)
            for number, account in enumerate(self.world.file.accounts)
            for place, key in enumerate(account.keys)
        ]
        yield from sorted(
            found, key=lambda each: each[2].primary_region not in (None, each[2].region)
        )

    def _place(self, account: str, where: str, key: Any) -> keys.Placed:  # noqa: ANN401
        with self._at(where):
            return keys.place(self.engine, account, where, key)

    def _root(self, account: str) -> tuple[str, str]:
        return root_keys(self.engine.directory, account, self.engine.entropy)

    def _client(self, service: str, root: tuple[str, str], region: str) -> BaseClient:
        key = (service, root[0], region)
        if key not in self._clients:
            self._clients[key] = clients.client(
                self.endpoint, service, credentials=root, region=region
            )
        return self._clients[key]

    @contextmanager
    def _at(self, where: str) -> Iterator[None]:
        """Tell what is refused by its place in the file."""
        try:
            yield
        except ClientError as refused:
            error: Mapping[str, str] = refused.response["Error"]
            wrong = f"{refused.operation_name}: {error['Code']}: {error.get('Message', '')}"
            raise self.world.fault(where, wrong.rstrip(": "), RIGHT) from None
        except KmsError as refused:
            wrong = f"{type(refused).__name__.removesuffix('Exception')}: {refused}".rstrip(": ")
            raise self.world.fault(where, wrong, RIGHT) from None
        except (ParamValidationError, ValueError) as refused:
            raise self.world.fault(where, " ".join(str(refused).split()), RIGHT) from None
