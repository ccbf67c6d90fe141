"""Every published quota, in every Region, against the pages; and that each operation draws on its own."""

import json
from pathlib import Path
from typing import Any

import pytest

from kmslab.model.key_specs import KEY_SPECS
from kmslab.model.regions import REGIONS
from kmslab.operations.catalog import BY_KEY_SPEC, BY_PAIR_SPEC, CATALOG
from kmslab.quota import table

VECTORS = Path(__file__).parent.parent / "vectors/quota"
RATES = json.loads((VECTORS / "rates.json").read_text())
LIMITS = json.loads((VECTORS / "limits.json").read_text())
UNPUBLISHED = {"pair:ML_KEM_512", "pair:ML_KEM_768", "pair:ML_KEM_1024"}
ALL_REGIONS = [region for regions in REGIONS.values() for region in regions]


@pytest.mark.parametrize("case", RATES, ids=lambda case: case["name"])
def test_a_rate_is_the_published_one_in_every_region(case: dict[str, Any]) -> None:
    quota, published = table.aws()[case["bucket"]], case["expect"]
    found = {region: quota.rate_in(region) for region in ALL_REGIONS}
    assert found == {region: published.get(region, published["*"]) for region in ALL_REGIONS}
    assert quota.code == case["code"]


@pytest.mark.parametrize("case", LIMITS, ids=lambda case: case["name"])
def test_a_limit_is_the_published_one(case: dict[str, Any]) -> None:
    quota = table.today().limits[case["name"]]
    assert (quota.limit, quota.code) == (case["expect"], case["code"])


def test_there_is_no_quota_that_is_not_published_or_marked() -> None:
    assert set(table.aws()) - {case["bucket"] for case in RATES} == UNPUBLISHED
    assert set(table.today().limits) == {case["name"] for case in LIMITS}
    assumed = {bucket for bucket, quota in table.aws().items() if quota.assumed}
    assert assumed == UNPUBLISHED | {"ml_kem"}


@pytest.mark.parametrize("name", CATALOG)
def test_an_operation_draws_on_the_quotas_that_list_it(name: str) -> None:
    row = CATALOG[name]
    if row.rate == BY_PAIR_SPEC:
        drawn = {case["bucket"] for case in RATES if case["bucket"].startswith("pair:")}
    elif row.rate == BY_KEY_SPEC and not name.startswith("GenerateDataKey"):
        fitting = [spec for spec in KEY_SPECS.values() if row.usage in spec.usages]
        drawn = {spec.rate_group for spec in fitting}
    else:
        drawn = {"symmetric"} if row.rate == BY_KEY_SPEC else {row.rate or name}
    listed = {case["bucket"] for case in RATES if name in case["operations"]}
    assert drawn <= listed
    assert listed - drawn <= {"custom_key_store", "rsa", "ecc_sm2"}


def test_the_seed_era_differs_only_in_what_has_changed() -> None:
    """The seed: Encrypt and Decrypt 5,500 to 30,000 a second, depending on the Region."""
    now, then = table.today(), table.seed_era()
    regions = {then.rates["symmetric"].rate_in(region) for region in ALL_REGIONS}
    assert (min(regions), max(regions)) == (5500, 30_000)
    changed = {bucket for bucket in now.rates if now.rates[bucket] != then.rates[bucket]}
    assert changed == {"symmetric", "rsa", "ecc_sm2", "GetParametersForImport"}
    assert then.rates["symmetric"].code == now.rates["symmetric"].code
    assert then.limits == now.limits
