"""What a client does when it is throttled: the modes of botocore, and full jitter.

botocore: ``retryhandler.delay_exponential`` and ``_retry.json`` (legacy), ``retries.standard``,
``retries.adaptive``. One object stands for the client of one execution environment. Refuses to know
what was asked; time is handed in, in seconds.
"""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from botocore.retries.adaptive import ClientRateLimiter, RateClocker
from botocore.retries.bucket import TokenBucket
from botocore.retries.quota import RetryQuota
from botocore.retries.throttling import CubicCalculator

from kmslab.lab.load.chance import Chance

FIRST_DELAY: Final = 1.0  # seconds; botocore's scale for throttling, in legacy and standard
MAX_BACKOFF: Final = 20.0
RETRY_COST: Final = 5  # of a retry after throttling
NO_RETRY_INCREMENT: Final = 1
JITTER_BASE: Final = 0.1  # seconds; full jitter is ours to choose
SHORTEST_HOLD: Final = 0.001  # seconds; less would be lost in rounding
LEGACY_ATTEMPTS: Final = 5
STANDARD_ATTEMPTS: Final = 3
JITTER_ATTEMPTS: Final = 8


class Retry(Protocol):
    """What is asked before a request is sent, and told what came of it."""

    def hold(self, now: float) -> float:
        """Return how long to wait before a request is sent; 0 sends it."""
        ...

    def answered(self, now: float, attempt: int) -> None:
        """Hear that an attempt, counted from 1, was answered."""
        ...

    def throttled(self, now: float, attempt: int) -> float | None:
        """Return how long to wait before the next attempt, or None to give up."""
        ...


class Never:
    """One attempt."""

    def __init__(self, chance: Chance, attempts: int) -> None:
        self._chance = chance
        self._attempts = attempts

    def hold(self, now: float) -> float:
        """Send at once."""
        del now
        return 0.0

    def answered(self, now: float, attempt: int) -> None:
        """Learn nothing."""

    def throttled(self, now: float, attempt: int) -> float | None:
        """Give up when the attempts are used."""
        del now
        return None if attempt >= self._attempts else self._delay(attempt)

    def _delay(self, attempt: int) -> float:
        del attempt
        return 0.0


class Legacy(Never):
    """A random part of 1, 2, 4, 8 seconds."""

    def _delay(self, attempt: int) -> float:
        return self._chance.uniform() * FIRST_DELAY * 2.0 ** (attempt - 1)


class FullJitter(Never):
    """A random part of 0.1, 0.2, 0.4 ... seconds, up to 20 (AWS Architecture Blog, 2015)."""

    def _delay(self, attempt: int) -> float:
        return self._chance.uniform() * min(MAX_BACKOFF, JITTER_BASE * 2.0 ** (attempt - 1))


class Standard(Never):
    """A random part of 1, 2 seconds, as long as the client's quota of retries lasts."""

    def __init__(self, chance: Chance, attempts: int) -> None:
        super().__init__(chance, attempts)
        self._quota = RetryQuota()

    def answered(self, now: float, attempt: int) -> None:
        """Get back what the last retry cost, or a little for a request without one."""
        del now
        self._quota.release(NO_RETRY_INCREMENT if attempt == 1 else RETRY_COST)

    def throttled(self, now: float, attempt: int) -> float | None:
        """Give up when the attempts or the quota are used."""
        del now
        if attempt >= self._attempts or not self._quota.acquire(RETRY_COST):
            return None
        return self._chance.uniform() * min(FIRST_DELAY * 2.0 ** (attempt - 1), MAX_BACKOFF)


class Adaptive(Standard):
    """Standard, behind a limit of the client's own that falls with each throttling and grows back."""

    def __init__(self, chance: Chance, attempts: int) -> None:
        super().__init__(chance, attempts)
        self._clock = _Told()
        self._is_limiting = False
        self._bucket = TokenBucket(max_rate=1, clock=self._clock)
        self._limiter = ClientRateLimiter(
            rate_adjustor=CubicCalculator(starting_max_rate=0, start_time=0.0),
            rate_clocker=RateClocker(self._clock),
            token_bucket=self._bucket,
            throttling_detector=_Told,
            clock=self._clock,
        )

    def hold(self, now: float) -> float:
        """Wait until the client's own limit has room."""
        self._clock.now = now
        if not self._is_limiting:
            return 0.0
        self._bucket.max_rate = self._bucket.max_rate  # fills up to this instant
        missing = 1 - float(self._bucket.available_capacity)
        if missing > 0:
            return max(SHORTEST_HOLD, missing / float(self._bucket.max_rate))
        self._bucket.acquire(block=False)
        return 0.0

    def answered(self, now: float, attempt: int) -> None:
        """Let the limit grow."""
        super().answered(now, attempt)
        self._clock.now = now
        self._limiter.on_receiving_response(is_throttled=False)

    def throttled(self, now: float, attempt: int) -> float | None:
        """Lower the limit, then do as standard does."""
        self._clock.now = now
        self._limiter.on_receiving_response(is_throttled=True)
        self._is_limiting = True
        return super().throttled(now, attempt)


class _Told:
    """The clock of botocore's limiter, and its detector: both are told."""

    def __init__(self) -> None:
        self.now = 0.0

    def current_time(self) -> float:
        return self.now

    @staticmethod
    def is_throttling_error(*, is_throttled: bool) -> bool:
        return is_throttled


Maker = Callable[[Chance, int], Retry]

RETRIES: Final[Mapping[str, tuple[Maker, int]]] = {  # with their default number of attempts
    "none": (Never, 1),
    "legacy": (Legacy, LEGACY_ATTEMPTS),
    "standard": (Standard, STANDARD_ATTEMPTS),
    "adaptive": (Adaptive, STANDARD_ATTEMPTS),
    "full-jitter": (FullJitter, JITTER_ATTEMPTS),
}
