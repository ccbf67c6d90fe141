"""Tokens of lists that go on: each is a place in its list, as moto's are too.

Refuses to know which list, and which error says that a token is none.
"""

import re
from typing import Final

_PLACE: Final = re.compile(r"[0-9]{1,15}")


def is_place(token: str) -> bool:
    """Tell whether a list may have been answered with this token."""
    return _PLACE.fullmatch(token) is not None
