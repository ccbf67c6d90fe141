"""Signature Version 4: what is signed, and with which key (IAM User Guide, "Create a signed AWS API request").

    1. canonical request   method, path, query, signed headers, SHA-256 of the body
    2. string to sign      algorithm, time stamp, credential scope, SHA-256 of 1
    3. signing key         HMAC chain over secret, date, Region, service, "aws4_request"
    4. signature           HMAC of 2 under 3

Pure. Knows bytes and texts; refuses to know accounts, clocks and whether a signature is wanted.
Header texts are Latin-1 views of the bytes on the wire. What is memoised here is a function of
its arguments alone, so no change of a credential can leave a stale entry behind.
"""

import base64
import hmac
import re
from binascii import hexlify
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from hashlib import sha256
from operator import itemgetter
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import quote, unquote_to_bytes

import msgspec

from kmslab.model import messages
from kmslab.model.errors import IncompleteSignatureException, InvalidSignatureException
from kmslab.wire.http import HttpRequest

if TYPE_CHECKING:
    from hashlib import _Hash

ALGORITHM: Final = "AWS4-HMAC-SHA256"
TERMINATOR: Final = "aws4_request"
PARAMETERS: Final = ("Credential", "Signature", "SignedHeaders")
PRESIGNED_PARAMETERS: Final = frozenset({"X-Amz-Algorithm", "X-Amz-Signature"})
STAMP: Final = "%Y%m%dT%H%M%SZ"
SCOPE_PARTS: Final = 5
SIGNATURE_DIGITS: Final = 64
REMEMBERED: Final = 256  # entries of each memo; a header of 32 KiB in each is 8 MiB

_BLOCK_BYTES = sha256().block_size
_INNER = bytes(byte ^ 0x36 for byte in range(256))  # ipad and opad of RFC 2104, section 2
_OUTER = bytes(byte ^ 0x5C for byte in range(256))

_USUAL = re.compile(ALGORITHM + r" Credential=([^,\s=]+), ?SignedHeaders=([^,\s=]+), ?")
_STAMP = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_SEVERAL_BLANKS = re.compile(r"[ \t]+")
_ESCAPED = "backslashreplace"  # no header from a wire has characters beyond Latin-1


Signer: TypeAlias = "tuple[_Hash, _Hash]"  # the inner and the outer hash of an HMAC


class Claim(msgspec.Struct, frozen=True):
    """Who an Authorization header says has signed, for what, and which headers."""

    access_key_id: str
    date: str  # YYYYMMDD
    region: str
    service: str
    scope: str  # date/region/service/terminator
    signed_headers: tuple[str, ...]  # lower case, sorted


def is_presigned(target: str) -> bool:
    """Say whether the query string carries a signature (query parameters of SigV4)."""
    _, _, query = target.partition("?")
    names = {pair.partition("=")[0] for pair in query.split("&")}
    return not names.isdisjoint(PRESIGNED_PARAMETERS)


def parse_authorization(text: str, date: str) -> tuple[Claim, str]:
    """Split an Authorization header into its claim and its signature.

    `date` is the request's X-Amz-Date or Date header, "" without one.

    Raises:
        IncompleteSignatureException: a part is missing or malformed; all missing ones are named.
    """
    parameters = _parameters(text)
    _need_all(parameters, text, date)
    return _claim(parameters["Credential"], parameters["SignedHeaders"]), parameters["Signature"]


def usual_claim(head: str) -> Claim | None:
    """Return the claim of an Authorization header up to its signature, where every SDK puts it.

    None where the parameters stand in another order, or something is missing.

    Raises:
        IncompleteSignatureException: the credential is malformed.
    """
    usual = _USUAL.fullmatch(head)
    return None if usual is None else _claim(*usual.groups())


def parse_date(text: str) -> tuple[str, float]:
    """Read X-Amz-Date or Date: the basic ISO form of the instant, and its Unix seconds.

    Raises:
        IncompleteSignatureException: the text is neither ISO 8601 basic nor an HTTP date.
    """
    try:
        if _STAMP.fullmatch(text):
            instant = datetime.strptime(text, STAMP).replace(tzinfo=UTC)
        else:
            instant = _in_utc(parsedate_to_datetime(text))
    except (ValueError, OverflowError):
        raise IncompleteSignatureException(messages.MALFORMED_DATE.format(text)) from None
    return stamp(instant.timestamp()), instant.timestamp()


def stamp(instant: float) -> str:
    """Write Unix seconds as SigV4 writes time: YYYYMMDDTHHMMSSZ."""
    return datetime.fromtimestamp(instant, UTC).strftime(STAMP)


def canonical_request(request: HttpRequest, signed_headers: tuple[str, ...]) -> bytes:
    """Write the request in its one canonical form (step 1).

    The body's hash is always computed: no header can say that a body needs none.

    Raises:
        InvalidSignatureException: a signed header is not there.
    """
    try:
        form, values_of = _header_block(signed_headers)
        headers = form % values_of(request.headers)
    except KeyError as missing:
        text = messages.SIGNED_HEADER_MISSING.format(missing.args[0])
        raise InvalidSignatureException(text) from None
    if "  " in headers or "\t" in headers:
        headers = _SEVERAL_BLANKS.sub(" ", headers)
    target = "/\n" if request.target == "/" else canonical_target(request.target)
    text = f"{request.method}\n{target}\n{headers}{sha256(request.body).hexdigest()}"
    return text.encode("latin-1", _ESCAPED)


@lru_cache(maxsize=REMEMBERED)
def _header_block(names: tuple[str, ...]) -> tuple[str, Callable[[Mapping[str, str]], object]]:
    """Return how headers and their names are written, and what takes the values out of all."""
    block = "".join([f"{_literal(name)}:%s\n" for name in names])
    return f"{block}\n{_literal(';'.join(names))}\n", itemgetter(*names)


def _literal(text: str) -> str:
    return text.replace("%", "%%")


def canonical_target(target: str) -> str:
    """Write a request target as canonical path, newline, canonical query (step 1)."""
    path, _, query = target.partition("?")
    return f"{_canonical_path(path)}\n{_canonical_query(query)}"


def string_to_sign(stamped: str, scope: str, *, canonical: bytes) -> bytes:
    """Write what the signature is made over (step 2)."""
    return opening(stamped, scope) + digest(canonical)


def opening(stamped: str, scope: str) -> bytes:
    """Write how a string to sign begins: alike for all that one client signs in one second."""
    return f"{ALGORITHM}\n{stamped}\n{scope}\n".encode()


def digest(canonical: bytes) -> bytes:
    """Write how a string to sign ends."""
    return hexlify(sha256(canonical).digest())


def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """Derive the key of one day, Region and service from a secret access key (step 3)."""
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, TERMINATOR):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


@lru_cache(maxsize=REMEMBERED)
def keyed(secret: str, date: str, region: str, service: str) -> Signer:
    """Return what signs under a signing key; nothing that it signs changes it.

    RFC 2104, section 4: the two blocks that a key makes are hashed once, and kept.
    """
    block = signing_key(secret, date, region, service).ljust(_BLOCK_BYTES, b"\0")
    return sha256(block.translate(_INNER)), sha256(block.translate(_OUTER))


def begun(signer: Signer, text: bytes) -> Signer:
    """Return what signs all that begins with a text, and is given only the rest of it."""
    inner, outer = signer
    inner = inner.copy()
    inner.update(text)
    return inner, outer


def sign(signer: Signer, text: bytes) -> str:
    """Sign the string to sign: 64 hexadecimal digits (step 4)."""
    inner, outer = signer
    inner, outer = inner.copy(), outer.copy()
    inner.update(text)
    outer.update(inner.digest())
    return outer.hexdigest()


def is_same(expected: str, given: str) -> bool:
    """Compare two secrets in a time that does not depend on where they differ."""
    return hmac.compare_digest(expected.encode(), given.encode())


def _in_utc(instant: datetime) -> datetime:
    """Take "-0000", which names no zone, for UTC (RFC 5322, 3.3); botocore writes it so."""
    return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)


def _claim(credential: str, signed_headers: str) -> Claim:
    parts = credential.split("/")
    if len(parts) != SCOPE_PARTS:
        raise IncompleteSignatureException(messages.MALFORMED_CREDENTIAL.format(credential))
    access_key_id, date, region, service, _ = parts
    names = tuple(sorted(signed_headers.lower().split(";")))
    scope = "/".join(parts[1:])
    return Claim(access_key_id, date, region, service, scope, names)


def _parameters(text: str) -> dict[str, str]:
    algorithm, _, rest = text.partition(" ")
    if algorithm != ALGORITHM:
        raise IncompleteSignatureException(messages.UNSUPPORTED_ALGORITHM.format(algorithm))
    parameters: dict[str, str] = {}
    for pair in filter(None, map(str.strip, rest.split(","))):
        name, equals, value = pair.partition("=")
        if not equals:
            raise IncompleteSignatureException(messages.MALFORMED_PAIR.format(_hashed(text)))
        if name in parameters:
            raise IncompleteSignatureException(messages.REPEATED_PARAMETER.format(name))
        parameters[name] = value
    return parameters


def _need_all(parameters: Mapping[str, str], text: str, date: str) -> None:
    lacking = [
        messages.PARAMETER_REQUIRED.format(name) for name in PARAMETERS if not parameters.get(name)
    ]
    if not date:
        lacking.append(messages.DATE_REQUIRED)
    if lacking:
        lacking.append(messages.AUTHORIZATION_WAS.format(text))
        raise IncompleteSignatureException(" ".join(lacking))


def _hashed(text: str) -> str:
    digest = sha256(text.encode("latin-1", _ESCAPED)).digest()
    return base64.b64encode(digest).decode()


def _canonical_path(path: str) -> str:
    """Remove dot segments and empty ones (RFC 3986, 5.2.4), then encode, again if need be."""
    segments: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in ("", "."):
            segments.append(segment)
    slash = "/" if segments and path.endswith("/") else ""
    return quote(f"/{'/'.join(segments)}{slash}".encode("latin-1", _ESCAPED), safe="/~")


def _canonical_query(query: str) -> str:
    """Encode each name and value once, whatever was encoded before, and sort."""
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    encoded = sorted((_encoded(name), _encoded(value)) for name, _, value in pairs)
    return "&".join(f"{name}={value}" for name, value in encoded)


def _encoded(text: str) -> str:
    return quote(unquote_to_bytes(text.encode("latin-1", _ESCAPED)), safe="~")
