"""Every operation and every error that its model lists, by real boto3, in process and over a socket."""

import json
from collections.abc import Callable, Iterator
from typing import Any, NoReturn, cast

import boto3
import pytest
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import ClientError

from kmslab import Kms
from kmslab import client as clients
from kmslab.engine.faults import FAULTS
from kmslab.operations.catalog import CATALOG
from kmslab.operations.unreached import unreached
from kmslab.server.build import administrator_keys
from kmslab.server.endpoint import Endpoint
from kmslab.server.http import BackgroundServer
from kmslab.spec.shapes import MODEL
from kmslab.wire.http import HttpRequest, HttpResponse
from tests.contract.api import VECTORS, Json, Script, holds, vectors

REQUESTS = {case["name"]: case for case in vectors("requests")}
ELSEWHERE: dict[str, str] = json.loads((VECTORS / "elsewhere.json").read_text(encoding="utf-8"))
ROOT = VECTORS.parents[2]
KEY_MEMBERS = ("SourceKeyId", "KeyId", "TargetKeyId")
MISSING = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
NO_ARN = "arn:aws:kms:us-east-1:111122223333:nothing/x"


class Place:
    """Where the clients of this module call: the world of the case that is running."""

    def __init__(self) -> None:
        self.world = Kms.fresh()

    def handle(self, request: HttpRequest) -> HttpResponse:
        return self.world.endpoint.handle(request)


@pytest.fixture(scope="module")
def place() -> Place:
    return Place()


@pytest.fixture(scope="module", params=["in process", "over a socket"])
def client(request: pytest.FixtureRequest, place: Place) -> Iterator[BaseClient]:
    access_key_id, secret = administrator_keys()
    if request.param == "in process":
        keys = (access_key_id, secret)
        yield clients.client(cast("Endpoint", place), "kms", credentials=keys, region="us-east-1")
        return
    with BackgroundServer(place.handle) as server:
        yield boto3.client(
            "kms",
            endpoint_url=server.url,
            region_name="us-east-1",
            aws_access_key_id=access_key_id,
            aws_secret_access_key=secret,
            config=Config(retries={"total_max_attempts": 1}),
        )


@pytest.fixture
def script(place: Place, client: BaseClient) -> Script:
    place.world = Kms.fresh(seed=1)
    return Script(client, place.world.clock)


def refused(script: Script, operation: str, given: Json) -> str:
    with pytest.raises(ClientError) as caught:
        script.call(operation, given)
    return str(caught.value.response["Error"]["Code"])


@pytest.mark.parametrize("case", REQUESTS.values(), ids=REQUESTS)
def test_an_operation_answers(script: Script, case: Json) -> None:
    script.prepare(case["needs"])
    answer = script.call(case["name"], case["with"])
    assert holds(answer, script.fill(case["expect"])), answer


@pytest.mark.parametrize("case", vectors("errors"), ids=lambda case: case["name"])
def test_an_error_of_one_operation(script: Script, case: Json) -> None:
    operation, _, error = case["name"].partition("/")
    script.prepare(case["needs"])
    assert refused(script, operation, case["with"]) == error


def key_member(case: Json) -> str:
    return next((name for name in KEY_MEMBERS if name in case["with"]), "")


def spoiled(**values: Any) -> Callable[[Json, Script], Json]:
    """Return how a request is spoiled: members replaced, the key's under the name "key"."""

    def spoil(case: Json, _: Script) -> Json:
        named = {key_member(case) if name == "key" else name: each for name, each in values.items()}
        return {**case["with"], **named}

    return spoil


def key_after(operation: str, **more: Any) -> Callable[[Json, Script], Json]:
    """Return how a request is spoiled by what is done to its key before."""

    def spoil(case: Json, script: Script) -> Json:
        script.call(operation, {"KeyId": case["with"][key_member(case)], **more})
        given: Json = case["with"]
        return given

    return spoil


# Errors that most operations share, and what brings them about.
COMMON: dict[str, Callable[[Json, Script], Json]] = {
    "NotFoundException": spoiled(key=MISSING),
    "InvalidArnException": spoiled(key=NO_ARN),
    "InvalidGrantTokenException": spoiled(GrantTokens=["nobody's"]),
    "InvalidMarkerException": spoiled(Marker="nowhere"),
    "DryRunOperationException": spoiled(DryRun=True),
    "DisabledException": key_after("DisableKey"),
    "KMSInvalidStateException": key_after("ScheduleKeyDeletion", PendingWindowInDays=7),
}
SHOWN = {case["name"] for case in vectors("errors")}


def common_cases() -> list[tuple[str, str]]:
    return [
        (operation, error)
        for operation in CATALOG
        for error in MODEL[operation].errors
        if (error in COMMON or error in FAULTS)
        and f"{operation}/{error}" not in SHOWN | set(ELSEWHERE)
        and not is_unreachable(operation, error)
    ]


def is_unreachable(operation: str, error: str) -> bool:
    return error in unreached(CATALOG[operation])


@pytest.mark.parametrize(("operation", "error"), common_cases(), ids=lambda each: each)
def test_an_error_that_many_operations_share(
    place: Place, script: Script, operation: str, error: str
) -> None:
    world = place.world
    case = REQUESTS.get(operation) or next(
        each for each in vectors("errors") if each["name"].startswith(f"{operation}/")
    )
    script.prepare(case["needs"])
    if error in FAULTS:
        world.fail(operation, error)
        given = case["with"]
    else:
        given = COMMON[error](case, script)
    assert refused(script, operation, given) == error
    assert world.trail.last["errorCode"] == error


def test_each_error_of_the_model_is_reached_or_has_a_reason() -> None:
    reached = SHOWN | {"/".join(case) for case in common_cases()} | set(ELSEWHERE)
    missing = {
        f"{operation}/{error}"
        for operation in CATALOG
        for error in MODEL[operation].errors
        if f"{operation}/{error}" not in reached and not is_unreachable(operation, error)
    }
    assert missing == set()


def test_no_error_that_is_reached_is_called_unreachable() -> None:
    assert [name for name in SHOWN if is_unreachable(*name.split("/"))] == []


def test_what_is_reached_elsewhere_is_reached_there() -> None:
    for name, path in ELSEWHERE.items():
        assert name.split("/")[1] in (ROOT / path).read_text(encoding="utf-8")


def test_each_operation_that_can_succeed_has_a_request() -> None:
    refusing = {
        name for name, row in CATALOG.items() if row.run.__annotations__["return"] is NoReturn
    }
    assert set(REQUESTS) == set(CATALOG) - refusing
