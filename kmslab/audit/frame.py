"""Events as a table: one row each, with the columns that one filters and counts by.

pandas is imported by the first table.
"""

from collections.abc import Iterable
from typing import Any, Final

from kmslab.audit.event import Event, render
from kmslab.audit.index import error_code, username

COLUMNS: Final = (
    "time", "recipient", "name", "user", "account", "type", "arn", "source_ip", "region", "key", "grant", "error",
    "read_only", "context", "request_id", "event_id",
)  # fmt: skip


def frame(events: Iterable[Event]) -> Any:  # noqa: ANN401 - pandas has no types here
    """Return a DataFrame of events, in their order; `recipient` is the account whose trail it is, `key` a key ID, what is missing ""."""
    import pandas as pd  # noqa: PLC0415 - costs half a second

    table = pd.DataFrame([_row(event) for event in events], columns=list(COLUMNS))
    table["time"] = pd.to_datetime(table["time"], unit="s", utc=True).dt.floor("s")
    return table


def _row(event: Event) -> tuple[Any, ...]:
    shown = render(event)
    identity = shown["userIdentity"]
    asked, answered = event.request_parameters or {}, event.answer or {}
    return (
        event.time,
        event.recipient,
        event.name,
        username(event),
        identity.get("accountId", ""),
        identity.get("type", ""),
        identity.get("arn", ""),
        event.source_ip,
        event.caller.region,
        _key(event),
        answered.get("grantId")
        or asked.get("grantId")
        or (event.additional or {}).get("grantId", ""),
        error_code(event),
        event.is_read_only,
        _context(asked.get("encryptionContext")),
        event.request_id,
        event.event_id,
    )


def _key(event: Event) -> str:
    """Return the ID of the key that an event is about, or of the one that it made."""
    keys = [arn for _, kind, arn in event.resources if kind == "AWS::KMS::Key"]
    if keys:
        return keys[-1].rpartition("/")[2]
    return str(((event.answer or {}).get("keyMetadata") or {}).get("keyId", ""))


def _context(context: dict[str, str] | None) -> str:
    return " ".join(f"{name}={value}" for name, value in (context or {}).items())
