"""A quiz to start from: one item of each kind, with comments, which lints and proves.

Refuses to know where the file will lie; name, date and the first free id are handed in.
"""

import datetime as dt
import re
from pathlib import Path

NAME = re.compile(r"\d\d-[a-z0-9-]+")
_TEXT = Path(__file__).with_suffix(".yaml")


def text(name: str, *, day: dt.date, first_id: int) -> str:
    """Return the file for the quiz of this name ("05-grants"); ids count up from `first_id`."""
    ids = re.compile(r'"@(\d+)"')
    filled = ids.sub(lambda m: f'"{first_id + int(m[1]) - 1:03d}"', _TEXT.read_text("utf-8"))
    return filled.replace("@NAME", name).replace("@DATE", day.isoformat())
