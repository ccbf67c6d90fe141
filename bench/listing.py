"""Pages of long lists: what a page costs must grow with the page, not with the store."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

from bench.measure import Row, alternate, microseconds
from kmslab import Kms
from kmslab.engine.request import ApiRequest
from kmslab.model.keys import Alias, KmsKey
from kmslab.model.principals import Caller
from kmslab.server.build import administrator_keys
from kmslab.spec.shapes import ListAliasesRequest, ListKeysRequest
from kmslab.store.records import ALIASES, KEYS
from kmslab.store.transaction import Transaction

SIZES: Final = (1_000, 10_000, 100_000)
PAGE: Final = 100
CALLS: Final = 300
BATCH: Final = 5_000

Reader = Callable[[], object]


def rows() -> Iterator[Row]:
    """Read a page from the middle of 1,000, of 10,000 and of 100,000 keys, and of aliases."""
    worlds = [_world(size) for size in SIZES]
    yield _row("ListKeys, page of 100", [_keys_page(each) for each in worlds])
    yield _row("ListAliases, page of 100", [_aliases_page(each) for each in worlds])


def _row(name: str, readers: list[Reader]) -> Row:
    small, middle, large = (microseconds(reader, CALLS) for reader in readers)
    most, least, ratio = alternate(large, small)
    figures = f"{most:.0f} µs of 100,000 : {middle():.0f} of 10,000 : {least:.0f} of 1,000"
    return Row(name, "1,000 in the store", ratio, 2.0, 1.2, False, figures)


def _world(size: int) -> Kms:
    world = Kms.fresh(quotas="off")
    numbers = iter(range(size))
    while batch := tuple(islice(numbers, BATCH)):
        transaction = Transaction(world.endpoint.engine.store)
        for number in batch:
            key_id, account, region = _key_id(number), world.account, world.region
            transaction.put(
                KEYS,
                KmsKey(account=account, region=region, key_id=key_id, created=0.0, policy="{}"),
            )
            transaction.put(
                ALIASES,
                Alias(
                    account=account,
                    region=region,
                    name=f"alias/{number:06}",
                    target_key_id=key_id,
                    created=0.0,
                    updated=0.0,
                ),
            )
        transaction.commit()
    return world


def _key_id(number: int) -> str:
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _keys_page(world: Kms) -> Reader:
    client = world.client()
    middle = client.list_keys(Limit=500)["NextMarker"]
    request = ListKeysRequest(Limit=PAGE, Marker=middle)
    return lambda: world.endpoint.engine.answer(_ask(world, "ListKeys"), request)


def _aliases_page(world: Kms) -> Reader:
    client = world.client()
    middle = client.list_aliases(Limit=100)["NextMarker"]
    request = ListAliasesRequest(Limit=PAGE, Marker=middle)
    return lambda: world.endpoint.engine.answer(_ask(world, "ListAliases"), request)


def _ask(world: Kms, operation: str) -> ApiRequest:
    credential = world.endpoint.engine.directory.credential(administrator_keys()[0])
    if credential is None:
        raise RuntimeError("the world has no administrator")
    caller = Caller(credential.principal, world.region, credential.access_key_id)
    return ApiRequest(operation=operation, caller=caller, request_id="bench")
