"""The mark that a check leaves among a cell's outputs, for whoever runs a notebook without reading it.

Refuses to know who leaves it and who looks: a kernel need not load what runs notebooks.
"""

from typing import Final

import msgspec

CHECK_MIME: Final = "application/vnd.kmslab.check+json"


class Check(msgspec.Struct, frozen=True):
    """What one check said: its name in the lab (``04.2``), its verdict, its text."""

    name: str
    passed: bool
    text: str = ""
