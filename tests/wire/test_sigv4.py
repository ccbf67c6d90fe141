import base64
import hmac
import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import quote, urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from kmslab.model.errors import IncompleteSignatureException, InvalidSignatureException
from kmslab.wire import sigv4
from kmslab.wire.http import HttpRequest, request_of

VECTORS = Path(__file__).parents[1] / "vectors" / "wire"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
CREDENTIAL = "Credential=AKIDEXAMPLE/20260105/us-east-1/kms/aws4_request"
SIGNED_HEADERS = "SignedHeaders=content-type;host;x-amz-date"
SIGNATURE = "Signature=" + "0" * 64
DATE = "20260105T090000Z"


def vectors(name: str) -> list[dict[str, Any]]:
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


def of_case(case: dict[str, Any]) -> HttpRequest:
    given = case["request"]
    return request_of(given["method"], given["target"], given["headers"], given["body"].encode())


def recalculated(request: HttpRequest, secret: str) -> tuple[str, str]:
    """Return the signature that we calculate and the one that the request brings."""
    headers = request.headers
    date = headers.get("x-amz-date") or headers["date"]
    claim, given = sigv4.parse_authorization(headers["authorization"], date)
    canonical = sigv4.canonical_request(request, claim.signed_headers)
    text = sigv4.string_to_sign(sigv4.parse_date(date)[0], claim.scope, canonical=canonical)
    return sigv4.sign(sigv4.keyed(secret, claim.date, claim.region, claim.service), text), given


@pytest.mark.parametrize(
    "case", vectors("sigv4_botocore") + vectors("sigv4_published"), ids=lambda case: case["name"]
)
def test_signatures_of_others_are_calculated_alike(case: dict[str, Any]) -> None:
    calculated, given = recalculated(of_case(case), case["secret"])
    assert calculated == given == case["expect"]["signature"]


@pytest.mark.parametrize("case", vectors("sigv4_botocore"), ids=lambda case: case["name"])
def test_canonical_requests_are_those_of_botocore(case: dict[str, Any]) -> None:
    request = of_case(case)
    headers = request.headers
    date = headers.get("x-amz-date") or headers["date"]
    claim, _ = sigv4.parse_authorization(headers["authorization"], date)
    canonical = sigv4.canonical_request(request, claim.signed_headers)
    assert canonical.decode() == case["expect"]["canonical"]
    assert sigv4.parse_date(date)[0] == case["expect"]["stamp"]


@pytest.mark.parametrize("case", vectors("sigv4_botocore"), ids=lambda case: case["name"])
@pytest.mark.parametrize("change", ["method", "target", "body", "header", "secret"])
def test_any_change_of_what_is_signed_changes_the_signature(
    case: dict[str, Any], change: str
) -> None:
    request = of_case(case)
    elsewhere = {**request.headers, "host": f"{request.headers['host']}?"}
    changed = {
        "method": replace(request, method="PUT"),
        "target": replace(request, target="/other"),
        "body": replace(request, body=request.body + b" "),
        "header": replace(request, headers=elsewhere),
        "secret": request,
    }[change]
    secret = SECRET[::-1] if change == "secret" else SECRET
    calculated, given = recalculated(changed, secret)
    assert calculated != given


TOKENS = st.text(st.characters(codec="ascii", min_codepoint=33, max_codepoint=126), max_size=12)
VALUES = st.text(st.sampled_from('abc"=,:; \t~%'), max_size=12)
NAMES = st.text(st.sampled_from("abcxyz-"), min_size=1, max_size=8).map("x-amz-meta-{}".format)


@given(
    headers=st.lists(st.tuples(NAMES, VALUES), max_size=5),
    segments=st.lists(TOKENS | st.sampled_from([".", "..", ""]), max_size=5),
    query=st.lists(st.tuples(TOKENS, TOKENS), max_size=4),
    body=st.binary(max_size=40),
    token=st.none() | st.just("FwoGZXIvYXdzEXAMPLE=="),
)
def test_whatever_botocore_signs_is_calculated_alike(
    headers: list[tuple[str, str]],
    segments: list[str],
    query: list[tuple[str, str]],
    body: bytes,
    token: str | None,
) -> None:
    path = "/" + "/".join(quote(segment, safe="") for segment in segments)
    pairs = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in query)
    ask = AWSRequest("POST", f"https://kms.us-east-1.amazonaws.com{path}?{pairs}", data=body)
    for name, value in headers:
        ask.headers.add_header(name, value)
    moment = datetime(2026, 1, 5, 9, tzinfo=UTC)
    with patch("botocore.auth.get_current_datetime", return_value=moment):
        SigV4Auth(Credentials("AKIDEXAMPLE", SECRET, token), "kms", "us-east-1").add_auth(ask)
    sent = [("host", urlsplit(ask.url).netloc), *ask.headers.items()]
    target = f"{path}?{pairs}" if pairs else path
    calculated, given = recalculated(request_of("POST", target, sent, body), SECRET)
    assert calculated == given


@pytest.mark.parametrize(
    "authorization",
    [
        f"AWS4-HMAC-SHA256 {CREDENTIAL}, {SIGNED_HEADERS}, {SIGNATURE}",
        f"AWS4-HMAC-SHA256 {CREDENTIAL},{SIGNED_HEADERS},{SIGNATURE}",
        f"AWS4-HMAC-SHA256 {SIGNATURE}, {SIGNED_HEADERS}, {CREDENTIAL}",
        f"AWS4-HMAC-SHA256  {SIGNED_HEADERS} ,{CREDENTIAL} , {SIGNATURE},",
        f"AWS4-HMAC-SHA256 {CREDENTIAL}, SignedHeaders=X-Amz-Date;Host;Content-Type, {SIGNATURE}",
    ],
)
def test_the_parts_of_an_authorization_header_come_in_any_order(authorization: str) -> None:
    claim, signature = sigv4.parse_authorization(authorization, DATE)
    assert claim == sigv4.Claim(
        access_key_id="AKIDEXAMPLE",
        date="20260105",
        region="us-east-1",
        service="kms",
        scope="20260105/us-east-1/kms/aws4_request",
        signed_headers=("content-type", "host", "x-amz-date"),
    )
    assert signature == "0" * 64


REQUIRES = "Authorization header requires '{}' parameter."
NEEDS_DATE = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."


@pytest.mark.parametrize(
    ("parameters", "date", "texts"),
    [
        (f"{SIGNED_HEADERS}, {SIGNATURE}", DATE, [REQUIRES.format("Credential")]),
        (f"{CREDENTIAL}, {SIGNED_HEADERS}", DATE, [REQUIRES.format("Signature")]),
        (f"{CREDENTIAL}, {SIGNED_HEADERS}, Signature=", DATE, [REQUIRES.format("Signature")]),
        (f"{CREDENTIAL}, {SIGNATURE}", DATE, [REQUIRES.format("SignedHeaders")]),
        (f"{CREDENTIAL}, {SIGNED_HEADERS}, {SIGNATURE}", "", [NEEDS_DATE]),
        (
            "",
            "",
            [REQUIRES.format(name) for name in ("Credential", "Signature", "SignedHeaders")]
            + [NEEDS_DATE],
        ),
    ],
)
def test_everything_that_an_authorization_header_lacks_is_named(
    parameters: str, date: str, texts: list[str]
) -> None:
    authorization = f"AWS4-HMAC-SHA256 {parameters}"
    with pytest.raises(IncompleteSignatureException) as raised:
        sigv4.parse_authorization(authorization, date)
    assert raised.value.message == " ".join([*texts, f"Authorization={authorization}"])


def test_a_pair_without_equal_sign_is_named_by_the_hash_of_the_header() -> None:
    authorization = f"AWS4-HMAC-SHA256 {CREDENTIAL}, SignedHeaders, {SIGNATURE}"
    digest = base64.b64encode(sha256(authorization.encode()).digest()).decode()
    with pytest.raises(IncompleteSignatureException, match="missing equal-sign") as raised:
        sigv4.parse_authorization(authorization, DATE)
    assert f"'{digest}'" in raised.value.message


@pytest.mark.parametrize(
    "authorization",
    [
        f"AWS4-ECDSA-P256-SHA256 {CREDENTIAL}, {SIGNED_HEADERS}, {SIGNATURE}",
        f"AWS4-HMAC-SHA256 {CREDENTIAL}, {CREDENTIAL}, {SIGNED_HEADERS}, {SIGNATURE}",
        f"AWS4-HMAC-SHA256 Credential=AKID/20260105/us-east-1/kms, {SIGNED_HEADERS}, {SIGNATURE}",
        f"AWS4-HMAC-SHA256 Credential=A/B/20260105/eu/kms/x, {SIGNED_HEADERS}, {SIGNATURE}",
    ],
)
def test_other_forms_of_authorization_are_refused(authorization: str) -> None:
    with pytest.raises(IncompleteSignatureException):
        sigv4.parse_authorization(authorization, DATE)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("20150830T123600Z", 1440938160.0),
        ("Sun, 30 Aug 2015 12:36:00 GMT", 1440938160.0),
        ("Sun, 30 Aug 2015 12:36:00 -0000", 1440938160.0),
        ("Sun, 30 Aug 2015 14:36:00 +0200", 1440938160.0),
    ],
)
def test_dates_are_read_in_both_forms(text: str, instant: float) -> None:
    assert sigv4.parse_date(text) == ("20150830T123600Z", instant)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2015-08-30T12:36:00Z",
        "20151330T123600Z",
        "20150830T123600",
        "\u0662\u0660150830T123600Z",
    ],
)
def test_other_dates_are_refused(text: str) -> None:
    with pytest.raises(IncompleteSignatureException, match="basic format"):
        sigv4.parse_date(text)


def test_a_signed_header_that_is_missing_is_named() -> None:
    request = HttpRequest("POST", "/", {"host": "kms"}, b"")
    with pytest.raises(InvalidSignatureException, match="'x-amz-date'"):
        sigv4.canonical_request(request, ("host", "x-amz-date"))


def test_no_header_excuses_the_body_from_being_hashed() -> None:
    headers = {"x-amz-content-sha256": "UNSIGNED-PAYLOAD"}
    request = HttpRequest("POST", "/", headers, b"body")
    canonical = sigv4.canonical_request(request, tuple(headers))
    assert canonical.endswith(b"\n" + sha256(b"body").hexdigest().encode())


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/?X-Amz-Algorithm=AWS4-HMAC-SHA256", True),
        ("/?a=b&X-Amz-Signature=00", True),
        ("/?a=X-Amz-Signature", False),
        ("/X-Amz-Signature", False),
        ("/", False),
    ],
)
def test_a_signature_in_the_query_is_recognised(target: str, expected: bool) -> None:  # noqa: FBT001 - a vector's column
    assert sigv4.is_presigned(target) is expected


def test_the_signing_key_is_the_published_one() -> None:
    key = sigv4.signing_key(SECRET, "20150830", "us-east-1", "iam")
    assert key.hex() == "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9"


def test_what_is_remembered_is_bounded() -> None:
    for number in range(2 * sigv4.REMEMBERED):
        sigv4.keyed(SECRET, str(number), "us-east-1", "kms")
    assert sigv4.keyed.cache_info().currsize == sigv4.REMEMBERED


@given(st.binary(), st.binary())
def test_what_is_begun_signs_the_whole_text(head: bytes, rest: bytes) -> None:
    key = sigv4.keyed(SECRET, "20260105", "us-east-1", "kms")
    secret = sigv4.signing_key(SECRET, "20260105", "us-east-1", "kms")
    expected = hmac.digest(secret, head + rest, "sha256").hex()  # the standard library's
    assert sigv4.sign(key, head + rest) == sigv4.sign(sigv4.begun(key, head), rest) == expected


def test_a_remembered_key_is_not_spent_by_use() -> None:
    key = sigv4.keyed(SECRET, "20260105", "us-east-1", "kms")
    assert sigv4.sign(key, b"text") == sigv4.sign(key, b"text") != sigv4.sign(key, b"other")


@pytest.mark.parametrize(("one", "other"), [("a", "b"), ("a", "ab"), ("", "a"), ("é", "e")])
def test_secrets_are_compared_whole(one: str, other: str) -> None:
    assert sigv4.is_same(one, one)
    assert not sigv4.is_same(one, other)
