"""The bill: usage at the prices of the list, as a value, as text and as HTML.

Pure: the same usage at the same instant is the same bill. Refuses to know where usage comes from.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from html import escape
from math import ceil
from typing import Any, Final

import msgspec

from kmslab.billing.prices import SYMMETRIC, Prices, prices
from kmslab.billing.usage import KeyLife, Usage

HOUR: Final = 3600.0
MONTH_HOURS: Final = 730  # of the AWS Pricing Calculator
NOTE: Final = "An estimate at list prices of us-east-1; throttled requests are taken as free, refused ones as paid."


class Line(msgspec.Struct, frozen=True):
    """One line: a quantity of something at a price; `note` says what was left out of it."""

    what: str
    quantity: float
    unit: str
    amount: float  # US dollars
    note: str = ""


class Bill(msgspec.Struct, frozen=True):
    """What a session would have cost."""

    lines: tuple[Line, ...]
    operations: tuple[tuple[str, int], ...] = ()  # requests by operation, the most first

    @property
    def total(self) -> float:
        """The sum in US dollars."""
        return sum(line.amount for line in self.lines)

    def as_json(self) -> dict[str, Any]:
        """Return the bill as JSON values."""
        return {
            "lines": msgspec.to_builtins(self.lines),
            "operations": dict(self.operations),
            "total": self.total,
            "currency": "USD",
        }

    def __str__(self) -> str:
        rows = [*self._rows(), ("in all", "", f"${self.total:,.4f}", "")]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        lines = [
            f"{what:<{widths[0]}}  {count:>{widths[1]}}  {amount:>{widths[2]}}  {note}".rstrip()
            for what, count, amount, note in rows
        ]
        return "\n".join([*lines, NOTE])

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return {"text/plain": str(self), "text/html": self._html()}

    def _html(self) -> str:
        rows = "".join(
            f"<tr><th scope='row'>{escape(what)}</th><td>{count}</td><td>{amount}</td>"
            f"<td>{escape(note)}</td></tr>"
            for what, count, amount, note in self._rows()
        )
        head = "<tr><th>what</th><th>how much</th><th>US dollars</th><th>note</th></tr>"
        return (
            f"<table><caption>What this would have cost on AWS: ${self.total:,.4f}</caption>"
            f"<thead>{head}</thead><tbody>{rows}</tbody></table><p>{NOTE}</p>"
        )

    def _rows(self) -> Iterator[tuple[str, str, str, str]]:
        for line in self.lines:
            yield line.what, f"{line.quantity:,.10g} {line.unit}", f"${line.amount:,.4f}", line.note


def bill(usage: Usage, now: float, *, free_tier: bool = True) -> Bill:
    """Return what a usage costs until now (Unix seconds)."""
    listed = prices()
    lines = [*_key_lines(usage, now, listed), *_request_lines(usage, listed, free_tier=free_tier)]
    counts: Counter[str] = Counter()
    for (_, operation), count in usage.operations.items():
        counts[operation] += count
    return Bill(tuple(lines), tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))))


def charged_hours(life: KeyLife, now: float, priced_rotations: int) -> tuple[int, tuple[int, ...]]:
    """Return the started hours of a key, and those since each of its rotations that has a price."""
    end = now if life.ended is None else life.ended
    since = [life.begun, *life.rotations[:priced_rotations]]
    whole = [max(0, ceil((end - start) / HOUR)) for start in since]
    return whole[0], tuple(whole[1:])


def _key_lines(usage: Usage, now: float, listed: Prices) -> Iterator[Line]:
    for life in usage.keys:
        own, rotated = charged_hours(life, now, listed.keys.priced_rotations)
        amount = (own * listed.keys.month + sum(rotated) * listed.keys.rotation) / MONTH_HOURS
        turned = len(life.rotations)
        note = f"{turned} rotations, of which {len(rotated)} cost" if turned else ""
        yield Line(f"key {life.arn.rpartition('/')[2]}", own, "hours", amount, note)


def _request_lines(usage: Usage, listed: Prices, *, free_tier: bool) -> Iterator[Line]:
    months: dict[str, dict[str, int]] = defaultdict(dict)
    for (month, kind), count in usage.requests.items():
        months[kind][month] = count
    for kind, price in listed.requests.items():
        counts = months.get(kind, {})
        made = sum(counts.values())
        if not made:
            continue
        free = listed.free_tier.requests if free_tier and price.free_tier else 0
        paid = sum(max(0, count - free) for count in counts.values())
        notes = [
            f"{made - paid:,} in the free tier" if made > paid else "",
            "price assumed" if price.assumed else "",
        ]
        yield Line(price.what, made, "requests", price.of(paid), ", ".join(filter(None, notes)))


def request_cost(count: int, kind: str = SYMMETRIC) -> float:
    """Return what so many requests of a category cost without the free tier (US dollars)."""
    return prices().requests[kind].of(count)
