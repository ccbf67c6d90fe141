import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3
import msgspec
import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.config import Config
from botocore.credentials import Credentials

from kmslab.authn.directory import Directory
from kmslab.authn.verify import QUERY_CODES, Mode, Verifier
from kmslab.model import errors
from kmslab.model.principals import Caller, Credential, Principal
from kmslab.store.memory import MemoryStore
from kmslab.wire import sigv4
from kmslab.wire.http import HttpRequest, request_of

VECTORS = Path(__file__).parents[1] / "vectors" / "authn"
ACCOUNT = "111122223333"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
NOW = datetime(2018, 11, 5, 22, 16, 4, tzinfo=UTC)
HOST = "kms.us-east-1.amazonaws.com"
ALICE = Principal(kind="user", arn=f"arn:aws:iam::{ACCOUNT}:user/alice", account=ACCOUNT)
APP = Principal(
    kind="role-session",
    arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/app/one",
    account=ACCOUNT,
    role_arn=f"arn:aws:iam::{ACCOUNT}:role/app",
)
KEYS = (
    Credential(access_key_id="AKIAALICE", secret_access_key=SECRET, principal=ALICE),
    Credential(
        access_key_id="AKIAINACTIVE", secret_access_key=SECRET, principal=ALICE, is_active=False
    ),
    Credential(
        access_key_id="ASIAAPP",
        secret_access_key=SECRET,
        principal=APP,
        session_token="the-token",
        expires=NOW.timestamp() + 1,
        issued=NOW.timestamp() - 900,
    ),
    Credential(
        access_key_id="ASIAPAST",
        secret_access_key=SECRET,
        principal=APP,
        session_token="the-token",
        expires=NOW.timestamp(),
    ),
)


def verifier(mode: Mode = "strict", moment: datetime = NOW) -> Verifier:
    directory = Directory(MemoryStore())
    for credential in KEYS:
        directory.put_credential(credential)
    return Verifier(
        directory, wall_clock=moment.timestamp, mode=mode, default_account="999999999999"
    )


def signed(
    *,
    key: str = "AKIAALICE",
    secret: str = SECRET,
    token: str | None = None,
    region: str = "us-east-1",
    service: str = "kms",
    moment: datetime = NOW,
) -> HttpRequest:
    """Return what botocore would send, signed by its own signer."""
    ask = AWSRequest("POST", f"https://{HOST}/", data=b'{"KeyId":"alias/app"}')
    ask.headers["Content-Type"] = "application/x-amz-json-1.1"
    ask.headers["X-Amz-Target"] = "TrentService.DescribeKey"
    with patch("botocore.auth.get_current_datetime", return_value=moment):
        SigV4Auth(Credentials(key, secret, token), service, region).add_auth(ask)
    return request_of("POST", "/", [("host", HOST), *ask.headers.items()], ask.body)


def changed(request: HttpRequest, edits: dict[str, Any]) -> HttpRequest:
    """Apply a vector's edits: headers replaced, removed (null) or added, other parts set."""
    headers = [
        (name, edits.get("replace", {}).get(name, value))
        for name, value in request.headers.items()
        if name not in edits.get("remove", [])
    ]
    headers += [(name, value) for name, value in edits.get("add", [])]
    for old, new in edits.get("authorization", {}).items():
        headers = [
            (name, re.sub(old, new, value) if name == "authorization" else value)
            for name, value in headers
        ]
    target, body = edits.get("target", request.target), edits.get("body", request.body.decode())
    return request_of(request.method, target, headers, body.encode())


def vectors(name: str) -> list[dict[str, Any]]:
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


def test_a_request_signed_by_botocore_names_its_caller() -> None:
    caller = verifier().verify(signed(region="eu-central-1"), "kms")
    assert caller == Caller(ALICE, "eu-central-1", "AKIAALICE", None)


def test_temporary_credentials_say_when_they_were_issued() -> None:
    caller = verifier().verify(signed(key="ASIAAPP", token="the-token"), "kms")
    assert caller == Caller(APP, "us-east-1", "ASIAAPP", NOW.timestamp() - 900)


def test_temporary_credentials_end_in_the_time_of_the_clock_that_is_given() -> None:
    directory = Directory(MemoryStore())
    directory.put_credential(KEYS[2])
    later = NOW.timestamp() + 3600
    strict = Verifier(
        directory,
        wall_clock=NOW.timestamp,
        mode="strict",
        default_account=ACCOUNT,
        clock=lambda: later,
    )
    with pytest.raises(errors.ExpiredTokenException):
        strict.verify(signed(key="ASIAAPP", token="the-token"), "kms")


@pytest.mark.parametrize("comes_after_a_good_one", [False, True])
@pytest.mark.parametrize("case", vectors("refusals"), ids=lambda case: case["name"])
def test_each_fault_has_its_error(case: dict[str, Any], *, comes_after_a_good_one: bool) -> None:
    given = case["given"]
    moment = datetime.fromisoformat(given["signed_at"]) if "signed_at" in given else NOW
    request = changed(signed(moment=moment, **given.get("with", {})), given)
    judge = verifier()
    if comes_after_a_good_one:
        judge.verify(signed(), "kms")
    with pytest.raises(errors.KmsError) as raised:
        judge.verify(request, "kms")
    assert raised.value.code == case["expect"]["code"]
    if "text" in case["expect"]:
        assert raised.value.message == case["expect"]["text"]


@pytest.mark.parametrize("case", vectors("accepted"), ids=lambda case: case["name"])
def test_what_does_not_matter_is_accepted(case: dict[str, Any]) -> None:
    given = case["given"]
    moment = datetime.fromisoformat(given["signed_at"]) if "signed_at" in given else NOW
    request = changed(signed(moment=moment), given)
    judge = verifier()
    assert judge.verify(request, "kms") == judge.verify(request, "kms")
    assert judge.verify(request, "kms").principal == ALICE


def test_a_presigned_request_is_refused() -> None:
    ask = AWSRequest("POST", f"https://{HOST}/", data=b"{}")
    SigV4QueryAuth(Credentials("AKIAALICE", SECRET), "kms", "us-east-1").add_auth(ask)
    target = ask.url.removeprefix(f"https://{HOST}")
    request = HttpRequest("POST", target, {"host": HOST}, b"{}")
    with pytest.raises(errors.InvalidSignatureException):
        verifier().verify(request, "kms")


def test_a_query_without_a_signature_is_part_of_the_request() -> None:
    ask = AWSRequest("POST", f"https://{HOST}/?a=b", data=b"{}")
    with patch("botocore.auth.get_current_datetime", return_value=NOW):
        SigV4Auth(Credentials("AKIAALICE", SECRET), "kms", "us-east-1").add_auth(ask)
    headers = [("host", HOST), *ask.headers.items()]
    caller = verifier().verify(request_of("POST", "/?a=b", headers, b"{}"), "kms")
    assert caller.principal == ALICE


def test_a_new_secret_rules_from_the_next_request_on() -> None:
    directory = Directory(MemoryStore())
    directory.put_credential(KEYS[0])
    strict = Verifier(directory, wall_clock=NOW.timestamp, mode="strict", default_account=ACCOUNT)
    strict.verify(signed(), "kms")
    directory.put_credential(msgspec.structs.replace(KEYS[0], secret_access_key="other"))
    with pytest.raises(errors.InvalidSignatureException):
        strict.verify(signed(), "kms")
    assert strict.verify(signed(secret="other"), "kms").principal == ALICE
    directory.delete_credential("AKIAALICE")
    with pytest.raises(errors.UnrecognizedClientException):
        strict.verify(signed(secret="other"), "kms")


def test_what_was_good_once_is_good_until_the_credential_ends() -> None:
    directory, moment = Directory(MemoryStore()), [NOW.timestamp()]
    directory.put_credential(KEYS[2])
    strict = Verifier(
        directory,
        wall_clock=NOW.timestamp,
        mode="strict",
        default_account=ACCOUNT,
        clock=lambda: moment[0],
    )
    request = signed(key="ASIAAPP", token="the-token")
    assert strict.verify(request, "kms").principal == APP
    moment[0] += 0.5
    assert strict.verify(request, "kms").principal == APP
    moment[0] += 0.5
    with pytest.raises(errors.ExpiredTokenException):
        strict.verify(request, "kms")


def test_what_was_good_once_is_good_for_five_minutes() -> None:
    directory, moment = Directory(MemoryStore()), [NOW.timestamp()]
    directory.put_credential(KEYS[0])
    strict = Verifier(
        directory, wall_clock=lambda: moment[0], mode="strict", default_account=ACCOUNT
    )
    for moment[0] in (NOW.timestamp(), NOW.timestamp() + 300, NOW.timestamp() - 300):
        assert strict.verify(signed(), "kms").principal == ALICE
    for moment[0], told in ((NOW.timestamp() + 301, "expired"), (NOW.timestamp() - 301, "not yet")):
        with pytest.raises(errors.InvalidSignatureException, match=told):
            strict.verify(signed(), "kms")


def test_another_request_needs_a_signature_of_its_own() -> None:
    strict = verifier()
    strict.verify(signed(), "kms")
    for edit in (
        {"body": "{}"},
        {"target": "/?a=b"},
        {"authorization": {"[0-9a-f]{64}": "0" * 64}},
    ):
        with pytest.raises(errors.InvalidSignatureException, match="does not match"):
            strict.verify(changed(signed(), edit), "kms")
    assert strict.verify(signed(), "kms").principal == ALICE


def test_what_is_remembered_of_good_requests_is_bounded() -> None:
    strict = verifier()
    for seconds in range(sigv4.REMEMBERED + 1):
        strict.verify(signed(moment=NOW - timedelta(seconds=seconds)), "kms")
    assert 0 < len(strict._proven) <= sigv4.REMEMBERED


@pytest.mark.parametrize("service", ["iam", "sts"])
def test_other_services_verify_alike(service: str) -> None:
    assert verifier().verify(signed(service=service), service).principal == ALICE
    with pytest.raises(errors.InvalidSignatureException, match=f"correct service: '{service}'"):
        verifier().verify(signed(service="kms"), service)


@pytest.mark.parametrize(
    ("key", "region", "arn"),
    [
        ("AKIAALICE", "us-east-1", ALICE.arn),
        ("444455556666", "us-east-1", "arn:aws:iam::444455556666:root"),
        ("444455556666", "cn-north-1", "arn:aws-cn:iam::444455556666:root"),
        ("test", "us-east-1", "arn:aws:iam::999999999999:root"),
        ("4444555566667", "us-east-1", "arn:aws:iam::999999999999:root"),
    ],
)
def test_lenient_takes_any_signature(key: str, region: str, arn: str) -> None:
    old = datetime(2001, 1, 1, tzinfo=UTC)
    lenient = verifier("lenient")
    caller = lenient.verify(signed(key=key, secret="any", region=region, moment=old), "kms")
    assert (caller.principal.arn, caller.region, caller.access_key_id) == (arn, region, key)


def test_in_lenient_mode_an_account_exists_once_it_has_called() -> None:
    directory = Directory(MemoryStore())
    lenient = Verifier(directory, wall_clock=NOW.timestamp, mode="lenient", default_account=ACCOUNT)
    lenient.verify(signed(key="444455556666"), "kms")
    assert directory.exists("arn:aws:iam::444455556666:root")


def test_lenient_still_wants_a_signature_in_form() -> None:
    lenient = verifier("lenient")
    with pytest.raises(errors.MissingAuthenticationTokenException):
        lenient.verify(changed(signed(), {"remove": ["authorization"]}), "kms")
    with pytest.raises(errors.InvalidSignatureException):
        lenient.verify(signed(service="s3"), "kms")


def test_the_query_protocol_has_a_code_for_every_refusal() -> None:
    refused = {case["expect"]["code"] for case in vectors("refusals")}
    assert refused == set(QUERY_CODES)


def test_what_boto3_really_sends_verifies() -> None:
    callers: list[Caller] = []
    strict = verifier(moment=datetime.now(UTC))

    def answer(request: Any, **_: Any) -> AWSResponse:
        headers = [(name, _text(value)) for name, value in request.headers.items()]
        headers.append(("host", "127.0.0.1:4566"))
        callers.append(strict.verify(request_of("POST", "/", headers, request.body), "kms"))
        return AWSResponse(request.url, 200, {}, _Raw())

    client = boto3.client(
        "kms",
        region_name="us-west-2",
        endpoint_url="http://127.0.0.1:4566",
        aws_access_key_id="AKIAALICE",
        aws_secret_access_key=SECRET,
        config=Config(retries={"total_max_attempts": 1}),
    )
    client.meta.events.register("before-send.kms", answer)
    client.list_keys()
    assert callers == [Caller(ALICE, "us-west-2", "AKIAALICE", None)]


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


class _Raw:
    def stream(self, **_: Any) -> list[bytes]:
        return [b"{}"]
