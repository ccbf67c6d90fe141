"""Pages of long answers: Limit, Marker, NextMarker and Truncated.

A marker holds the sort key of the last item and is bound to the listing that it came from; one of
another listing, account or filter is refused. Refuses to know what is listed.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any, Final, Generic, Protocol, TypeVar

import msgspec

from kmslab.model import messages
from kmslab.model.errors import InvalidMarkerException

T = TypeVar("T")

BINDING_BYTES: Final = 9


class Paged(Protocol):
    """A request that asks for a page."""

    @property
    def Limit(self) -> int | None:  # noqa: N802 - spelled as the API spells it
        """The most items wanted."""
        ...

    @property
    def Marker(self) -> str | None:  # noqa: N802 - spelled as the API spells it
        """The NextMarker of the page before."""
        ...


class Page(msgspec.Struct, Generic[T], frozen=True):
    """Some items, and the marker of the next page where there is one."""

    items: Sequence[T]
    next_marker: str | None

    @property
    def marks(self) -> dict[str, Any]:
        """The page's members in an answer."""
        if self.next_marker is None:
            return {"Truncated": False}
        return {"Truncated": True, "NextMarker": self.next_marker}


def page(
    req: Paged,
    *,
    listing: str,
    default: int,
    most: int,
    read: Callable[[str, int], Sequence[T]],
    sort: Callable[[T], str],
) -> Page[T]:
    """Read one page.

    `listing` says what is listed, with its account, Region and filters. `read(after, limit)` reads
    it in order. A Limit above `most` gives `most` items.

    Raises:
        InvalidMarkerException: the marker was not given for this listing.
    """
    limit = min(req.Limit or default, most)
    after = "" if req.Marker is None else _after(req.Marker, listing)
    items = read(after, limit + 1)
    if len(items) <= limit:
        return Page(items, None)
    return Page(items[:limit], _marker(sort(items[limit - 1]), listing))


def _marker(last: str, listing: str) -> str:
    return urlsafe_b64encode(_binding(last, listing) + last.encode()).decode()


def _after(marker: str, listing: str) -> str:
    try:
        raw = urlsafe_b64decode(marker)
        last = raw[BINDING_BYTES:].decode()
    except (binascii.Error, ValueError):
        raise InvalidMarkerException(messages.INVALID_MARKER) from None
    if _marker(last, listing) != marker:
        raise InvalidMarkerException(messages.INVALID_MARKER)
    return last


def _binding(last: str, listing: str) -> bytes:
    return sha256(f"{listing}\n{last}".encode()).digest()[:BINDING_BYTES]
