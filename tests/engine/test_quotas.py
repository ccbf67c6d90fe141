"""Who pays with which quota, tried on a world in which each rate is one request a second.

KMS Developer Guide, "Request quotas" and "Throttling AWS KMS requests".
"""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from kmslab import Kms
from kmslab.services.identity import bootstrap
from kmslab.store.records import KEYS, scope
from kmslab.store.transaction import Transaction

THROTTLED = "ThrottlingException"
TEXT = "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls."
OTHER = "444455556666"
SHARING = """{"Statement": [
    {"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::111122223333:root",
     "arn:aws:iam::444455556666:root"]}, "Action": "kms:*", "Resource": "*"}]}"""


def code(call: Any, **given: Any) -> str:
    """Make a call and return its error code, or ""."""
    try:
        call(**given)
    except Exception as refused:  # noqa: BLE001 - whatever boto3 raises
        return str(getattr(refused, "response", {})["Error"]["Code"])
    return ""


@pytest.fixture
def slow(tmp_path: Path) -> Kms:
    path = tmp_path / "slow.toml"
    groups = ("symmetric", "rsa", "ecc_sm2", "ml_dsa")
    path.write_text(
        "".join(f"[shared.{group}]\nrate = 1\n" for group in groups)
        + "[data_key_pair]\nECC_NIST_P256 = {rate = 1}\nECC_NIST_P384 = {rate = 1}\n"
        + "[operations]\nCreateKey = {rate = 100}\nDescribeKey = {rate = 1}\n"
    )
    return Kms.fresh(seed=1, quotas=str(path))


def key(kms: Any, spec: str = "SYMMETRIC_DEFAULT", usage: str = "ENCRYPT_DECRYPT") -> str:
    return str(kms.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["KeyId"])


def test_symmetric_operations_share_one_rate(slow: Kms) -> None:
    """A flood of GenerateRandom throttles Encrypt, under whatever key."""
    kms = slow.client()
    one = key(kms)
    two = key(kms, "HMAC_256", "GENERATE_VERIFY_MAC")
    assert code(kms.generate_random, NumberOfBytes=1) == ""
    assert code(kms.encrypt, KeyId=one, Plaintext=b"x") == THROTTLED
    assert code(kms.generate_mac, KeyId=two, Message=b"x", MacAlgorithm="HMAC_SHA_256") == THROTTLED
    slow.clock.advance(seconds=1)
    assert code(kms.generate_data_key, KeyId=one, KeySpec="AES_256") == ""


def test_each_kind_of_key_has_a_rate_of_its_own(slow: Kms) -> None:
    kms = slow.client()
    curve = key(kms, "ECC_NIST_P256", "SIGN_VERIFY")
    lattice = key(kms, "ML_DSA_44", "SIGN_VERIFY")
    signing = {"Message": b"x", "SigningAlgorithm": "ECDSA_SHA_256"}
    assert code(kms.sign, KeyId=curve, **signing) == ""
    assert code(kms.sign, KeyId=curve, **signing) == THROTTLED
    assert code(kms.sign, KeyId=lattice, Message=b"x", SigningAlgorithm="ML_DSA_SHAKE_256") == ""
    assert code(kms.generate_random, NumberOfBytes=1) == ""


def test_data_key_pairs_have_a_rate_for_each_spec(slow: Kms) -> None:
    kms = slow.client()
    one = key(kms)
    pair = kms.generate_data_key_pair
    bare = kms.generate_data_key_pair_without_plaintext
    assert code(pair, KeyId=one, KeyPairSpec="ECC_NIST_P256") == ""
    assert code(bare, KeyId=one, KeyPairSpec="ECC_NIST_P256") == THROTTLED
    assert code(bare, KeyId=one, KeyPairSpec="ECC_NIST_P384") == ""


def test_a_dry_run_counts(slow: Kms) -> None:
    kms = slow.client()
    one = key(kms)
    assert code(kms.encrypt, KeyId=one, Plaintext=b"x", DryRun=True) == "DryRunOperationException"
    assert code(kms.encrypt, KeyId=one, Plaintext=b"x") == THROTTLED


def test_the_account_that_calls_is_charged(slow: Kms) -> None:
    """Not the one that owns the key."""
    bootstrap(
        slow.endpoint.engine.directory,
        account=OTHER,
        access_key_id="AKIAOTHER",
        secret_access_key="other",
    )
    mine, theirs = slow.client(), slow.client(who=("AKIAOTHER", "other"))
    made = mine.create_key(Policy=SHARING, BypassPolicyLockoutSafetyCheck=True)["KeyMetadata"]
    assert code(theirs.encrypt, KeyId=made["Arn"], Plaintext=b"x") == ""
    assert code(theirs.encrypt, KeyId=made["Arn"], Plaintext=b"x") == THROTTLED
    assert code(mine.encrypt, KeyId=made["Arn"], Plaintext=b"x") == ""


def test_a_region_has_quotas_of_its_own(slow: Kms) -> None:
    here, there = slow.client(), slow.client(region="eu-west-3")
    assert code(here.generate_random, NumberOfBytes=1) == ""
    assert code(there.generate_random, NumberOfBytes=1) == ""
    assert code(here.generate_random, NumberOfBytes=1) == THROTTLED


def test_what_is_throttled_is_told_and_recorded(slow: Kms) -> None:
    kms = slow.client()
    kms.generate_random(NumberOfBytes=1)
    with pytest.raises(kms.exceptions.ClientError) as caught:
        kms.generate_random(NumberOfBytes=1)
    answer = caught.value.response
    assert answer["Error"] == {"Code": THROTTLED, "Message": TEXT}
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert slow.trail.last["errorCode"] == THROTTLED
    assert slow.trail.last["requestID"] == answer["ResponseMetadata"]["RequestId"]


def test_who_is_denied_pays_nothing(slow: Kms) -> None:
    """Authorization comes before the quota, so a stranger cannot use up another's."""
    iam = slow.client("iam")
    iam.create_user(UserName="eve")
    eve = slow.client(who=iam.create_access_key(UserName="eve"))
    for _ in range(3):
        assert code(eve.generate_random, NumberOfBytes=1) == "AccessDeniedException"
    assert code(slow.client().generate_random, NumberOfBytes=1) == ""


def test_a_world_of_the_seeds_time() -> None:
    world = Kms.fresh(quotas="seed-era", region="eu-west-3")
    quota = world.client("service-quotas").get_service_quota(
        ServiceCode="kms", QuotaCode="L-6E3AF000"
    )["Quota"]
    assert quota["Value"] == 5500


def put_into(world: Kms, key_id: str, store: str) -> None:
    """Let a key lie in a custom key store, which no operation here makes yet."""
    records = world.endpoint.engine.store
    found = records.get(KEYS, scope(world.account, world.region), key_id)
    assert found is not None
    tx = Transaction(records)
    tx.put(KEYS, msgspec.structs.replace(found, origin="EXTERNAL_KEY_STORE", key_store=store))
    tx.commit()


def test_keys_of_one_custom_key_store_share_its_rate(tmp_path: Path) -> None:
    """KMS Developer Guide, "Custom key store request quotas": beside the account's, for each store."""
    path = tmp_path / "quotas.toml"
    path.write_text("[shared.custom_key_store]\nrate = 0.01\n")
    world = Kms.fresh(seed=1, quotas=str(path))
    kms = world.client()
    one, same, other, plain = (key(kms) for _ in range(4))
    put_into(world, one, "cks-1")
    put_into(world, same, "cks-1")
    put_into(world, other, "cks-2")
    use = {"Plaintext": b"x"}
    assert code(kms.encrypt, KeyId=one, **use) == ""
    for each in (one, same):
        assert code(kms.encrypt, KeyId=each, **use) == THROTTLED
        assert code(kms.generate_data_key, KeyId=each, KeySpec="AES_256") == THROTTLED
        assert code(kms.describe_key, KeyId=each) == ""
    for each in (other, plain, plain):
        assert code(kms.encrypt, KeyId=each, **use) == ""
    world.clock.advance(seconds=100)
    blob = kms.encrypt(KeyId=same, **use)["CiphertextBlob"]
    moved = {"CiphertextBlob": blob, "DestinationKeyId": plain}
    assert code(kms.re_encrypt, **moved) == THROTTLED
    world.clock.advance(seconds=100)
    assert code(kms.re_encrypt, **moved) == ""


def test_what_a_custom_key_store_throttles_costs_the_account_nothing(tmp_path: Path) -> None:
    """Nor the other way round: one request a second in the store, two in the account."""
    path = tmp_path / "quotas.toml"
    path.write_text("[shared.custom_key_store]\nrate = 1\n[shared.symmetric]\nrate = 2\n")
    world = Kms.fresh(seed=1, quotas=str(path))
    world.clock._round_trip = 0
    kms = world.client()
    stored, plain = key(kms), key(kms)
    put_into(world, stored, "cks-1")
    use = {"Plaintext": b"x"}
    assert [code(kms.encrypt, KeyId=stored, **use) for _ in range(3)] == ["", THROTTLED, THROTTLED]
    assert [code(kms.encrypt, KeyId=plain, **use) for _ in range(2)] == ["", THROTTLED]
    world.clock.advance(seconds=1)
    assert [code(kms.encrypt, KeyId=plain, **use) for _ in range(2)] == ["", ""]
    assert code(kms.encrypt, KeyId=stored, **use) == THROTTLED
    world.clock.advance(seconds=0.5)
    assert code(kms.encrypt, KeyId=stored, **use) == ""


def test_a_replica_that_is_throttled_there_costs_nothing_here(tmp_path: Path) -> None:
    """KMS Developer Guide, "Request quotas": it counts as two CreateKey requests in the replica's Region."""
    path = tmp_path / "quotas.toml"
    path.write_text("[operations]\nCreateKey = {rate = 3}\nReplicateKey = {rate = 2}\n")
    world = Kms.fresh(seed=1, quotas=str(path))
    world.clock._round_trip = 0
    kms, there = world.client(), world.client(region="eu-west-3")
    many, other = (kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"] for _ in range(2))
    there.create_key()
    there.create_key()
    assert code(kms.replicate_key, KeyId=many, ReplicaRegion="eu-west-3") == THROTTLED
    assert code(there.create_key) == ""
    assert code(kms.replicate_key, KeyId=many, ReplicaRegion="eu-west-1") == ""
    assert code(kms.replicate_key, KeyId=other, ReplicaRegion="eu-west-1") == THROTTLED
    assert code(kms.replicate_key, KeyId=other, ReplicaRegion="eu-west-2") == ""
    assert code(world.client(region="eu-west-1").create_key) == ""
