"""GetKeyLastUsage through boto3.

Rules: API Reference, GetKeyLastUsage; Developer Guide, "Determine past usage of a KMS key" and
"kms:TrailingDaysWithoutKeyUsage".
"""

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab import Kms
from kmslab.model.keys import KmsKey
from kmslab.model.requests import Resource
from kmslab.operations.catalog import CATALOG
from kmslab.operations.names import Target
from kmslab.operations.uses import Uses
from kmslab.spec.generate import read_model
from kmslab.store.memory import MemoryStore
from kmslab.store.port import Change, StoreError
from kmslab.store.records import KEYS, USES
from kmslab.store.transaction import Transaction

TRACKED = read_model()["shapes"]["KeyLastUsageTrackingOperation"]["enum"]
MESSAGE = b"m" * 32


@pytest.fixture
def world() -> Kms:
    return Kms.fresh(seed=9)


@pytest.fixture
def client(world: Kms) -> Any:
    return world.client()


@pytest.fixture
def key(client: Any) -> str:
    return str(client.create_key()["KeyMetadata"]["KeyId"])


def made(client: Any, spec: str, usage: str) -> str:
    return str(client.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["KeyId"])


def last(client: Any, key: str) -> Any:
    return client.get_key_last_usage(KeyId=key)["KeyLastUsage"]


def code(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return str(refused.value.response["Error"]["Code"])


def test_an_unused_key_has_no_last_use(client: Any) -> None:
    key = client.create_key()["KeyMetadata"]
    for named in (key["KeyId"], key["Arn"]):
        told = client.get_key_last_usage(KeyId=named)
        assert (told["KeyId"], told["KeyLastUsage"]) == (named, {})
        assert told["KeyCreationDate"] == told["TrackingStartDate"] == key["CreationDate"]


def use(client: Any, operation: str) -> tuple[str, Any]:
    """Do an operation once with a new key; return the key and the answer."""
    if operation in {"Sign", "Verify"}:
        key = made(client, "ECC_NIST_P256", "SIGN_VERIFY")
        signing = {"KeyId": key, "Message": MESSAGE, "SigningAlgorithm": "ECDSA_SHA_256"}
        answer = client.sign(**signing)
        if operation == "Verify":
            answer = client.verify(Signature=answer["Signature"], **signing)
        return key, answer
    if operation in {"GenerateMac", "VerifyMac"}:
        key = made(client, "HMAC_256", "GENERATE_VERIFY_MAC")
        tagging = {"KeyId": key, "Message": MESSAGE, "MacAlgorithm": "HMAC_SHA_256"}
        answer = client.generate_mac(**tagging)
        if operation == "VerifyMac":
            answer = client.verify_mac(Mac=answer["Mac"], **tagging)
        return key, answer
    if operation in {"Encapsulate", "Decapsulate"}:
        key = made(client, "ML_KEM_768", "ENCAPSULATE_DECAPSULATE")
        sealing = {"KeyId": key, "EncapsulationAlgorithm": "ML_KEM"}
        answer = client.encapsulate(**sealing)
        if operation == "Decapsulate":
            sealed = answer["SharedSecretCiphertextBlob"]
            answer = client.decapsulate(SharedSecretCiphertextBlob=sealed, **sealing)
        return key, answer
    if operation == "DeriveSharedSecret":
        key, other = (made(client, "ECC_NIST_P256", "KEY_AGREEMENT") for _ in range(2))
        public = client.get_public_key(KeyId=other)["PublicKey"]
        return key, client.derive_shared_secret(
            KeyId=key, PublicKey=public, KeyAgreementAlgorithm="ECDH"
        )
    return symmetric_use(client, operation)


def symmetric_use(client: Any, operation: str) -> tuple[str, Any]:
    key = str(client.create_key()["KeyMetadata"]["KeyId"])
    answer = client.encrypt(KeyId=key, Plaintext=b"x")
    pair = {"KeyId": key, "KeyPairSpec": "ECC_NIST_P256"}
    match operation:
        case "Decrypt":
            answer = client.decrypt(CiphertextBlob=answer["CiphertextBlob"])
        case "ReEncrypt":
            blob = answer["CiphertextBlob"]
            answer = client.re_encrypt(CiphertextBlob=blob, DestinationKeyId=key)
        case "GenerateDataKey":
            answer = client.generate_data_key(KeyId=key, KeySpec="AES_256")
        case "GenerateDataKeyWithoutPlaintext":
            answer = client.generate_data_key_without_plaintext(KeyId=key, KeySpec="AES_256")
        case "GenerateDataKeyPair":
            answer = client.generate_data_key_pair(**pair)
        case "GenerateDataKeyPairWithoutPlaintext":
            answer = client.generate_data_key_pair_without_plaintext(**pair)
    return key, answer


@pytest.mark.parametrize("operation", TRACKED)
def test_each_tracked_operation_is_told_of(world: Kms, client: Any, operation: str) -> None:
    key, answer = use(client, operation)
    event, now = world.trail.last, world.clock.now()
    world.clock.advance(minutes=1)
    told = last(client, key)
    assert event["eventName"] == told["Operation"] == operation
    assert told["Timestamp"].timestamp() == pytest.approx(now, abs=0.001)
    assert told["CloudTrailEventId"] == event["eventID"]
    assert told["KmsRequestId"] == event["requestID"] == answer["ResponseMetadata"]["RequestId"]


def test_the_tracked_operations_are_those_that_need_a_key_usage() -> None:
    assert {name for name, row in CATALOG.items() if row.usage} == set(TRACKED)


def test_what_is_no_use(client: Any) -> None:
    key = made(client, "ECC_NIST_P256", "SIGN_VERIFY")
    signing = {"KeyId": key, "Message": MESSAGE, "SigningAlgorithm": "ECDSA_SHA_256"}
    client.describe_key(KeyId=key)
    client.get_public_key(KeyId=key)
    assert code(client.verify, Signature=b"s", **signing) == "KMSInvalidSignatureException"
    assert code(client.sign, DryRun=True, **signing) == "DryRunOperationException"
    assert code(client.encrypt, KeyId=key, Plaintext=b"x") == "InvalidKeyUsageException"
    assert last(client, key) == {}


def test_re_encrypt_uses_both_keys(client: Any, key: str) -> None:
    other = client.create_key()["KeyMetadata"]["KeyId"]
    blob = client.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    client.re_encrypt(CiphertextBlob=blob, DestinationKeyId=other)
    assert last(client, key) == last(client, other)
    assert last(client, key)["Operation"] == "ReEncrypt"


def test_related_keys_are_used_each_for_itself(world: Kms, client: Any) -> None:
    away: Any = world.client(region="eu-west-1")
    key = client.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    client.encrypt(KeyId=key, Plaintext=b"x")
    client.replicate_key(KeyId=key, ReplicaRegion="eu-west-1")
    world.clock.advance(seconds=5)
    assert last(away, key) == {}
    away.generate_data_key(KeyId=key, KeySpec="AES_256")
    assert last(client, key)["Operation"] == "Encrypt"
    assert last(away, key)["Operation"] == "GenerateDataKey"


@pytest.mark.parametrize("hours", [0, 2])
def test_a_replica_made_again_has_not_been_used(world: Kms, client: Any, hours: int) -> None:
    away: Any = world.client(region="eu-west-1")
    key = client.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    replica = {"KeyId": key, "ReplicaRegion": "eu-west-1"}
    client.replicate_key(**replica)
    world.clock.advance(seconds=5)
    away.encrypt(KeyId=key, Plaintext=b"x")
    world.clock.advance(hours=hours)
    away.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    world.clock.advance(days=8)
    client.replicate_key(**replica)
    world.clock.advance(seconds=5)
    assert last(away, key) == {}


@pytest.mark.parametrize("operation", ["disable_key", "schedule_key_deletion"])
def test_a_key_that_cannot_be_used_tells_of_its_last_use(
    client: Any, key: str, operation: str
) -> None:
    client.encrypt(KeyId=key, Plaintext=b"x")
    getattr(client, operation)(KeyId=key)
    assert code(client.encrypt, KeyId=key, Plaintext=b"x") != ""
    assert last(client, key)["Operation"] == "Encrypt"


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ("1234abcd-12ab-34cd-56ef-1234567890ab", "NotFoundException"),
        ("alias/app", "NotFoundException"),
        ("arn:aws:kms:us-east-1:111122223333:alias/app", "InvalidArnException"),
        ("arn:aws:iam::111122223333:user/ann", "InvalidArnException"),
    ],
)
def test_what_is_refused(client: Any, named: str, expected: str) -> None:
    assert code(client.get_key_last_usage, KeyId=named) == expected


def user(world: Kms, *statements: dict[str, Any]) -> Any:
    iam: Any = world.client("iam")
    iam.create_user(UserName="ann")
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=document)
    return world.client(who=iam.create_access_key(UserName="ann"))


def test_it_needs_a_permission_of_its_own(world: Kms, client: Any, key: str) -> None:
    ann = user(world, {"Effect": "Allow", "Action": "kms:DescribeKey", "Resource": "*"})
    ann.describe_key(KeyId=key)
    assert code(ann.get_key_last_usage, KeyId=key) == "AccessDeniedException"
    (event,) = world.trail.events(name="GetKeyLastUsage")
    assert (event["readOnly"], event["errorCode"]) == (True, "AccessDenied")
    assert event["requestParameters"] == {"keyId": key}
    assert last(client, key) == {}


def test_days_without_use_are_a_condition(world: Kms, client: Any, key: str) -> None:
    ann = user(
        world,
        {
            "Effect": "Allow",
            "Action": ["kms:DisableKey", "kms:ScheduleKeyDeletion"],
            "Resource": "*",
            "Condition": {"NumericGreaterThanEquals": {"kms:TrailingDaysWithoutKeyUsage": "30"}},
        },
    )
    world.clock.advance(days=29)
    assert code(ann.disable_key, KeyId=key) == "AccessDeniedException"
    client.encrypt(KeyId=key, Plaintext=b"x")
    world.clock.advance(days=2)
    assert code(ann.schedule_key_deletion, KeyId=key) == "AccessDeniedException"
    world.clock.advance(days=28)
    ann.disable_key(KeyId=key)
    ann.schedule_key_deletion(KeyId=key)


# -------------------------------------------------------------------------------- how long it lasts


def test_uses_are_written_once_an_hour(world: Kms, client: Any, key: str) -> None:
    store = world.endpoint.engine.store
    before = store.generation
    for _ in range(50):
        client.encrypt(KeyId=key, Plaintext=b"x")
    world.clock.advance(minutes=59)
    client.encrypt(KeyId=key, Plaintext=b"x")
    assert store.generation == before
    noted = last(client, key)
    world.clock.advance(minutes=1)
    client.list_keys()
    assert store.generation == before + 1
    assert last(client, key) == noted
    world.clock.advance(hours=10)
    client.list_keys()
    assert store.generation == before + 1


def test_a_last_use_outlives_the_process(tmp_path: Path) -> None:
    name = f"sqlite:{tmp_path / 'world.db'}"
    with Kms.open(name) as world:
        client: Any = world.client()
        key = client.create_key()["KeyMetadata"]["KeyId"]
        client.encrypt(KeyId=key, Plaintext=b"x")
        noted = last(client, key)
    with Kms.open(name) as world:
        client = world.client()
        assert last(client, key) == noted
        client.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
        world.clock.advance(days=8)
        client.list_keys()
        store = world.endpoint.engine.store
        assert store.page(USES, f"{world.account}/{world.region}", after="", limit=9) == []


def test_a_killed_process_forgets_an_hour_at_most(tmp_path: Path) -> None:
    name = f"sqlite:{tmp_path / 'world.db'}"
    world = Kms.open(name)
    client: Any = world.client()
    key = client.create_key()["KeyMetadata"]["KeyId"]
    client.encrypt(KeyId=key, Plaintext=b"x")
    noted = last(client, key)
    world.clock.advance(hours=1)
    client.generate_data_key(KeyId=key, KeySpec="AES_256")
    world.endpoint.engine.store.close()  # what a killed process leaves
    with Kms.open(name) as again:
        assert last(again.client(), key) == noted
    world._is_open = False


class FullStore(MemoryStore):
    """A store that cannot be written while it is full."""

    is_full = False

    def commit(self, changes: Sequence[Change]) -> None:
        """Refuse while full."""
        if self.is_full:
            raise StoreError("full")
        super().commit(changes)


def test_what_cannot_be_written_is_kept() -> None:
    store = FullStore()
    key = KmsKey(account="1", region="r", key_id="k", created=0.0, policy="{}")
    tx = Transaction(store)
    tx.put(KEYS, key)
    tx.commit()
    uses = Uses(store)
    resource = Resource(arn=key.arn, account="1", region="r", kind="key")
    uses.note("Encrypt", (Target("kms:Encrypt", resource, key),), "q", 10.0)
    hour = timedelta(hours=1).total_seconds()
    assert uses.due == 10.0 + hour
    store.is_full = True
    uses.write(uses.due)
    assert uses.due == 10.0 + 2 * hour
    store.is_full = False
    uses.write(uses.due)
    found = store.get(USES, "1/r", "k")
    assert found is not None
    assert (found.at, found.request_id) == (10.0, "q")
    assert uses.last(key) == found
