"""Buckets against the arithmetic of the documented rule: so many requests in each second.

Rates: General Reference, "AWS KMS endpoints and quotas".
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kmslab.quota import table
from kmslab.quota.levels import InProcess
from kmslab.quota.rates import TokenBuckets, Unlimited
from kmslab.quota.shared import SharedLevels

NOW = 1_767_603_600.0  # a Unix time as the service sees them
RATES = [
    ("CreateKey", "us-east-1", 5),
    ("GetParametersForImport", "us-east-1", 1),
    ("DescribeKey", "us-east-1", 2000),
    ("symmetric", "us-east-1", 100_000),
    ("symmetric", "eu-central-1", 20_000),
    ("symmetric", "eu-west-3", 10_000),
    ("rsa", "us-east-1", 1000),
    ("pair:RSA_2048", "us-east-1", 20),
    ("pair:RSA_4096", "us-east-1", 1),
]


@pytest.fixture(params=["in process", "shared"])
def buckets(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TokenBuckets]:
    """Give buckets over both exact homes of their levels: the verdicts must be the same."""
    if request.param == "in process":
        yield TokenBuckets(table.aws(), InProcess())
    else:
        with closing(SharedLevels(tmp_path / "levels")) as levels:
            yield TokenBuckets(table.aws(), levels)


@pytest.mark.parametrize(("bucket", "region", "rate"), RATES)
def test_a_second_admits_its_rate(
    buckets: TokenBuckets, bucket: str, region: str, rate: int
) -> None:
    taken = sum(buckets.take("1", region, bucket, NOW) for _ in range(rate + 10))
    assert taken == rate


@pytest.mark.parametrize(("bucket", "region", "rate"), [row for row in RATES if row[2] < 30_000])
def test_overload_is_admitted_at_the_rate(
    buckets: TokenBuckets, bucket: str, region: str, rate: int
) -> None:
    offered = [NOW + number / (2 * rate) for number in range(6 * rate)]  # three seconds, twofold
    taken = sum(buckets.take("1", region, bucket, instant) for instant in offered)
    assert taken == pytest.approx(rate + 3 * rate, abs=1)  # the full bucket, and what drips in


def test_each_custom_key_store_has_the_rate_of_all(buckets: TokenBuckets) -> None:
    """KMS Developer Guide, "Custom key store request quotas": 1,800 a second for each store."""
    for store in ("cks-1234567890abcdef0", "cks-9876543210fedcba9"):
        bucket = table.key_store_bucket(store)
        taken = sum(buckets.take("1", "us-east-1", bucket, NOW) for _ in range(2000))
        assert taken == 1800


def test_a_fraction_is_one_request_in_so_many_seconds(buckets: TokenBuckets) -> None:
    instants = [0.0, 1.0, 9.0, 10.0, 19.9, 20.0]
    taken = [buckets.take("1", "cn-north-1", "pair:RSA_4096", NOW + at) for at in instants]
    assert taken == [True, False, False, True, False, True]


def test_accounts_regions_and_buckets_are_apart(buckets: TokenBuckets) -> None:
    for account in ("1", "2"):
        for region in ("us-east-1", "eu-west-1"):
            for bucket in ("CreateKey", "CreateAlias"):
                taken = sum(buckets.take(account, region, bucket, NOW) for _ in range(9))
                assert taken == 5


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_buckets_both_are_charged_or_none(buckets: TokenBuckets, order: int) -> None:
    """20 requests of which 5 fit into the narrower bucket: 15 are left in the wider one."""
    wide, narrow = ("1", "us-east-1", "pair:RSA_2048"), ("1", "us-east-1", "CreateKey")
    taken = [buckets.take_all((wide, narrow)[::order], NOW) for _ in range(20)]
    assert taken == [True] * 5 + [False] * 15
    assert sum(buckets.take(*wide, NOW) for _ in range(20)) == 15
    assert not buckets.take(*narrow, NOW)
    assert sum(buckets.take_all((wide, narrow), NOW + 1) for _ in range(20)) == 5


def test_a_bucket_that_is_named_twice_is_charged_twice_or_not(buckets: TokenBuckets) -> None:
    """ReplicateKey draws on CreateKey twice; of five requests in a second, one is left."""
    bucket = ("1", "us-east-1", "CreateKey")
    assert [buckets.take_all((bucket, bucket), NOW) for _ in range(3)] == [True, True, False]
    assert [buckets.take(*bucket, NOW) for _ in range(2)] == [True, False]


def test_no_quotas_admit_everything() -> None:
    assert all(Unlimited().take_all([("1", "r", "CreateKey")], NOW) for _ in range(100))
    assert all(Unlimited().take("1", "r", "CreateKey", NOW) for _ in range(100))
