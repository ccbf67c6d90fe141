"""Retry modes against botocore's own classes, with the same chance on both sides."""

import pytest
from botocore.retries.standard import ExponentialBackoff, RetryContext, RetryQuotaChecker
from botocore.retryhandler import delay_exponential

from kmslab.lab.load.chance import Chance
from kmslab.lab.load.retries import RETRIES, Adaptive, FullJitter, Legacy, Standard

HALF = 0.5


class Fixed(Chance):
    """A chance that is always one half."""

    def __init__(self) -> None:
        super().__init__(0)

    def uniform(self) -> float:
        return HALF


class Throttling:
    """botocore's detector, told that everything is throttling."""

    def is_throttling_error_from_context(self, context: object) -> bool:
        return context is not None


@pytest.mark.parametrize("attempt", range(1, 8))
def test_standard_waits_as_botocore_does(attempt: int) -> None:
    theirs = ExponentialBackoff(random=lambda: HALF, throttling_detector=Throttling())
    expected = theirs.delay_amount(RetryContext(attempt_number=attempt))
    assert Standard(Fixed(), 99).throttled(0.0, attempt) == expected


@pytest.mark.parametrize("attempt", range(1, 5))
def test_legacy_waits_as_botocore_does(attempt: int) -> None:
    expected = delay_exponential(HALF, 2, attempt)
    assert Legacy(Fixed(), 5).throttled(0.0, attempt) == expected


def test_full_jitter_grows_up_to_its_cap() -> None:
    delays = [FullJitter(Fixed(), 99).throttled(0.0, attempt) for attempt in (1, 2, 3, 12)]
    assert delays == pytest.approx([0.05, 0.1, 0.2, 10.0])


@pytest.mark.parametrize(
    ("mode", "attempts"), [("none", 1), ("legacy", 5), ("standard", 3), ("adaptive", 3)]
)
def test_a_mode_gives_up_after_its_attempts(mode: str, attempts: int) -> None:
    """botocore documents 5 attempts in all for legacy, 3 for standard and adaptive."""
    make, default = RETRIES[mode]
    retry = make(Chance(1), default)
    verdicts = [retry.throttled(1.0, attempt) is None for attempt in range(1, attempts + 1)]
    assert verdicts == [False] * (attempts - 1) + [True]


def test_standard_has_a_quota_of_retries() -> None:
    """500 tokens, 5 for a retry after throttling; an answer gives back what the retry took."""
    assert RetryQuotaChecker._THROTTLING_RETRY_COST == 5
    retry = Standard(Chance(1), 99)
    granted = [retry.throttled(0.0, 1) is not None for _ in range(101)]
    assert granted == [True] * 100 + [False]
    retry.answered(0.0, 1)
    assert retry.throttled(0.0, 1) is None
    retry.answered(0.0, 2)
    assert retry.throttled(0.0, 1) is not None


def test_adaptive_holds_back_after_throttling_and_recovers() -> None:
    retry = Adaptive(Chance(1), 3)
    assert retry.hold(0.0) == 0
    for instant in (1.0, 1.6, 2.2):
        retry.answered(instant, 1)
    assert retry.hold(2.2) == 0
    retry.throttled(2.3, 1)
    held = [retry.hold(2.3) for _ in range(20)]
    assert held[-1] > 0
    assert retry.hold(2.3 + 10) == 0


@pytest.mark.parametrize("seed", range(3))
def test_chance_is_fair_and_repeats(seed: int) -> None:
    chance, again = Chance(seed), Chance(seed)
    numbers = [chance.uniform() for _ in range(2000)]
    assert numbers == [again.uniform() for _ in range(2000)]
    assert all(0 <= number < 1 for number in numbers)
    assert sum(numbers) / len(numbers) == pytest.approx(0.5, abs=0.03)
