"""Who is calling: from a signed request to a caller, or to the error that says what is wrong.

The checks stand in the order in which the front end of AWS's JSON services makes them:

    1. is there a signature at all, and only in the header
    2. is the Authorization header complete, and the date readable
    3. is the credential scoped to this service, to a Region and to the date
    4. is the access key known, and its session token right and current
    5. is the time stamp within five minutes of ours
    6. is everything signed that has to be, and is the signature the one we calculate

Refuses to know what the caller wants and whether it may.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final, Literal

import msgspec

from kmslab.authn.directory import Directory
from kmslab.model import messages
from kmslab.model.arn import root_arn
from kmslab.model.errors import (
    ExpiredTokenException,
    InvalidSignatureException,
    MissingAuthenticationTokenException,
    UnrecognizedClientException,
)
from kmslab.model.principals import Caller, Credential, Principal
from kmslab.wire import sigv4
from kmslab.wire.http import HttpRequest
from kmslab.wire.sigv4 import SIGNATURE_DIGITS

Mode = Literal["strict", "lenient"]

# Authorization up to the signature, X-Amz-Date, token, service, names of the headers: all that a
# verdict depends on besides the request's own signature, the store and the time.
_Alike = tuple[str, str | None, str | None, str, tuple[str, ...]]

# "Requests should arrive within five minutes of the time stamp" (IAM User Guide, "AWS Signature
# Version 4 for API requests"); KMS was seen to hold to it in both directions.
TOLERANCE_SECONDS: Final = 300

# A request with two of these could mean one thing to the signature and another to its reader.
SINGLE_HEADERS: Final = frozenset(
    {
        "authorization",
        "content-type",
        "date",
        "host",
        "x-amz-content-sha256",
        "x-amz-date",
        "x-amz-security-token",
        "x-amz-target",
    }
)

# The Query protocol (IAM, STS) has names of its own for the same errors
# (IAM API Reference and STS API Reference, "Common Errors").
QUERY_CODES: Mapping[str, str] = MappingProxyType(
    {
        "ExpiredTokenException": "ExpiredToken",
        "IncompleteSignatureException": "IncompleteSignature",
        "InvalidSignatureException": "SignatureDoesNotMatch",
        "MissingAuthenticationTokenException": "MissingAuthenticationToken",
        "UnrecognizedClientException": "InvalidClientTokenId",
    }
)

_REGION = re.compile(r"[a-z]{2,}(?:-[a-z]+)+-[0-9]{1,2}")
_ACCOUNT = re.compile(r"[0-9]{12}")


class _Stamped(msgspec.Struct, frozen=True):
    """Who says to have signed, and when; nothing is believed yet."""

    claim: sigv4.Claim
    stamp: str  # YYYYMMDDTHHMMSSZ
    instant: float  # the same in Unix seconds


class _Proven(msgspec.Struct, frozen=True):
    """What the requests that one client signs in one second have in common, once one was good."""

    generation: int  # of the store whose credential it was
    signed_headers: tuple[str, ...]
    since: float  # Unix seconds of the wall clock
    until: float
    ends: float | None  # Unix seconds of the other clock: when the credential does
    caller: Caller
    signer: sigv4.Signer  # has taken what is alike in all of them


class Verifier:
    """Verifies signatures against a directory.

    `wall_clock` answers Unix seconds of the time that clients sign with; `clock` those of the
    time in which temporary credentials end (the wall clock's where none is given). In lenient
    mode a request has to be signed in form only, and everybody is somebody (see `verify`).
    """

    def __init__(
        self,
        directory: Directory,
        *,
        wall_clock: Callable[[], float],
        mode: Mode,
        default_account: str,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._directory = directory
        self._wall_clock = wall_clock
        self._clock = clock or wall_clock
        self._is_strict = mode == "strict"
        self._proven: dict[_Alike, _Proven] = {}
        self._default_account = default_account

    def verify(self, request: HttpRequest, service: str = "kms") -> Caller:
        """Return who signed this request for this service ("kms", "iam", "sts").

        In lenient mode a known access key is its principal, 12 digits are the root user of that
        account, and any other key is the root user of the default account.

        Raises:
            MissingAuthenticationTokenException: the request is not signed.
            IncompleteSignatureException: the Authorization header or the date is malformed.
            InvalidSignatureException: scope, date, signed headers or signature are wrong.
            UnrecognizedClientException: unknown or inactive access key, or wrong session token.
            ExpiredTokenException: the temporary credentials have ended.
        """
        headers = request.headers
        head, _, signature = headers.get("authorization", "").rpartition("Signature=")
        date, token = headers.get("x-amz-date"), headers.get("x-amz-security-token")
        alike = (head, date, token, service, tuple(headers))
        known = self._proven.get(alike)
        if known is not None and self._is_good(request, known, signature):
            return known.caller
        return self._verify(request, service, alike)

    def _is_good(self, request: HttpRequest, known: _Proven, signature: str) -> bool:
        """Say whether this request is as good as that which was proven; no other verdict counts."""
        if (
            known.generation != self._directory.store.generation
            or request.repeated
            or request.target != "/"
            or not known.since <= self._wall_clock() <= known.until
            or (known.ends is not None and known.ends <= self._clock())
        ):
            return False
        canonical = sigv4.canonical_request(request, known.signed_headers)
        return sigv4.is_same(sigv4.sign(known.signer, sigv4.digest(canonical)), signature)

    def _verify(self, request: HttpRequest, service: str, alike: _Alike) -> Caller:
        """Make every check, and remember what holds for all requests that are alike."""
        headers = request.headers
        authorization = headers.get("authorization", "")
        _need_header_signature(authorization, request.target)
        if request.repeated:
            _refuse_repeated(request.repeated)
        date = headers.get("x-amz-date") or headers.get("date", "")
        head, _, signature = authorization.rpartition("Signature=")
        stamped = _usual(head, date, service) if len(signature) == SIGNATURE_DIGITS else None
        is_usual = stamped is not None
        if stamped is None:
            claim, signature = sigv4.parse_authorization(authorization, date)
            stamped = _stamped(claim, date, service)
        if not self._is_strict:
            return self._believe(stamped)
        proven = self._prove(request, stamped, signature)
        if is_usual and alike[1]:
            self._keep(alike, proven)
        return proven.caller

    def _keep(self, alike: _Alike, proven: _Proven) -> None:
        if len(self._proven) >= sigv4.REMEMBERED:
            self._proven.clear()
        self._proven[alike] = proven

    def _prove(self, request: HttpRequest, stamped: _Stamped, signature: str) -> _Proven:
        claim, headers = stamped.claim, request.headers
        generation = self._directory.store.generation  # before the credential is looked up
        credential = self._directory.credential(claim.access_key_id)
        if credential is None or not credential.is_active:
            raise UnrecognizedClientException(messages.INVALID_TOKEN)
        self._check_token(credential, headers.get("x-amz-security-token", ""))
        _check_time(stamped, self._wall_clock())
        _check_coverage(tuple(headers), claim.signed_headers)
        signer = _signer(stamped, credential)
        canonical = sigv4.canonical_request(request, claim.signed_headers)
        if not sigv4.is_same(sigv4.sign(signer, sigv4.digest(canonical)), signature):
            raise InvalidSignatureException(messages.SIGNATURE_MISMATCH)
        caller = _caller(credential, claim.region)
        since, until = stamped.instant - TOLERANCE_SECONDS, stamped.instant + TOLERANCE_SECONDS
        return _Proven(
            generation, claim.signed_headers, since, until, credential.expires, caller, signer
        )

    def _believe(self, stamped: _Stamped) -> Caller:
        region, access_key_id = stamped.claim.region, stamped.claim.access_key_id
        credential = self._directory.credential(access_key_id)
        if credential is not None:
            return _caller(credential, region)
        names_account = _ACCOUNT.fullmatch(access_key_id)
        account = access_key_id if names_account else self._default_account
        self._directory.put_account(account)
        return Caller(root_user(account, region), region, access_key_id)

    def _check_token(self, credential: Credential, token: str) -> None:
        expected = credential.session_token
        if (expected or token) and not sigv4.is_same(expected, token):
            raise UnrecognizedClientException(messages.INVALID_TOKEN)
        if credential.expires is not None and credential.expires <= self._clock():
            raise ExpiredTokenException(messages.EXPIRED_TOKEN)


def root_user(account: str, region: str) -> Principal:
    """Return the root user of an account, with the ARN of that Region's partition."""
    return Principal(kind="root", arn=root_arn(region, account), account=account, user_id=account)


def _caller(credential: Credential, region: str) -> Caller:
    return Caller(credential.principal, region, credential.access_key_id, credential.issued)


def _need_header_signature(authorization: str, target: str) -> None:
    if "?" in target and sigv4.is_presigned(target):
        text = messages.BOTH_SIGNATURES if authorization else messages.PRESIGNED
        raise InvalidSignatureException(text)
    if not authorization.startswith("AWS4-"):
        raise MissingAuthenticationTokenException(messages.NO_TOKEN)


def _refuse_repeated(names: Iterable[str]) -> None:
    for name in names:
        if name in SINGLE_HEADERS:
            raise InvalidSignatureException(messages.REPEATED_HEADER.format(name))


@lru_cache(maxsize=sigv4.REMEMBERED)
def _usual(head: str, date: str, service: str) -> _Stamped | None:
    """Read what the requests that one client signs in one second have in common."""
    claim = sigv4.usual_claim(head) if date else None
    return None if claim is None else _stamped(claim, date, service)


def _stamped(claim: sigv4.Claim, date: str, service: str) -> _Stamped:
    stamp, instant = sigv4.parse_date(date)
    _check_scope(claim.scope, service, stamp=stamp)
    return _Stamped(claim, stamp, instant)


def _check_scope(scope: str, service: str, *, stamp: str) -> None:
    """Require that date/region/service/terminator are those of this request; name all that differ."""
    day, region, signed_service, terminator = scope.split("/")
    problems = {
        messages.SCOPE_REGION.format(region): _REGION.fullmatch(region) is None,
        messages.SCOPE_SERVICE.format(service): signed_service != service,
        messages.SCOPE_TERMINATOR.format(terminator): terminator != sigv4.TERMINATOR,
        messages.SCOPE_DATE.format(day, stamp[:8], stamp): day != stamp[:8],
    }
    if any(problems.values()):
        raise InvalidSignatureException(" ".join(text for text in problems if problems[text]))


def _check_time(stamped: _Stamped, now: float) -> None:
    if stamped.instant < now - TOLERANCE_SECONDS:
        text, limit = messages.SIGNATURE_EXPIRED, now - TOLERANCE_SECONDS
    elif stamped.instant > now + TOLERANCE_SECONDS:
        text, limit = messages.SIGNATURE_EARLY, now + TOLERANCE_SECONDS
    else:
        return
    raise InvalidSignatureException(
        text.format(stamped.stamp, sigv4.stamp(limit), sigv4.stamp(now))
    )


@lru_cache(maxsize=sigv4.REMEMBERED)
def _check_coverage(names: tuple[str, ...], signed_headers: tuple[str, ...]) -> None:
    """Require that Host and every x-amz-* header is signed (IAM User Guide, canonical headers)."""
    for name in ("host", *names):
        if (name == "host" or name.startswith("x-amz-")) and name not in signed_headers:
            raise InvalidSignatureException(messages.UNSIGNED_HEADER.format(name))


def _signer(stamped: _Stamped, credential: Credential) -> sigv4.Signer:
    """Return what signs as a caller does who knows the secret, but for the request itself."""
    claim = stamped.claim
    secret = credential.secret_access_key
    key = sigv4.keyed(secret, claim.date, claim.region, claim.service)
    return sigv4.begun(key, sigv4.opening(stamped.stamp, claim.scope))
