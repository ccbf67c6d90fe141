"""Request rates: which request is one too many.

The generic cell rate algorithm, one number for each account, Region and bucket: the instant at
which the bucket would be full again. A bucket holds one second's requests (KMS Developer Guide,
"Request quotas"), and never less than one. Refuses to know KMS keys and requests, and where the
levels of the buckets are kept.
"""

from typing import Protocol

from kmslab.quota.levels import Address, InProcess, Level, Levels, Limit
from kmslab.quota.table import Quotas


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


class TokenBuckets:
    """Quotas over levels that are kept in this process, or where the caller says."""

    def __init__(self, quotas: Quotas, levels: Levels | None = None) -> None:
        self._quotas = quotas
        self._levels = levels or InProcess()
        self._known: dict[Address, tuple[Level, Limit]] = {}

    def take(self, account: str, region: str, bucket: str, now: float) -> bool:
        """Take one request from a bucket; False means that it is throttled and costs nothing."""
        address = (account, region, bucket)
        known = self._known.get(address)
        if known is None:
            limit = Limit(self._quotas[bucket].rate_in(region))
            known = self._known[address] = self._levels.find(address, now), limit
        level, limit = known
        return level.take(limit, now)
