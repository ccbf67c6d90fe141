"""The page's module and its style: files joined into one of each, for anywidget takes one.

Refuses to know what the parts do. Each uses names of those before it; the last has the door.
"""

from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
STYLES = ("widget", "widget_result", "widget_kinds")
CONTROLS = (
    "widget_dom",
    "widget_choice",
    "widget_fields",
    "widget_order",
    "widget_task",
    "widget_parts",
)
PRACTICE = (*CONTROLS, "widget_question", "widget")
PAGE = ("widget_judge", "widget_local", "widget_boot")  # after PRACTICE, where no kernel is
EXAM = (*CONTROLS, "widget_question", "widget_exam")


def module(parts: Sequence[str] = PRACTICE) -> str:
    """Return the text of the module."""
    return "\n".join((HERE / f"{part}.js").read_text(encoding="utf-8") for part in parts)


def style() -> str:
    """Return the text of the style sheet, the same for every face."""
    return "\n".join((HERE / f"{part}.css").read_text(encoding="utf-8") for part in STYLES)
