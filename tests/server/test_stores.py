"""A world in a file goes on where it was: state, principals, trail, clock and chance."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from botocore.exceptions import ClientError

from kmslab.ambient.clock import VirtualClock
from kmslab.audit.batches import read
from kmslab.audit.trail import ALL, BATCH, Trail
from kmslab.client import fast_client
from kmslab.kms import Kms
from kmslab.model import bootstrap
from kmslab.server import build, stores
from kmslab.server.build import administrator_keys, build_endpoint
from kmslab.store import rows
from kmslab.store.lasting import LastingStore
from kmslab.store.port import StoreError, StoreFullError
from kmslab.store.transaction import Transaction
from tests.operations.importing import bring

ADMIN = f"arn:aws:iam::{bootstrap.ACCOUNT}:user/{bootstrap.USER}"
ROOT = f"arn:aws:iam::{bootstrap.ACCOUNT}:root"
SPECS = (
    "RSA_2048",
    "ECC_NIST_P256",
    "ECC_NIST_EDWARDS25519",
    "HMAC_256",
    "ML_DSA_44",
    "ML_KEM_768",
)
USAGES = {"HMAC_256": "GENERATE_VERIFY_MAC", "ML_KEM_768": "ENCAPSULATE_DECAPSULATE"}
ALLOW = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}

Open = Any  # opens the world of the test again; `close` closes it


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "world.db"


@pytest.fixture
def reopened(path: Path) -> Any:
    made: list[Kms] = []

    def close() -> None:
        while made:
            made.pop().close()

    def open_again(seed: int | None = None, **more: Any) -> Kms:
        close()
        made.append(Kms.open(f"sqlite:{path}", seed, quotas="off", **more))
        return made[0]

    open_again.close = close
    yield open_again
    close()


def seen(kms: Any) -> list[Any]:
    """Return all that KMS tells of its keys, without request IDs."""
    found = []
    for each in kms.list_keys()["Keys"]:
        key = each["KeyId"]
        answers = [
            kms.describe_key(KeyId=key),
            kms.get_key_policy(KeyId=key),
            kms.list_aliases(KeyId=key),
            kms.list_grants(KeyId=key),
        ]
        if answers[0]["KeyMetadata"]["KeyState"] != "PendingDeletion":
            answers.append(kms.list_resource_tags(KeyId=key))
        if answers[0]["KeyMetadata"]["KeySpec"] == "SYMMETRIC_DEFAULT":
            answers += [kms.get_key_rotation_status(KeyId=key), kms.list_key_rotations(KeyId=key)]
        found.append([{**answer, "ResponseMetadata": None} for answer in answers])
    return found


def test_all_that_kms_tells_is_the_same_again(reopened: Open) -> None:
    kms = reopened().client()
    keys = [kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(4)]
    kms.create_alias(AliasName="alias/first", TargetKeyId=keys[0])
    kms.tag_resource(KeyId=keys[0], Tags=[{"TagKey": "team", "TagValue": "blue"}])
    statement = {**ALLOW["Statement"][0], "Principal": {"AWS": ROOT}}
    kms.put_key_policy(KeyId=keys[0], Policy=json.dumps({**ALLOW, "Statement": [statement]}))
    kms.enable_key_rotation(KeyId=keys[0], RotationPeriodInDays=90)
    kms.rotate_key_on_demand(KeyId=keys[0])
    kms.disable_key(KeyId=keys[1])
    kms.schedule_key_deletion(KeyId=keys[2], PendingWindowInDays=7)
    constraints = {"EncryptionContextSubset": {"a": "b"}}
    made = [
        kms.create_grant(
            KeyId=keys[3], GranteePrincipal=ADMIN, Operations=["Encrypt"], Constraints=constraints
        )
        for _ in range(2)
    ]
    kms.revoke_grant(KeyId=keys[3], GrantId=made[0]["GrantId"])
    before = seen(kms)
    world = reopened()
    assert seen(world.client()) == before
    answer = world.client().encrypt(
        KeyId=keys[3], Plaintext=b"x", GrantTokens=[made[1]["GrantToken"]]
    )
    assert answer["KeyId"].endswith(keys[3])


def test_every_kind_of_material_works_again(reopened: Open) -> None:
    kms = reopened().client()
    keys = {
        spec: kms.create_key(KeySpec=spec, KeyUsage=USAGES.get(spec, "SIGN_VERIFY"))["KeyMetadata"]
        for spec in SPECS
    }
    arns = {spec: key["Arn"] for spec, key in keys.items()}
    public = {
        spec: kms.get_public_key(KeyId=arn)["PublicKey"]
        for spec, arn in arns.items()
        if spec != "HMAC_256"
    }
    mac = {"KeyId": arns["HMAC_256"], "Message": b"m", "MacAlgorithm": "HMAC_SHA_256"}
    tag = kms.generate_mac(**mac)["Mac"]
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    blobs = []
    for number in range(3):
        blobs.append(kms.encrypt(KeyId=key, Plaintext=b"%d" % number)["CiphertextBlob"])
        kms.rotate_key_on_demand(KeyId=key)
    again = reopened().client()
    assert [again.decrypt(CiphertextBlob=blob)["Plaintext"] for blob in blobs] == [b"0", b"1", b"2"]
    assert again.verify_mac(**mac, Mac=tag)["MacValid"]
    assert {spec: again.get_public_key(KeyId=arns[spec])["PublicKey"] for spec in public} == public


def test_what_is_due_happens_in_a_later_life(reopened: Open) -> None:
    world = reopened()
    kms = world.client()
    doomed, turned = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
    kms.schedule_key_deletion(KeyId=doomed, PendingWindowInDays=7)
    kms.enable_key_rotation(KeyId=turned, RotationPeriodInDays=90)
    world = reopened()
    world.clock.advance(days=91)
    kms = world.client()
    with pytest.raises(ClientError, match="NotFoundException"):
        kms.describe_key(KeyId=doomed)
    assert len(kms.list_key_rotations(KeyId=turned)["Rotations"]) == 1


def test_users_roles_and_sessions_are_authenticated_and_decided_again(reopened: Open) -> None:
    world = reopened()
    iam, document = world.client("iam"), json.dumps(ALLOW)
    iam.create_user(UserName="ann")
    keys = iam.create_access_key(UserName="ann")
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=document)
    iam.create_user(UserName="bob")
    powerless = iam.create_access_key(UserName="bob")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": ROOT}}
    trusting = json.dumps({**ALLOW, "Statement": [trust]})
    role = iam.create_role(RoleName="app", AssumeRolePolicyDocument=trusting)["Role"]["Arn"]
    iam.put_role_policy(RoleName="app", PolicyName="p", PolicyDocument=document)
    session = world.client("sts").assume_role(RoleArn=role, RoleSessionName="one")
    key = world.client().create_key()["KeyMetadata"]["KeyId"]
    world = reopened()
    for who in (keys, session):
        assert world.client(who=who).describe_key(KeyId=key)["KeyMetadata"]["KeyId"] == key
    with pytest.raises(ClientError, match="AccessDenied"):
        world.client(who=powerless).describe_key(KeyId=key)
    world.client("iam").delete_user_policy(UserName="ann", PolicyName="p")
    world = reopened()
    with pytest.raises(ClientError, match="AccessDenied"):
        world.client(who=keys).describe_key(KeyId=key)


def test_the_trail_and_the_clock_go_on(reopened: Open) -> None:
    world = reopened()
    kms = world.client()
    key = kms.create_key(Description="d", Tags=[{"TagKey": "a", "TagValue": "b"}])["KeyMetadata"]
    kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x", EncryptionContext={"k": "v"})
    with pytest.raises(ClientError):
        kms.describe_key(KeyId="alias/nothing")
    world.clock.advance(days=400)
    before, now = json.loads(json.dumps(list(world.trail))), world.clock.now()
    world = reopened()
    assert world.clock.now() == now
    assert len(world.trail) == 3
    world.client().list_keys()
    assert list(world.trail)[:3] == before
    assert [event["eventName"] for event in world.trail.events()][3:] == ["ListKeys"]


def test_a_clock_whose_world_was_killed_does_not_go_back(reopened: Open, path: Path) -> None:
    world = reopened()
    world.clock.advance(days=1)
    advanced = world.clock.now()
    world.client().create_key()
    latest = world.clock.now()
    world.endpoint.engine.store.close()  # what a killed process leaves
    with Kms.open(f"sqlite:{path}") as again:
        assert again.clock.now() == latest > advanced
    world._is_open = False


def test_a_seed_repeats_a_story_of_lives_but_never_a_draw(tmp_path: Path) -> None:
    stories = []
    for name in ("one.db", "two.db"):
        story = []
        for _ in range(3):
            with Kms.open(f"sqlite:{tmp_path / name}", seed=7) as world:
                kms = world.client()
                key = kms.create_key()["KeyMetadata"]["KeyId"]
                blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
                random = kms.generate_random(NumberOfBytes=16)["Plaintext"]
                story += [key, blob, blob[56:68], random]
        stories.append(story)
    assert stories[0] == stories[1]
    assert len(set(stories[0])) == len(stories[0])
    fresh = Kms.fresh(seed=7).client().create_key()["KeyMetadata"]["KeyId"]
    assert fresh == stories[0][0]


def test_nothing_secret_is_in_the_files(reopened: Open, tmp_path: Path) -> None:
    world = reopened(seed=7)
    keys = world.client("iam").create_access_key()["AccessKey"]
    key = world.client().create_key()["KeyMetadata"]["KeyId"]
    data_key = world.client().generate_data_key(KeyId=key, KeySpec="AES_256")["Plaintext"]
    engine = world.endpoint.engine
    (record,) = engine.store.page(stores.KEYS, f"{world.account}/{world.region}", after="", limit=9)
    raw = engine._custody._unseal(record.current)
    secrets = [data_key, raw, raw.hex().encode(), keys["SecretAccessKey"].encode()]
    secrets.append(bootstrap.SECRET_ACCESS_KEY.encode())
    files = [file for file in tmp_path.iterdir() if not file.name.endswith(".root-key")]
    content = b"".join(file.read_bytes() for file in files)
    assert key.encode() in content
    assert not [secret for secret in secrets if secret in content]


def test_a_trail_keeps_as_many_events_as_it_was_told(path: Path) -> None:
    name = f"sqlite:{path}"
    endpoint = build_endpoint(store=name, quotas="off", trail_keep=70)
    kms = fast_client(endpoint, credentials=administrator_keys(), region="us-east-1")
    for _ in range(200):
        kms.list_keys()
    assert len(endpoint.engine.trail) == 70
    endpoint.close()
    kept = Trail(ALL, stores.look(name).journal)
    assert 70 <= len(kept) < 70 + BATCH  # whole batches are forgotten


def test_who_does_not_say_how_long_a_trail_is_cuts_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "CAPACITY", 50)
    for keep, length in ((300, 100), (None, 200), (None, 300), (None, 300), (80, 80), (None, 80)):
        endpoint = build_endpoint(store=f"sqlite:{path}", quotas="off", trail_keep=keep)
        kms = fast_client(endpoint, credentials=administrator_keys(), region="us-east-1")
        for _ in range(100):
            kms.list_keys()
        assert len(endpoint.engine.trail) == length
        endpoint.close()


def test_a_trail_that_is_shorter_than_a_batch_is_written_in_time(path: Path) -> None:
    endpoint = build_endpoint(
        store=f"sqlite:{path}",
        quotas="off",
        trail_keep=10,
        clock=VirtualClock(round_trip=timedelta()),
    )
    kms = fast_client(endpoint, credentials=administrator_keys(), region="us-east-1")
    for _ in range(25):
        kms.list_keys()
    (batch,) = endpoint.engine.store.journal.batches()
    endpoint.close()
    assert batch[0] == 20
    assert len(read(batch[1])) == 10


def test_encrypt_reads_and_writes_nothing(reopened: Open) -> None:
    kms = reopened().client()
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    world = reopened()
    kms = world.client()
    statements: list[str] = []
    world.endpoint.engine.store._db._db.set_trace_callback(statements.append)
    for _ in range(4):  # under a second of the world's time
        blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
        kms.decrypt(CiphertextBlob=blob)
        world.clock._now -= 0.4
    assert statements == []


def test_a_full_disk_is_an_error_of_the_api_and_loses_nothing(reopened: Open) -> None:
    world = reopened()
    kms = world.client()
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    db = world.endpoint.engine.store._db._db
    pages = db.execute("PRAGMA page_count").fetchone()[0]
    db.execute(f"PRAGMA max_page_count = {pages}")
    made = [key]

    def fill() -> None:
        while True:
            made.append(kms.create_key(Description="x" * 8192)["KeyMetadata"]["KeyId"])

    with pytest.raises(ClientError) as refused:
        fill()
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert refused.value.response["Error"]["Code"] == "KMSInternalException"
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    db.execute(f"PRAGMA max_page_count = {pages + 1000}")
    kms = reopened().client()
    assert sorted(each["KeyId"] for each in kms.list_keys()["Keys"]) == sorted(made)
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_a_start_on_a_full_disk_serves_what_is_there(
    reopened: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    kms = reopened(seed=1).client()
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    blobs = {kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]}
    reopened.close()

    def full(_: object) -> str:
        raise StoreFullError("world.db: the disk is full; make room on it")

    monkeypatch.setattr(rows, "begin_life", full)
    for _ in range(2):  # two lives that nobody counts, under one seed
        kms = reopened(seed=1).client()
        blobs.add(kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"])
    assert [kms.decrypt(CiphertextBlob=blob)["Plaintext"] for blob in blobs] == [b"x"] * 3
    told = "world.db: the disk is full; make room on it; until then nothing can be changed"
    assert caplog.messages == [told] * 2


def test_a_length_of_the_trail_that_cannot_be_remembered_holds_until_the_end(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_endpoint(store=f"sqlite:{path}").close()

    def full(_: object, __: object) -> None:
        raise StoreFullError("world.db: the disk is full; make room on it")

    with monkeypatch.context() as patched:
        patched.setattr(LastingStore, "commit", full)
        endpoint = build_endpoint(store=f"sqlite:{path}", quotas="off", trail_keep=10)
        kms = fast_client(endpoint, credentials=administrator_keys(), region="us-east-1")
        for _ in range(20):
            kms.list_keys()
        assert len(endpoint.engine.trail) == 10
    endpoint.close()


def test_a_world_that_cannot_be_written_is_let_go_all_the_same(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = Kms.open(f"sqlite:{path}")

    def full(_: object) -> None:
        raise StoreFullError("world.db: the disk is full; make room on it")

    with monkeypatch.context() as patched:
        patched.setattr(world.endpoint.engine.store, "commit", full)
        with pytest.raises(StoreFullError):
            world.close()
    Kms.open(f"sqlite:{path}").close()


def test_every_kind_of_record_that_is_declared_lasts() -> None:
    sources = Path(stores.__file__).parents[1].glob("**/*.py")
    declared = [
        name
        for source in sources
        for name in re.findall(r"= Kind\(\s*\"([^\"]+)\"", source.read_text(encoding="utf-8"))
    ]
    assert sorted(declared) == sorted(kind.name for kind in stores.KINDS)


def test_a_vpc_endpoint_is_there_again(reopened: Open) -> None:
    world = reopened()
    policy = json.dumps({**ALLOW, "Statement": [{**ALLOW["Statement"][0], "Principal": "*"}]})
    endpoint = world.vpc_endpoint(policy, vpc="vpc-12345678")
    found = reopened().endpoint.engine.directory.vpc_endpoint(endpoint)
    assert (found.id, found.vpc, found.policy) == (endpoint, "vpc-12345678", policy)


def test_a_world_can_be_closed_twice(path: Path) -> None:
    with Kms.open(f"sqlite:{path}") as world:
        world.close()
    with Kms.open("memory") as world:
        assert world.client().list_keys()["Keys"] == []


# -------------------------------------------------------------------------------------- refusals


def test_another_account_is_refused(reopened: Open, path: Path) -> None:
    reopened()
    reopened.close()
    with pytest.raises(StoreError, match=f"no account 444455556666.*{bootstrap.ACCOUNT}"):
        build_endpoint(account="444455556666", store=f"sqlite:{path}")
    build_endpoint(store=f"sqlite:{path}").close()  # and the file was let go


def test_an_administrator_that_the_store_does_not_know_is_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KMSLAB_ACCESS_KEY_ID", "AKIAMINE")
    monkeypatch.setenv("KMSLAB_SECRET_ACCESS_KEY", "mine")
    for _ in range(2):
        build_endpoint(store=f"sqlite:{path}").close()
    for guess in ("guess", "Schlüssel"):
        monkeypatch.setenv("KMSLAB_SECRET_ACCESS_KEY", guess)
        with pytest.raises(StoreError, match="AKIAMINE with this secret") as refused:
            build_endpoint(store=f"sqlite:{path}")
        assert guess not in str(refused.value)
    monkeypatch.setenv("KMSLAB_ACCESS_KEY_ID", "AKIAOTHER")
    with pytest.raises(StoreError, match="AKIAOTHER"):
        build_endpoint(store=f"sqlite:{path}")


def test_a_root_key_in_the_environment_or_a_passphrase_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, right, wrong in (
        ("KMSLAB_ROOT_KEY", "ab" * 32, "cd" * 32),
        ("KMSLAB_ROOT_PASSPHRASE", "attack at dawn", "attack at noon"),
    ):
        url = f"sqlite:{tmp_path / name}.db"
        with monkeypatch.context() as environment:
            environment.setenv(name, right)
            build_endpoint(store=url).close()
            build_endpoint(store=url).close()
            environment.setenv(name, wrong)
            with pytest.raises(StoreError, match="not the root key") as refused:
                build_endpoint(store=url)
            assert wrong not in str(refused.value)
        with pytest.raises(StoreError, match=f"{name} is not set"):
            build_endpoint(store=url)
    assert not list(tmp_path.glob("*.root-key"))


@pytest.mark.parametrize("name", ["sqlite", "sqlite:", "redis:x", ""])
def test_a_store_of_another_kind_is_refused(name: str) -> None:
    with pytest.raises(
        stores.UnknownStoreError, match="choose memory, sqlite:PATH or postgresql://"
    ):
        stores.open_store(name)


def test_the_root_key_never_shows(path: Path) -> None:
    opened = stores.open_store(f"sqlite:{path}")
    opened.store.close()
    assert opened.materials_key is not None
    assert repr(opened) == f"Opened(LastingStore({str(path)!r}))"


# ---------------------------------------------------------------------------------------- verify


def test_verify_counts_and_opens_everything(reopened: Open, path: Path) -> None:
    kms = reopened().client()
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.rotate_key_on_demand(KeyId=key)
    found = stores.verify(str(path))  # while it is open
    assert (found["key"], found["key material"], found["credential"]) == (1, 2, 1)


def test_verify_notices_a_material_of_another_key(reopened: Open, path: Path) -> None:
    world = reopened()
    for _ in range(2):
        world.client().create_key()
    store = world.endpoint.engine.store
    one, two = store.page(stores.KEYS, f"{world.account}/{world.region}", after="", limit=9)
    for wrong in (two.current, msgspec.structs.replace(one.current, material_id="00" * 32)):
        tx = Transaction(store)
        tx.put(stores.KEYS, one.with_(materials=(wrong,)))
        tx.commit()
        with pytest.raises(StoreError, match=f"key material {wrong.material_id} does not open"):
            stores.verify(str(path))


def test_verify_without_the_root_key_says_so(reopened: Open, path: Path) -> None:
    reopened()
    reopened.close()
    path.with_name("world.db.root-key").unlink()
    with pytest.raises(StoreError, match="put the root key file back"):
        stores.verify(str(path))
    with pytest.raises(StoreError, match="put the root key file back"):
        Kms.open(f"sqlite:{path}")


# ----------------------------------------------------------------------------------------- rekey


def test_a_store_that_is_damaged_keeps_its_root_key(reopened: Open, path: Path) -> None:
    world = reopened()
    world.client().create_key()
    store = world.endpoint.engine.store
    (key,) = store.page(stores.KEYS, f"{world.account}/{world.region}", after="", limit=9)
    tx = Transaction(store)
    wrong = msgspec.structs.replace(key.current, material_id="00" * 32)
    tx.put(stores.KEYS, key.with_(materials=(wrong,)))
    tx.commit()
    with pytest.raises(StoreError, match="another process has this store open"):
        stores.rekey(str(path))
    reopened.close()
    with pytest.raises(StoreError, match=f"what the key {key.key_id} has sealed does not open"):
        stores.rekey(str(path))
    assert len(reopened().client().list_keys()["Keys"]) == 1


def test_material_that_was_deleted_or_waits_is_sealed_anew_too(reopened: Open, path: Path) -> None:
    kms = reopened().client()
    key = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    bring(kms, key, b"1" * 32)
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    bring(kms, key, b"2" * 32, ImportType="NEW_KEY_MATERIAL")
    gone = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    bring(kms, gone, b"3" * 32)
    kms.delete_imported_key_material(KeyId=gone)
    reopened.close()
    assert stores.rekey(str(path)) == str(path.with_name("world.db.root-key-2"))
    path.with_name("world.db.root-key").unlink()
    assert stores.verify(str(path))["key material"] == 2
    kms = reopened().client()
    kms.rotate_key_on_demand(KeyId=key)
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


@pytest.mark.parametrize("names", [("KEY", "KEY_FILE"), ("KEY", "PASSPHRASE")])
def test_two_new_root_keys_are_refused(
    reopened: Open, path: Path, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...]
) -> None:
    reopened()
    reopened.close()
    for name in names:
        monkeypatch.setenv(f"KMSLAB_NEW_ROOT_{name}", "ab" * 32)
    with pytest.raises(
        StoreError, match=r"KMSLAB_NEW_ROOT_KEY and KMSLAB_NEW_ROOT_.* are both set"
    ):
        stores.rekey(str(path))
