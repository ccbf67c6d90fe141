"""How sure a student was, and how often that was justified: what a page may ask and show of it.

Refuses to know what follows from it for the days to come.
"""

from typing import Any

from kmslab.quiz.exam import Share
from kmslab.quiz.progress import Answered, Confidence
from kmslab.quiz.session import Session

LEVELS: dict[Confidence, str] = {"guess": "Guessing", "unsure": "Unsure", "sure": "Sure"}


def sureness(session: Session) -> dict[str, Any]:
    """Return what is asked, and for each level that was told the share of right answers."""
    told = [
        e for e in session.log.events if isinstance(e, Answered) and e.quiz == session.quiz.quiz
    ]
    rows = []
    for level, words in LEVELS.items():
        answers = [event.correct for event in told if event.confidence == level]
        low, high = Share(sum(answers), len(answers)).interval
        row = {"words": words, "right": sum(answers), "of": len(answers), "low": low, "high": high}
        rows += [row] if answers else []
    levels = [{"said": level, "words": words} for level, words in LEVELS.items()]
    return {"confidence": levels, "calibration": rows}
