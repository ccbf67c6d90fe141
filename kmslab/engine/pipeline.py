"""The road of a request, and the one file that knows the order of its stages.

    settle what time has made due
    resolve -> authorize -> quota -> key state and usage -> dry run -> planned fault
            -> operation -> commit and audit

Custody and store are reached from the operation. Every request passes every stage once; a stage
that refuses raises the API's error, which is recorded like an answer.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

import msgspec

from kmslab.ambient.clock import Clock
from kmslab.ambient.entropy import Entropy
from kmslab.audit.event import Consequence, Event, Notice, copies
from kmslab.audit.trail import Trail
from kmslab.authn.directory import Directory
from kmslab.custody.port import Custodian
from kmslab.custody.stock import Stock
from kmslab.engine import record
from kmslab.engine.authorize import Authorizer, unreachable
from kmslab.engine.faults import Faults
from kmslab.engine.first_use import FirstUses, TurnNeeded, need_turn
from kmslab.engine.lifecycle import Lifecycle, keep_dues
from kmslab.engine.passage import Passage, Passages
from kmslab.engine.request import ApiRequest
from kmslab.model import key_states, messages
from kmslab.model.errors import (
    DryRunOperationException,
    InternalFailure,
    InvalidKeyUsageException,
    KmsError,
    KMSInternalException,
    ThrottlingException,
    UnsupportedOperationException,
)
from kmslab.model.key_specs import KEY_SPECS
from kmslab.operations.call import Call
from kmslab.operations.catalog import BY_KEY_SPEC, BY_PAIR_SPEC, CATALOG, Operation
from kmslab.operations.names import Begin, Names, Resources, Target, Unreachable
from kmslab.operations.uses import Uses
from kmslab.quota.levels import Address
from kmslab.quota.limits import ResourceLimits
from kmslab.quota.rates import Rates, Unlimited
from kmslab.quota.table import key_store_bucket
from kmslab.store.port import Store, StoreError
from kmslab.store.transaction import Transaction

Answer = msgspec.Struct | None

LOG = logging.getLogger(__name__)


class Engine:
    """One world of KMS: its state, and the one way to change it."""

    def __init__(
        self,
        *,
        store: Store,
        directory: Directory,
        custody: Custodian,
        rates: Rates,
        limits: ResourceLimits,
        clock: Clock,
        entropy: Entropy,
        trail: Trail,
    ) -> None:
        self.store = store
        self.directory = directory
        self.clock = clock
        self.entropy = entropy
        self.trail = trail
        self.faults = Faults()
        self._custody = custody
        self._rates = rates
        self._limits = limits
        self._uses = Uses(store)
        self._authorizer = Authorizer(store, directory, self._uses)
        self._passages = Passages(store)
        self._resources = Resources(store)
        self._first_uses = FirstUses(custody, clock)
        self._lifecycle = Lifecycle(store, custody, trail=trail, entropy=entropy)
        self._lock = RLock()

    @property
    def stock(self) -> Stock:
        """Key pairs that are made ahead, in any thread."""
        return self._custody.key_pairs.stock

    @property
    def custody(self) -> Custodian:
        """Who holds the material: for whoever makes a world, and for nobody who uses it."""
        return self._custody

    @contextmanager
    def unmetered(self) -> Iterator[None]:
        """Ask for no request quota meanwhile: a world that is being made draws on none."""
        rates, self._rates = self._rates, Unlimited()
        try:
            yield
        finally:
            self._rates = rates

    def refresh(self) -> None:
        """See what other processes have changed in this world; to be called before a caller is known.

        Raises:
            KMSInternalException: the store cannot be read now.
        """
        try:
            self.store.refresh()
        except StoreError as failed:
            raise as_api_error(failed) from None

    def answer(self, ask: ApiRequest, req: msgspec.Struct) -> Answer:
        """Do what a request asks, or raise the API's error; either way it is on the trail.

        What may change something is decided and done while no other process writes.

        Raises:
            KmsError: any error of the API.
        """
        row = CATALOG[ask.operation]
        try:
            with self._lock:
                if row.is_read_only:
                    try:
                        return self._answer(ask, row, req, need_turn)
                    except TurnNeeded:
                        pass  # it was no read
                with self.store.writing():
                    return self._answer(ask, row, req, self._first_uses.make)
        except StoreError as failed:
            raise as_api_error(failed) from None

    def _answer(self, ask: ApiRequest, row: Operation, req: msgspec.Struct, begin: Begin) -> Answer:
        now = self.clock.pass_request()
        self._lifecycle.settle(now)
        if now >= self._uses.due:
            self._uses.write(now)
        tx = Transaction(self.store)
        names = Names(tx, ask.caller, self._resources, begin)
        passage = self._passages.of(ask, row, req)
        notices: list[Notice | Consequence] = []
        try:
            self._admit(passage, ask, row, req, names, now)
            call = Call(
                ask.caller,
                passage.targets,
                names,
                now,
                ask.request_id,
                tx,
                self.entropy,
                self._custody,
                self.directory,
                notices,
                self._uses,
                self._limits,
            )
            answer = row.run(call, req)
            if not row.is_read_only:
                keep_dues(tx)
            done = record.success(ask, row, req, passage, answer=answer, now=now)
            if tx.changes or notices or done.owner:
                self._commit(tx, done, notices)
            else:
                self.trail.record(done)
        except TurnNeeded:
            raise
        except Exception as failed:  # noqa: BLE001 - a bug of ours is answered and recorded too
            error = as_api_error(failed)
            self.trail.record(record.failure(ask, row, req, passage, error=error, now=now))
            raise error from None
        if row.usage:
            self._uses.note(row.name, passage.targets, ask.request_id, now)
        return answer

    def _commit(self, tx: Transaction, done: Event, notices: list[Notice | Consequence]) -> None:
        """Make the changes last, and with them the events of the call and of what it set off."""
        besides = [self._lifecycle.event(notice, done.time) for notice in notices]
        self.trail.commit(tx, [done, *copies(done), *besides])

    def refuse(self, ask: ApiRequest, error: KmsError) -> None:
        """Record a request whose body could not be read."""
        with self._lock:
            now = self.clock.pass_request()
            row = CATALOG[ask.operation]
            nowhere = Passage(None)
            self.trail.record(record.failure(ask, row, None, nowhere, error=error, now=now))

    @property
    def grant_delay(self) -> float:
        """How many seconds a new grant takes to be everywhere (`kmslab.engine.propagation`)."""
        return self._authorizer.propagation.seconds

    @grant_delay.setter
    def grant_delay(self, seconds: float) -> None:
        self._authorizer.propagation.seconds = seconds
        self._authorizer.forget()
        self._passages.forget()

    def settle(self) -> None:
        """Let all happen that has become due, as it would before the next request."""
        with self._lock:
            self._lifecycle.settle(self.clock.now())

    def close(self) -> None:
        """Write the rest of the trail and of the last uses, and close the store."""
        with self._lock:
            self._uses.write(self.clock.now())
            self.trail.flush()
            self.store.close()

    def _admit(
        self,
        passage: Passage,
        ask: ApiRequest,
        row: Operation,
        req: msgspec.Struct,
        names: Names,
        now: float,
    ) -> None:
        """Take a request past the stages that may refuse it, in their order."""
        lasts = False
        if passage.is_new:
            passage.targets = targets = _resolve(ask, row, req, names)
            lasts = self._authorizer.need_all(ask, req, targets, now=now, checks=passage.checks)
            passage.bucket = _bucket(row, req, targets)
            passage.stores = _stores(row, targets)
        account, region = ask.caller.principal.account, ask.caller.region
        if row.elsewhere or passage.stores:
            admitted = self._rates.take_all(_buckets(row, passage, account, region), now)
        else:
            admitted = self._rates.take(account, region, passage.bucket, now)
        if not admitted:
            raise ThrottlingException(messages.THROTTLED)
        if passage.is_new:
            _need_fit(row, passage.targets)
        if lasts:
            self._passages.keep(passage, account)
        if getattr(req, "DryRun", None):
            raise DryRunOperationException(messages.DRY_RUN)
        if self.faults.planned:
            self.faults.meet(row.name)


def _resolve(
    ask: ApiRequest, row: Operation, req: msgspec.Struct, names: Names
) -> tuple[Target, ...]:
    for token in getattr(req, "GrantTokens", None) or ():
        names.need_token(token)
    try:
        return row.targets(names, req, row.action)
    except Unreachable as error:
        raise unreachable(ask, row.action, error) from None


def _bucket(row: Operation, req: msgspec.Struct, targets: tuple[Target, ...]) -> str:
    """Name the request quota that a call draws on."""
    key = targets[-1].key
    if row.rate == BY_KEY_SPEC and key is not None:
        return KEY_SPECS[key.spec].rate_group
    if row.rate == BY_PAIR_SPEC:
        return f"pair:{getattr(req, 'KeyPairSpec', '')}"
    return row.rate or row.name


def _buckets(row: Operation, passage: Passage, account: str, region: str) -> list[Address]:
    """List the caller's quota, the custom key stores whose keys are used, and the other Region's of one in two."""
    drawn = [(account, region, passage.bucket)]
    drawn += [(owner, region, bucket) for owner, bucket in passage.stores]
    others = [each.resource for each in passage.targets if each.resource.region != region]
    for other in others[:1]:
        drawn += [(other.account, other.region, bucket) for bucket in row.elsewhere]
    return drawn


def _stores(row: Operation, targets: tuple[Target, ...]) -> tuple[tuple[str, str], ...]:
    """Name what the use of keys in custom key stores draws on besides, whoever calls."""
    keys = [target.key for target in targets if target.key is not None and row.usage]
    drawn = [(key.account, key_store_bucket(key.key_store)) for key in keys if key.key_store]
    return tuple(dict.fromkeys(drawn))


def _need_fit(row: Operation, targets: tuple[Target, ...]) -> None:
    """Check each key's origin, then its state and its usage, against what the operation needs."""
    for key in [target.key for target in targets if target.key is not None]:
        if row.origin and key.origin != row.origin:
            raise UnsupportedOperationException(messages.WRONG_ORIGIN.format(key.arn, key.origin))
        if key.state in row.states:
            raise key_states.refusal(row.states, key)
        if row.usage and key.usage != row.usage:
            text = messages.WRONG_USAGE.format(key.arn, key.usage, row.name)
            raise InvalidKeyUsageException(text)


def as_api_error(failed: Exception) -> KmsError:
    """Return an API error as it is; a store that cannot be written may be able to later.

    Anything else is a bug of ours. Neither is told to anyone but the log.
    """
    if isinstance(failed, KmsError):
        return failed
    if isinstance(failed, StoreError):
        LOG.error("the store does not serve now: %s", failed)
        return KMSInternalException()
    LOG.error("a request failed inside kmslab", exc_info=failed)
    return InternalFailure()
