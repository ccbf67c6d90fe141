"""The wiring: one world from its parts, behind one endpoint.

The only place where concrete stores and custodians are chosen.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

from kmslab.ambient.clock import Clock, SystemClock
from kmslab.ambient.entropy import Entropy, SeededEntropy, SystemEntropy
from kmslab.audit.trail import Trail
from kmslab.authn.directory import Directory
from kmslab.authn.verify import Verifier
from kmslab.custody.software import ROOT_KEY_BYTES, SoftwareCustodian
from kmslab.engine.pipeline import Engine
from kmslab.model import bootstrap
from kmslab.quota import table
from kmslab.quota.rates import Rates, TokenBuckets, Unlimited
from kmslab.server.endpoint import Endpoint
from kmslab.services.identity import IdentityService
from kmslab.services.identity import bootstrap as make_administrator
from kmslab.store.memory import MemoryStore
from kmslab.store.port import Store

AuthMode = Literal["strict", "lenient"]

STORES: Final[dict[str, Callable[[], Store]]] = {"memory": MemoryStore}


class UnknownStoreError(ValueError):
    """The store that was asked for is none of `STORES`; the message lists them."""


def build_endpoint(
    *,
    account: str = bootstrap.ACCOUNT,
    auth: AuthMode = "strict",
    quotas: str = "aws",
    seed: int | None = None,
    store: str = "memory",
    clock: Clock | None = None,
) -> Endpoint:
    """Make a world and return the door to it.

    With a seed, keys, nonces and ids are the same whenever the calls are the same. Without a
    clock it lives in the machine's time. Signatures are always checked against the machine's time,
    with which clients sign.

    Raises:
        UnknownStoreError: there is no such store.
        QuotaFileError: `quotas` is neither "aws" nor "off" nor a file of quotas.
    """
    kept = _open(store)
    entropy: Entropy = SystemEntropy() if seed is None else SeededEntropy(seed)
    clock = clock or SystemClock()
    directory = Directory(kept)
    _populate(directory, account)
    engine = Engine(
        store=kept,
        directory=directory,
        custody=SoftwareCustodian(root_key=entropy.take(ROOT_KEY_BYTES), entropy=entropy),
        rates=_rates(quotas),
        clock=clock,
        entropy=entropy,
        trail=Trail(),
    )
    verifier = Verifier(
        directory,
        wall_clock=SystemClock().now,
        mode=auth,
        default_account=account,
        clock=clock.now,
    )
    identity = IdentityService(directory, clock=clock, entropy=entropy)
    return Endpoint(engine=engine, verifier=verifier, identity=identity, entropy=entropy)


def administrator_keys() -> tuple[str, str]:
    """Return the administrator's access key ID and secret: the environment's, or the documented."""
    return (
        os.environ.get("KMSLAB_ACCESS_KEY_ID", bootstrap.ACCESS_KEY_ID),
        os.environ.get("KMSLAB_SECRET_ACCESS_KEY", bootstrap.SECRET_ACCESS_KEY),
    )


def _populate(directory: Directory, account: str) -> None:
    access_key_id, secret = administrator_keys()
    make_administrator(
        directory, account=account, access_key_id=access_key_id, secret_access_key=secret
    )


def _open(store: str) -> Store:
    if store not in STORES:
        known = ", ".join(sorted(STORES))
        raise UnknownStoreError(f"there is no store {store!r}: choose one of {known}")
    return STORES[store]()


def _rates(quotas: str) -> Rates:
    if quotas == "off":
        return Unlimited()
    return TokenBuckets(table.aws() if quotas == "aws" else table.adjusted(Path(quotas)))
