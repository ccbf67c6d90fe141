"""The clock of a running world: where it stands, what is due next, and moving it forward.

AWS has nothing like it. It speaks JSON 1.1 like the others, is signed like every call, obeys the
account's administrator alone, and is on the trail. Refuses to know what happens as time passes.
"""

from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from kmslab.ambient.clock import ShiftedClock, VirtualClock
from kmslab.audit.event import Event
from kmslab.engine.pipeline import Engine
from kmslab.model import messages
from kmslab.model.errors import (
    AccessDeniedException,
    KmsError,
    UnknownOperationException,
    UnsupportedOperationException,
    ValidationException,
)
from kmslab.model.principals import Caller
from kmslab.services.iam import administrator_arn
from kmslab.store.port import Store
from kmslab.store.records import ALL_DUES, DUES, KEYS, SHIFTS, Due, Shift, scope
from kmslab.store.transaction import Transaction
from kmslab.wire import codec
from kmslab.wire.http import HttpRequest

NAME: Final = "kmslab"  # in signatures
TARGET: Final = "Kmslab"
SOURCE: Final = "kmslab"
CENTURY: Final = 36_525  # days; further than anything is due
SHOWN: Final = 20

Json = dict[str, Any]


class Ask(msgspec.Struct, frozen=True):
    """How far to move, or to where; instants as ISO 8601 texts."""

    Days: Annotated[float, Meta(gt=0, le=CENTURY)] | None = None
    Instant: str | None = None


class ClockService:
    """The clock of one world, in the hands of the administrator of its account."""

    name: Final = NAME

    def __init__(self, engine: Engine, account: str) -> None:
        self._engine = engine
        self._administrator = administrator_arn(account)

    def respond(
        self, operation: str, request: HttpRequest, caller: Caller, *, request_id: str
    ) -> bytes:
        """Answer a request of a caller whose signature is good.

        Raises:
            KmsError: not the administrator, not forward, or not a clock that can be moved.
        """
        if operation not in {"GetClock", "AdvanceClock"}:
            raise UnknownOperationException
        called = Event(
            time=self._engine.clock.now(),
            name=operation,
            source=SOURCE,
            request_id=request_id,
            caller=caller,
            source_ip=request.peer,
            user_agent=request.headers.get("user-agent", ""),
            host=request.headers.get("host", ""),
            tls=request.tls,
            is_read_only=operation == "GetClock",
        )
        try:
            if caller.principal.arn != self._administrator:
                raise AccessDeniedException(messages.NOT_ADMINISTRATOR)
            tx = Transaction(self._engine.store)
            with nullcontext() if called.is_read_only else self._engine.store.writing():
                if not called.is_read_only:  # others see the same shift, or wait
                    self._move(_read(request.body), tx)
                self._engine.trail.commit(tx, [called])
        except KmsError as error:
            refused = replace(called, error_code=error.code, error_message=error.message)
            self._engine.trail.record(refused)
            raise
        self._engine.settle()
        return msgspec.json.encode(self._shown())

    def _move(self, ask: Ask, tx: Transaction) -> None:
        now = self._engine.clock.now()
        seconds = _seconds(ask, now)
        if seconds < 0:
            raise ValidationException(messages.CLOCK_BACKWARDS.format(iso(now)))
        clock = self._engine.clock
        if isinstance(clock, ShiftedClock):
            tx.put(SHIFTS, Shift(_shift(self._engine.store) + seconds))
        elif isinstance(clock, VirtualClock):
            clock.advance(seconds=seconds)
        else:
            raise UnsupportedOperationException(messages.MACHINE_CLOCK)

    def _shown(self) -> Json:
        is_machine = not isinstance(self._engine.clock, ShiftedClock | VirtualClock)
        return {
            "Now": iso(self._engine.clock.now()),
            "Clock": "machine" if is_machine else "virtual",
            "Due": coming(self._engine.store),
        }


def kept_shift(store: Store) -> Callable[[], float]:
    """Return a reading of how far the store's world is ahead; costs nothing while nothing changes."""
    generation, seconds = -1, 0.0

    def shift() -> float:
        nonlocal generation, seconds
        if store.generation != generation:
            generation, seconds = store.generation, _shift(store)
        return seconds

    return shift


def coming(store: Store, limit: int = SHOWN) -> list[Json]:
    """Tell what happens next by itself, and when."""
    dues = store.page(DUES, ALL_DUES, after="", limit=limit)
    return [{"At": iso(due.at), "Key": due.key_id, "What": _what(store, due)} for due in dues]


def iso(instant: float) -> str:
    """Write an instant to the second."""
    return f"{datetime.fromtimestamp(instant, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _what(store: Store, due: Due) -> str:
    key = store.get(KEYS, scope(due.account, due.region), due.key_id)
    if key is None:
        return "nothing"
    if due.at in [material.expires for material in key.associated]:
        return "DeleteExpiredKeyMaterial"
    if key.state == "PendingDeletion":
        return "DeleteKey"
    return "RotateKey" if key.state == "Enabled" else "Enabled"


def _read(body: bytes) -> Ask:
    try:
        return codec.read(body, Ask)
    except ValueError as error:
        raise ValidationException(str(error)) from None


def _seconds(ask: Ask, now: float) -> float:
    """Return how far to go; nothing is asked for with no days and no instant."""
    if ask.Instant is None:
        return (ask.Days or 0.0) * 86_400
    try:
        wanted = datetime.fromisoformat(ask.Instant)
        aware = wanted if wanted.tzinfo else wanted.replace(tzinfo=UTC)
        seconds = aware.timestamp() - now
    except (ValueError, OverflowError):
        raise ValidationException(messages.NO_INSTANT.format(ask.Instant)) from None
    if seconds > CENTURY * 86_400:
        raise ValidationException(messages.TOO_FAR.format(ask.Instant))
    return seconds


def _shift(store: Store) -> float:
    found = store.page(SHIFTS, "clock", after="", limit=1)
    return found[0].seconds if found else 0.0
