"""What a killed process has left: since when events wait that are in no log file, and what of them is.

The instant stands in a file of the folder as long as a process delivers there. Refuses to know what is
to be done about it.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from kmslab.audit import log_files

WAITING: Final = "waiting-since.json"


def since(place: Path) -> float | None:
    """Return the instant (Unix seconds), or None where the last process that delivered has stopped.

    Raises:
        ValueError: the file says something else.
    """
    path = place / WAITING
    if not path.exists():
        return None
    try:
        return float(json.loads(path.read_bytes()))
    except (ValueError, TypeError):
        raise ValueError(f"{path}: no instant in Unix seconds; delete it, if it is yours") from None


def remember(place: Path, instant: float) -> None:
    """Let events of this instant and later be those that wait."""
    log_files.replaced(place / WAITING, json.dumps(instant).encode())


def forget(place: Path) -> None:
    """Let none wait."""
    (place / WAITING).unlink(missing_ok=True)


def known(place: Path, instant: float) -> set[str]:
    """Return the IDs of the events in the log files of this instant and later."""
    found = map(log_files.read, log_files.logs_since(place, instant))
    return {record["eventID"] for content in found for record in json.loads(content)["Records"]}


def unnamed(place: Path, instant: float) -> Iterator[Path]:
    """Yield the log files of this instant and later that no digest names, in the order of their names."""
    digests = (json.loads(log_files.read(path)) for path in log_files.digests(place))
    named = {entry["s3Object"] for digest in digests for entry in digest["logFiles"]}
    logs = log_files.logs_since(place, instant)
    yield from (path for path in logs if path.relative_to(place).as_posix() not in named)
