"""Request rates: which request is one too many.

The generic cell rate algorithm, one number for each account, Region and bucket: the instant at
which the bucket would be full again. A bucket holds one second's requests (KMS Developer Guide,
"Request quotas"), and never less than one. Refuses to know KMS keys and requests, where the
levels of the buckets are kept, and who granted an increase.
"""

from collections.abc import Sequence
from typing import Protocol

from kmslab.quota.granted import Granted, NoIncreases
from kmslab.quota.levels import Address, InProcess, Level, Levels, Limit
from kmslab.quota.table import Quotas, quota_of


class Rates(Protocol):
    """Who is asked whether a request is admitted."""

    def take(self, account: str, region: str, bucket: str, now: float) -> bool:
        """Take one request from a bucket; False means that it is throttled and costs nothing."""
        ...

    def take_all(self, buckets: Sequence[Address], now: float) -> bool:
        """Take one request from each, from one that comes twice two; False means that none is charged."""
        ...


class Unlimited:
    """No quotas at all."""

    def take(self, account: str, region: str, bucket: str, now: float) -> bool:
        """Admit every request."""
        del account, region, bucket, now
        return True

    def take_all(self, buckets: Sequence[Address], now: float) -> bool:
        """Admit every request."""
        del buckets, now
        return True


class TokenBuckets:
    """Quotas over levels that are kept in this process, or where the caller says.

    An increase that was granted applies from the next request on, to the level as it stands.
    """

    def __init__(
        self, quotas: Quotas, levels: Levels | None = None, granted: Granted | None = None
    ) -> None:
        self._quotas = quotas
        self._levels = levels or InProcess()
        self._granted = granted or NoIncreases()
        self._generation = self._granted.generation
        self._known: dict[Address, tuple[Level, Limit]] = {}

    def take(self, account: str, region: str, bucket: str, now: float) -> bool:
        """Take one request from a bucket; False means that it is throttled and costs nothing."""
        if self._granted.generation != self._generation:
            self._generation = self._granted.generation
            self._known.clear()
        address = (account, region, bucket)
        known = self._known.get(address)
        if known is None:
            known = self._levels.find(address, now), self._limit(address)
            self._known[address] = known
        level, limit = known
        return level.take(limit, now)

    def take_all(self, buckets: Sequence[Address], now: float) -> bool:
        """Take one request from each, from one that comes twice two; False means that none is charged."""
        return self._levels.take_all([(each, self._limit(each)) for each in buckets], now)

    def _limit(self, address: Address) -> Limit:
        account, region, bucket = address
        quota = quota_of(bucket, self._quotas)
        return Limit(self._granted.value(account, region, quota.code) or quota.rate_in(region))
