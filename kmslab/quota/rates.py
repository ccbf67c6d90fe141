"""Request rates: which request is one too many.

The generic cell rate algorithm, one number for each account, Region and bucket: the instant at
which the bucket would be full again. A bucket holds one second's requests (KMS Developer Guide,
"Request quotas"), and never less than one. Refuses to know KMS keys and requests.
"""

from typing import Protocol

from kmslab.quota.table import Quotas

ROUNDING = 1e-6  # seconds; Unix time in a float is exact to a quarter of that


class Rates(Protocol):
    """Who is asked whether a request is admitted."""

    def take(self, account: str, region: str, bucket: str, now: float) -> bool:
        """Take one request from a bucket; False means that it is throttled and costs nothing."""
        ...


class Unlimited:
    """No quotas at all."""

    def take(self, account: str, region: str, bucket: str, now: float) -> bool:
        """Admit every request."""
        del account, region, bucket, now
        return True


class _Bucket:
    """Times are in seconds since the bucket began: small numbers add without losing digits."""

    __slots__ = ("begun", "due", "interval", "tolerance")

    def __init__(self, rate: float, now: float) -> None:
        self.begun = now
        self.due = 0.0  # when all that was taken has dripped out
        self.interval = 1 / rate
        self.tolerance = max(1.0, self.interval) - self.interval


class TokenBuckets:
    """Quotas kept in this process."""

    def __init__(self, quotas: Quotas) -> None:
        self._quotas = quotas
        self._buckets: dict[tuple[str, str, str], _Bucket] = {}

    def take(self, account: str, region: str, bucket: str, now: float) -> bool:
        """Take one request from a bucket; False means that it is throttled and costs nothing."""
        key = (account, region, bucket)
        found = self._buckets.get(key)
        if found is None:
            found = self._buckets[key] = _Bucket(self._quotas[bucket].rate_in(region), now)
        due, elapsed = found.due, now - found.begun
        if due - elapsed > found.tolerance + ROUNDING:
            return False
        found.due = max(due, elapsed) + found.interval
        return True
