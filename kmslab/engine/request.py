"""A request as the engine takes it: decoded, its caller known; and what surrounds it.

Whoever carries requests makes one of these of each. Refuses to know transports.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import msgspec

from kmslab.model.principals import Caller
from kmslab.model.requests import ContextValue, Tls


class ApiRequest(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One call of one operation of KMS."""

    operation: str
    caller: Caller
    request_id: str
    source_ip: str = "127.0.0.1"
    user_agent: str = ""
    host: str = ""
    tls: Tls | None = None
    told: Mapping[str, ContextValue] | None = None  # condition keys that only the carrier knows


class Environment(Mapping[str, ContextValue]):
    """The condition keys that come from around a request, written when a policy asks for one."""

    __slots__ = ("_ask", "_facts", "_now", "_values")

    def __init__(
        self, ask: ApiRequest, now: float, facts: Mapping[str, ContextValue] | None = None
    ) -> None:
        self._ask = ask
        self._facts = facts
        self._now = now
        self._values: dict[str, ContextValue] | None = None

    def __getitem__(self, name: str) -> ContextValue:
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    @property
    def was_read(self) -> bool:
        """Whether a policy has asked for any of these keys."""
        return self._values is not None

    def _all(self) -> dict[str, ContextValue]:
        if self._values is None:
            told = dict(self._ask.told or {}) | dict(self._facts or {})
            self._values = _derive(self._ask, self._now) | told
        return self._values


def _derive(ask: ApiRequest, now: float) -> dict[str, ContextValue]:
    values: dict[str, ContextValue] = {
        "aws:CurrentTime": _iso(now),
        "aws:EpochTime": str(int(now)),
        "aws:SecureTransport": "true" if ask.tls else "false",
        "aws:SourceIp": ask.source_ip,
        "aws:UserAgent": ask.user_agent,
        "aws:ViaAWSService": "false",
    }
    if ask.caller.issued is not None:
        values["aws:TokenIssueTime"] = _iso(ask.caller.issued)
        values["aws:MultiFactorAuthPresent"] = "false"
    return values


def _iso(instant: float) -> str:
    return f"{datetime.fromtimestamp(instant, UTC):%Y-%m-%dT%H:%M:%SZ}"
