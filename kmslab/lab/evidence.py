"""Delivered log files as evidence: look whether they are whole, and for a lab, make them so no more."""

import gzip
import json
from pathlib import Path

from kmslab.audit import log_files
from kmslab.audit.validation import Report, validate
from kmslab.custody.digests import is_signed


def inspect(folder: str | Path) -> Report:
    """Check every digest and log file of a folder; the report's `problems` name files."""
    return validate(Path(folder), is_signed)


def doctor(folder: str | Path, name: str) -> None:
    """Take all events of one operation out of the first log file that has one, as somebody might."""
    for path in log_files.logs(Path(folder)):
        records = json.loads(log_files.read(path))["Records"]
        left = [record for record in records if record["eventName"] != name]
        if len(left) < len(records):
            path.write_bytes(gzip.compress(log_files.encoded({"Records": left}), mtime=0))
            return
