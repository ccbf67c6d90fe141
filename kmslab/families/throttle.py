"""The family `throttle`: when a load meets its quota, what a cache would save, and what it costs.

Seconds and ratios are found by sending the load to the service's own buckets. Refuses to know the
figures: quotas are those of `kmslab.quota`, prices those of `kmslab.billing`.
"""

from typing import Final, Literal

import msgspec

from kmslab.billing.prices import SYMMETRIC, prices
from kmslab.families.chance import Chance
from kmslab.families.scene import APPS
from kmslab.quiz.family import Family, head
from kmslab.quiz.kinds.numeric import Numeric, Range, Tolerance
from kmslab.quota.rates import TokenBuckets
from kmslab.quota.table import aws

Ask = Literal["first", "ratio", "price"]

BUCKETS: Final = {  # who draws on which shared quota
    "symmetric": "`Decrypt` with a symmetric key",
    "rsa": "`Sign` with an RSA key",
    "ecc_sm2": "`Sign` with an ECC key",
}
REGIONS: Final = ("eu-north-1", "ca-central-1", "sa-east-1", "eu-west-3", "eu-central-1")


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`ask`: the first throttled second, the needed hit ratio of a cache, or a month's price."""

    ask: Ask = "first"


def variant(family: Family, params: Params, chance: Chance) -> Numeric:
    """Draw a load; values: {calls}, {region}, {app}, {quota}, and the load's own numbers."""
    return {"first": _first, "ratio": _ratio, "price": _price}[params.ask](family, chance)


def _first(family: Family, chance: Chance) -> Numeric:
    bucket, region, values = _drawn(chance, list(BUCKETS))
    quota = int(aws()[bucket].rate_in(region))
    start = quota * chance.between(10, 60, 5) // 100
    step = quota * chance.between(7, 23) // 100
    second = first_throttled(bucket, region, start, step)
    values |= {"start": f"{start:,}", "step": f"{step:,}"}
    ranges = (
        Range(
            low=second - 1,
            high=second - 1,
            why="That second's requests are within the quota.",
            misconception="mc.quota-is-a-limit-below",
        ),
        Range(
            low=second + 1,
            high=second + 1,
            why="A second earlier the load is over the quota already.",
            misconception="mc.quota-averages-over-minutes",
        ),
    )
    return Numeric(**head(family, values), answer=second, unit="second", ranges=ranges)


def first_throttled(bucket: str, region: str, start: int, step: int) -> int:
    """Send `start` requests at the first second's beginning, then `step` more in each; count."""
    rates = TokenBuckets(aws())
    second, load = 1, start
    while all(rates.take("111122223333", region, bucket, float(second)) for _ in range(load)):
        second, load = second + 1, load + step
    return second


def _ratio(family: Family, chance: Chance) -> Numeric:
    bucket, region, values = _drawn(chance, ["symmetric"])
    quota = int(aws()[bucket].rate_in(region))
    load = quota * chance.between(105, 990) // 100 // 100 * 100
    percent = needed_percent(bucket, region, load)
    values["load"] = f"{load:,}"
    ranges = (
        Range(
            low=0,
            high=percent - 1,
            why="What misses the cache is still more than the quota.",
            misconception="mc.any-cache-will-do",
        ),
        Range(
            low=percent + 1,
            high=100,
            why="It would do, and fewer hits do too.",
            credit=0.25,
        ),
    )
    return Numeric(**head(family, values), answer=percent, unit="%", ranges=ranges)


def needed_percent(bucket: str, region: str, load: int) -> int:
    """Return the smallest whole percentage of hits with which nothing is throttled.

    Arithmetic says where to look; the buckets say whether it is so.
    """
    quota = int(aws()[bucket].rate_in(region))
    percent = -(-100 * (load - quota) // load)
    while not _admits(bucket, region, load, percent):
        percent += 1
    while percent > 0 and _admits(bucket, region, load, percent - 1):
        percent -= 1
    return percent


def _admits(bucket: str, region: str, load: int, percent: int) -> bool:
    """Send what misses the cache at once, at the beginning of a second."""
    misses = -(-load * (100 - percent) // 100)
    rates = TokenBuckets(aws())
    return all(rates.take("111122223333", region, bucket, 1.0) for _ in range(misses))


def _price(family: Family, chance: Chance) -> Numeric:
    requests = chance.between(200, 9_000) * 10_000
    hits = chance.between(50, 95, 5)
    misses = requests * (100 - hits) // 100
    price, whole = month_price(misses), month_price(requests)
    values = {
        "requests": f"{requests:,}",
        "hits": str(hits),
        "app": chance.pick(APPS),
    }
    ranges = (
        Range(
            low=whole,
            high=whole,
            why="That is the price without the cache.",
            misconception="mc.cache-hits-cost",
        ),
    )
    return Numeric(
        **head(family, values),
        answer=price,
        unit="USD",
        tolerance=Tolerance(absolute=0.01),
        ranges=ranges,
    )


def month_price(requests: int) -> float:
    """Return what a month's symmetric requests cost beyond the free tier, in dollars and cents."""
    listed = prices()
    return round(listed.requests[SYMMETRIC].of(requests - listed.free_tier.requests), 2)


def _drawn(chance: Chance, buckets: list[str]) -> tuple[str, str, dict[str, str]]:
    """Draw what is called where, and the values that say so."""
    bucket = chance.pick(buckets)
    region = chance.pick(REGIONS)
    quota = int(aws()[bucket].rate_in(region))
    return (
        bucket,
        region,
        {
            "calls": BUCKETS[bucket],
            "region": region,
            "quota": f"{quota:,}",
            "app": chance.pick(APPS),
        },
    )
