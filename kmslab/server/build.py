"""The wiring: one world from its parts, behind one endpoint.

The only place where concrete stores and custodians are chosen.
"""

import os
from contextlib import suppress
from typing import Literal

from kmslab.ambient.clock import Clock, ShiftedClock, SystemClock
from kmslab.ambient.entropy import Entropy, SeededEntropy, SystemEntropy
from kmslab.audit.trail import CAPACITY, Trail
from kmslab.authn.directory import Directory
from kmslab.authn.verify import Verifier
from kmslab.custody.software import ROOT_KEY_BYTES, SoftwareCustodian
from kmslab.engine.pipeline import Engine
from kmslab.model import bootstrap
from kmslab.quota import files, table
from kmslab.quota.granted import Increases
from kmslab.quota.leased import LeasedLevels
from kmslab.quota.levels import Levels
from kmslab.quota.limits import ResourceLimits
from kmslab.quota.rates import Rates, TokenBuckets, Unlimited
from kmslab.server.endpoint import Endpoint, JsonService
from kmslab.server.stores import Opened, open_store
from kmslab.services.clock import TARGET as CLOCK
from kmslab.services.clock import ClockService, kept_shift
from kmslab.services.cloudtrail import TARGET as CLOUDTRAIL
from kmslab.services.cloudtrail import CloudTrail
from kmslab.services.identity import IdentityService
from kmslab.services.identity import bootstrap as make_administrator
from kmslab.services.service_quotas import TARGET as SERVICE_QUOTAS
from kmslab.services.service_quotas import ServiceQuotas
from kmslab.store.port import Store, StoreError, StoreFullError
from kmslab.store.records import TRAILS, TrailLength
from kmslab.store.transaction import Transaction
from kmslab.wire import sigv4

AuthMode = Literal["strict", "lenient"]
ClockKind = Literal["machine", "virtual"]


def build_endpoint(
    *,
    account: str = bootstrap.ACCOUNT,
    auth: AuthMode = "strict",
    quotas: str = "aws",
    seed: int | None = None,
    store: str | Opened = "memory",
    clock: Clock | ClockKind = "machine",
    levels: Levels | None = None,
    trail_keep: int | None = None,
) -> Endpoint:
    """Make a world and return the door to it.

    With a seed, keys, nonces and ids are the same whenever the calls are the same. It lives in the
    machine's time, or with "virtual" as far ahead of it as somebody has moved it. Signatures are
    always checked against the machine's time, with which clients sign. A store that lasts goes on
    where it was; its administrator is the one that it was made with. The levels of request quotas
    are this process's unless they are handed in, or in a store that spans machines. Of the trail the
    newest `trail_keep` events are kept; where that is not said, as many as the store was told before.

    Raises:
        UnknownStoreError: there is no such store.
        StoreError: the store cannot be used, or was made for another account or administrator.
        QuotaFileError: `quotas` is none of "aws", "seed-era" and "off", and no file of quotas.
    """
    opened = open_store(store) if isinstance(store, str) else store
    directory = Directory(opened.store)
    profile = _begin(opened, directory, account, quotas)
    entropy = _entropy(seed, opened.store.life)
    if isinstance(clock, str):
        clock = _clock(clock, opened.store)
    increases = Increases(opened.store)
    engine = _engine(
        opened,
        directory,
        trail=Trail(_length(opened.store, trail_keep), opened.store.journal, opened.store.slate),
        rates=_rates(quotas, profile, increases, _levels(opened) or levels),
        limits=ResourceLimits(profile.limits, increases),
        clock=clock,
        entropy=entropy,
    )
    return Endpoint(
        engine=engine,
        verifier=_verifier(directory, auth, account, clock=clock),
        identity=IdentityService(directory, clock=clock, entropy=entropy),
        entropy=entropy,
        json_services=_beside(engine, profile, account),
    )


def _beside(engine: Engine, profile: table.Profile, account: str) -> dict[str, JsonService]:
    """Make the services beside KMS that speak JSON, by their target prefix."""
    directory, clock = engine.directory, engine.clock
    quotas = ServiceQuotas(profile, engine.store, directory, clock=clock, entropy=engine.entropy)
    return {
        SERVICE_QUOTAS: quotas,
        CLOUDTRAIL: CloudTrail(engine.trail, directory, clock=clock),
        CLOCK: ClockService(engine, account),
    }


def _begin(opened: Opened, directory: Directory, account: str, quotas: str) -> table.Profile:
    """Populate a world and find its quotas; a store that cannot serve is closed."""
    try:
        with opened.store.writing():
            _populate(directory, account)
        return files.named(quotas)
    except ValueError:
        opened.store.close()
        raise


def _length(store: Store, told: int | None) -> int:
    """Return how many events the trail keeps: as was told, which the store remembers, or as it remembers."""
    found = store.get(TRAILS, "trail", "trail")
    if told is None:
        return found.events if found else CAPACITY
    if store.journal is not None and (found is None or found.events != told):
        transaction = Transaction(store)
        transaction.put(TRAILS, TrailLength(told))
        with suppress(StoreFullError):  # it has said so at its start, and is served all the same
            transaction.commit()
    return told


def _clock(kind: ClockKind, store: Store) -> Clock:
    return SystemClock() if kind == "machine" else ShiftedClock(kept_shift(store))


def administrator_keys() -> tuple[str, str]:
    """Return the administrator's access key ID and secret: the environment's, or the documented."""
    return (
        os.environ.get("KMSLAB_ACCESS_KEY_ID", bootstrap.ACCESS_KEY_ID),
        os.environ.get("KMSLAB_SECRET_ACCESS_KEY", bootstrap.SECRET_ACCESS_KEY),
    )


def _verifier(directory: Directory, auth: AuthMode, account: str, *, clock: Clock) -> Verifier:
    return Verifier(
        directory,
        wall_clock=SystemClock().now,
        mode=auth,
        default_account=account,
        clock=clock.now,
    )


def _engine(
    opened: Opened,
    directory: Directory,
    *,
    trail: Trail,
    rates: Rates,
    limits: ResourceLimits,
    clock: Clock,
    entropy: Entropy,
) -> Engine:
    any_key = entropy.take(ROOT_KEY_BYTES)  # drawn even if not used: a seed gives the same IDs
    return Engine(
        store=opened.store,
        directory=directory,
        custody=SoftwareCustodian(root_key=opened.materials_key or any_key, entropy=entropy),
        rates=rates,
        limits=limits,
        clock=clock,
        entropy=entropy,
        trail=trail,
    )


def _entropy(seed: int | None, life: str) -> Entropy:
    """Choose the randomness; a seed gives each life of a store its own."""
    if seed is None:
        return SystemEntropy()
    return SeededEntropy(f"{seed} {life}" if life else seed)


def _populate(directory: Directory, account: str) -> None:
    """Put the administrator into a new world; in an old one, look whether callers can expect it."""
    access_key_id, secret = administrator_keys()
    if directory.accounts:
        _need_known(directory, account, (access_key_id, secret))
        return
    make_administrator(
        directory, account=account, access_key_id=access_key_id, secret_access_key=secret
    )


def _need_known(directory: Directory, account: str, keys: tuple[str, str]) -> None:
    if account not in directory.accounts:
        made_for = ", ".join(directory.accounts)
        raise StoreError(f"the store has no account {account}; use --account {made_for}")
    if "KMSLAB_ACCESS_KEY_ID" in os.environ or "KMSLAB_SECRET_ACCESS_KEY" in os.environ:
        credential = directory.credential(keys[0])
        if credential is None or not sigv4.is_same(credential.secret_access_key, keys[1]):
            raise StoreError(
                f"the store knows no access key {keys[0]} with this secret; unset"
                " KMSLAB_ACCESS_KEY_ID and KMSLAB_SECRET_ACCESS_KEY, or set a pair that IAM made"
            )


def _levels(opened: Opened) -> Levels | None:
    return LeasedLevels(opened.store) if opened.spans_machines else None


def _rates(
    quotas: str, profile: table.Profile, increases: Increases, levels: Levels | None
) -> Rates:
    if quotas == table.OFF:
        return Unlimited()
    return TokenBuckets(profile.rates, levels, granted=increases)
