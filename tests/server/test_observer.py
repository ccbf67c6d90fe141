"""Counts and log lines of what real clients do; the counts read by the parser of Prometheus."""

import base64
import io
import json
import logging
import urllib.request
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.error import HTTPError

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from kmslab.kms import Kms
from kmslab.server import metrics
from kmslab.server.build import administrator_keys
from kmslab.server.http import BackgroundServer
from kmslab.server.log import Log
from kmslab.server.metrics import BOUNDS, Series
from kmslab.server.observer import Observer
from kmslab.server.tally import Tally
from kmslab.wire.http import HttpRequest, HttpResponse

SECRET = b"attack at dawn"
SIGNED_FOR_IAM = {
    "authorization": "AWS4-HMAC-SHA256 Credential=AKIA/20261125/us-east-1/iam/aws4_request"
}
Values = dict[tuple[str, ...], float]


class Observed(NamedTuple):
    """A served world under observation."""

    world: Kms
    url: str
    stream: io.StringIO

    def client(self, service: str, keys: tuple[str, ...] | None = None) -> Any:
        keys = keys or administrator_keys()
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=keys[0],
            aws_secret_access_key=keys[1],
            aws_session_token=keys[2] if len(keys) > 2 else None,
            config=Config(retries={"total_max_attempts": 1}),
        )

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    def samples(self, name: str) -> Values:
        with urllib.request.urlopen(f"{self.url}/metrics") as answer:
            assert answer.headers["content-type"] == metrics.CONTENT_TYPE
            return samples(answer.read(), name)


def samples(raw: bytes, name: str) -> Values:
    """Give the samples of a name by their label values; the parser refuses what is no OpenMetrics."""
    families = list(text_string_to_metric_families(raw.decode()))
    return {
        tuple(one.labels.values()): one.value
        for family in families
        for one in family.samples
        if one.name == name
    }


@pytest.fixture
def seen() -> Iterator[Observed]:
    world, stream = Kms.fresh(), io.StringIO()
    observer = Observer(world.endpoint.handle, Log(stream))
    with BackgroundServer(observer.respond) as server:
        yield Observed(world, server.url, stream)


def test_requests_errors_and_throttles_are_counted_by_operation(seen: Observed) -> None:
    kms = seen.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    for _ in range(3):
        kms.encrypt(KeyId=key, Plaintext=SECRET)
    with pytest.raises(ClientError):
        kms.encrypt(KeyId="alias/none", Plaintext=SECRET)
    assert seen.samples("kmslab_requests_total") == {("kms", "CreateKey"): 1, ("kms", "Encrypt"): 4}
    assert seen.samples("kmslab_errors_total") == {("kms", "Encrypt", "NotFoundException"): 1}
    assert set(seen.samples("kmslab_throttles_total").values()) == {0}
    assert seen.samples("kmslab_request_seconds_count")["kms", "Encrypt"] == 4
    assert 0 < seen.samples("kmslab_request_seconds_sum")["kms", "Encrypt"] < 60


def test_the_sixth_create_key_at_one_instant_is_counted_as_throttled(seen: Observed) -> None:
    """KMS Developer Guide, Request quotas: 5 CreateKey a second."""
    seen.world.clock._round_trip = 0
    kms = seen.client("kms")
    for _ in range(5):
        kms.create_key()
    with pytest.raises(ClientError):
        kms.create_key()
    assert seen.samples("kmslab_throttles_total") == {("kms", "CreateKey"): 1}
    assert seen.samples("kmslab_errors_total") == {("kms", "CreateKey", "ThrottlingException"): 1}


def test_iam_and_sts_are_counted_by_their_actions(seen: Observed) -> None:
    seen.client("iam").create_user(UserName="alice")
    seen.client("sts").get_caller_identity()
    with pytest.raises(ClientError):
        seen.client("iam").create_user(UserName="alice")
    with pytest.raises(ClientError):
        seen.client("iam").delete_user(UserName="nobody")
    assert seen.samples("kmslab_requests_total") == {
        ("iam", "CreateUser"): 2,
        ("iam", "unknown"): 1,
        ("sts", "GetCallerIdentity"): 1,
    }
    assert seen.samples("kmslab_errors_total") == {
        ("iam", "CreateUser", "EntityAlreadyExists"): 1,
        ("iam", "unknown", "NoSuchEntity"): 1,
    }


def test_strangers_make_no_series_of_their_own() -> None:
    observer = Observer(Kms.fresh().endpoint.handle)
    for number in range(50):
        target = {"x-amz-target": f"TrentService.Operation{number}"}
        observer.respond(HttpRequest("POST", "/", target, b"{}"))
        action = f"Version=2010-05-08&Action=Make{number}".encode()
        observer.respond(HttpRequest("POST", "/", SIGNED_FOR_IAM, action))
        observer.respond(HttpRequest("POST", f"/{number}", {}, b"Action=A"))
    raw = observer.exposition().body
    assert samples(raw, "kmslab_requests_total") == {
        ("kms", "unknown"): 100,
        ("iam", "unknown"): 50,
    }


def test_health_and_metrics_are_not_counted(seen: Observed) -> None:
    with urllib.request.urlopen(f"{seen.url}/health") as answer:
        assert json.load(answer) == {"status": "ok"}
    assert seen.samples("kmslab_requests_total") == {}
    assert seen.lines() == []


def test_a_presigned_url_is_refused_and_not_taken_for_a_look_at_health(seen: Observed) -> None:
    """A URL has no X-Amz-Target, so it names no operation of KMS."""
    url = f"{seen.url}/?Action=ListKeys&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00"
    with pytest.raises(HTTPError) as refused:
        urllib.request.urlopen(url)
    with refused.value as answer:
        assert answer.code == 400
        assert json.load(answer)["__type"] == "UnknownOperationException"


@pytest.mark.parametrize(
    ("seconds", "bound"),
    [(0.0, "0.0001"), (0.0001, "0.0001"), (0.00011, "0.00025"), (1.0, "1.0"), (9.0, "+Inf")],
)
def test_a_bucket_holds_what_is_at_most_its_bound(seconds: float, bound: str) -> None:
    """OpenMetrics 1.0, Histogram: buckets are cumulative, and `le` includes its bound."""
    tally = Tally()
    Series(tally, "kms", "Encrypt").add(seconds, "")
    found = samples(metrics.text([tally], 1), "kmslab_request_seconds_bucket")
    bounds = [*map(repr, BOUNDS), "+Inf"]
    assert [labels[-1] for labels, count in found.items() if count] == bounds[bounds.index(bound) :]


def test_a_line_of_the_log_joins_the_answer_and_the_trail(seen: Observed) -> None:
    kms = seen.client("kms")
    answer = kms.create_key()
    with pytest.raises(ClientError) as refused:
        kms.describe_key(KeyId="alias/none")
    created, described = seen.lines()
    assert created["request_id"] == answer["ResponseMetadata"]["RequestId"]
    assert described["request_id"] == refused.value.response["ResponseMetadata"]["RequestId"]
    assert [event["requestID"] for event in seen.world.trail] == [
        created["request_id"],
        described["request_id"],
    ]
    assert {
        name: described[name] for name in ("event", "service", "operation", "status", "error")
    } == {
        "event": "request",
        "service": "kms",
        "operation": "DescribeKey",
        "status": 400,
        "error": "NotFoundException",
    }
    assert "error" not in created
    assert created["peer"] == "127.0.0.1"
    assert "Boto3/" in created["user_agent"]
    assert 0 < created["seconds"] < 60


def test_the_log_holds_no_secret(seen: Observed) -> None:
    session = seen.client("sts").get_session_token()["Credentials"]
    keys = (session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])
    kms = seen.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    blob = kms.encrypt(KeyId=key, Plaintext=SECRET)["CiphertextBlob"]
    opened = kms.generate_data_key(KeyId=key, KeySpec="AES_256")["Plaintext"]
    kms.decrypt(CiphertextBlob=blob)
    seen.client("kms", keys).list_keys()
    user = seen.client("iam").create_user(UserName="alice")["User"]["UserName"]
    made = seen.client("iam").create_access_key(UserName=user)["AccessKey"]["SecretAccessKey"]
    url = kms.generate_presigned_url("list_keys")
    with pytest.raises(HTTPError):
        urllib.request.urlopen(urllib.request.Request(url, data=b"{}"))
    told = seen.stream.getvalue()
    assert len(seen.lines()) == 9
    secrets = [administrator_keys()[1], *keys[1:], made, url.partition("Signature=")[2]]
    material = [form(raw).decode() for raw in (SECRET, opened) for form in (base64.b64encode,)]
    assert not [secret for secret in [*secrets, *material, SECRET.decode()] if secret in told]


def test_a_bug_of_ours_is_counted_and_told_without_its_text() -> None:
    def broken(_: HttpRequest) -> HttpResponse:
        raise RuntimeError("hunter2")

    stream = io.StringIO()
    log = Log(stream, now=lambda: 1_800_000_000.5)
    observer = Observer(broken, log)
    with log.taking_problems(), BackgroundServer(observer.respond) as server:
        request = urllib.request.Request(
            server.url, data=b"", headers={"x-amz-target": "TrentService.Encrypt"}
        )
        with pytest.raises(HTTPError):
            urllib.request.urlopen(request)
    answered, problem = map(json.loads, stream.getvalue().splitlines())
    assert (answered["status"], answered["error"]) == (500, "KMSInternalException")
    assert (problem["event"], problem["exception"]) == ("problem", "RuntimeError")
    assert problem["frames"][-1].endswith(" broken")
    assert problem["time"] == "2027-01-15T08:00:00.500Z"
    assert "hunter2" not in stream.getvalue()
    errors = samples(observer.exposition().body, "kmslab_errors_total")
    assert errors == {("kms", "Encrypt", "KMSInternalException"): 1}


def test_a_warning_is_told_and_the_logging_is_as_it_was() -> None:
    stream = io.StringIO()
    before = list(logging.getLogger().handlers)
    with Log(stream).taking_problems():
        logging.getLogger("kmslab.server").warning("the disk of %s is full", "hunter2")
    assert logging.getLogger().handlers == before
    line = json.loads(stream.getvalue())
    assert (line["logger"], line["message"]) == ("kmslab.server", "the disk of %s is full")


def test_a_log_that_nobody_reads_ends_nothing() -> None:
    class Closed(io.StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    observer = Observer(Kms.fresh().endpoint.handle, Log(Closed()))
    target = {"x-amz-target": "TrentService.ListKeys"}
    assert observer.respond(HttpRequest("POST", "/", target, b"{}")).status == 400
