"""Numbers, dates, addresses and bytes as conditions write them.

Each function reads a text or answers None: what cannot be read matches nothing. IAM User Guide,
"IAM JSON policy elements: Condition operators".
"""

import base64
import binascii
import ipaddress
import re
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from typing import Final

_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_DATE: Final = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[Tt](\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?(Z|z|[+-]\d\d:?\d\d)?)?)?)?",
    re.ASCII,
)

_BOOLEANS: Final = {"true": True, "false": False}

Network = tuple[int, int, int]  # IP version, first address, mask
Address = tuple[int, int]  # IP version, address


def number(text: str) -> Decimal | None:
    """Read an integer or decimal number."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def date(text: str) -> Decimal | None:
    """Read an instant as Unix seconds: the W3C profile of ISO 8601, or Unix seconds themselves.

    Four digits are a year. A time without a zone is UTC.
    """
    found = _DATE.fullmatch(text)
    return _instant(found) if found else number(text)


def boolean(text: str) -> bool | None:
    """Read ``true`` or ``false``."""
    return _BOOLEANS.get(text.lower())


def octets(text: str) -> bytes | None:
    """Read base64."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def network(text: str) -> Network | None:
    """Read an IPv4 or IPv6 range in CIDR notation; a bare address is a range of one."""
    try:
        found = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    return found.version, int(found.network_address), int(found.netmask)


@lru_cache(maxsize=4096)
def address(text: str) -> Address | None:
    """Read an IPv4 or IPv6 address. The same few come again and again."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return found.version, int(found)


def is_in(found: Address, networks: Sequence[Network]) -> bool:
    """Tell whether an address lies in one of these ranges; IP versions never mix."""
    version, number_ = found
    for within, start, mask in networks:  # noqa: SIM110 - a generator would cost as much as the test
        if within == version and number_ & mask == start:
            return True
    return False


def _instant(found: re.Match[str]) -> Decimal | None:
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    try:
        moment = datetime(
            int(year),
            int(month or 1),
            int(day or 1),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            tzinfo=_zone(zone),
        )
    except (ValueError, OverflowError):
        return None
    since = moment - datetime(1970, 1, 1, tzinfo=timezone.utc)  # noqa: UP017 - one import
    return Decimal(since.days * 86400 + since.seconds) + Decimal(fraction or 0)


def _zone(text: str | None) -> timezone:
    if text in (None, "Z", "z"):
        return timezone.utc  # noqa: UP017 - one import
    assert text is not None  # noqa: S101 - for the type checker
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return timezone(-offset if text[0] == "-" else offset)
