"""Lab 11: its checks say no before a task and yes after it; the SDK's cache asks as seldom as its limits say.

The arithmetic is that of a bucket of 5,500: empty after 5,500 / (10,000 - 5,500) seconds; 4,000 of 10,000 are left.
"""

from typing import Any

import aws_encryption_sdk
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kmslab import Kms
from kmslab.lab.checks import check
from kmslab.lab.data_keys import CacheLimits
from kmslab.lab.encryption_sdk import caching_manager

RIGHT = {"first throttled second": 1, "hit ratio": 0.6}
CACHE = {"max_age": 60, "max_messages": 200}


@pytest.fixture
def world() -> Kms:
    return Kms.fresh(seed=11)


def told(name: str, world: Kms, **given: Any) -> str:
    """Return the text of a check that fails, with its hint."""
    outcome = check(name, world, **given)
    assert not outcome.passed, outcome.text
    assert outcome.hint
    return outcome.text


def test_answers_are_compared_with_the_simulation(world: Kms) -> None:
    assert "0 of 2" in told("11.1", world, answers={})
    assert "hit ratio" in told("11.1", world, answers={**RIGHT, "hit ratio": 0.45})
    assert check("11.1", world, answers=RIGHT).passed


def test_a_quota_is_raised_where_it_is_needed(world: Kms) -> None:
    assert "10,000 requests" in told("11.2", world)
    wanted = {"ServiceCode": "kms", "QuotaCode": "L-6E3AF000", "DesiredValue": 20_000}
    with pytest.raises(Exception, match="IllegalArgument"):  # Ireland has 100,000 already
        world.client("service-quotas", region="eu-west-1").request_service_quota_increase(**wanted)
    told("11.2", world)
    world.client("service-quotas", region="eu-west-3").request_service_quota_increase(**wanted)
    assert check("11.2", world).passed


def test_patience_is_tried(world: Kms) -> None:
    assert "63." in told("11.3", world, patience={})
    assert "no retry mode 'hope'" in told("11.3", world, patience={"retry": "hope"})
    told("11.3", world, patience={"retry": "legacy"})
    told("11.3", world, patience={"retry": "legacy", "attempts": 9})
    assert check("11.3", world, patience={"retry": "full-jitter", "attempts": 9}).passed


def test_a_cache_has_to_save_enough_and_expose_little(world: Kms) -> None:
    none: dict[str, float] = {}
    assert "no cache" in told("11.4", world, limits=none, stated=none)
    assert "keep keys longer" in told("11.4", world, limits={"max_age": 1}, stated=none)
    assert "60 seconds" in told("11.4", world, limits={"max_age": 600}, stated=none)
    assert "State how many" in told("11.4", world, limits=CACHE, stated=none)
    assert check("11.4", world, limits=CACHE, stated={"messages": 200}).passed


def seal(world: Kms, count: int, per_key: int) -> list[tuple[bytes, bytes, bytes]]:
    kms = world.client()
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    sealed = []
    for number in range(count):
        if number % per_key == 0:
            pair = kms.generate_data_key(KeyId=key, KeySpec="AES_256")
        nonce = number.to_bytes(12)
        text = AESGCM(pair["Plaintext"]).encrypt(nonce, b"x", None)
        sealed.append((pair["CiphertextBlob"], nonce, text))
    return sealed


def test_messages_are_sealed_under_few_keys(world: Kms) -> None:
    assert "0 messages" in told("11.5", world, sealed=[])
    sealed = seal(world, 1000, 100)
    assert check("11.5", world, sealed=sealed).passed
    reused = [(blob, bytes(12), text) for blob, _, text in sealed]
    assert "nonce was used twice" in told("11.5", world, sealed=reused)
    strange = [(b"no blob" if blob == sealed[-1][0] else blob, *rest) for blob, *rest in sealed]
    assert "does not decrypt" in told("11.5", world, sealed=strange)


def test_a_data_key_may_not_seal_too_many(world: Kms) -> None:
    assert "may seal 100" in told("11.5", world, sealed=seal(world, 1000, 500))


def test_the_sdk_asks_once_for_so_many_messages(world: Kms) -> None:
    kms = world.client()
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    manager = caching_manager(kms, arn, CacheLimits(max_age=600, max_messages=10))
    sdk = aws_encryption_sdk.EncryptionSDKClient()
    sealed = [
        sdk.encrypt(source=b"m%d" % number, materials_manager=manager)[0] for number in range(40)
    ]
    assert len(world.trail.events(name="GenerateDataKey")) == 4
    opening = caching_manager(kms, arn, CacheLimits(max_age=600))
    opened = [sdk.decrypt(source=each, materials_manager=opening)[0] for each in sealed]
    assert opened == [b"m%d" % number for number in range(40)]
    assert len(world.trail.events(name="Decrypt")) == 4
