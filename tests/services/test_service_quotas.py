"""Service Quotas for KMS. Service Quotas API Reference; codes and values: General Reference, "AWS KMS endpoints"."""

from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab import Kms
from kmslab.quota.table import Quota
from kmslab.store.port import StoreError

CREATE_KEY = "L-32B67F4A"
KEYS = "L-C2F1777E"
SYMMETRIC = "L-6E3AF000"
FIXED = "L-00000000"  # of a quota that cannot be raised; those of KMS have no code
ARN = "arn:aws:servicequotas:us-east-1:111122223333:kms/"


@pytest.fixture
def world() -> Kms:
    return Kms.fresh(seed=1)


def refused(call: Any, **given: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**given)
    return str(caught.value.response["Error"]["Code"])


def raised(world: Kms, code: str, value: float, region: str | None = None) -> Any:
    quotas = world.client("service-quotas", region=region)
    wanted = {"ServiceCode": "kms", "QuotaCode": code, "DesiredValue": value}
    return quotas.request_service_quota_increase(**wanted)["RequestedQuota"]


def value(world: Kms, code: str, region: str | None = None) -> float:
    quotas = world.client("service-quotas", region=region)
    shown = quotas.get_service_quota(ServiceCode="kms", QuotaCode=code)
    return float(shown["Quota"]["Value"])


def keys_made(world: Kms, tries: int) -> int:
    """Try to make keys at one instant; return how many were made."""
    kms, made = world.client(), 0
    world.clock._round_trip = 0
    for _ in range(tries):
        with suppress(kms.exceptions.ClientError):
            kms.create_key()
            made += 1
    assert {event.get("errorCode") for event in world.trail} <= {None, "ThrottlingException"}
    return made


def test_a_quota_is_shown_as_the_api_shows_it(world: Kms) -> None:
    quotas = world.client("service-quotas")
    shown = quotas.get_service_quota(ServiceCode="kms", QuotaCode=SYMMETRIC)["Quota"]
    assert shown["QuotaName"] == "Cryptographic operations (symmetric) request rate"
    assert shown["QuotaArn"] == ARN + SYMMETRIC
    assert shown["Period"] == {"PeriodValue": 1, "PeriodUnit": "SECOND"}
    assert (shown["Value"], shown["Adjustable"], shown["GlobalQuota"]) == (100_000, True, False)
    keys = quotas.get_service_quota(ServiceCode="kms", QuotaCode=KEYS)["Quota"]
    assert keys["Value"] == 100_000
    assert "Period" not in keys
    assert value(world, SYMMETRIC, "eu-central-1") == 20_000


def test_all_quotas_with_a_code_are_listed_by_pages(world: Kms) -> None:
    pages = world.client("service-quotas").get_paginator("list_service_quotas")
    found = [
        quota["QuotaCode"]
        for page in pages.paginate(ServiceCode="kms", PaginationConfig={"PageSize": 7})
        for quota in page["Quotas"]
    ]
    assert len(found) == len(set(found))
    assert {SYMMETRIC, CREATE_KEY, KEYS, "L-340F62FB", "L-FCE4492D"} <= set(found)


def test_an_increase_applies_from_the_next_request_on(world: Kms) -> None:
    assert keys_made(world, 12) == 5
    told = raised(world, CREATE_KEY, 10)
    assert (told["Status"], told["DesiredValue"]) == ("APPROVED", 10)
    assert told["Requester"] == "arn:aws:iam::111122223333:user/kmslab-admin"
    world.clock.advance(seconds=5)
    assert keys_made(world, 12) == 10
    assert value(world, CREATE_KEY) == 10
    quotas = world.client("service-quotas")
    default = quotas.get_aws_default_service_quota(ServiceCode="kms", QuotaCode=CREATE_KEY)
    assert default["Quota"]["Value"] == 5


def test_an_increase_is_for_one_region(world: Kms) -> None:
    raised(world, CREATE_KEY, 50, "eu-west-1")
    assert (value(world, CREATE_KEY), value(world, CREATE_KEY, "eu-west-1")) == (5, 50)


def test_the_last_increase_counts_and_all_are_listed(world: Kms) -> None:
    for wanted in (10, 20):
        world.clock.advance(days=1)
        raised(world, CREATE_KEY, wanted)
    quotas = world.client("service-quotas")
    assert value(world, CREATE_KEY) == 20
    history = quotas.list_requested_service_quota_change_history
    assert [each["DesiredValue"] for each in history()["RequestedQuotas"]] == [10, 20]
    assert history(ServiceCode="kms", Status="DENIED")["RequestedQuotas"] == []
    listed = quotas.list_aws_default_service_quotas(ServiceCode="kms")["Quotas"]
    assert {each["Value"] for each in listed if each["QuotaCode"] == CREATE_KEY} == {5}


def test_what_cannot_be_asked_for_is_refused(world: Kms) -> None:
    quotas = world.client("service-quotas")
    get, ask = quotas.get_service_quota, quotas.request_service_quota_increase
    assert refused(get, ServiceCode="s3", QuotaCode=SYMMETRIC) == "NoSuchResourceException"
    assert refused(get, ServiceCode="kms", QuotaCode="L-12345678") == "NoSuchResourceException"
    given = {"ServiceCode": "kms", "QuotaCode": CREATE_KEY}
    assert refused(ask, DesiredValue=5, **given) == "IllegalArgumentException"
    fixed = {"ServiceCode": "kms", "QuotaCode": FIXED, "DesiredValue": 9}
    service = world.endpoint._json_services["ServiceQuotasV20190624"]
    service._quotas[FIXED] = Quota(rate=5, code=FIXED, adjustable=False)
    assert refused(ask, **fixed) == "IllegalArgumentException"
    listing = quotas.list_service_quotas
    token = {"ServiceCode": "kms", "NextToken": "abcd"}
    assert refused(listing, **token) == "InvalidPaginationTokenException"


def test_raising_a_quota_needs_a_permission_on_it(world: Kms) -> None:
    iam = world.client("iam")
    iam.create_user(UserName="olga")
    policy = (
        '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "servicequotas:RequestServiceQuotaIncrease",'
        f'"Resource": "{ARN}{CREATE_KEY}"}}}}'
    )
    iam.put_user_policy(UserName="olga", PolicyName="p", PolicyDocument=policy)
    olga = world.client("service-quotas", iam.create_access_key(UserName="olga"))
    ask, given = olga.request_service_quota_increase, {"ServiceCode": "kms", "DesiredValue": 1e6}
    assert ask(QuotaCode=CREATE_KEY, **given)["RequestedQuota"]["Status"] == "APPROVED"
    assert refused(ask, QuotaCode=SYMMETRIC, **given) == "AccessDeniedException"
    listing = {"ServiceCode": "kms"}
    assert refused(olga.list_service_quotas, **listing) == "AccessDeniedException"


def test_an_increase_outlives_the_process(tmp_path: Path) -> None:
    store = f"sqlite:{tmp_path / 'world.db'}"
    with Kms.open(store, seed=1) as world:
        raised(world, CREATE_KEY, 12)
    with Kms.open(store) as world:
        assert value(world, CREATE_KEY) == 12
        assert keys_made(world, 20) == 12


def test_another_target_and_a_strange_body_are_refused(world: Kms) -> None:
    service = world.endpoint._json_services["ServiceQuotasV20190624"]
    assert service.name == "servicequotas"
    quotas = world.client("service-quotas")
    assert refused(quotas.list_services) == "UnknownOperationException"
    quotas.meta.events.register(
        "before-call", lambda params, **_: params.update(body=b'{"MaxResults": "x"}')
    )
    assert refused(quotas.list_service_quotas, ServiceCode="kms") == "IllegalArgumentException"


def test_an_increase_that_cannot_be_kept_is_none(
    world: Kms, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object) -> None:
        raise StoreError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(world.endpoint.engine.store, "commit", full)
        assert refused(partial(raised, world, CREATE_KEY, 50)) == "KMSInternalException"
    assert value(world, CREATE_KEY) == 5
