"""The bill against the worked examples of the price list, and against plain arithmetic.

aws.amazon.com/kms/pricing (2026-11-23): 1.00 a key and month, prorated by the hour; 1.00 more for each of its
first two rotations; 0.03 for 10,000 requests; 20,000 free. A month of the Pricing Calculator has 730 hours.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from kmslab import Kms
from kmslab.billing.bill import bill, charged_hours, request_cost
from kmslab.billing.prices import category
from kmslab.billing.usage import KeyLife, Usage, usage_of
from kmslab.services.identity import bootstrap

EXAMPLES = json.loads((Path(__file__).parent.parent / "vectors/billing/examples.json").read_text())
HOUR = 3600.0
MONTH = 730 * HOUR
OTHER = "444455556666"


@pytest.mark.parametrize("case", EXAMPLES, ids=lambda case: case["name"])
def test_a_worked_example(case: dict[str, Any]) -> None:
    given = case["given"]
    lives = tuple(
        KeyLife(f"key/{number}", 0.0, (0.0,) * given["rotations_per_key"])
        for number in range(given["keys"])
    )
    requests = {("2026-11", kind): count for kind, count in given["requests"].items()}
    made = bill(Usage(lives, requests), MONTH, free_tier=given["free_tier"])
    assert made.total == pytest.approx(case["expect"], abs=0.005)


def test_a_key_is_paid_by_the_started_hour() -> None:
    assert charged_hours(KeyLife("k", 0.0), 1.0, 2) == (1, ())
    assert charged_hours(KeyLife("k", 0.0), HOUR, 2) == (1, ())
    assert charged_hours(KeyLife("k", 0.0), HOUR + 1, 2) == (2, ())
    turned = KeyLife("k", 0.0, (HOUR, 2 * HOUR, 3 * HOUR), ended=4 * HOUR)
    assert charged_hours(turned, 99 * HOUR, 2) == (4, (3, 2))


def test_the_free_tier_begins_anew_each_month() -> None:
    requests = {("2026-01", "symmetric"): 30_000, ("2026-02", "symmetric"): 15_000}
    made = bill(Usage((), requests), 0.0)
    assert made.total == pytest.approx(10_000 / 10_000 * 0.03)
    assert "35,000 in the free tier" in made.lines[0].note
    assert bill(Usage((), requests), 0.0, free_tier=False).total == pytest.approx(4.5 * 0.03)


@pytest.mark.parametrize(
    ("operation", "key_spec", "pair_spec", "kind"),
    [
        ("Decrypt", "SYMMETRIC_DEFAULT", "", "symmetric"),
        ("Sign", "RSA_2048", "", "rsa_2048"),
        ("Sign", "RSA_4096", "", "asymmetric"),
        ("GetPublicKey", "ECC_NIST_P256", "", "asymmetric"),
        ("DescribeKey", "ECC_NIST_P256", "", "symmetric"),
        ("GenerateMac", "HMAC_256", "", "symmetric"),
        ("Encapsulate", "ML_KEM_768", "", "ml_kem"),
        ("GenerateDataKeyPair", "SYMMETRIC_DEFAULT", "ECC_NIST_P256", "ecc_pair"),
        ("GenerateDataKeyPairWithoutPlaintext", "SYMMETRIC_DEFAULT", "RSA_2048", "rsa_pair"),
        ("GenerateDataKeyPair", "SYMMETRIC_DEFAULT", "ML_KEM_512", "ml_kem_pair"),
        ("ListKeys", "", "", "symmetric"),
    ],
)
def test_a_request_has_one_price(operation: str, key_spec: str, pair_spec: str, kind: str) -> None:
    assert category(operation, key_spec, pair_spec) == kind


def test_a_session_is_metered_from_its_trail() -> None:
    world = Kms.fresh(seed=1)
    kms = world.client()
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    signer = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    kms.sign(KeyId=signer, Message=b"x", SigningAlgorithm="ECDSA_SHA_256")
    for _ in range(3):
        kms.encrypt(KeyId=key, Plaintext=b"x")
    with pytest.raises(kms.exceptions.NotFoundException):
        kms.describe_key(KeyId="1234abcd-12ab-34cd-56ef-1234567890ab")
    world.clock.advance(hours=10)
    made = world.bill(free_tier=False)
    assert dict(made.operations) == {"CreateKey": 2, "DescribeKey": 1, "Encrypt": 3, "Sign": 1}
    keys = 2 * 11 / 730  # ten hours, and what of the eleventh the calls took
    assert made.total == pytest.approx(keys + 6 * 0.03 / 10_000 + 0.15 / 10_000)
    assert world.bill().total == pytest.approx(keys + 0.15 / 10_000)
    assert "$0.0302" in str(made).splitlines()[-2]


def test_throttled_requests_are_free_and_dry_runs_are_not() -> None:
    world = Kms.fresh(seed=1)
    world.clock._round_trip = 0
    kms = world.client()
    for _ in range(9):
        try:
            kms.create_key()
        except kms.exceptions.ClientError:
            continue
    key = kms.list_keys()["Keys"][0]["KeyId"]
    with pytest.raises(kms.exceptions.DryRunOperationException):
        kms.encrypt(KeyId=key, Plaintext=b"x", DryRun=True)
    assert dict(world.bill().operations) == {"CreateKey": 5, "Encrypt": 1, "ListKeys": 1}


def test_the_caller_pays_the_request_and_the_owner_the_key() -> None:
    world = Kms.fresh(seed=1)
    bootstrap(
        world.endpoint.engine.directory,
        account=OTHER,
        access_key_id="AKIAOTHER",
        secret_access_key="other",
    )
    policy = world.client().create_key()["KeyMetadata"]
    mine = world.client()
    shared = json.dumps(
        {
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {
                        "AWS": [f"arn:aws:iam::{each}:root" for each in (OTHER, world.account)]
                    },
                    "Action": "kms:*",
                    "Resource": "*",
                }
            ]
        }
    )
    mine.put_key_policy(KeyId=policy["KeyId"], Policy=shared)
    world.client(who=("AKIAOTHER", "other")).encrypt(KeyId=policy["Arn"], Plaintext=b"x")
    assert dict(world.bill(OTHER).operations) == {"Encrypt": 1}
    assert [line.unit for line in world.bill(OTHER, free_tier=False).lines] == ["requests"]
    assert dict(world.bill().operations) == {"CreateKey": 1, "PutKeyPolicy": 1}


def test_rotations_add_and_a_deleted_key_costs_no_more() -> None:
    world = Kms.fresh(seed=1)
    kms = world.client()
    turned, gone = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
    for _ in range(3):
        kms.rotate_key_on_demand(KeyId=turned)
    world.clock.advance(days=10)
    kms.schedule_key_deletion(KeyId=gone, PendingWindowInDays=7)
    world.clock.advance(days=20)
    made = world.bill(free_tier=False)
    by_key = {line.what.split()[-1]: line for line in made.lines if line.unit == "hours"}
    month, third = 721, 241  # started hours of thirty days and of ten
    assert by_key[turned].amount == pytest.approx(3 * month / 730)
    assert "3 rotations, of which 2 cost" in by_key[turned].note
    assert by_key[gone].amount == pytest.approx(third / 730)


def test_a_cancelled_deletion_never_was() -> None:
    world = Kms.fresh(seed=1)
    kms = world.client()
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    world.clock.advance(minutes=30)
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    world.clock.advance(days=5)
    assert world.bill().lines[0].quantity == 1
    kms.cancel_key_deletion(KeyId=key)
    assert world.bill().lines[0].quantity == 121


def test_a_bill_is_text_page_and_json() -> None:
    made = bill(Usage((), {("2026-01", "ml_kem"): 10_000}), 0.0)
    shown = made._repr_mimebundle_()
    assert "price assumed" in shown["text/plain"]
    assert "<caption>What this would have cost on AWS: $0.1500</caption>" in shown["text/html"]
    assert made.as_json()["total"] == pytest.approx(0.15)
    assert request_cost(10_000) == pytest.approx(0.03)
    assert usage_of("111122223333", (), ()) == Usage()
