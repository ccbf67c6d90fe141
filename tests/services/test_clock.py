"""The clock of a served world, moved by its administrator; what becomes due happens in order, each with its event."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from kmslab import Kms
from kmslab.ambient.clock import EPOCH_OF_LABS, ShiftedClock
from kmslab.server.build import administrator_keys, build_endpoint
from kmslab.server.endpoint import Endpoint
from kmslab.services.clock import kept_shift
from kmslab.store.memory import MemoryStore
from kmslab.wire.http import HttpRequest

DAY = 86_400.0


def asked(
    endpoint: Endpoint, operation: str, keys: tuple[str, ...] = (), **parameters: Any
) -> tuple[int, Any]:
    """Call the clock of an endpoint; return status and answer."""
    body = msgspec.json.encode(parameters)
    request = AWSRequest(
        "POST", "http://kmslab.local/", {"X-Amz-Target": f"Kmslab.{operation}"}, body
    )
    SigV4Auth(Credentials(*(keys or administrator_keys())), "kmslab", "us-east-1").add_auth(request)
    headers = {name.lower(): value for name, value in request.headers.items()}
    headers["host"] = "kmslab.local"
    answer = endpoint.handle(HttpRequest("POST", "/", headers, body))
    return answer.status, msgspec.json.decode(answer.body)


@pytest.fixture
def world() -> Kms:
    return Kms.fresh(seed=1)


def test_it_tells_where_it_stands_and_what_is_due_in_order(world: Kms) -> None:
    kms = world.client()
    rotated = kms.create_key()["KeyMetadata"]["KeyId"]
    doomed = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.enable_key_rotation(KeyId=rotated, RotationPeriodInDays=90)
    kms.schedule_key_deletion(KeyId=doomed, PendingWindowInDays=7)
    status, answer = asked(world.endpoint, "GetClock")
    assert (status, answer["Clock"]) == (200, "virtual")
    told = [(due["At"][:10], due["What"], due["Key"]) for due in answer["Due"]]
    assert told == [
        ("2026-01-12", "DeleteKey", doomed),
        ("2026-04-05", "RotateKey", rotated),
    ]
    status, answer = asked(world.endpoint, "AdvanceClock", Days=100)
    assert (status, answer["Now"][:10]) == (200, "2026-04-15")
    names = [event["eventName"] for event in world.trail]
    assert names[-4:] == ["GetClock", "AdvanceClock", "DeleteKey", "RotateKey"]
    assert [due["What"] for due in answer["Due"]] == ["RotateKey"]


def test_it_goes_to_an_instant_and_never_back(world: Kms) -> None:
    assert asked(world.endpoint, "AdvanceClock", Instant="2027-01-01T00:00:00Z")[1]["Now"] == (
        "2027-01-01T00:00:00Z"
    )
    assert asked(world.endpoint, "AdvanceClock", Instant="2027-01-02")[0] == 200
    for instant in ("2026-01-01", "never", "9999-01-01"):
        status, answer = asked(world.endpoint, "AdvanceClock", Instant=instant)
        assert (status, answer["__type"]) == (400, "ValidationException")
    assert world.trail.last["errorCode"] == "ValidationException"
    assert asked(world.endpoint, "AdvanceClock", Days="x")[0] == 400
    assert asked(world.endpoint, "StopClock")[1]["__type"] == "UnknownOperationException"


def test_only_the_administrator_may_touch_it(world: Kms) -> None:
    iam = world.client("iam")
    iam.create_user(UserName="ann")
    keys = iam.create_access_key(UserName="ann")["AccessKey"]
    before = world.clock.now()
    pair = (keys["AccessKeyId"], keys["SecretAccessKey"])
    status, answer = asked(world.endpoint, "AdvanceClock", pair, Days=1)
    assert (status, answer["__type"]) == (400, "AccessDeniedException")
    assert world.clock.now() == before
    event = world.trail.last
    assert (event["eventName"], event["errorCode"]) == ("AdvanceClock", "AccessDenied")
    assert event["userIdentity"]["userName"] == "ann"


def test_the_machines_time_cannot_be_moved() -> None:
    endpoint = build_endpoint()
    assert asked(endpoint, "GetClock")[1]["Clock"] == "machine"
    status, answer = asked(endpoint, "AdvanceClock", Days=1)
    assert (status, answer["__type"]) == (400, "UnsupportedOperationException")


def test_a_served_world_is_as_far_ahead_as_its_store_says() -> None:
    endpoint = build_endpoint(clock="virtual")
    clock = endpoint.engine.clock
    before = clock.now()
    clock.pass_request()
    assert asked(endpoint, "AdvanceClock", Days=30)[0] == 200
    assert asked(endpoint, "AdvanceClock", Days=1)[0] == 200
    assert 31 * DAY <= clock.now() - before < 31 * DAY + 600
    shift: Callable[[], float] = kept_shift(endpoint.engine.store)
    assert shift() == 31 * DAY  # as another process on the same store reads it


def test_a_shifted_clock_is_the_machines_and_the_shift() -> None:
    clock = ShiftedClock(lambda: DAY, lambda: EPOCH_OF_LABS)
    assert clock.now() == EPOCH_OF_LABS + DAY
    assert kept_shift(MemoryStore())() == 0.0
