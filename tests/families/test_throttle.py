"""The family `throttle`: its figures are those of the price list and of the quotas."""

import pytest

from kmslab.families.throttle import first_throttled, month_price, needed_percent


@pytest.mark.parametrize(
    ("requests", "dollars"),
    # AWS KMS pricing, seen 2026-11: $0.03 for 10,000 requests, 20,000 a month free.
    [(20_000, 0.0), (30_000, 0.03), (1_000_000, 2.94), (10_020_000, 30.0)],
)
def test_a_month_costs_what_the_price_list_says(requests: int, dollars: float) -> None:
    assert month_price(requests) == pytest.approx(dollars)


@pytest.mark.parametrize(
    ("start", "step", "second"),
    # eu-north-1 has 10,000 symmetric requests a second, and a bucket holds a second's requests.
    [(10_001, 0, 1), (9_000, 1_000, 3), (10_000, 1, 2)],
)
def test_the_first_throttled_second_is_the_first_over_the_quota(
    start: int, step: int, second: int
) -> None:
    assert first_throttled("symmetric", "eu-north-1", start, step) == second


@pytest.mark.parametrize(("load", "percent"), [(20_000, 50), (10_100, 1), (100_000, 90)])
def test_what_has_to_hit_is_what_the_quota_does_not_admit(load: int, percent: int) -> None:
    assert needed_percent("symmetric", "eu-north-1", load) == percent
