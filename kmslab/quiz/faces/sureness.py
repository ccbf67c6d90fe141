"""How sure a student was, and how often that was justified: what a page may ask and show of it.

Refuses to know what follows from it for the days to come.
"""

from typing import Any

from kmslab.quiz.mastery import calibration
from kmslab.quiz.progress import Confidence
from kmslab.quiz.session import Session

LEVELS: dict[Confidence, str] = {"guess": "Guessing", "unsure": "Unsure", "sure": "Sure"}


def sureness(session: Session) -> dict[str, Any]:
    """Return what is asked, and for each level that was told the share of right answers."""
    mine = [event for event in session.log.events if event.quiz == session.quiz.quiz]
    rows = [
        {
            "words": LEVELS[each.confidence],
            "right": each.right,
            "of": each.total,
            "low": each.interval[0],
            "high": each.interval[1],
        }
        for each in calibration(mine)
    ]
    levels = [{"said": level, "words": words} for level, words in LEVELS.items()]
    return {"confidence": levels, "calibration": rows}
