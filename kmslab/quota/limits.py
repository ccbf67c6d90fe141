"""Resource quotas: how many keys, aliases, grants there may be.

Refuses to know what is counted, and how an operation says no.
"""

from kmslab.quota.granted import Granted, NoIncreases
from kmslab.quota.table import Limits, today


class ResourceLimits:
    """The limits of every account and Region: the table's, or what an increase has made of them."""

    def __init__(self, limits: Limits | None = None, granted: Granted | None = None) -> None:
        self._limits = today().limits if limits is None else limits
        self._granted = granted or NoIncreases()

    def of(self, account: str, region: str, name: str) -> int:
        """Return the limit with this name in the table, for an account in a Region."""
        quota = self._limits[name]
        granted = self._granted.value(account, region, quota.code)
        return quota.limit if granted is None else int(granted)
