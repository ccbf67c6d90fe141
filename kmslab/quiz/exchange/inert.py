"""Texts of a quiz as Markdown in which nothing lives, for systems that take HTML in it on trust.

A quiz has neither HTML nor links; Moodle's Markdown has both. What would begin a tag, a link or an
entity becomes an entity, but not inside code, where Markdown shows every sign as it is.
"""

import re
from collections.abc import Callable

_SIGNS = {"<": "&lt;", "[": "&lbrack;", "&": "&amp;"}
_ALIVE = re.compile(r"[<\[]|&(?=[#\w])")
_ENTITIES = {entity: sign for sign, entity in _SIGNS.items()} | {"&gt;": ">"}
_INERT = re.compile("|".join(_ENTITIES))
_CODE = re.compile(r"(^```\w*\n(?:.*\n)*?```$|`[^`\n|]+`)", re.MULTILINE)


def inert(text: str) -> str:
    """Return a text in which nothing begins a tag, a link or an entity."""
    return _outside_code(text, lambda part: _ALIVE.sub(lambda match: _SIGNS[match[0]], part))


def alive(text: str) -> str:
    """Return the text that was made inert."""
    return _outside_code(text, lambda part: _INERT.sub(lambda match: _ENTITIES[match[0]], part))


def _outside_code(text: str, change: Callable[[str], str]) -> str:
    """Change what is no code for any reader; where readers may differ, change everything."""
    parts = _CODE.split(text)
    if any("`" in part or part.endswith("\\") for part in parts[::2]):
        return change(text)
    return "".join(part if n % 2 else change(part) for n, part in enumerate(parts))
