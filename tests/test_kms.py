"""One world: seeds, clients of both kinds, quotas, and the trail."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

import kmslab
from kmslab import Kms
from kmslab.ambient.clock import VirtualClock
from kmslab.model import bootstrap
from kmslab.operations import randomness
from kmslab.quota.files import QuotaFileError
from kmslab.server.build import administrator_keys, build_endpoint
from kmslab.server.stores import UnknownStoreError
from kmslab.wire.http import HttpRequest


def story(kms: Any) -> list[bytes]:
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    blobs = [kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"] for _ in range(3)]
    return [key.encode(), *blobs]


def test_a_seed_repeats_keys_blobs_and_events() -> None:
    one, two, other = Kms.fresh(seed=1), Kms.fresh(seed=1), Kms.fresh(seed=2)
    assert story(one.client()) == story(two.client())
    assert story(other.client()) != story(Kms.fresh(seed=1).client())
    assert list(one.trail) == list(two.trail)


def test_a_fast_client_sees_the_same_service() -> None:
    world = Kms.fresh()
    fast = world.client(fast=True)
    key = fast.create_key()["KeyMetadata"]["KeyId"]
    blob = fast.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    assert world.client().decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    with pytest.raises(fast.exceptions.NotFoundException, match="is not found"):
        fast.encrypt(KeyId="alias/none", Plaintext=b"x")
    stranger = world.client(who=("AKIAUNKNOWNUNKNOWN00", "secret"), fast=True)
    with pytest.raises(ClientError, match="UnrecognizedClientException"):
        stranger.list_keys()


def test_a_wrong_secret_is_refused() -> None:
    world = Kms.fresh()
    impostor = world.client(who=(administrator_keys()[0], "wrong"))
    with pytest.raises(ClientError, match="InvalidSignatureException"):
        impostor.list_keys()
    assert len(world.trail) == 0


def test_request_ids_join_answers_and_events() -> None:
    world = Kms.fresh()
    answer = world.client().list_keys()
    assert world.trail.last["requestID"] == answer["ResponseMetadata"]["RequestId"]
    assert "kmslab" in repr(world) or "Kms(" in repr(world)


def test_no_event_holds_a_plaintext() -> None:
    world = Kms.fresh()
    kms = world.client()
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.encrypt(KeyId=key, Plaintext=b"very secret", EncryptionContext={"shown": "yes"})
    pair = kms.generate_data_key(KeyId=key, KeySpec="AES_256")
    told = str(list(world.trail))
    assert "very secret" not in told
    assert repr(pair["Plaintext"])[2:-1] not in told
    assert "'shown': 'yes'" in told


def test_the_sixth_create_key_within_a_second_is_throttled() -> None:
    world = Kms.fresh()
    world.clock._round_trip = 0.0
    kms = world.client()
    for _ in range(5):
        kms.create_key()
    with pytest.raises(ClientError) as refused:
        kms.create_key()
    assert refused.value.response["Error"] == {
        "Code": "ThrottlingException",
        "Message": "You have exceeded the rate at which you may call KMS. "
        "Reduce the frequency of your calls.",
    }
    world.clock.advance(seconds=1)
    kms.create_key()
    assert len(kms.list_keys()["Keys"]) == 6
    assert len(world.trail.events(error="ThrottlingException")) == 1
    free = Kms.fresh(quotas="off")
    free.clock._round_trip = 0.0
    for _ in range(20):
        free.client().create_key()


def test_a_bug_of_ours_is_an_answer_and_an_event(monkeypatch: pytest.MonkeyPatch) -> None:
    world = Kms.fresh()

    def fail(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(randomness.GenerateRandomResponse, "__init__", fail, raising=False)
    monkeypatch.setattr(randomness, "GenerateRandomResponse", fail)
    with pytest.raises(ClientError) as refused:
        world.client().generate_random(NumberOfBytes=1)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert world.trail.last["errorCode"] == "InternalFailure"
    assert world.client().list_keys()["Keys"] == []


def test_an_unreadable_body_leaves_an_event() -> None:
    world = Kms.fresh()
    with pytest.raises(ClientError, match="validation error detected"):
        world.client().list_keys(Marker="\u2603")
    assert world.trail.last["errorCode"] == "ValidationException"
    assert world.trail.last["requestParameters"] is None


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/health", 200), ("HEAD", "/", 200), ("GET", "/nothing", 404), ("POST", "/", 400)],
)
def test_what_is_no_kms_request(method: str, path: str, status: int) -> None:
    assert build_endpoint().handle(HttpRequest(method, path, {}, b"")).status == status


def test_an_operation_that_the_service_does_not_know() -> None:
    request = HttpRequest("POST", "/", {"x-amz-target": "TrentService.MeltKey"}, b"{}")
    answer = build_endpoint().handle(request)
    assert (answer.status, b"UnknownOperationException" in answer.body) == (400, True)


def test_a_clock_goes_forward_only() -> None:
    clock = VirtualClock()
    before = clock.now()
    assert clock.advance(days=1).timestamp() == before + 86_400
    with pytest.raises(ValueError, match="forward"):
        clock.advance(seconds=-1)


def test_wrong_switches_are_named(tmp_path: Any) -> None:
    with pytest.raises(UnknownStoreError, match="memory"):
        build_endpoint(store="paper")
    path = tmp_path / "quotas.toml"
    for content in ("no toml", "[operations]\nCreateKey = 1", "[operations]\nNone = {rate = 1}"):
        path.write_text(content)
        with pytest.raises(QuotaFileError, match=r"quotas\.toml"):
            build_endpoint(quotas=str(path))
    with pytest.raises(QuotaFileError, match=r"missing\.toml"):
        build_endpoint(quotas=str(tmp_path / "missing.toml"))


def test_the_public_door_has_one_name() -> None:
    assert kmslab.__all__ == ["Kms"]
    with pytest.raises(AttributeError, match="nothing"):
        kmslab.nothing  # noqa: B018 - asking is the test


def test_a_client_reads_no_settings_of_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A profile that is not there, or a file that nobody can read, must not break a lab."""
    broken = tmp_path / "config"
    broken.write_text("[no end")
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(broken))
    assert Kms.fresh().client().list_keys()["Keys"] == []


def test_clients_made_at_once_each_speak_to_their_own_world() -> None:
    worlds = [Kms.fresh(seed, quotas="off") for seed in range(16)]
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda world: world.client(), worlds))
    keys = [client.create_key()["KeyMetadata"]["KeyId"] for client in made]
    assert [[key["KeyId"] for key in client.list_keys()["Keys"]] for client in made] == [
        [key] for key in keys
    ]
    assert [len(list(world.trail)) for world in worlds] == [2] * 16


def test_a_delivery_tells_that_the_trail_was_too_short_for_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = VirtualClock()
    made = build_endpoint(seed=1, clock=clock, trail_keep=5)
    world = Kms(made, account=bootstrap.ACCOUNT, region=bootstrap.REGION, clock=clock)
    told = "events may be missing: the trail keeps the newest 5 only"
    for calls, messages in ((4, []), (4, []), (6, [told])):
        for _ in range(calls):
            world.client().list_keys()
        assert world.deliver(tmp_path) == min(calls, 5)
        assert caplog.messages == messages
